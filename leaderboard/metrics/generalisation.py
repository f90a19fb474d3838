"""Generalisation gap: how much lower an agent scores in contexts that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from arena.leaderboard.intervals import Floats
from arena.leaderboard.metrics.metric import Arrays, Metric
from arena.leaderboard.references import excluded_because
from arena.leaderboard.runs import normalised_episodes
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "generalisation_gap"]


def generalisation_gap(train: npt.ArrayLike, test: npt.ArrayLike) -> float:
    """Returns mean(train) - mean(test), of episodes in the training contexts and in held-out ones.

    Source: Cobbe et al. 2020, "Leveraging Procedural Generation", section 2.2; Kirk et al. 2023, "A Survey of Zero-shot
    Generalisation in Deep RL", section 3.
    """
    return float(np.mean(np.asarray(train, dtype=np.float64)) - np.mean(np.asarray(test, dtype=np.float64)))


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    """By group: environments say with a tag, `<group>-train` or `<group>-test`, on which side of it they stand."""
    groups = {tag.removesuffix("-train") for spec in specs.values() for tag in spec.tags if tag.endswith("-train")}
    found = {group: (_pooled(run, specs, f"{group}-train"), _pooled(run, specs, f"{group}-test")) for group in groups}
    return {group: found[group] for group in sorted(found) if all(map(len, found[group]))}


def _pooled(run: Run, specs: Mapping[str, EnvSpec], tag: str) -> Floats:
    """All episodes of the environments with a tag; none where one of them cannot be normalised or was not played."""
    tagged = [spec for _, spec in sorted(specs.items()) if tag in spec.tags]
    if any(excluded_because(spec) for spec in tagged):
        return np.empty(0)
    scores = [normalised_episodes(run, spec) for spec in tagged]
    return np.concatenate(scores) if scores and all(map(len, scores)) else np.empty(0)


METRICS = (
    Metric(
        "generalisation-gap",
        "normalised score, training minus held-out",
        "environments with the tags <group>-train and <group>-test",
        _read,
        generalisation_gap,
    ),
)
