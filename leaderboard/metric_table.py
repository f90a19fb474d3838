"""A special metric of every agent, where its record holds what the metric needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.leaderboard.board import by_suite
from arena.leaderboard.entries import latest
from arena.leaderboard.intervals import Interval, generator_of
from arena.leaderboard.metrics.metric import Metric, interval_of
from arena.leaderboard.numbers import decimals, interval
from arena.leaderboard.references import referenced, versions
from arena.leaderboard.rows import plain
from arena.run import Run

__all__ = ["MetricRow", "MetricTable", "build_metric", "render_metric"]


@dataclass(frozen=True)
class MetricRow:
    """One agent's number; `of` is an environment or a group of them, `n` the episodes it rests on."""

    suite: str
    split: str
    of: str
    agent: str
    run: str
    n: int
    value: Interval


@dataclass(frozen=True)
class MetricTable:
    """A metric of all agents, by suite, split and what it is of; agents in alphabetic order."""

    metric: str
    unit: str
    needs: str
    rows: tuple[MetricRow, ...]
    version: int
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns plain data in one order, as `Board.to_json`."""
        data: dict[str, Any] = plain(self)
        return data


def build_metric(
    metric: Metric, runs: Iterable[Run], *, suite: str | None = None, version: int | None = None
) -> MetricTable:
    """Applies a metric to each agent's latest run of every suite, or of those named `suite`."""
    version = versions()[-1] if version is None else version
    groups, notes = by_suite(runs, suite)
    rows = []
    for group in groups:
        specs = referenced(group, version).specs
        about = group[-1].manifest
        entries, _ = latest(group, {task["env"]: int(task["episodes"]) for task in about["suite"]["tasks"]})
        for entry in entries:
            for label, arrays in metric.read(entry.run, specs).items():
                value = interval_of(metric, arrays, generator_of([entry.run.id, metric.name, label]))
                n = sum(map(len, arrays))
                rows.append(
                    MetricRow(about["suite"]["name"], about["split"], label, entry.label, entry.run.id, n, value)
                )
    rows.sort(key=lambda row: (row.suite, row.split, row.of, row.agent))
    return MetricTable(metric.name, metric.unit, metric.needs, tuple(rows), version, tuple(notes))


def render_metric(table: MetricTable, console: Console) -> None:
    """Prints the table, from 80 columns up."""
    console.print(Text(), Text.assemble((table.metric, "bold"), f" · {table.unit} · version {table.version}"), sep="\n")
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    shown.add_column("Of, agent", overflow="fold")
    shown.add_column("n", justify="right")
    shown.add_column("Value [95 %]", no_wrap=True)
    last = ""
    for row in table.rows:
        of = f"{row.of} · {row.split} seeds" + (f" · {row.suite}" if row.suite != row.of else "")
        if of != last:
            shown.add_row(Text(of, style="cyan"))
            last = of
        places = decimals([x.value.value for x in table.rows if x.of == row.of])
        name = Padding(Text(row.agent, overflow="fold"), (0, 0, 0, 2))
        shown.add_row(name, str(row.n), Text(interval(row.value, places)))
    console.print(shown)
    for note in table.notes:
        console.print(Padding(Text(note, style="dim"), (0, 0, 0, 2)))
