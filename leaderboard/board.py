"""The board: a pure function of runs, the same whatever order they come in."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from arena.leaderboard.intervals import Floats, Interval, generator_of, mean_interval
from arena.leaderboard.suite_statistics import (
    bootstrap_task_scores,
    carries_signal,
    iqm,
    normalise,
    optimality_gap,
    percentile_interval,
    rank,
)
from arena.record import Run
from arena.spec import DOMAINS, EnvSpec

__all__ = [
    "Board",
    "EnvRow",
    "EnvTable",
    "SuiteBoard",
    "SuiteRow",
    "age",
    "build_board",
    "excluded_because",
    "newest_specs",
    "opponents",
    "plain",
]

RANKED_EPISODES = 100  # per task; with fewer a row is provisional (PROTOCOL section 2)
TWO_OUTCOMES = ((0.0, 1.0), (-1.0, 1.0))  # score ranges of a rate, and of a loss or a win
COUNTS = ("n_ok", "n_agent_fail", "n_infra", "n_pending", "n_scheduled")


@dataclass(frozen=True)
class EnvRow:
    """One agent on one environment; scores in the environment's own unit."""

    agent: str
    run: str
    n: int
    score: Interval
    normalized_score: float | None
    counts: dict[str, int]
    level: str
    is_oracle: bool
    is_best: bool = False


@dataclass(frozen=True)
class EnvTable:
    """All agents on one environment, best first, oracles last. `excluded`: why it does not count in the suite score."""

    env_id: str
    domain: str
    metric: str
    higher_is_better: bool
    random: float | None
    expert: float | None
    excluded: str
    rows: tuple[EnvRow, ...]


@dataclass(frozen=True)
class SuiteRow:
    """One agent on one suite.

    Fields:
        agent: label: the name, with @ and the digest's beginning where another row has the same name.
        attempts: runs of this name on this board; the latest of each digest is shown.
        position, rank_low, rank_high: None where unranked; a tie group shares its first position.
        iqm, mean, optimality_gap: None where the run lacks scores of a task that counts; domains: absent likewise.
        missing: why it is incomplete, or "".
        is_provisional: some task has fewer than 100 episodes.
    """

    agent: str
    name: str
    digest: str
    run: str
    created: str
    attempts: int
    position: int | None
    rank_low: int | None
    rank_high: int | None
    iqm: Interval | None
    domains: dict[str, Interval]
    mean: float | None
    optimality_gap: float | None
    counts: dict[str, int]
    level: str
    missing: str
    is_oracle: bool
    is_provisional: bool


