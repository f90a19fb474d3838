"""Figures: every one is made by plotly from data, and its words say what it shows to who cannot see it.

A figure is written into its page as data (JSON); `assets/page.js` hands it to plotly.js, which lies beside the page,
and gives it the page's colours, so that it follows light and dark.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from arena.leaderboard.intervals import Floats, Interval
from arena.leaderboard.profiles import Profile

__all__ = ["Figure", "Point", "cost_front", "curve", "distributions", "heat_map", "profiles", "rewards", "script"]

# Okabe and Ito's colours, told apart by who is colour-blind, with the two that vanish on black or white exchanged
PALETTE = ("#3b82c4", "#e08a1e", "#17a07a", "#c9639b", "#8b6fd6", "#d2583c", "#5aa9d6", "#9a8c1c")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross", "hexagon")
ALL_NAMES = 30  # agents up to which each is named in the figure
ALL_POINTS = 300  # episodes of one agent up to which each is drawn


@dataclass(frozen=True)
class Figure:
    """A figure as plotly reads it (JSON, safe inside HTML), and its words; width 0: as wide as the page."""

    data: str
    words: str
    height: int  # pixels
    width: int  # pixels at most


@dataclass(frozen=True)
class Point:
    """An agent at its cost."""

    agent: str
    cost: float
    score: Interval


def script() -> str:
    """Returns plotly.js as the installed package carries it."""
    return str(get_plotlyjs())


def cost_front(points: Sequence[Point], cost: str) -> Figure:
    """Returns score against cost, with a line through the agents that no other beats in both (the Pareto front)."""
    figure = go.Figure()
    front = _front(points)
    figure.add_scatter(
        x=[p.cost for p in front], y=[p.score.value for p in front],
        mode="lines", line={"dash": "dot", "width": 1.5, "color": "#888", "shape": "hv"}, hoverinfo="skip",
        name="nobody better and cheaper",
    )  # fmt: skip
    middle = sum(p.cost for p in points) / len(points)
    named = points if len(points) <= ALL_NAMES else front
    figure.add_scatter(
        x=_plain([p.cost for p in points]), y=_plain([p.score.value for p in points]), mode="markers+text",
        text=[f"\u2002{_label(p.agent)}\u2002" if p in named else "" for p in points], cliponaxis=False,
        textposition=["middle left" if p.cost > middle else "middle right" for p in points],
        hovertext=[_label(p.agent) for p in points], hovertemplate="%{hovertext}: %{y:.2f} at %{x:.3g}<extra></extra>",
        marker={"size": 11, "color": [PALETTE[k % len(PALETTE)] for k in range(len(points))]},
        error_y={**_bars([p.score for p in points]), "color": "#888"},
    )  # fmt: skip
    costs = [p.cost for p in points if p.cost > 0]
    is_wide = len(costs) == len(points) and max(costs) > 20 * min(costs)
    figure.update_layout(
        xaxis={"title": cost, "type": "log" if is_wide else "linear", **({} if is_wide else {"rangemode": "tozero"})},
        yaxis_title="IQM", showlegend=False,
    )  # fmt: skip
    best = ", ".join(p.agent for p in front)
    return _figure(figure, 380, f"Suite score against {cost}; nobody is better and cheaper than {best}.")


def distributions(scores: Mapping[str, Floats], metric: str, env_id: str) -> Figure:
    """Returns the spread of each agent's episode scores: a box over its quartiles, and the episodes."""
    figure = go.Figure()
    for place, (agent, values) in reversed([*enumerate(scores.items())]):
        figure.add_box(
            x=_plain(values), name=_label(agent), orientation="h", jitter=0.6, pointpos=0, boxmean=True,
            boxpoints="all" if len(values) <= ALL_POINTS else "outliers",
            marker={"size": 4, "opacity": 0.45, **_look(place)},
            line={"width": 1.5}, fillcolor="rgba(128,128,128,0.12)",
        )  # fmt: skip
    figure.update_layout(xaxis_title=metric, showlegend=False, yaxis={"automargin": True, "type": "category"})
    medians = "; ".join(f"{agent}: median {np.median(values):.4g}" for agent, values in scores.items())
    return _figure(figure, 110 + 62 * len(scores), f"Scores of single episodes in {env_id}. {medians}.")


