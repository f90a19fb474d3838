"""The board: a pure function of runs, the same whatever order they come in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from arena.leaderboard.entries import Entry, domains_of, fill_scores, latest
from arena.leaderboard.environments import env_table
from arena.leaderboard.intervals import Floats, Interval, generator_of
from arena.leaderboard.references import Referenced, excluded_because, referenced, versions
from arena.leaderboard.rows import Board, EnvRow, EnvTable, LeftOut, SuiteBoard, SuiteRow
from arena.leaderboard.runs import age, cost_of, counts_of, flaw_of, opponents
from arena.leaderboard.suite_statistics import (
    Ranking,
    iqm,
    optimality_gap,
    percentile_interval,
    rank,
    resample_tasks,
    suite_iqm,
    suite_mean,
    suite_median,
    tie_groups,
)
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["Board", "EnvRow", "EnvTable", "SuiteBoard", "SuiteRow", "build_board", "by_suite"]

RANKED_EPISODES = 100  # per task; with fewer a row is provisional (PROTOCOL section 2)
MATCHES = "match/"  # suites of this name hold head-to-head games, which are rated by `arena match`


def build_board(
    runs: Iterable[Run], *, suite: str | None = None, domain: str | None = None, version: int | None = None
) -> Board:
    """Builds the board of all suites, or of those named `suite`; with `domain`, of that domain's tasks alone.

    `version` chooses the frozen references (default: the newest).

    Raises:
        ArenaError: no such version.
    """
    version = versions()[-1] if version is None else version
    groups, notes = by_suite(runs, suite)
    boards = (_suite_board(group, domain, version) for group in groups)
    return Board(tuple(board for board in boards if board.tasks), version, tuple(notes))


def by_suite(runs: Iterable[Run], suite: str | None = None) -> tuple[list[list[Run]], list[str]]:
    """Returns runs grouped by suite, split and schedule, each group oldest first, and notes on runs left out."""
    groups: dict[tuple[str, str, str], list[Run]] = defaultdict(list)
    notes, n_matches = [], 0
    for run in sorted(runs, key=age):
        name = run.manifest["suite"]["name"]
        if flaw := flaw_of(run):
            notes.append(f"{run.path} is left out: {flaw}")
        elif name.startswith(MATCHES):
            n_matches += suite in (None, name)
        elif suite in (None, name):
            groups[name, run.manifest["split"], run.manifest["suite"]["digest"]].append(run)
    if n_matches:
        notes.append(f"{n_matches} runs hold head-to-head games, which are not on this board: see arena match")
    return [group for _, group in sorted(groups.items())], sorted(notes)


def _suite_board(runs: Sequence[Run], domain: str | None, version: int) -> SuiteBoard:
    """Builds one suite's board from its runs, oldest first."""
    suite = runs[-1].manifest["suite"]
    references = referenced(runs, version)
    specs = references.specs
    tasks = {task["env"]: int(task["episodes"]) for task in suite["tasks"]}
    tasks = {env: n for env, n in tasks.items() if domain is None or (env in specs and specs[env].domain == domain)}
    entries, older = latest(runs, tasks)
    excluded = {env: excluded_because(specs[env]) if env in specs else "nobody has played it" for env in tasks}
    counting = [env for env in tasks if not excluded[env]]
    fill_scores(entries, specs, counting)
    ranked = [entry for entry in entries if counting and not entry.missing and not entry.is_oracle]
    ranking = _rank(ranked)
    rows = sorted(_suite_rows(entries, specs, tasks, counting, ranked, ranking), key=_by_rank)
    return SuiteBoard(
        suite=suite["name"],
        digest=suite["digest"],
        split=runs[-1].manifest["split"],
        tasks=tasks,
        domains=domains_of(specs, counting),
        rows=tuple(row for row in rows if not (row.missing or row.is_oracle)),
        incomplete=tuple(row for row in rows if row.missing and not row.is_oracle),
        oracles=tuple(row for row in rows if row.is_oracle),
        environments=tuple(env_table(specs[env], entries, excluded[env]) for env in tasks if env in specs),
        sensitivity=_sensitivity(ranked, ranking, specs, counting),
        notes=tuple(_notes(entries, tasks, excluded, references, version)),
        older=tuple(older),
    )


def _rank(ranked: Sequence[Entry]) -> Ranking:
    if not ranked:
        return Ranking([], [], [])
    values = [round(entry.score, 12) for entry in ranked]
    return rank(values, np.stack([entry.score_samples for entry in ranked]))


def _suite_rows(
    entries: Sequence[Entry],
    specs: Mapping[str, EnvSpec],
    tasks: Mapping[str, int],
    counting: Sequence[str],
    ranked: Sequence[Entry],
    ranking: Ranking,
) -> list[SuiteRow]:
    domains = domains_of(specs, counting)
    places = [domains.index(specs[env].domain) for env in counting]
    ranks = {id(entry): place for entry, place in zip(ranked, zip(*ranking, strict=True), strict=True)}
    others = _other_tasks(entries, counting, places)
    return [
        _suite_row(entry, tasks, counting, places, ranks.get(id(entry)), others.get(id(entry))) for entry in entries
    ]


