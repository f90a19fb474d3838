"""`arena bench`: the table of throughput, in the terminal or as JSON."""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from arena.bench.measuring import SUBJECTS, Measured, Subject, measure
from arena.bench.memory import resident
from arena.errors import ArenaError
from arena.provenance import machine
from arena.registry import find, missing

__all__ = ["bench_command"]

_STARTS = (("start-up, random", "random"), ("start-up, ppo (torch)", "ppo"))
_MODES = ("one", "replica")


def bench_command(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Adds the arguments to a parser and returns the function that runs the command."""
    parser.add_argument("--env", metavar="ID", help="one environment in place of the standard table")
    parser.add_argument("--agent", default="random", help="who plays it (with --env; default: random)")
    parser.add_argument("--domain", choices=("games", "robotics", "web", "text"), help="this part of the table")
    parser.add_argument("--workers", type=int, default=None, help="processes (default: one per core)")
    parser.add_argument("--rounds", type=int, default=3, help="paired measurements of about 2 s each (default: 3)")
    parser.add_argument("--central", action="store_true", help="also one agent, whose environments the workers step")
    parser.add_argument("--isolation", action="store_true", help="also the agent in a sandbox")
    parser.add_argument(
        "--no-start", action="store_true", help="leave out how long 'arena run' takes to start, and memory"
    )
    parser.add_argument("--json", action="store_true")
    return _bench


def _bench(args: argparse.Namespace) -> int:
    from rich.console import Console

    from arena.progress import progress_bar

    workers = os.cpu_count() or 1 if args.workers is None else args.workers
    if workers < 1 or args.rounds < 1:
        raise ArenaError(f"--workers {workers} --rounds {args.rounds}: expected at least 1 of each")
    modes = [*_MODES, *(["central"] if args.central else []), *(["boxed"] if args.isolation else [])]
    found, left_out = [], []
    subjects = _subjects(args)
    with progress_bar() as bar:
        task = bar.add_task("bench", total=len(subjects) * args.rounds * len(modes))
        for subject in subjects:
            if lacking := missing(find(subject.env_id)):
                left_out.append(f"{subject.name}: {lacking}")
                continue
            bar.update(task, description=subject.name)
            found.append(measure(subject, modes, workers, args.rounds, functools.partial(bar.advance, task)))
    starts = {} if args.no_start else {name: _start(agent, args.rounds) for name, agent in _STARTS}
    sizes = {} if args.no_start else resident()
    if args.json:
        print(json.dumps(_data(found, starts, sizes, left_out, workers, args.rounds), indent=1))
    else:
        _show(Console(), found, starts, sizes, left_out, modes, workers)
    return 0


def _subjects(args: argparse.Namespace) -> list[Subject]:
    if args.env:
        spec = find(args.env)
        one = Subject(f"{spec.id}, {args.agent}", spec.id, args.agent)
        return [one, one._replace(name=f"{one.name}, native", native=True)] if spec.native else [one]
    return [s for s in SUBJECTS if args.domain in (None, find(s.env_id).domain)]


def _start(agent: str, rounds: int) -> float:
    """Returns the seconds from the command to the end of a first episode, written down: the median."""
    took = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            command = ["run", "--agents", agent, "--env", "classic/CartPole-v1", "--episodes", "1", "--out", folder]
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "arena.cli", *command, "--json"], check=True, stdout=subprocess.DEVNULL
            )
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def _data(
    found: list[Measured],
    starts: dict[str, float],
    sizes: dict[str, list[float]],
    left_out: list[str],
    workers: int,
    rounds: int,
) -> dict[str, Any]:
    return {
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "workers": workers,
        "rounds": rounds,
        "subjects": [
            {
                **row.subject._asdict(),
                "lanes": row.lanes,
                "raw_steps_per_s": row.raw,
                "raw_cores_steps_per_s": row.raw_cores,
                "steps_per_s": row.rates,
                "ratio": row.ratios,
            }
            for row in found
        ],
        "start_s": starts,
        "resident_mib": sizes,
        "left_out": left_out,
    }


def _show(
    console: Any,
    found: list[Measured],
    starts: dict[str, float],
    sizes: dict[str, list[float]],
    left_out: list[str],
    modes: list[str],
    workers: int,
) -> None:
    from rich.table import Table

    titles = {"one": "1 worker", "replica": f"{workers} workers", "central": "central", "boxed": "boxed"}
    table = Table(
        caption="steps a second; in brackets the share of cores times the raw core, which only steps the environment"
    )
    table.add_column("what")
    table.add_column("lanes", justify="right")
    table.add_column("raw core", justify="right")
    table.add_column(f"{workers} at once", justify="right")
    for mode in modes:
        table.add_column(titles[mode], justify="right")
    for row in found:
        cells = [f"{row.rates[mode]:,.0f} ({row.ratios[mode]:.2f})" for mode in modes]
        table.add_row(row.subject.name, str(row.lanes), f"{row.raw:,.0f}", f"{row.raw_cores:,.0f}", *cells)
    console.print(table)
    for name, seconds in starts.items():
        console.print(f"{name}: {seconds:.1f} s from the command to the end of 'arena run' with one episode")
    for name, mib in sizes.items():
        console.print(f"{name}: {', '.join(f'{size:,.0f}' for size in mib)} MiB resident", highlight=False)
    for line in left_out:
        console.print(f"left out: {line}", highlight=False)
