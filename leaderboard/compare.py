"""Two agents on the episodes both played: is the difference real, and how many more episodes would settle it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from arena.errors import ArenaError, unknown
from arena.leaderboard.intervals import (
    LEVEL,
    Floats,
    Interval,
    episodes_to_settle,
    generator_of,
    holm,
    paired_difference,
    probability_of_improvement,
)
from arena.leaderboard.references import excluded_because, referenced
from arena.leaderboard.rows import plain
from arena.leaderboard.runs import age, opponents
from arena.leaderboard.suite_statistics import (
    bootstrap_task_scores,
    normalise,
    percentile_interval,
    suite_iqm,
    swap_test,
)
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["Comparison", "EnvComparison", "SuiteComparison", "compare_agents", "find_pair"]

MANY = 100_000  # episodes; more than this is not worth stating as a number
Verdict = Literal["a", "b", "identical", "open"]


@dataclass(frozen=True)
class EnvComparison:
    """A against B in one environment, over n common episodes.

    Fields:
        mean_a, mean_b, difference: in the environment's unit; the difference is A - B whatever the metric's direction.
        improvement: how often A did better on an episode, ties counting a half.
        p_value, p_adjusted: of the swap test; adjusted (Holm) for the number of environments.
        more_episodes: how many more would settle it if the difference is as seen; None where that cannot be said.
    """

    env_id: str
    higher_is_better: bool
    n: int
    mean_a: float
    mean_b: float
    difference: Interval
    improvement: Interval
    p_value: float
    p_adjusted: float
    more_episodes: int | None
    verdict: Verdict
    words: str


@dataclass(frozen=True)
class SuiteComparison:
    """Suite IQM of A and B over their common episodes, and the difference A - B with a paired bootstrap interval."""

    iqm_a: float
    iqm_b: float
    difference: Interval
    p_value: float
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
    """A against B. `whole` is None where no environment with both references has two common episodes."""

    a: str
    b: str
    run_a: str
    run_b: str
    suite: str
    split: str
    environments: tuple[EnvComparison, ...]
    whole: SuiteComparison | None
    words: str
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns plain data in one order; NaN and infinities are None."""
        data: dict[str, Any] = plain(self)
        return data


@dataclass(frozen=True)
class _Pairs:
    """The common episodes of one environment: raw scores of A and B, in one order."""

    spec: EnvSpec
    a: Floats
    b: Floats


def find_pair(runs: Iterable[Run], a: str, b: str, suite: str | None = None) -> tuple[Run, Run]:
    """Returns the newest runs of agents A and B that have suite and split in common.

    An agent is given by name, or by name@digest with at least the digest's beginning.

    Raises:
        UnknownNameError: no run of such an agent; names the nearest.
        ArenaError: no suite in common, or A and B are one run.
    """
    known = [run for run in sorted(runs, key=age) if suite in (None, run.manifest["suite"]["name"])]
    runs_a, runs_b = _runs_of(known, a), _runs_of(known, b)
    shared = {_played(run) for run in runs_a} & {_played(run) for run in runs_b}
    if not shared:
        played = "; ".join(
            f"{name!r} has {', '.join(sorted({' '.join(_played(run)) for run in found}))}"
            for name, found in ((a, runs_a), (b, runs_b))
        )
        raise ArenaError(f"{a!r} and {b!r} have no suite and split in common: {played}; run both on one suite")
    newest = _played(max((run for run in (*runs_a, *runs_b) if _played(run) in shared), key=age))
    first, second = ([run for run in found if _played(run) == newest][-1] for found in (runs_a, runs_b))
    if first is second:
        raise ArenaError(f"{a!r} and {b!r} are the same run {first.id}; give name@digest to tell two versions apart")
    return first, second


