"""An environment's page: its card, its own ranking, how episodes spread."""

from __future__ import annotations

from typing import Any

from arena.leaderboard.numbers import limits
from arena.leaderboard.page.figures import Figure, distributions
from arena.leaderboard.page.site import Site, normalised, title_of
from arena.leaderboard.rows import EnvTable
from arena.leaderboard.runs import scores_of

__all__ = ["environment_page", "environment_rows"]


def environment_page(site: Site, env_id: str) -> dict[str, Any]:
    """Returns what the template of an environment's page shows."""
    rankings = []
    for suite in site.suites:
        for table in suite.environments:
            if table.env_id == env_id:
                rows = [
                    (row, normalised(row, table), site.runs[row.run].manifest["agent"]["name"]) for row in table.rows
                ]
                rankings.append(
                    {
                        "title": title_of(site.board, suite),
                        "table": table,
                        "rows": rows,
                        "limits": limits([norm for _, norm, _ in rows if norm]),
                        "spread": _spread(site, table),
                        "opponents": _opponents(site, table),
                    }
                )
    packages: dict[str, set[str]] = {}
    for run in site.runs.values():
        if env_id in run.specs:
            for name in site.specs[env_id].packages:
                packages.setdefault(name, set()).add(run.manifest.get("packages", {}).get(name, "unknown"))
    return {"spec": site.specs[env_id], "rankings": rankings, "packages": packages}


def environment_rows(site: Site) -> list[dict[str, Any]]:
    """Returns a row per environment for the page that lists them."""
    rows = []
    for env_id in sorted(site.specs):
        tables = [t for suite in site.suites for t in suite.environments if t.env_id == env_id]
        best = next((row for table in tables for row in table.rows if row.is_best), None)
        agents = {site.runs[row.run].manifest["agent"]["name"] for table in tables for row in table.rows}
        name = site.runs[best.run].manifest["agent"]["name"] if best else ""
        rows.append({"spec": site.specs[env_id], "agents": len(agents), "best": best, "name": name})
    return rows


def _spread(site: Site, table: EnvTable) -> Figure | None:
    scores = {row.agent: scores_of(site.runs[row.run], table.env_id) for row in table.rows if row.n > 0}
    return distributions(scores, table.metric, table.env_id) if scores else None


def _opponents(site: Site, table: EnvTable) -> list[str]:
    """Returns the names of the agents at the other seats."""
    names = (
        who["name"] for row in table.rows for who in site.runs[row.run].manifest["opponents"].get(table.env_id, ())
    )
    return sorted(set(names))
