"""Frequency-averaged score: how well a policy does over a range of decision frequencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import Floats
from arena.leaderboard.metrics.metric import Arrays, Metric
from arena.leaderboard.references import excluded_because
from arena.leaderboard.runs import normalised_episodes
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "frequency_averaged_score"]


def frequency_averaged_score(frequencies: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Returns the area under score against decision frequency, by trapezoids, over the range of frequencies.

    Source: Patel and Siegelmann 2024, "Overcoming Slow Decision Frequencies in Continuous Control" (arXiv 2410.08979),
    which introduces it. The frequencies need not be in order.

    Raises:
        ValueError: fewer than two frequencies, or one twice.

    Example:
        >>> frequency_averaged_score([1, 2, 4], [0, 1, 1])
        0.8333333333333334
    """
    x, y = np.asarray(frequencies, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if x.shape != y.shape or len(x) < 2 or len(np.unique(x)) < len(x):
        raise ValueError(f"expected one score for each of at least two different frequencies, got {x} and {y}")
    order = np.argsort(x)
    return float(np.trapezoid(y[order], x[order]) / np.ptp(x))


def _score(*frequencies: Floats) -> float:
    """Of arrays (episodes, 2), one for each frequency: the frequency itself and the normalised score."""
    return frequency_averaged_score([x[0, 0] for x in frequencies], [x[:, 1].mean() for x in frequencies])


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    """By task: the ids `<task>-x<repeat>-vN`, whose wrapper says how many steps a decision lasts."""
    found: dict[str, dict[int, Floats]] = defaultdict(dict)
    for env_id, spec in specs.items():
        repeats = [wrapper.kwargs["repeat"] for wrapper in spec.wrappers if wrapper.name == "action-repeat"]
        if len(repeats) == 1 and not excluded_because(spec) and len(scores := normalised_episodes(run, spec)):
            task = env_id.replace(f"-x{repeats[0]}-", "-")
            found[task][repeats[0]] = np.column_stack([np.full(len(scores), 1 / repeats[0]), scores])
    return {task: tuple(found[task].values()) for task in sorted(found) if len(found[task]) > 1}


METRICS = (
    Metric(
        "frequency-averaged-score",
        "normalised score, averaged over decisions per step of the world",
        "a task at several decision frequencies (wrapper action-repeat)",
        _read,
        _score,
    ),
)
