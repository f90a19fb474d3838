"""A suite's page: who is better, by how much, at what cost; the first of them is the site's front page."""

from __future__ import annotations

from collections import Counter
from typing import Any

from arena.leaderboard.numbers import limits
from arena.leaderboard.page.figures import Figure, Point, cost_front
from arena.leaderboard.page.site import Site, normalised, shown_rows
from arena.leaderboard.rows import SuiteBoard, SuiteRow

__all__ = ["suite_page"]


def suite_page(site: Site, suite: SuiteBoard) -> dict[str, Any]:
    """Returns what the template of a suite's page shows."""
    shown = shown_rows(suite)
    tasks = [
        {
            "table": table,
            "row": row,
            "norm": normalised(row, table),
            "name": site.runs[row.run].manifest["agent"]["name"],
        }
        for table in suite.environments
        for row in table.rows
    ]
    return {
        "suite": suite,
        "sections": [
            (words, rows)
            for words, rows in (
                ("", suite.rows),
                ("Incomplete, not ranked", suite.incomplete),
                ("Oracles (they see the answer), not ranked", suite.oracles),
            )
            if rows
        ],
        "limits": limits([row.iqm for row in shown if row.iqm]),
        "tied": {position for position, n in Counter(row.position for row in suite.rows).items() if n > 1},
        "domains": suite.domains if len(suite.domains) > 1 else (),
        "fronts": _fronts(suite.rows),
        "tasks": tasks,
        "task_limits": limits([task["norm"] for task in tasks if task["norm"]]),
        "excluded": [table for table in suite.environments if table.excluded],
    }


def _fronts(rows: tuple[SuiteRow, ...]) -> list[tuple[str, Figure | None]]:
    """Returns score against each kind of cost; None where no ranked agent's record holds that cost."""
    costs = {
        "agent's time per step (ms)": lambda row: _scaled(row.cost.agent_s_per_step, 1000),
        "environment steps per episode": lambda row: row.cost.env_steps / max(1, _episodes(row)),
        "wall time per episode (s)": lambda row: _scaled(row.cost.wall_s, 1 / max(1, _episodes(row))),
        "tokens per episode": lambda row: _scaled(row.cost.tokens, 1 / max(1, _episodes(row))),
        "money per episode": lambda row: _scaled(row.cost.money, 1 / max(1, _episodes(row))),
    }
    fronts: list[tuple[str, Figure | None]] = []
    for words, cost in costs.items():
        points = [Point(row.agent, value, row.iqm) for row in rows if row.iqm and (value := cost(row)) is not None]
        fronts.append((words, cost_front(points, words) if points else None))
    return fronts if any(figure for _, figure in fronts) else []


def _episodes(row: SuiteRow) -> int:
    return row.counts["n_ok"] + row.counts["n_agent_fail"]


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