def compare_agents(run_a: Run, run_b: Run) -> Comparison:
    """Compares two runs on the episodes (environment, seed, seating, opponents) that both finished."""
    pairs, notes = _common(run_a, run_b)
    label_a, label_b = _labels(run_a, run_b)
    rows = [_compare_env(pair, run_a, run_b) for pair in pairs]
    adjusted = holm([row.p_value for row in rows])
    environments = tuple(
        _with_verdict(row, pair, p, len(rows), label_a, label_b)
        for row, pair, p in zip(rows, pairs, adjusted, strict=True)
    )
    excluded = {pair.spec.id: excluded_because(pair.spec) for pair in pairs}
    notes += [f"{env} does not count in the suite difference: {why}." for env, why in excluded.items() if why]
    counting = [pair for pair in pairs if not excluded[pair.spec.id] and len(pair.a) > 1]
    whole = _compare_suite(counting, run_a, run_b) if counting else None
    suite, split = _played(run_a)
    words = _overall_words(environments, whole, label_a, label_b, suite)
    return Comparison(label_a, label_b, run_a.id, run_b.id, suite, split, environments, whole, words, tuple(notes))


def _runs_of(runs: Sequence[Run], text: str) -> list[Run]:
    names = {run.manifest["agent"]["name"] for run in runs}
    name, _, digest = (text, "", "") if text in names else text.rpartition("@")
    found = [
        run
        for run in runs
        if run.manifest["agent"]["name"] == name and run.manifest["agent"]["digest"].startswith(digest)
    ]
    if not found:
        labels = {f"{run.manifest['agent']['name']}@{run.manifest['agent']['digest'][:8]}" for run in runs}
        raise unknown("agent on this board", text, sorted(names | labels), "`arena board` lists who has played")
    return found


def _played(run: Run) -> tuple[str, str]:
    return run.manifest["suite"]["name"], run.manifest["split"]


def _labels(run_a: Run, run_b: Run) -> tuple[str, str]:
    a, b = run_a.manifest["agent"], run_b.manifest["agent"]
    if a["name"] != b["name"]:
        return a["name"], b["name"]
    if a["digest"] != b["digest"]:
        return f"{a['name']}@{a['digest'][:8]}", f"{b['name']}@{b['digest'][:8]}"
    return f"{a['name']} ({run_a.id})", f"{b['name']} ({run_b.id})"


def _common(run_a: Run, run_b: Run) -> tuple[list[_Pairs], list[str]]:
    """Returns the common episodes by environment in the suite's order, and notes on what was left out."""
    specs, _, disagreeing = referenced([run_a, run_b])
    frames = [_episodes(run) for run in (run_a, run_b)]
    both = frames[0].merge(frames[1], on=["env_id", "seed", "seats", "opponents"], suffixes=("_a", "_b"))
    notes, pairs = [], []
    tasks = dict.fromkeys(task["env"] for run in (run_a, run_b) for task in run.manifest["suite"]["tasks"])
    for env in tasks:
        rows = both[both["env_id"] == env].sort_values(["seed", "seats"])
        a, b = rows["score_a"].to_numpy(dtype=float), rows["score_b"].to_numpy(dtype=float)
        finite = np.isfinite(a) & np.isfinite(b)
        if not finite.all():
            notes.append(f"{env}: {int((~finite).sum())} episodes left out: a score is not a finite number.")
        if finite.any():
            pairs.append(_Pairs(specs[env], a[finite], b[finite]))
        else:
            notes.append(f"{env} has no episode that both finished with the same seed, seats and opponents.")
    if disagreeing:
        notes.append(f"The runs disagree on references; the newer run's are used: {', '.join(disagreeing)}.")
    return pairs, notes


def _episodes(run: Run) -> pd.DataFrame:
    rows = run.episodes[run.episodes["measurement"].astype(bool)]
    table = {env_id: opponents(run, env_id) for env_id in rows["env_id"]}
    rows = rows.assign(seats=rows["seating"].map(str), opponents=rows["env_id"].map(table))
    rows = rows[["env_id", "seed", "seats", "opponents", "score"]]
    return rows.drop_duplicates(["env_id", "seed", "seats", "opponents"])


