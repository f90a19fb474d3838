"""A suite's compare page: every two of its agents on the episodes both played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from arena.leaderboard.compare import Comparison, compare_agents
from arena.leaderboard.improvement import improvement_matrix
from arena.leaderboard.intervals import LEVEL, Floats, generator_of, holm
from arena.leaderboard.numbers import interval
from arena.leaderboard.page.figures import Figure, heat_map, profiles
from arena.leaderboard.page.site import Site, shown_rows
from arena.leaderboard.profiles import performance_profile
from arena.leaderboard.rows import EnvTable, SuiteBoard, SuiteRow
from arena.leaderboard.runs import scores_of
from arena.leaderboard.suite_statistics import normalise
from arena.run import Run
from arena.spec import DOMAINS

__all__ = ["compare_page"]

MOST = 12  # agents compared with each other: pairs, and so time, grow with their square
LEVELS = np.linspace(-0.25, 1.5, 71)  # normalised scores at which profiles are drawn


@dataclass(frozen=True)
class Pair:
    """Two agents, by their places among the agents compared, and what they have in common."""

    a: int
    b: int
    comparison: Comparison
    p_adjusted: float | None


def compare_page(site: Site, suite: SuiteBoard) -> dict[str, Any]:
    """Returns what the template of the compare page shows: profiles, a matrix, and a table for each pair."""
    rows = shown_rows(suite)
    agents, others = rows[:MOST], rows[MOST:]
    pairs = _pairs(site, agents)
    counting = [table for table in suite.environments if not table.excluded]
    whole = suite.rows[:MOST] if counting else ()
    scores = [[_normalised(site.runs[row.run], table) for table in counting] for row in whole]
    return {
        "suite": suite,
        "agents": agents,
        "others": others,
        "pairs": pairs,
        "profiles": _profiles(whole, scores, [table.domain for table in counting]) if whole else None,
        "matrix": _matrix(whole, scores) if len(whole) > 1 else None,
    }


def _normalised(run: Run, table: EnvTable) -> Floats:
    """Returns a run's normalised episode scores of a task that counts, by seed."""
    assert table.random is not None and table.expert is not None
    return normalise(scores_of(run, table.env_id), table.random, table.expert)


def _pairs(site: Site, agents: Sequence[SuiteRow]) -> list[Pair]:
    found = [
        (a, b, compare_agents(site.runs[agents[a].run], site.runs[agents[b].run]))
        for a, b in combinations(range(len(agents)), 2)
    ]
    adjusted = iter(holm([comparison.whole.p_value for _, _, comparison in found if comparison.whole]))
    return [Pair(a, b, comparison, next(adjusted) if comparison.whole else None) for a, b, comparison in found]


def _matrix(rows: Sequence[SuiteRow], scores: Sequence[Sequence[Floats]]) -> Figure:
    """Returns how often the row's agent does better than the column's; in parentheses where chance may explain it."""
    found = improvement_matrix(scores, generator_of(row.run for row in rows))
    labels = [row.agent for row in rows]
    values = np.array([[one.value for one in line] for line in found.probability])
    np.fill_diagonal(values, np.nan)
    text = [
        [f"{value:.2f}" if p <= 1 - LEVEL else f"({value:.2f})" for value, p in zip(line, ps, strict=True)]
        for line, ps in zip(values, found.p_value, strict=True)
    ]
    words = "Probability of improvement: " + "; ".join(
        f"{labels[i]} over {labels[j]} {interval(found.probability[i][j], 2)}"
        for i, j in combinations(range(len(labels)), 2)
    )
    return heat_map(labels, values, text, 0.5, 0.5, words)


def _profiles(rows: Sequence[SuiteRow], scores: Sequence[Sequence[Floats]], domains: Sequence[str]) -> Figure:
    random = generator_of(row.run for row in rows)
    places = [DOMAINS.index(domain) for domain in domains]
    found = {
        row.agent: performance_profile(mine, places, LEVELS, random) for row, mine in zip(rows, scores, strict=True)
    }
    return profiles(LEVELS, found)
