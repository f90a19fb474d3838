"""The table of one environment: every agent's scores in the environment's own unit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from arena.leaderboard.entries import Entry
from arena.leaderboard.intervals import generator_of, mean_interval, median_interval
from arena.leaderboard.rows import EnvRow, EnvTable
from arena.leaderboard.runs import cost_of, counts_of, normalised_episodes, scores_of
from arena.spec import EnvSpec

__all__ = ["env_table"]

TWO_OUTCOMES = ((0.0, 1.0), (-1.0, 1.0))  # score ranges of a rate, and of a loss or a win


def env_table(spec: EnvSpec, entries: Sequence[Entry], excluded: str) -> EnvTable:
    """Returns an environment's table; `excluded` says why it does not count in the suite score, or ""."""
    rows = [_row(spec, entry, excluded) for entry in entries if spec.id in entry.run.counts.index]
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


def _row(spec: EnvSpec, entry: Entry, excluded: str) -> EnvRow:
    scores = scores_of(entry.run, spec.id)
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
        median=median_interval(scores),
        normalized_score=None if excluded or not len(scores) else float(normalised_episodes(entry.run, spec).mean()),
        counts=counts_of(entry.run, [spec.id]),
        cost=cost_of(entry.run, [spec.id]),
        level=entry.run.level,
        is_oracle=entry.is_oracle,
    )
