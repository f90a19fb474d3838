"""The board and a comparison as tables in the terminal, from 80 columns up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.leaderboard import numbers
from arena.leaderboard.compare import Comparison, EnvComparison
from arena.leaderboard.intervals import Interval
from arena.leaderboard.numbers import MARKS, NONE
from arena.leaderboard.rows import Board, EnvRow, EnvTable, LeftOut, SuiteBoard, SuiteRow
from arena.spec import DOMAINS

__all__ = ["render_board", "render_comparison"]

WIDE = 110  # columns from which there is room for what is nice to have
BAR = 18  # characters of a drawn interval
SHORT = {"robotics": "robot"}  # domain names for narrow tables
SUITE_NOTE = (
    "IQM: mean over domains of the interquartile mean of normalised task scores (0 = random, 1 = reference); "
    "[95 % interval] by stratified bootstrap over episodes. Agents marked = are tied: their difference may be 0. "
    "Unit: the episode, agents with fixed weights. Version: of the frozen references."
)
OTHER_TASKS_NOTE = "Other tasks: the interval of the IQM when tasks are drawn again too, as from others like these."
TASK_NOTE = (
    "Mean [95 % interval] in the environment's own unit: w Wilson (two outcomes), t Student (below 30 episodes), "
    "b BCa bootstrap, c all episodes scored alike; norm: 0 = random, 1 = reference; bold: best. "
    "Fail: episodes the agent failed; they count with the declared worst score."
)
COMPARE_NOTE = (
    "Difference: A - B on the same seeds and seats, with the 95 % interval for that environment alone. P: how often A "
    "did better on an episode, ties half. p: swap test, adjusted (Holm) for the number of environments; it decides the "
    "verdict at 0.05. More: about how many more episodes would settle it if the difference is as seen."
)


def render_board(board: Board, console: Console) -> None:
    """Prints every suite: ranking, environments, notes."""
    for suite in board.suites:
        console.print(_suite(suite, board.version, console.width))
    for note in board.notes:
        console.print(_note(note))


def render_comparison(comparison: Comparison, console: Console) -> None:
    """Prints the verdict, the suite difference and a row per environment."""
    a, b = comparison.a, comparison.b
    title = Text.assemble(
        "A = ", (a, "bold"), " against B = ", (b, "bold"), f" on {comparison.suite}, {comparison.split} seeds"
    )
    console.print(Text(), title, Text(), _note(comparison.words, "bold"), sep="\n")
    if comparison.whole:
        whole = comparison.whole
        values = f"{numbers.number(whole.iqm_a, 2)} against {numbers.number(whole.iqm_b, 2)}"
        difference = f"{numbers.interval(whole.difference, 2)}, p = {numbers.p_value(whole.p_value)}"
        console.print(_note(f"IQM {values}; difference {difference}", ""))
    if comparison.environments:
        console.print(_comparison_table(comparison.environments))
        console.print(_note(COMPARE_NOTE))
    for note in comparison.notes:
        console.print(_note(note))


def _suite(suite: SuiteBoard, version: int, width: int) -> RenderableType:
    parts: list[RenderableType] = [Text(), _title(suite, version)]
    if suite.domains:
        parts += [*_ranking(suite, width), _note(f"{SUITE_NOTE} {OTHER_TASKS_NOTE}" if width >= WIDE else SUITE_NOTE)]
        parts += [_note(text) for text in _sensitivity(suite.sensitivity)]
    parts += [_note(f"Incomplete: {row.agent}: {row.missing}.") for row in suite.incomplete]
    parts += [_environments(suite.environments, width >= WIDE), _note(TASK_NOTE)]
    parts += [_note(note) for note in suite.notes]
    return Group(*parts)


def _sensitivity(rows: Sequence[LeftOut]) -> list[str]:
    """Says whether the order hangs on a single task."""
    if not rows:
        return []
    changed = [row for row in rows if row.is_other_order]
    if not changed:
        return [f"The order stays the same whichever of the {len(rows)} tasks is left out."]
    orders = "; ".join(f"without {row.task}: {_order(row.groups)}" for row in changed)
    return [f"The order hangs on single tasks: {orders}."]


def _order(groups: Sequence[Sequence[str]]) -> str:
    return " > ".join(" = ".join(group) for group in groups)


def _title(suite: SuiteBoard, version: int) -> Text:
    episodes = sorted(set(suite.tasks.values()))
    each = str(episodes[0]) if len(episodes) == 1 else f"{episodes[0]} to {episodes[-1]}"
    tasks = "1 task" if len(suite.tasks) == 1 else f"{len(suite.tasks)} tasks"
    return Text.assemble(
        (suite.suite, "bold"), f" · {suite.split} seeds · {tasks}, {each} episodes each · version {version}"
    )


def _ranking(suite: SuiteBoard, width: int) -> list[RenderableType]:
    """Returns one table per section, with the same column widths; the agent's name takes what room there is."""
    is_wide = width >= WIDE
    shown = (*suite.rows, *suite.incomplete, *suite.oracles)
    domains = suite.domains if len(suite.domains) > 1 else ()
    heads = ["Rank", "Agent", "IQM [95 %]"]
    heads += [_scale(shown), "Other tasks"] if is_wide else []
    heads += [domain if is_wide else SHORT.get(domain, domain) for domain in domains]
    heads += ["Fail", "Level"]
    rows = {id(row): _ranking_cells(row, suite.rows, domains, _limits(shown), is_wide) for row in shown}
    widths = [max(cell_len(cell) for cell in column) for column in zip(heads, *rows.values(), strict=True)]
    widths[-1] = min(9, widths[-1])
    gap = 2 if is_wide else 1
    widths[1] = max(9, min(widths[1], width - (sum(widths) - widths[1]) - gap * len(widths) - 1))
    parts: list[RenderableType] = []
    for words, section in (
        ("", suite.rows),
        ("Incomplete, not ranked", suite.incomplete),
        ("Oracles (see the answer), not ranked", suite.oracles),
    ):
        if section:
            parts += [_note(words, "italic")] if words else []
            style = "dim" if words else ""
            has_head = section is (suite.rows or suite.incomplete or suite.oracles)
            parts.append(_ranking_table(heads, widths, [rows[id(row)] for row in section], gap, has_head, style))
    return parts