def profiles(levels: Floats, found: Mapping[str, Profile]) -> Figure:
    """Returns performance profiles: the share of episodes that score above each level, by agent, with its band."""
    figure = go.Figure()
    for place, (agent, profile) in enumerate(found.items()):
        color, group = _look(place)["color"], {"legendgroup": str(place), "x": _plain(levels)}
        figure.add_scatter(
            **group, y=_plain(profile.low), mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            **group, y=_plain(profile.high), mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip",
            fill="tonexty", fillcolor=f"rgba({int(color[1:3], 16)},{int(color[3:5], 16)},{int(color[5:], 16)},0.16)",
        )  # fmt: skip
        figure.add_scatter(
            **group, y=_plain(profile.value), name=_label(agent), mode="lines",
            line={"width": 2.2, "color": color, "dash": _dash(place)},
        )  # fmt: skip
    figure.update_layout(
        xaxis_title="normalised score τ", yaxis={"title": "share of episodes above τ", "range": [0, 1.02]},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    half = int(np.argmin(np.abs(levels - 0.5)))
    above = ", ".join(f"{agent} {profile.value[half]:.0%}" for agent, profile in found.items())
    return _figure(figure, 400, f"Performance profiles. Above a normalised score of 0.5: {above}.")


def heat_map(
    labels: Sequence[str], values: Floats, text: Sequence[Sequence[str]], middle: float, reach: float, words: str
) -> Figure:
    """Returns a matrix of row against column agents, coloured by the distance from `middle`; NaN is empty."""
    shown = [_plain(row) for row in values]
    cells = [["" if x is None else t for x, t in zip(*row, strict=True)] for row in zip(shown, text, strict=True)]
    names = [_label(name) for name in labels]
    figure = go.Figure(
        go.Heatmap(
            z=shown, x=names, y=names, text=cells, texttemplate="%{text}", zmin=middle - reach, zmax=middle + reach,
            colorscale=[[0, "#c2664a"], [0.5, "#8d949b"], [1, "#2f7fb8"]], xgap=2, ygap=2, hoverongaps=False,
            hovertemplate="%{y} against %{x}: %{text}<extra></extra>", textfont={"color": "#fff"}, showscale=False,
        )
    )  # fmt: skip
    figure.update_layout(
        xaxis={"type": "category", "side": "top", "showgrid": False, "automargin": True},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "automargin": True},
    )
    return _figure(figure, 60 + 44 * len(labels), words, width=160 + 110 * len(labels))


def curve(points: Sequence[tuple[float, float]], env_id: str) -> Figure:
    """Returns a learning curve: (environment steps, mean return of training episodes) pairs."""
    figure = go.Figure()
    figure.add_scatter(
        x=_plain([x for x, _ in points]), y=_plain([y for _, y in points]),
        mode="lines", line={"width": 2.2, "color": PALETTE[0]},
    )  # fmt: skip
    figure.update_layout(xaxis={"title": "environment steps", "rangemode": "tozero"}, showlegend=False)
    first, last = points[0], points[-1]
    words = f"Learning curve on {env_id}: from {first[1]:.4g} to {last[1]:.4g} after {int(last[0]):,} steps."
    return _figure(figure, 240, words)


def rewards(seats: Sequence[Sequence[float]]) -> Figure:
    """Returns the sum of rewards so far against the step, a line per seat."""
    figure = go.Figure()
    for place, seat in enumerate(seats):
        total = np.concatenate([[0.0], np.cumsum(np.asarray(seat, dtype=np.float64))])
        figure.add_scatter(
            x=list(range(len(total))), y=_plain(total), mode="lines", cliponaxis=False, name=f"seat {place}",
            line={"width": 2.2, "shape": "hv", "color": _look(place)["color"], "dash": _dash(place)},
        )  # fmt: skip
    figure.update_layout(
        xaxis_title="step", yaxis_title="sum of rewards", showlegend=len(seats) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    ends = "; ".join(f"seat {k}: {sum(seat):.4g}" for k, seat in enumerate(seats))
    return _figure(figure, 260, f"Sum of rewards over the episode. At its end {ends}.")


def _figure(figure: go.Figure, height: int, words: str, width: int = 0) -> Figure:
    figure.update_layout(
        template="none", height=height, margin={"l": 56, "r": 16, "t": 16, "b": 16 if width else 48},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", hovermode="closest", dragmode=False,
    )  # fmt: skip
    figure.update_xaxes(title_standoff=8, automargin=True)
    data = figure.to_json(validate=False, remove_uids=True)
    for character, spelled in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):  # nothing ends the script
        data = data.replace(character, spelled)
    return Figure(data, words, height, width)


def _front(points: Sequence[Point]) -> list[Point]:
    """Returns the points that no other beats in cost and score, cheapest first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda p: (p.cost, -p.score.value)):
        if not front or point.score.value > front[-1].score.value:
            front.append(point)
    return front


def _bars(shown: Sequence[Interval]) -> dict[str, object]:
    return {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 5,
        "array": _plain([i.high - i.value for i in shown]), "arrayminus": _plain([i.value - i.low for i in shown]),
    }  # fmt: skip


def _look(place: int) -> dict[str, str]:
    return {"color": PALETTE[place % len(PALETTE)], "symbol": SYMBOLS[place // len(PALETTE) % len(SYMBOLS)]}


def _dash(place: int) -> str:
    return ("solid", "dash", "dot", "dashdot")[place // len(PALETTE) % 4]


def _label(name: str) -> str:
    """Returns a name as plotly shows it, which reads a few HTML tags in labels; a long one keeps its ends."""
    return html.escape(name if len(name) <= 40 else f"{name[:25]}…{name[-14:]}", quote=False)


def _plain(values: Sequence[float] | Floats) -> list[float | None]:
    return [float(f"{x:.6g}") if math.isfinite(x) else None for x in values]
