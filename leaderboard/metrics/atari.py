"""Human-normalised Atari scores: mean, median and IQM over games of (score - random) / (human - random)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from arena.leaderboard.metrics.metric import Arrays, Metric
from arena.leaderboard.references import excluded_because
from arena.leaderboard.runs import normalised_episodes
from arena.leaderboard.suite_statistics import iqm
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["METRICS", "human_normalised_iqm", "human_normalised_mean", "human_normalised_median"]


def human_normalised_mean(*games: npt.ArrayLike) -> float:
    """Returns the mean over games of each game's mean human-normalised score (Mnih et al. 2015)."""
    return float(np.mean(_means(games)))


def human_normalised_median(*games: npt.ArrayLike) -> float:
    """Returns the median over games of each game's mean human-normalised score (Hessel et al. 2018)."""
    return float(np.median(_means(games)))


def human_normalised_iqm(*games: npt.ArrayLike) -> float:
    """Returns the IQM over games of each game's mean human-normalised score.

    Difference from Agarwal et al. 2021, section 4.3: games are trimmed, not runs of games, as on every board here.
    """
    return float(iqm(_means(games)))


def _means(games: tuple[npt.ArrayLike, ...]) -> list[float]:
    return [float(np.mean(np.asarray(game, dtype=np.float64))) for game in games]


def _read(run: Run, specs: Mapping[str, EnvSpec]) -> dict[str, Arrays]:
    games = [spec for spec in specs.values() if spec.family == "atari" and not excluded_because(spec)]
    scores = tuple(normalised_episodes(run, spec) for spec in games)
    return {f"{len(games)} Atari games": scores} if scores and all(map(len, scores)) else {}


_NEEDS = "episodes of atari/ games whose reference is human"
METRICS = (
    Metric("atari-mean", "human-normalised", _NEEDS, _read, human_normalised_mean),
    Metric("atari-median", "human-normalised", _NEEDS, _read, human_normalised_median),
    Metric("atari-iqm", "human-normalised", _NEEDS, _read, human_normalised_iqm),
)