def _ranking_table(
    heads: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[str]], gap: int, has_head: bool, style: str
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_header=has_head)
    for place, (head, width) in enumerate(zip(heads, widths, strict=True)):
        is_number = head == "Rank" or (place > 2 and head in ("Fail", *DOMAINS, *SHORT.values()))
        table.add_column(Text(head), width=width, justify="right" if is_number else "left", overflow="fold")
    for cells in rows:
        table.add_row(
            *(Text(cell, style="bold" if place == 1 else "") for place, cell in enumerate(cells)), style=style
        )
    return table


def _ranking_cells(
    row: SuiteRow, ranked: Sequence[SuiteRow], domains: Sequence[str], limits: tuple[float, float], is_wide: bool
) -> list[str]:
    cells = [_rank(row, ranked, is_wide), row.agent, numbers.interval(row.iqm, 2) if row.iqm else NONE]
    if is_wide:
        cells.append(_bar(row.iqm, *limits) if row.iqm else "")
        cells.append(_bounds(row.other_tasks, 2) if row.other_tasks else NONE)
    cells += [numbers.number(row.domains[name].value, 2) if name in row.domains else NONE for name in domains]
    return [*cells, str(row.counts["n_agent_fail"] or NONE), row.level]


def _rank(row: SuiteRow, rows: Sequence[SuiteRow], is_wide: bool) -> str:
    if row.position is None:
        return ""
    is_tied = sum(other.position == row.position for other in rows) > 1
    spread = f" ({row.rank_low}–{row.rank_high})" if is_wide and row.rank_low != row.rank_high else ""
    return f"{'=' if is_tied else ''}{row.position}{spread}"


