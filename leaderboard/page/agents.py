"""An agent's page: how it does on every task, how it was trained, every run of it, and how to run it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena.leaderboard.numbers import limits
from arena.leaderboard.page.figures import curve
from arena.leaderboard.page.site import Site, normalised, shown_rows, title_of
from arena.run import Run
from arena.training import Training, training_of

__all__ = ["agent_page"]


def agent_page(site: Site, name: str) -> dict[str, Any]:
    """Returns what the template of an agent's page shows."""
    runs = site.runs_of(name)
    return {
        "name": name,
        "runs": [(run, title_of_run(run)) for run in runs],
        "standings": list(_standings(site, name)),
        "trainings": [
            {
                "env_id": env_id,
                "training": training,
                "curve": curve(training.curve, env_id) if training.curve else None,
            }
            for env_id, training in _trainings(runs)
        ],
    }


def title_of_run(run: Run) -> str:
    """Returns what a run was of, in a few words."""
    return f"{run.manifest['suite']['name']}, {run.manifest['split']} seeds"


def _standings(site: Site, name: str) -> Iterator[dict[str, Any]]:
    """Yields, for each suite and version of the agent on it, its row and its tasks."""
    for suite in site.suites:
        for row in shown_rows(suite):
            if row.name == name:
                tasks = [
                    (table, mine, normalised(mine, table))
                    for table in suite.environments
                    for mine in table.rows
                    if mine.agent == row.agent
                ]
                yield {
                    "title": title_of(site.board, suite),
                    "suite": suite,
                    "row": row,
                    "tasks": tasks,
                    "limits": limits([norm for _, _, norm in tasks if norm]),
                    "run": site.runs[row.run],
                }


def _trainings(runs: list[Run]) -> Iterator[tuple[str, Training]]:
    """Yields how the agent was trained for each environment, where the newest run's checkpoint can be read here."""
    newest = {env_id: run for run in reversed(runs) for env_id in run.specs}
    for env_id in sorted(newest):
        if training := training_of(newest[env_id], env_id):
            yield env_id, training
