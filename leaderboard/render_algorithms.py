"""The algorithm board as a table in the terminal, from 80 columns up."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.leaderboard.algorithms import ENOUGH_RUNS, LEAST_RUNS, AlgorithmBoard, AlgorithmRow, Algorithms
from arena.leaderboard.numbers import NONE, interval, number

__all__ = ["render_algorithms"]

NOTE = (
    "IQM of normalised task scores (0 = random, 1 = reference); [95 % interval] by hierarchical bootstrap: training "
    "runs are drawn, then episodes inside each. Runs: training seeds of the task that has fewest; "
    f"{LEAST_RUNS} are needed to be ranked, and below {ENOUGH_RUNS} a row is provisional. Unit: the training run."
)


def render_algorithms(boards: Algorithms, console: Console) -> None:
    """Prints every suite on which trained agents played."""
    for board in boards.suites:
        tasks = "1 task" if len(board.tasks) == 1 else f"{len(board.tasks)} tasks"
        title = f" · {board.split} seeds · {tasks} · algorithms · version {boards.version}"
        console.print(Text(), Text.assemble((board.suite, "bold"), title), _table(board), sep="\n")
        console.print(Padding(Text(NOTE, style="dim"), (0, 0, 0, 2)))
        for row in board.incomplete:
            console.print(Padding(Text(f"Not ranked: {_name(row)}: {row.missing}.", style="dim"), (0, 0, 0, 2)))
    for note in boards.notes:
        console.print(Padding(Text(note, style="dim"), (0, 0, 0, 2)))


def _table(board: AlgorithmBoard) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("Rank", justify="right")
    table.add_column("Algorithm", overflow="fold")
    table.add_column("Runs", justify="right")
    table.add_column("IQM [95 %]", no_wrap=True)
    for domain in board.domains if len(board.domains) > 1 else ():
        table.add_column(domain, justify="right")
    for row in (*board.rows, *board.incomplete):
        table.add_row(*(Text(cell) for cell in _cells(row, board)), style="dim" if row.missing else "")
    return table


def _cells(row: AlgorithmRow, board: AlgorithmBoard) -> Iterator[str]:
    is_tied = sum(other.position == row.position for other in board.rows) > 1
    yield f"{'=' if is_tied else ''}{row.position}" if row.position else ""
    yield _name(row)
    yield str(min(row.training_runs.values(), default=0))
    yield interval(row.iqm, 2) if row.iqm else NONE
    for domain in board.domains if len(board.domains) > 1 else ():
        yield number(row.domains[domain].value, 2) if domain in row.domains else NONE


def _name(row: AlgorithmRow) -> str:
    return f"{row.algorithm} ({row.recipe})" if row.recipe else row.algorithm