@dataclass(frozen=True)
class SuiteBoard:
    """One suite and split: complete rows by rank, then what is not ranked. `older` lists runs that are not shown."""

    suite: str
    digest: str
    split: str
    tasks: dict[str, int]
    domains: tuple[str, ...]
    rows: tuple[SuiteRow, ...]
    incomplete: tuple[SuiteRow, ...]
    oracles: tuple[SuiteRow, ...]
    environments: tuple[EnvTable, ...]
    notes: tuple[str, ...]
    older: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """Every suite that was played."""

    suites: tuple[SuiteBoard, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Returns plain data in one order; NaN and infinities are None, other numbers have 10 significant digits."""
        data: dict[str, Any] = plain(self)
        return data


def build_board(runs: Iterable[Run], *, suite: str | None = None, domain: str | None = None) -> Board:
    """Builds the board of all suites, or of those named `suite`; with `domain`, of that domain's tasks alone."""
    groups: dict[tuple[str, str, str], list[Run]] = defaultdict(list)
    notes = []
    for run in sorted(runs, key=age):
        if flaw := _flaw(run):
            notes.append(f"{run.path} is left out: {flaw}")
        elif suite in (None, run.manifest["suite"]["name"]):
            groups[_group(run)].append(run)
    boards = (_suite_board(group, domain) for _, group in sorted(groups.items()))
    return Board(tuple(board for board in boards if board.tasks), tuple(sorted(notes)))


def excluded_because(spec: EnvSpec) -> str:
    """Returns why an environment cannot be normalised and so does not count in a suite's score, or ""."""
    if spec.random is None:
        return "no random score was measured"
    if spec.expert is None:
        return "no reference score is known"
    if not carries_signal(spec.random, spec.expert, spec.higher_is_better):
        return "its reference does not beat random by 2 standard errors"
    return ""


def newest_specs(runs: Sequence[Run]) -> tuple[dict[str, EnvSpec], list[str]]:
    """Returns each environment's spec from its newest run, and the ids on whose references the runs disagree."""
    specs: dict[str, EnvSpec] = {}
    seen: dict[str, set[str]] = defaultdict(set)
    for run in sorted(runs, key=age):
        specs.update(run.specs)
        for env_id, spec in run.specs.items():
            seen[env_id].add(repr((spec.random, spec.expert)))
    return specs, sorted(env_id for env_id, references in seen.items() if len(references) > 1)


def normalised_episodes(run: Run, spec: EnvSpec) -> Floats:
    """Returns the normalised scores of a run's measured episodes in one environment, by seed."""
    assert spec.random is not None and spec.expert is not None
    return normalise(_scores(run, spec.id), spec.random.value, spec.expert.value)


def age(run: Run) -> tuple[str, str, int, str]:
    """Returns the key by which runs are sorted, oldest first."""
    return str(run.manifest["created"]), run.id, len(run.episodes), run.head


def opponents(run: Run, env_id: str) -> str:
    """Returns the digests of the agents at the other seats, in order, as one text; "" without opponents."""
    return " ".join(who["digest"] for who in run.manifest["opponents"].get(env_id, ()))


def plain(value: Any) -> Any:
    """Returns dataclasses, tuples and numbers as plain JSON data; NaN and infinities as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    return value


def _group(run: Run) -> tuple[str, str, str]:
    suite = run.manifest["suite"]
    return suite["name"], run.manifest["split"], suite["digest"]


def _flaw(run: Run) -> str:
    measured = run.episodes[run.episodes["measurement"].astype(bool)]
    bad = int((~np.isfinite(measured["score"].to_numpy(dtype=float))).sum())
    return f"{bad} measured scores are not finite numbers" if bad else ""


def _scores(run: Run, env_id: str) -> Floats:
    rows = run.episodes
    rows = rows[(rows["env_id"] == env_id) & rows["measurement"].astype(bool)].sort_values(["seed", "index"])
    return rows["score"].to_numpy(dtype=np.float64)


def _counts(run: Run, tasks: Iterable[str]) -> dict[str, int]:
    mine = run.counts.reindex([task for task in tasks if task in run.counts.index])
    return {name: int(mine[name].sum()) for name in COUNTS}


@dataclass
class _Entry:
    """An agent's latest run, while its rows are made."""

    run: Run
    label: str
    attempts: int
    missing: str
    is_oracle: bool
    scores: dict[str, Floats] = field(default_factory=dict)  # normalised episode scores by task that counts
    values: dict[str, float] = field(default_factory=dict)  # IQM by domain whose tasks it all played
    samples: dict[str, Floats] = field(default_factory=dict)  # its resamples


def _suite_board(runs: Sequence[Run], domain: str | None) -> SuiteBoard:
    """Builds one suite's board from its runs, oldest first."""
    specs, disagreeing = newest_specs(runs)
    tasks = {task["env"]: int(task["episodes"]) for task in runs[-1].manifest["suite"]["tasks"]}
    tasks = {env: n for env, n in tasks.items() if domain is None or (env in specs and specs[env].domain == domain)}
    entries, older = _latest(runs, tasks)
    excluded = {env: excluded_because(specs[env]) if env in specs else "nobody has played it" for env in tasks}
    counting = [env for env in tasks if not excluded[env]]
    for entry in entries:
        entry.scores = {env: normalised_episodes(entry.run, specs[env]) for env in counting}
        entry.missing = entry.missing or _too_few(entry.scores)
    _score(entries, specs, counting)
    rows = sorted(_suite_rows(entries, specs, tasks, counting), key=_by_rank)
    return SuiteBoard(
        suite=runs[-1].manifest["suite"]["name"],
        digest=runs[-1].manifest["suite"]["digest"],
        split=runs[-1].manifest["split"],
        tasks=tasks,
        domains=_domains(specs, counting),
        rows=tuple(row for row in rows if not (row.missing or row.is_oracle)),
        incomplete=tuple(row for row in rows if row.missing and not row.is_oracle),
        oracles=tuple(row for row in rows if row.is_oracle),
        environments=tuple(_env_table(specs[env], entries, excluded[env]) for env in tasks if env in specs),
        notes=tuple(_notes(entries, tasks, excluded, [env for env in disagreeing if env in tasks])),
        older=tuple(older),
    )


def _latest(runs: Sequence[Run], tasks: Mapping[str, int]) -> tuple[list[_Entry], list[str]]:
    """Returns the latest run of each agent (name and digest), and the ids of the others."""
    latest: dict[tuple[str, str], Run] = {}
    for run in runs:
        latest[run.manifest["agent"]["name"], run.manifest["agent"]["digest"]] = run
    entries = []
    for (name, digest), run in sorted(latest.items()):
        is_alone = sum(other == name for other, _ in latest) == 1
        label = name if is_alone else f"{name}@{digest[:8]}"
        attempts = len({other.id for other in runs if other.manifest["agent"]["name"] == name})
        views = run.manifest["agent"]["view"]
        is_oracle = any(views.get(env) == "oracle" for env in tasks)
        entries.append(_Entry(run, label, attempts, _missing(run, tasks), is_oracle))
    return entries, sorted({run.id for run in runs} - {run.id for run in latest.values()})


def _missing(run: Run, tasks: Mapping[str, int]) -> str:
    """Returns which scheduled episodes of the suite a run lacks, and why, or ""."""
    reasons = []
    for env, episodes in tasks.items():
        count = _counts(run, [env])
        if env in run.manifest["skipped"]:
            reasons.append(f"{env} skipped: {run.manifest['skipped'][env]}")
        elif count["n_scheduled"] < episodes:
            reasons.append(f"{env}: {count['n_scheduled']} of {episodes} episodes scheduled")
        elif count["n_infra"] or count["n_pending"]:
            open_ = [f"{count[f'n_{what}']} {what}" for what in ("infra", "pending") if count[f"n_{what}"]]
            reasons.append(f"{env}: {', '.join(open_)} of {count['n_scheduled']} episodes")
    return "; ".join(reasons)


def _too_few(scores: Mapping[str, Floats]) -> str:
    few = [env for env, x in scores.items() if len(x) < 2]
    return f"fewer than 2 episodes of {', '.join(few)}: no interval" if few else ""


def _score(entries: Sequence[_Entry], specs: Mapping[str, EnvSpec], counting: Sequence[str]) -> None:
    """Fills in every entry's domain scores; one joint bootstrap, seeded by the ids of the runs shown."""
    random = generator_of(entry.run.id for entry in entries)
    for domain in _domains(specs, counting):
        tasks = [env for env in counting if specs[env].domain == domain]
        able = [entry for entry in entries if all(len(entry.scores[env]) >= 2 for env in tasks)]
        if not able:
            continue
        samples = bootstrap_task_scores([[entry.scores[env] for env in tasks] for entry in able], random)
        for entry, sample in zip(able, samples, strict=True):
            entry.values[domain] = float(iqm([entry.scores[env].mean() for env in tasks]))
            entry.samples[domain] = iqm(sample)


def _suite_rows(
    entries: Sequence[_Entry], specs: Mapping[str, EnvSpec], tasks: Mapping[str, int], counting: Sequence[str]
) -> list[SuiteRow]:
    domains = _domains(specs, counting)
    places = [domains.index(specs[env].domain) for env in counting]
    whole = [entry for entry in entries if counting and not entry.missing and not entry.is_oracle]
    ranks: dict[int, tuple[int, int, int]] = {}
    if whole:
        values = [round(float(np.mean(list(entry.values.values()))), 12) for entry in whole]
        ranking = rank(values, np.stack([np.mean(list(entry.samples.values()), axis=0) for entry in whole]))
        ranks = {id(entry): place for entry, place in zip(whole, zip(*ranking, strict=True), strict=True)}
    return [_suite_row(entry, tasks, counting, places, ranks.get(id(entry))) for entry in entries]


def _suite_row(
    entry: _Entry,
    tasks: Mapping[str, int],
    counting: Sequence[str],
    places: Sequence[int],
    ranks: tuple[int, int, int] | None,
) -> SuiteRow:
    whole, mean, gap = None, None, None
    if counting and all(len(entry.scores[env]) >= 2 for env in counting):
        means = np.array([entry.scores[env].mean() for env in counting])
        whole = percentile_interval(
            float(np.mean(list(entry.values.values()))), np.mean(list(entry.samples.values()), axis=0)
        )
        mean = float(np.mean([means[np.array(places) == d].mean() for d in sorted(set(places))]))
        gap = float(optimality_gap(means, places))
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
        domains={name: percentile_interval(value, entry.samples[name]) for name, value in entry.values.items()},
        mean=mean,
        optimality_gap=gap,
        counts=_counts(entry.run, tasks),
        level=entry.run.level,
        missing=entry.missing,
        is_oracle=entry.is_oracle,
        is_provisional=any(_counts(entry.run, [env])["n_scheduled"] < RANKED_EPISODES for env in tasks),
    )


