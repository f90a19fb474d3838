"""The algorithm board: training code is judged, so the unit is the training run, and episodes are nested inside.

Apart from the policy board, whose agents have fixed weights: its intervals say nothing about another training run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arena.leaderboard.board import by_suite
from arena.leaderboard.entries import domains_of
from arena.leaderboard.hierarchical import bootstrap_training_runs
from arena.leaderboard.intervals import Floats, Interval, generator_of
from arena.leaderboard.references import excluded_because, referenced, versions
from arena.leaderboard.rows import plain
from arena.leaderboard.runs import normalised_episodes
from arena.leaderboard.suite_statistics import (
    by_domain,
    optimality_gap,
    percentile_interval,
    rank,
    suite_iqm,
    suite_mean,
    suite_median,
)
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["AlgorithmBoard", "AlgorithmRow", "Algorithms", "build_algorithms"]

LEAST_RUNS, ENOUGH_RUNS = 5, 10  # training runs per task: to be ranked, and not to be provisional (PROTOCOL section 2)


@dataclass(frozen=True)
class AlgorithmRow:
    """One algorithm with one recipe on one suite.

    Fields:
        algorithm, recipe: the recipe is "" for the algorithm's preset, else the settings that differ from it.
        training_runs: how many training seeds, by task that counts.
        position, rank_low, rank_high: None where unranked; a tie group shares its first position.
        iqm, mean, median, optimality_gap: None where a task that counts has fewer than two training runs.
        missing: why it is not ranked, or "".
    """

    algorithm: str
    recipe: str
    training_runs: dict[str, int]
    position: int | None
    rank_low: int | None
    rank_high: int | None
    iqm: Interval | None
    domains: dict[str, Interval]
    mean: float | None
    median: float | None
    optimality_gap: float | None
    missing: str
    is_provisional: bool


@dataclass(frozen=True)
class AlgorithmBoard:
    """One suite and split: ranked rows, best first, then those with too few training runs."""

    suite: str
    digest: str
    split: str
    tasks: tuple[str, ...]
    domains: tuple[str, ...]
    rows: tuple[AlgorithmRow, ...]
    incomplete: tuple[AlgorithmRow, ...]


@dataclass(frozen=True)
class Algorithms:
    """Every suite on which runs of trained agents say how they were trained."""

    suites: tuple[AlgorithmBoard, ...]
    version: int
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns plain data in one order, as `Board.to_json`."""
        data: dict[str, Any] = plain(self)
        return data


TrainingRuns = dict[str, dict[int, Run]]  # by task, then by training seed: the latest run


def build_algorithms(runs: Iterable[Run], *, suite: str | None = None, version: int | None = None) -> Algorithms:
    """Builds the algorithm boards of all suites, or of those named `suite`; the order of runs changes nothing.

    Of two runs of one algorithm, recipe, task and training seed the latest counts.

    Raises:
        ArenaError: no such board version.
    """
    version = versions()[-1] if version is None else version
    groups, notes = by_suite(runs, suite)
    boards = (_board(group, version) for group in groups if _grouped(group))
    return Algorithms(tuple(boards), version, tuple(notes))


def _grouped(runs: Sequence[Run]) -> dict[tuple[str, str], TrainingRuns]:
    """Returns the training runs by algorithm and recipe, of runs sorted oldest first."""
    found: dict[tuple[str, str], TrainingRuns] = defaultdict(lambda: defaultdict(dict))
    for run in runs:
        for env_id, stated in run.manifest.get("training", {}).items():
            if "seed" in stated and env_id in run.counts.index:
                found[stated["algorithm"], stated["recipe"]][env_id][stated["seed"]] = run
    return found


