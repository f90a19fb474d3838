"""A tournament in the terminal, from 80 columns up: ratings, cross-play in colours, cycles, what to do next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.leaderboard.intervals import Interval
from arena.leaderboard.numbers import NONE, decimals, interval, number
from arena.leaderboard.sequential import BOUND, Sequential
from arena.leaderboard.tournaments import RatedAgent, Tournament

__all__ = ["render_exploitability", "render_legend", "render_next", "render_sequential", "render_tournament"]

CELL = 7  # columns of a cross-play cell
NAME = 22  # columns of an agent's name
COLORS = ((232, 150, 90), (228, 228, 228), (115, 165, 225))  # of the lowest, middle and highest cell; orange to blue
RATING_NOTE = (
    "Elo: above random; +100 wins 64 % of the decided games; [95 %] by bootstrap over seeds. Wins: how often it scored "
    "more, ties half. Nash: share in the most even mixture that nobody beats. α: share of alpha-rank. Beside a rating "
    "since it hides cycles."
)
MATRIX_NOTE = (
    "Row against: mean score against the column's agent. Row beats: how often it scored more. Diagonal: itself."
)
PARTNER_NOTE = (
    "Cross: mean score with each of the others alike; worst: with the one it does worst with; self: with itself."
)
NASH_CONV_NOTE = (
    "NashConv: what best responses gain, summed over the seats; 0 in an equilibrium. Exact for the shares of {draws} "
    "actions drawn in each information state."
)
EXPLOITER_NOTE = "A lower bound of what a best response gets: more steps or another learner may find more."


def render_tournament(found: Tournament, console: Console) -> None:
    """Prints ratings, cross-play and notes."""
    competes = found.payoff != "cooperative"
    kind = f" · {found.payoff or 'joint'} · {len(found.agents)} agents"
    console.print(Text(), Text.assemble((found.env_id or "All games", "bold"), kind), sep="\n")
    if competes:
        console.print(_ratings(found.agents))
    if _has_partners(found):
        console.print(_partners(found.agents))
    console.print(*_cross_play(found, console.width), sep="\n")
    if not math.isnan(found.cycles):
        console.print(
            _note(f"Cycles (A beats B beats C beats A): {100 * found.cycles:.0f} % of the threes that all met.")
        )
    for note in found.notes:
        console.print(_note(note))


def render_legend(found: Sequence[Tournament], console: Console) -> None:
    """Prints once what the columns of all tables mean."""
    console.print()
    if any(one.payoff != "cooperative" for one in found):
        console.print(_note(RATING_NOTE))
    if any(_has_partners(one) for one in found):
        console.print(_note(PARTNER_NOTE))
    console.print(_note(MATRIX_NOTE))


def render_sequential(a: str, b: str, found: Sequential, most: int, console: Console) -> None:
    """Prints what the sequential test says."""
    counts = ", ".join(
        f"{count} × {points}" for count, points in zip(found.counts, ("0", "½", "1", "1½", "2"), strict=True)
    )
    verdict = {
        "stronger": f"{a} is stronger than {b}: 0 Elo is rejected against +20",
        "not stronger": f"{a} is not 20 Elo stronger than {b}: +20 Elo is rejected against 0",
        "open": f"open after {found.pairs} of at most {most} pairs: give more --games",
    }[found.verdict]
    told = f"{found.pairs} pairs of games, by {a}'s points: {counts}; log-likelihood ratio {found.ratio:+.2f}"
    console.print(Text(), _note(verdict, "bold"), _note(f"{told} (ends at ±{BOUND:.2f}; errors of 5 %)."), sep="\n")


def render_exploitability(
    agent: str, steps: int, solved: Sequence[Mapping[str, Any]], score: Interval | None, console: Console
) -> None:
    """Prints NashConv of agents, and what an exploiter of one agent learnt to get."""
    if solved:
        table = _table()
        table.add_column("Agent", overflow="fold", max_width=NAME)
        for head in ("NashConv", "Information states"):
            table.add_column(head, justify="right", no_wrap=True)
        for row in solved:
            table.add_row(Text(row["agent"], style="bold"), f"{row['value']:.4f}", f"{row['states']:,}")
        console.print(Text(), table, _note(NASH_CONV_NOTE.format(draws=f"{solved[0]['draws']:,}")), sep="\n")
    if score:
        told = f"An opponent trained on {steps:,} decisions scores {interval(score, 2)} against {agent} on average"
        console.print(Text(), _note(f"{told}.", "bold"), _note(EXPLOITER_NOTE), sep="\n")


def render_next(found: Sequence[Tournament], env_id: str, agents: Sequence[str], out: str, console: Console) -> None:
    """Prints what a reader may want to do after these agents played."""
    hints = [f"replay these games: arena verify {out}", f"rate all stored games: arena match --from {out}"]
    if found and found[0].payoff != "cooperative":
        first, second = found[0].agents[:2]
        if {first.name, second.name} <= set(agents) and first.rating.low < second.rating.high:
            hints.append(
                f"settle the lead: arena match --agents {first.name},{second.name} --env {env_id} --until-settled"
            )
    for hint in hints:
        console.print(Text(f"  Next: {hint}"), soft_wrap=True)


def _ratings(agents: Sequence[RatedAgent]) -> Table:
    table = _table()
    table.add_column("Agent", overflow="fold", max_width=NAME)
    for head in ("Elo [95 %]", "Wins [95 %]", "Nash", "α", "Games"):
        table.add_column(head, justify="right", no_wrap=True)
    for place, agent in enumerate(agents):
        rating = "0" if agent.rating.kind == "constant" else interval(agent.rating, 0)
        cells = [rating, _percent(agent.win_rate), _share(agent.nash), _share(agent.alpha_rank), f"{agent.games:,}"]
        table.add_row(Text(f"{place + 1} {agent.agent}", style="bold"), *map(Text, cells))
    return table


def _partners(agents: Sequence[RatedAgent]) -> Table:
    table = _table()
    table.add_column("Agent", overflow="fold", max_width=NAME)
    for head in ("Cross", "Worst", "Self", "Games"):
        table.add_column(head, justify="right", no_wrap=True)
    rows = [(agent.cross_play, agent.worst_partner, agent.self_play) for agent in agents]
    places = decimals([x for row in rows for x in row if x is not None])
    for place, (agent, row) in enumerate(zip(agents, rows, strict=True)):
        cells = [NONE if x is None else number(x, places) for x in row]
        table.add_row(Text(f"{place + 1} {agent.agent}", style="bold"), *map(Text, cells), f"{agent.games:,}")
    return table


def _cross_play(found: Tournament, width: int) -> list[Table | Padding]:
    """Returns the matrix, as many of its columns as fit, best agents first."""
    shown = max(1, min(len(found.agents), (width - NAME - 1) // CELL))
    values = [x for row in found.scores for x in row if not math.isnan(x)]
    places = min(2, decimals(values))
    table = _table()
    table.add_column("Row against" if found.env_id else "Row beats", max_width=NAME, overflow="fold")
    for place in range(shown):
        table.add_column(str(place + 1), justify="right", no_wrap=True, min_width=CELL - 1)
    sign = 1 if found.higher_is_better else -1
    low, high = min(sign * x for x in values), max(sign * x for x in values)
    for place, (agent, row) in enumerate(zip(found.agents, found.scores, strict=True)):
        cells = [_cell(x, places, (sign * x - low) / (high - low) if high > low else 0.5) for x in row[:shown]]
        table.add_row(Text(f"{place + 1} {agent.agent}"), *cells)
    if shown == len(found.agents):
        return [table]
    return [table, _note(f"{len(found.agents) - shown} more columns in a wider terminal and in --json.")]


def _cell(value: float, places: int, share: float) -> Text:
    if math.isnan(value):
        return Text(NONE, style="dim")
    low, middle, high = COLORS
    ends, share = ((low, middle), 2 * share) if share < 0.5 else ((middle, high), 2 * share - 1)
    color = ",".join(str(round(a + share * (b - a))) for a, b in zip(*ends, strict=True))
    return Text(number(value, places), style=f"rgb(0,0,0) on rgb({color})")


def _has_partners(found: Tournament) -> bool:
    return any(agent.cross_play is not None for agent in found.agents)


def _percent(rate: Interval) -> str:
    if math.isnan(rate.value):
        return NONE
    return f"{100 * rate.value:.0f} % [{100 * rate.low:.0f}, {100 * rate.high:.0f}]"


def _share(share: float | None) -> str:
    return NONE if share is None else f"{share:.2f}"


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def _note(text: str, style: str = "dim") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, 2))
