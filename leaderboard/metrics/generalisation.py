"""Generalisation gap: how much lower an agent scores in contexts that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from arena.leaderboard.metrics.metric import Arrays, Metric
from arena.leaderboard.references import excluded_because
from arena.leaderboard.runs import normalised_episodes
from arena.record import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "generalisation_gap"]


def generalisation_gap(train: npt.ArrayLike, test: npt.ArrayLike) -> float:
    """Returns mean(train) - mean(test), of episodes in the training contexts and in held-out ones.

    Source: Cobbe et al. 2020, "Leveraging Procedural Generation", section 2.2; Kirk et al. 2023, "A Survey of Zero-shot
    Generalisation in Deep RL", section 3.
    """
    return float(np.mean(np.asarray(train, dtype=np.float64)) - np.mean(np.asarray(test, dtype=np.float64)))


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    found: dict[str, Arrays] = {}
    for env_id, spec in specs.items():
        held_out = specs.get(env_id.replace("-train-", "-test-"))
        if "-train-" in env_id and held_out and not (excluded_because(spec) or excluded_because(held_out)):
            arrays = normalised_episodes(run, spec), normalised_episodes(run, held_out)
            if all(map(len, arrays)):
                found[env_id.partition("-train-")[0]] = arrays
    return found


METRICS = (
    Metric(
        "generalisation-gap",
        "normalised score, training minus held-out",
        "environments in pairs <id>-train-vN and <id>-test-vN",
        _read,
        generalisation_gap,
    ),
)
