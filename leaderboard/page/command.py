"""`arena page`: the board as a static site."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from arena.leaderboard.commands import add_sources, check_suite, say

__all__ = ["page"]


def page(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Declares `arena page` and returns what runs it."""
    parser.description = "Write the board as a site: one folder that opens from the file system, without a network."
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to write; an older site there is replaced")
    parser.add_argument("--suite", help="only this suite")
    add_sources(parser)
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    return _page


def _page(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from arena.leaderboard.page.build import build_site
    from arena.leaderboard.sources import load_runs

    runs, broken = load_runs(args.sources)
    check_suite(runs, args.suite)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("replaying episodes", total=None)
        pages = build_site(
            runs,
            args.out,
            suite=args.suite,
            broken=broken,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    front = args.out / "index.html"
    if args.json:
        print(json.dumps({"pages": pages, "front": str(front), "broken": broken}))
    else:
        print(f"{pages} pages; open {front}")
        say(broken)
    return 0