def _compare_env(pair: _Pairs, run_a: Run, run_b: Run) -> EnvComparison:
    random = generator_of([run_a.id, run_b.id, pair.spec.id])
    sign = 1.0 if pair.spec.higher_is_better else -1.0
    return EnvComparison(
        env_id=pair.spec.id,
        higher_is_better=pair.spec.higher_is_better,
        n=len(pair.a),
        mean_a=float(pair.a.mean()),
        mean_b=float(pair.b.mean()),
        difference=paired_difference(pair.a, pair.b, random),
        improvement=probability_of_improvement(sign * pair.a, sign * pair.b),
        p_value=swap_test([pair.a], [pair.b], [0], random),
        p_adjusted=1.0,
        more_episodes=None,
        verdict="open",
        words="",
    )


def _with_verdict(
    row: EnvComparison, pair: _Pairs, p_adjusted: float, tests: int, label_a: str, label_b: str
) -> EnvComparison:
    verdict = _verdict(pair.a, pair.b, row.mean_a - row.mean_b, p_adjusted, row.higher_is_better)
    more = None
    if verdict == "open" and row.n > 1 and row.mean_a != row.mean_b:
        more = max(1, int(episodes_to_settle(pair.a - pair.b, (1 - LEVEL) / tests)) - row.n)
    words = {
        "a": f"{label_a} better",
        "b": f"{label_b} better",
        "identical": f"identical on all {row.n} episodes",
        "open": _open_words(row.n, more),
    }[verdict]
    return replace(row, p_adjusted=p_adjusted, more_episodes=more, verdict=verdict, words=words)


def _verdict(a: Floats, b: Floats, difference: float, p_value: float, higher_is_better: bool) -> Verdict:
    if np.array_equal(a, b):
        return "identical"
    if p_value > 1 - LEVEL:
        return "open"
    return "a" if (difference > 0) == higher_is_better else "b"


def _open_words(n: int, more: int | None) -> str:
    if n == 1:
        return "one common episode shows nothing"
    if more is None:
        return "no difference shown; equal on average"
    if more > MANY:
        return f"no difference shown; one as small as this would take over {MANY:,} episodes"
    about = int(float(f"{more:.2g}"))
    return f"no difference shown; about {about:,} more episodes would settle it if the difference is as seen"


def _compare_suite(pairs: Sequence[_Pairs], run_a: Run, run_b: Run) -> SuiteComparison:
    random = generator_of([run_a.id, run_b.id])
    scores_a = [_normalised(pair.spec, pair.a) for pair in pairs]
    scores_b = [_normalised(pair.spec, pair.b) for pair in pairs]
    domains = np.unique([pair.spec.domain for pair in pairs], return_inverse=True)[1]
    values = [float(suite_iqm([x.mean() for x in scores], domains)) for scores in (scores_a, scores_b)]
    samples = suite_iqm(bootstrap_task_scores([scores_a, scores_b], random), domains)
    difference = percentile_interval(values[0] - values[1], samples[0] - samples[1])
    p_value = swap_test(scores_a, scores_b, domains, random)
    flat_a, flat_b = np.concatenate(scores_a), np.concatenate(scores_b)
    verdict = _verdict(flat_a, flat_b, difference.value, p_value, higher_is_better=True)
    return SuiteComparison(values[0], values[1], difference, p_value, verdict)


def _normalised(spec: EnvSpec, scores: Floats) -> Floats:
    assert spec.random is not None and spec.expert is not None
    return normalise(scores, spec.random.value, spec.expert.value)


def _overall_words(
    environments: Sequence[EnvComparison], whole: SuiteComparison | None, a: str, b: str, suite: str
) -> str:
    if not environments:
        return f"{a} and {b} have no episode in common: nothing can be compared."
    wins = {side: sum(row.verdict == side for row in environments) for side in ("a", "b")}
    tally = f"of {len(environments)} environments alone, {a} is better in {wins['a']}, {b} in {wins['b']}"
    if whole is None:
        return f"{tally}; no suite difference, since no common task has both references."
    if whole.verdict == "identical":
        return f"{a} and {b} score alike on every common episode of {suite}."
    if whole.verdict == "open":
        return f"No difference shown on {suite} as a whole; {tally}."
    better, worse = (a, b) if whole.verdict == "a" else (b, a)
    return f"{better} is better than {worse} on {suite}; {tally}."