def _suite_row(
    entry: Entry,
    tasks: Mapping[str, int],
    counting: Sequence[str],
    places: Sequence[int],
    ranks: tuple[int, int, int] | None,
    other_tasks: Interval | None,
) -> SuiteRow:
    whole, mean, median, gap = None, None, None, None
    if _is_whole(entry, counting):
        means = np.array([entry.scores[env].mean() for env in counting])
        whole = percentile_interval(entry.score, entry.score_samples)
        mean, median, gap = (float(of(means, places)) for of in (suite_mean, suite_median, optimality_gap))
    position, low, high = ranks or (None, None, None)
    agent = entry.run.manifest["agent"]
    return SuiteRow(
        agent=entry.label,
        name=agent["name"],
        digest=agent["digest"],
        run=entry.run.id,
        created=str(entry.run.manifest["created"]),
        attempts=entry.attempts,
        position=position,
        rank_low=low,
        rank_high=high,
        iqm=whole,
        other_tasks=other_tasks,
        domains={
            name: percentile_interval(value, entry.domain_samples[name]) for name, value in entry.domain_scores.items()
        },
        mean=mean,
        median=median,
        optimality_gap=gap,
        counts=counts_of(entry.run, tasks),
        cost=cost_of(entry.run, tasks),
        level=entry.run.level,
        isolation=entry.run.manifest.get("isolation", ""),
        missing=entry.missing,
        is_oracle=entry.is_oracle,
        is_provisional=any(counts_of(entry.run, [env])["n_scheduled"] < RANKED_EPISODES for env in tasks),
    )


def _is_whole(entry: Entry, counting: Sequence[str]) -> bool:
    return bool(counting) and all(env in entry.samples for env in counting)


def _other_tasks(entries: Sequence[Entry], counting: Sequence[str], places: Sequence[int]) -> dict[int, Interval]:
    """Returns by entry the interval of its suite score with tasks drawn again too, jointly for all entries."""
    whole = [entry for entry in entries if _is_whole(entry, counting)]
    if not whole or len(set(places)) == len(places):
        return {}
    samples = np.stack([_samples(entry, counting) for entry in whole])
    random = generator_of(["other tasks", *(entry.run.id for entry in entries)])
    resampled = suite_iqm(resample_tasks(samples, places, random), places)
    return {id(entry): percentile_interval(entry.score, sample) for entry, sample in zip(whole, resampled, strict=True)}


def _samples(entry: Entry, tasks: Sequence[str]) -> Floats:
    """Returns an entry's resampled task scores: (resamples, tasks)."""
    return np.stack([entry.samples[env] for env in tasks], axis=-1)


def _sensitivity(
    ranked: Sequence[Entry], ranking: Ranking, specs: Mapping[str, EnvSpec], counting: Sequence[str]
) -> tuple[LeftOut, ...]:
    """Returns the tie groups with each task left out in turn; empty where there is no order or one task."""
    if len(ranked) < 2 or len(counting) < 2:
        return ()
    labels = [entry.label for entry in ranked]
    usual = tie_groups(labels, ranking.position)
    rows = []
    for left_out in counting:
        domain = specs[left_out].domain
        rest = [env for env in counting if specs[env].domain == domain and env != left_out]
        values, samples = zip(*(_without(entry, domain, rest) for entry in ranked), strict=True)
        groups = tie_groups(labels, rank(values, np.stack(samples)).position)
        rows.append(LeftOut(left_out, groups != usual, groups))
    return tuple(rows)


def _without(entry: Entry, domain: str, rest: Sequence[str]) -> tuple[float, Floats]:
    """Returns an entry's suite score and its resamples, where `rest` is what is left of a domain's tasks."""
    values = {name: value for name, value in entry.domain_scores.items() if name != domain}
    samples = {name: sample for name, sample in entry.domain_samples.items() if name != domain}
    if rest:
        values[domain] = float(iqm([entry.scores[env].mean() for env in rest]))
        samples[domain] = iqm(_samples(entry, rest))
    return round(float(np.mean(list(values.values()))), 12), np.asarray(np.mean(list(samples.values()), axis=0))


def _by_rank(row: SuiteRow) -> tuple[float, str, str]:
    return (-round(row.iqm.value, 12) if row.iqm else np.inf), row.agent, row.digest


def _notes(
    entries: Sequence[Entry],
    tasks: Mapping[str, int],
    excluded: Mapping[str, str],
    references: Referenced,
    version: int,
) -> list[str]:
    notes = [f"{env} does not count in the suite score: {excluded[env]}." for env in tasks if excluded[env]]
    if unfrozen := [env for env in references.not_frozen if env in tasks and not excluded[env]]:
        notes.append(
            f"Not in board version {version}, normalised by the newest run's references: {', '.join(unfrozen)}."
        )
    if disagreeing := [env for env in references.disagreeing if env in tasks]:
        notes.append(f"Runs disagree on references; the newest run's are used for all: {', '.join(disagreeing)}.")
    for env in tasks:
        if len({opponents(entry.run, env) for entry in entries if env in entry.run.specs}) > 1:
            notes.append(f"{env}: not all rows met the same versions of the opponents; run the older ones again.")
    if few := [env for env, episodes in tasks.items() if episodes < RANKED_EPISODES]:
        notes.append(
            f"Provisional: {len(few)} of {len(tasks)} tasks have fewer than {RANKED_EPISODES} episodes, "
            "so that intervals are wide and a little too short."
        )
    return notes