def _environments(tables: Sequence[EnvTable], is_wide: bool) -> Table:
    """Returns a table in which each environment's line is followed by its agents, indented."""
    table = _table()
    table.add_column("Environment, agent", overflow="fold")
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("Mean [95 %]", no_wrap=True)
    table.add_column("Norm", justify="right", no_wrap=True)
    for head in ("Fail", "Infra", "Open") if is_wide else ("Fail",):
        table.add_column(head, justify="right", no_wrap=True)
    if is_wide:
        table.add_column("Median", justify="right", no_wrap=True)
        table.add_column("ms/step", justify="right", no_wrap=True)
        table.add_column("Level", no_wrap=True)
    for environment in tables:
        table.add_row(_environment_name(environment.env_id, environment.higher_is_better))
        decimals = numbers.decimals([row.score.value for row in environment.rows])
        for row in environment.rows:
            style = "dim" if row.is_oracle else "bold" if row.is_best and len(environment.rows) > 1 else ""
            name = Padding(Text(row.agent, style=style, overflow="fold"), (0, 0, 0, 2))
            table.add_row(name, *(Text(cell, style=style) for cell in _env_cells(row, decimals, is_wide)))
    return table


def _environment_name(env_id: str, higher_is_better: bool) -> Text:
    name = Text(env_id, style="cyan")
    if not higher_is_better:
        name.append(" (lower is better)", style="dim")
    return name


def _env_cells(row: EnvRow, decimals: int, is_wide: bool) -> list[str]:
    mark = MARKS.get(row.score.kind, "")
    norm = NONE if row.normalized_score is None else numbers.number(row.normalized_score, 2)
    cells = [str(row.n), f"{numbers.interval(row.score, decimals)} {mark}".rstrip(), norm]
    kinds = ("n_agent_fail", "n_infra", "n_pending") if is_wide else ("n_agent_fail",)
    cells += [str(row.counts[kind] or NONE) for kind in kinds]
    if not is_wide:
        return cells
    median = numbers.number(row.median.value, decimals) if row.n else NONE
    return [*cells, median, _milliseconds(row.cost.agent_s_per_step), row.level]


def _milliseconds(seconds: float | None) -> str:
    return NONE if seconds is None else f"{1000 * seconds:.3g}"


def _comparison_table(rows: Sequence[EnvComparison]) -> Table:
    table = _table()
    table.add_column("Environment", overflow="fold")
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("Difference [95 %]", no_wrap=True)
    for head in ("P", "p", "More"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("Verdict", overflow="fold")
    short = {"a": "A better", "b": "B better", "identical": "identical", "open": "open"}
    for row in rows:
        is_clear = row.verdict in ("a", "b")
        cells = [
            str(row.n),
            numbers.interval(row.difference, numbers.decimals(row.difference[:3])),
            numbers.number(row.improvement.value, 2),
            numbers.p_value(row.p_adjusted),
            numbers.about(row.more_episodes),
            short[row.verdict],
        ]
        name = _environment_name(row.env_id, row.higher_is_better)
        table.add_row(name, *(Text(cell, style="bold" if is_clear else "") for cell in cells))
    return table


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def _note(text: str, style: str = "dim") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, 2))


def _bounds(interval: Interval, decimals: int) -> str:
    return f"[{numbers.number(interval.low, decimals)}, {numbers.number(interval.high, decimals)}]"


def _limits(rows: Iterable[SuiteRow]) -> tuple[float, float]:
    """Returns the ends of the drawn scale: 0 to 1, or further where an interval reaches beyond."""
    return numbers.limits([row.iqm for row in rows if row.iqm])


def _scale(rows: Iterable[SuiteRow]) -> str:
    low, high = (f"{limit:.2g}" for limit in _limits(rows))
    return f"{low}{' ' * (BAR - len(low) - len(high))}{high}"


def _bar(interval: Interval, low: float, high: float) -> str:
    """Returns an interval drawn on the scale from low to high: ├──●──┤."""
    first, point, last = (
        round((x - low) / (high - low) * (BAR - 1)) for x in (interval.low, interval.value, interval.high)
    )
    cells = ["─" if first <= place <= last else "·" for place in range(BAR)]
    cells[first], cells[last] = "├", "┤"
    cells[point] = "●"
    return "".join(cells)