def _domains(specs: Mapping[str, EnvSpec], counting: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in DOMAINS if any(specs[env].domain == name for env in counting))


def _by_rank(row: SuiteRow) -> tuple[float, str, str]:
    return (-round(row.iqm.value, 12) if row.iqm else math.inf), row.agent, row.digest


def _env_table(spec: EnvSpec, entries: Sequence[_Entry], excluded: str) -> EnvTable:
    rows = [_env_row(spec, entry, excluded) for entry in entries if spec.id in entry.run.counts.index]
    sign = -1 if spec.higher_is_better else 1
    rows.sort(key=lambda row: (row.is_oracle, row.n == 0, sign * row.score.value if row.n else 0.0, row.agent))
    best = [row.score.value for row in rows if row.n and not row.is_oracle][:1]
    return EnvTable(
        env_id=spec.id,
        domain=spec.domain,
        metric=spec.metric,
        higher_is_better=spec.higher_is_better,
        random=spec.random.value if spec.random else None,
        expert=spec.expert.value if spec.expert else None,
        excluded=excluded,
        rows=tuple(
            dataclasses.replace(r, is_best=not r.is_oracle and r.n > 0 and r.score.value == best[0]) for r in rows
        ),
    )


def _env_row(spec: EnvSpec, entry: _Entry, excluded: str) -> EnvRow:
    scores = _scores(entry.run, spec.id)
    interval = mean_interval(
        scores,
        generator_of([entry.run.id, spec.id]),
        bounds=spec.score_range if spec.score_range in TWO_OUTCOMES else None,
    )
    return EnvRow(
        agent=entry.label,
        run=entry.run.id,
        n=len(scores),
        score=interval,
        normalized_score=None if excluded or not len(scores) else float(normalised_episodes(entry.run, spec).mean()),
        counts=_counts(entry.run, [spec.id]),
        level=entry.run.level,
        is_oracle=entry.is_oracle,
    )


def _notes(
    entries: Sequence[_Entry], tasks: Mapping[str, int], excluded: Mapping[str, str], disagreeing: Sequence[str]
) -> list[str]:
    notes = [f"{env} does not count in the suite score: {excluded[env]}." for env in tasks if excluded[env]]
    if disagreeing:
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
