"""The page of games against each other: ratings, who beats whom, cycles."""

from __future__ import annotations

from typing import Any

import numpy as np

from arena.leaderboard.page.figures import Figure, heat_map
from arena.leaderboard.page.site import Site
from arena.leaderboard.tournaments import Tournament

__all__ = ["matches_page"]


def matches_page(site: Site) -> dict[str, Any]:
    """Returns what the template of the multi-agent page shows: a section per game, the joint rating first."""
    return {"tournaments": [(tournament, _limits(tournament), _map(tournament)) for tournament in site.tournaments]}


def _limits(tournament: Tournament) -> tuple[float, float]:
    """Returns the ends of the scale on which ratings are drawn, in whole hundreds."""
    bounds = [x for agent in tournament.agents for x in agent.rating[:3] if np.isfinite(x)] or [0.0]
    return float(np.floor(min([0.0, *bounds]) / 100) * 100), float(np.ceil(max([100.0, *bounds]) / 100) * 100)


def _map(tournament: Tournament) -> Figure | None:
    scores = np.asarray(tournament.scores, dtype=np.float64)
    if not np.isfinite(scores).any():
        return None
    labels = [agent.agent for agent in tournament.agents]
    low, high = float(np.nanmin(scores)), float(np.nanmax(scores))
    middle = 0.0 if low < 0 < high else (low + high) / 2
    reach = max(high - middle, middle - low) or 1.0
    kind = "Mean score" if tournament.env_id else "How often it scored more"
    words = f"{kind} of the row's agent against the column's: " + "; ".join(
        f"{a} against {b} {scores[i, j]:.3g}"
        for i, a in enumerate(labels)
        for j, b in enumerate(labels)
        if i != j and np.isfinite(scores[i, j])
    )
    return heat_map(labels, scores, [[f"{x:.2f}" for x in row] for row in scores], middle, reach, words)