def _board(runs: Sequence[Run], version: int) -> AlgorithmBoard:
    suite = runs[-1].manifest["suite"]
    specs = referenced(runs, version).specs
    tasks = [task["env"] for task in suite["tasks"] if task["env"] in specs]
    counting = [env for env in tasks if not excluded_because(specs[env])]
    grouped = sorted(_grouped(runs).items())
    scores = [_scores(trained, specs, counting) for _, trained in grouped]
    samples = [_samples(trained, x) for (_, trained), x in zip(grouped, scores, strict=True)]
    domains = domains_of(specs, counting)
    places = [domains.index(specs[env].domain) for env in counting]
    resampled = {k: x for k, x in enumerate(samples) if x is not None and not _missing(scores[k])}
    ranks: dict[int, tuple[int, int, int]] = {}
    if resampled:
        values = [round(float(suite_iqm(_means(scores[k]), places)), 12) for k in resampled]
        ranking = rank(values, np.stack([suite_iqm(x, places) for x in resampled.values()]))
        ranks = dict(zip(resampled, zip(*ranking, strict=True), strict=True))
    rows = [_row(name, scores[k], samples[k], domains, places, ranks.get(k)) for k, (name, _) in enumerate(grouped)]
    rows.sort(key=lambda row: (-round(row.iqm.value, 12) if row.iqm else np.inf, row.algorithm, row.recipe))
    return AlgorithmBoard(
        suite=suite["name"],
        digest=suite["digest"],
        split=runs[-1].manifest["split"],
        tasks=tuple(counting),
        domains=domains,
        rows=tuple(row for row in rows if not row.missing),
        incomplete=tuple(row for row in rows if row.missing),
    )


def _scores(trained: TrainingRuns, specs: Mapping[str, EnvSpec], counting: Sequence[str]) -> dict[str, list[Floats]]:
    """Returns by task the normalised episode scores of each training run, by training seed."""
    by_task = {
        env: [normalised_episodes(run, specs[env]) for _, run in sorted(trained.get(env, {}).items())]
        for env in counting
    }
    return {env: [x for x in scores if len(x)] for env, scores in by_task.items()}


def _samples(trained: TrainingRuns, scores: Mapping[str, Sequence[Floats]]) -> Floats | None:
    """Returns resampled task scores, (resamples, tasks), or None where a task has fewer than two training runs."""
    if any(len(runs) < 2 for runs in scores.values()) or not scores:
        return None
    random = generator_of({run.id for by_seed in trained.values() for run in by_seed.values()})
    return np.round(bootstrap_training_runs(list(scores.values()), random), 12)


def _means(scores: Mapping[str, Sequence[Floats]]) -> Floats:
    return np.array([np.mean([x.mean() for x in runs]) for runs in scores.values()])


def _missing(scores: Mapping[str, Sequence[Floats]]) -> str:
    few = [f"{env}: {len(runs)}" for env, runs in scores.items() if len(runs) < LEAST_RUNS]
    return f"fewer than {LEAST_RUNS} training runs of {', '.join(few)}" if few else ""


def _row(
    name: tuple[str, str],
    scores: Mapping[str, Sequence[Floats]],
    samples: Floats | None,
    domains: Sequence[str],
    places: Sequence[int],
    ranks: tuple[int, int, int] | None,
) -> AlgorithmRow:
    whole, by_name, mean, median, gap = None, {}, None, None, None
    if samples is not None:
        means, resampled = _means(scores), by_domain(samples, places)
        values = by_domain(means, places)
        whole = percentile_interval(float(values.mean()), resampled.mean(axis=-1))
        by_name = {domain: percentile_interval(float(values[k]), resampled[:, k]) for k, domain in enumerate(domains)}
        mean, median, gap = (float(of(means, places)) for of in (suite_mean, suite_median, optimality_gap))
    position, low, high = ranks or (None, None, None)
    return AlgorithmRow(
        algorithm=name[0],
        recipe=name[1],
        training_runs={env: len(runs) for env, runs in scores.items()},
        position=position,
        rank_low=low,
        rank_high=high,
        iqm=whole,
        domains=by_name,
        mean=mean,
        median=median,
        optimality_gap=gap,
        missing=_missing(scores),
        is_provisional=any(len(runs) < ENOUGH_RUNS for runs in scores.values()),
    )
