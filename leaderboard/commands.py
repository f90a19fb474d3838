"""`arena board` and `arena compare`. Statistics and tables are imported when a command runs, not when it is listed."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arena.errors import ArenaError, RecordError, unknown

if TYPE_CHECKING:
    from arena.record import Run

__all__ = ["board", "compare"]

_WEB_FONTS = re.compile(r"@font-face\s*{.*?}", re.DOTALL)  # which rich's pictures would fetch


def board(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Declares `arena board` and returns what runs it."""
    parser.description = "The table of a suite: ranks, scores with intervals, environment by environment."
    _add_shared(parser)
    parser.add_argument("--domain", help="only this domain's tasks: games, robotics, web, text")
    parser.add_argument("--svg", metavar="FILE", help="also write the tables as a picture")
    return _board


def compare(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Declares `arena compare` and returns what runs it."""
    parser.description = "Is the difference between two agents real, and how many more episodes would settle it."
    parser.add_argument("a", metavar="A", help="agent name, or name@digest (its beginning is enough)")
    parser.add_argument("b", metavar="B", help="the agent to compare it with")
    _add_shared(parser)
    return _compare


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--suite", help="only this suite")
    parser.add_argument(
        "--from",
        dest="sources",
        action="append",
        metavar="PATH",
        help="folder with runs; may be repeated (default: results)",
    )
    parser.add_argument("--json", action="store_true", help="print the data instead of tables")


def _board(args: argparse.Namespace) -> int:
    from arena.leaderboard.board import build_board
    from arena.spec import DOMAINS

    if args.domain not in (None, *DOMAINS):
        raise unknown("domain", args.domain, DOMAINS, f"there are {', '.join(DOMAINS)}")
    runs, broken = _load(args.sources)
    _check_suite(runs, args.suite)
    result = build_board(runs, suite=args.suite, domain=args.domain)
    if args.json:
        print(json.dumps({**result.to_json(), "broken": broken}, indent=1, allow_nan=False))
    else:
        from rich.console import Console

        from arena.leaderboard.render import render_board

        console = Console(width=118, record=True) if args.svg else Console()
        render_board(result, console)
        if args.svg:
            picture = console.export_svg(title=f"arena board{f' --suite {args.suite}' if args.suite else ''}")
            Path(args.svg).write_text(_WEB_FONTS.sub("", picture))
        _say(broken)
    if not result.suites:
        raise ArenaError(f"nothing to show{f' of domain {args.domain!r}' if args.domain else ''} in the runs found")
    return 0


def _compare(args: argparse.Namespace) -> int:
    from arena.leaderboard.compare import compare_agents, find_pair

    runs, broken = _load(args.sources)
    _check_suite(runs, args.suite)
    result = compare_agents(*find_pair(runs, args.a, args.b, args.suite))
    if args.json:
        print(json.dumps({**result.to_json(), "broken": broken}, indent=1, allow_nan=False))
    else:
        from rich.console import Console

        from arena.leaderboard.render import render_comparison

        render_comparison(result, Console())
        _say(broken)
    return 0


def _load(sources: Sequence[str] | None) -> tuple[list[Run], list[str]]:
    """Returns the readable runs of all sources, each once, and a line for each that is broken.

    Raises:
        ArenaError: there is no run at all.
    """
    from arena.record import find_runs, load_run

    runs, broken, folders = [], [], sources or ["results"]
    for path in sorted({found.resolve() for folder in folders for found in find_runs(folder)}, key=Path.as_posix):
        try:
            runs.append(load_run(path))
        except RecordError as error:
            broken.append(f"left out: {error}")
    if not runs:
        _say(broken)
        where = ", ".join(repr(folder) for folder in folders)
        raise ArenaError(f"no runs in {where}; make one with: arena run --agents random --suite quick")
    return runs, broken


def _check_suite(runs: Sequence[Run], suite: str | None) -> None:
    played = sorted({run.manifest["suite"]["name"] for run in runs})
    if suite is not None and suite not in played:
        raise unknown("suite", suite, played, f"these runs hold {', '.join(played)}")


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
