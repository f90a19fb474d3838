"""`arena board` and `arena compare`. Statistics and tables are imported when a command runs, not when it is listed."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arena.errors import ArenaError, unknown

if TYPE_CHECKING:
    from arena.run import Run

__all__ = ["add_sources", "board", "check_suite", "compare", "say"]

_WEB_FONTS = re.compile(r"@font-face\s*{.*?}", re.DOTALL)  # which rich's pictures would fetch


def board(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Declares `arena board` and returns what runs it."""
    parser.description = "The table of a suite: ranks, scores with intervals, environment by environment."
    _add_shared(parser)
    parser.add_argument("--domain", help="only this domain's tasks: games, robotics, web, text")
    parser.add_argument(
        "--version", type=int, metavar="N", help="board version, which freezes references (default: newest)"
    )
    parser.add_argument(
        "--algorithms", action="store_true", help="judge training code: the unit is the training run, not the episode"
    )
    parser.add_argument("--metric", metavar="NAME", help="a special metric instead of the score, say crafter-score")
    parser.add_argument("--svg", metavar="FILE", help="also write the tables as a picture")
    return _board


def compare(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Declares `arena compare` and returns what runs it."""
    parser.description = "Is the difference between two agents real, and how many more episodes would settle it."
    parser.add_argument("a", metavar="A", help="agent name, or name@digest (its beginning is enough)")
    parser.add_argument("b", metavar="B", help="the agent to compare it with")
    _add_shared(parser)
    return _compare


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Declares `--from`, which says where runs are read from: what `arena.leaderboard.sources.load_runs` takes."""
    parser.add_argument(
        "--from",
        dest="sources",
        action="append",
        metavar="SOURCE",
        help="folder with runs, or a store's URL (sqlite:///board.db); may be repeated (default: results)",
    )


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--suite", help="only this suite")
    add_sources(parser)
    parser.add_argument("--json", action="store_true", help="print the data instead of tables")


def _board(args: argparse.Namespace) -> int:
    from arena.leaderboard.board import build_board
    from arena.leaderboard.sources import load_runs
    from arena.spec import DOMAINS

    if args.domain not in (None, *DOMAINS):
        raise unknown("domain", args.domain, DOMAINS, f"there are {', '.join(DOMAINS)}")
    if (args.algorithms or args.metric) and (args.domain or args.svg or (args.algorithms and args.metric)):
        raise ArenaError("--algorithms and --metric are tables of their own: give one, without --domain and --svg")
    runs, broken = load_runs(args.sources)
    check_suite(runs, args.suite)
    if args.algorithms or args.metric:
        return (_algorithms if args.algorithms else _metric)(runs, broken, args)
    result = build_board(runs, suite=args.suite, domain=args.domain, version=args.version)
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
        say(broken)
    if not result.suites:
        raise ArenaError(f"nothing to show{f' of domain {args.domain!r}' if args.domain else ''} in the runs found")
    return 0


def _algorithms(runs: Sequence[Run], broken: list[str], args: argparse.Namespace) -> int:
    from arena.leaderboard.algorithms import build_algorithms

    boards = build_algorithms(runs, suite=args.suite, version=args.version)
    if args.json:
        print(json.dumps({**boards.to_json(), "broken": broken}, indent=1, allow_nan=False))
    else:
        from rich.console import Console

        from arena.leaderboard.render_algorithms import render_algorithms

        render_algorithms(boards, Console())
        say(broken)
    if not boards.suites:
        raise ArenaError(
            "none of these runs says how its agent was trained; play checkpoints of several training seeds: "
            "arena train ppo --env ID --seed K --out DIR, then arena run --agents DIR,... --env ID"
        )
    return 0


def _metric(runs: Sequence[Run], broken: list[str], args: argparse.Namespace) -> int:
    from arena.leaderboard.metric_table import build_metric, render_metric
    from arena.leaderboard.metrics import find_metric

    metric = find_metric(args.metric)
    table = build_metric(metric, runs, suite=args.suite, version=args.version)
    if args.json:
        print(json.dumps({**table.to_json(), "broken": broken}, indent=1, allow_nan=False))
    elif table.rows:
        from rich.console import Console

        render_metric(table, Console())
        say(broken)
    if not table.rows:
        raise ArenaError(f"no run holds what {metric.name} needs: {metric.needs}")
    return 0


def _compare(args: argparse.Namespace) -> int:
    from arena.leaderboard.compare import compare_agents, find_pair
    from arena.leaderboard.sources import load_runs

    runs, broken = load_runs(args.sources)
    check_suite(runs, args.suite)
    result = compare_agents(*find_pair(runs, args.a, args.b, args.suite))
    if args.json:
        print(json.dumps({**result.to_json(), "broken": broken}, indent=1, allow_nan=False))
    else:
        from rich.console import Console

        from arena.leaderboard.render import render_comparison

        render_comparison(result, Console())
        say(broken)
    return 0


def check_suite(runs: Sequence[Run], suite: str | None) -> None:
    """Raises an error that names the nearest suite, where nobody played this one."""
    played = sorted({run.manifest["suite"]["name"] for run in runs})
    if suite is not None and suite not in played:
        raise unknown("suite", suite, played, f"these runs hold {', '.join(played)}")


def say(lines: Sequence[str]) -> None:
    """Prints what was left out, beside what the command prints."""
    for line in lines:
        print(line, file=sys.stderr)
