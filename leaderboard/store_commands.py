"""`arena index` and `arena export`: records into a database, and episodes into a table for other tools."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from arena.errors import ArenaError, RecordError
from arena.leaderboard.commands import add_sources

__all__ = ["export", "index"]


def index(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Declares `arena index` and returns what runs it."""
    parser.description = "Takes runs into a database, from which every board is made as from their folders."
    parser.add_argument(
        "--from",
        dest="folders",
        action="append",
        metavar="PATH",
        help="folder with runs; may be repeated (default: results)",
    )
    parser.add_argument(
        "--store", default="sqlite:///board.db", metavar="URL", help="database (default: sqlite:///board.db)"
    )
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    return _index


def export(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Declares `arena export` and returns what runs it."""
    parser.description = "Writes one line per settled episode, of all runs, as CSV, JSON or Parquet."
    parser.add_argument("out", type=Path, metavar="OUT", help="file.csv, file.json or file.parquet")
    add_sources(parser)
    return _export


def _index(args: argparse.Namespace) -> int:
    import json
    from collections import Counter

    from rich.console import Console
    from rich.progress import track

    from arena.leaderboard.store import Store
    from arena.run import find_runs

    folders = args.folders or ["results"]
    paths = sorted({path.resolve() for folder in folders for path in find_runs(folder)})
    if not paths:
        raise ArenaError(f"no runs in {', '.join(map(repr, folders))}; make one with: arena run")
    store = Store(args.store, create=True)
    counts, refused = Counter(added=0, updated=0, unchanged=0, superseded=0), []
    is_quiet = args.json or not sys.stderr.isatty()
    for path in track(paths, "indexing", console=Console(stderr=True), transient=True, disable=is_quiet):
        try:
            counts[store.index(path)] += 1
        except RecordError as error:
            refused.append(str(error))
    store.close()
    if args.json:
        print(json.dumps({"store": args.store, **counts, "refused": refused}, indent=1))
    else:
        print(f"{args.store}: {', '.join(f'{count} {what}' for what, count in counts.items())}")
        for line in refused:
            print(f"refused: {line}", file=sys.stderr)
    return 1 if refused else 0


def _export(args: argparse.Namespace) -> int:
    from arena.leaderboard.export import write_episodes
    from arena.leaderboard.sources import load_runs

    runs, left_out = load_runs(args.sources)
    print(f"{write_episodes(runs, args.out)} episodes in {args.out}")
    for line in left_out:
        print(line, file=sys.stderr)
    return 0
