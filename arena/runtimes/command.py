"""`arena install` and `arena uninstall`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from arena.errors import ArenaError
from arena.runtimes.install import InstallError, install, uninstall
from arena.runtimes.locks import Runtime, find_runtime, runtimes

__all__ = ["install_command", "uninstall_command"]

Action = Callable[[argparse.Namespace], int]


def install_command(parser: argparse.ArgumentParser) -> Action:
    """Adds the arguments of `arena install` and returns what it does."""
    parser.add_argument("names", nargs="*", metavar="RUNTIME")
    parser.add_argument("--all", action="store_true", help="every runtime; goes on where one fails")
    parser.add_argument("--list", action="store_true", help="the runtimes, their state and size")
    parser.add_argument("--json", action="store_true")

    def run(args: argparse.Namespace) -> int:
        chosen = runtimes() if args.all or args.list else [find_runtime(name) for name in args.names]
        if not chosen and not (args.all or args.list):
            raise ArenaError("which runtime? 'arena install NAME', '--all', or '--list' to see them")
        failed = [] if args.list else [runtime.name for runtime in chosen if not _install(runtime)]
        if args.json:
            print(json.dumps([_told(runtime) for runtime in chosen], indent=2, sort_keys=True))
        elif args.list:
            _show(chosen)
        return 1 if failed else 0

    return run


def uninstall_command(parser: argparse.ArgumentParser) -> Action:
    """Adds the arguments of `arena uninstall` and returns what it does."""
    parser.add_argument("names", nargs="+", metavar="RUNTIME")

    def run(args: argparse.Namespace) -> int:
        for runtime in [find_runtime(name) for name in args.names]:
            folders = uninstall(runtime.name)
            print(f"{runtime.name}: removed {len(folders)} installation{'s' * (len(folders) != 1)}")
        return 0

    return run


def _install(runtime: Runtime) -> bool:
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    try:
        with console.status(f"{runtime.name}: looking") as status:
            is_new = install(runtime, lambda line: status.update(line.replace("[", r"\[")))
    except InstallError as error:
        print(f"arena: {error}", file=sys.stderr)
        return False
    facts = runtime.facts()
    did = f"installed in {facts.get('seconds', 0):.0f} s" if is_new else "is ready"
    print(f"{runtime.name}: {did}, {_size(facts)}, {runtime.folder}", file=sys.stderr)
    return True


def _told(runtime: Runtime) -> dict[str, Any]:
    return {
        "name": runtime.name,
        "description": runtime.description,
        "digest": runtime.digest,
        "state": runtime.state(),
        "environments": _environments()[runtime.name],
        "folder": str(runtime.folder),
        **{key: value for key, value in runtime.facts().items() if key in ("bytes", "python", "seconds")},
    }


def _environments() -> Counter[str]:
    from arena.registry import specs

    return Counter(spec.runtime for spec in specs())


def _show(chosen: list[Runtime]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("runtime", "state", "size", "ids", "what"):
        table.add_column(name, justify="right" if name in ("size", "ids") else "left", no_wrap=name != "what")
    count = _environments()
    for runtime in chosen:
        state = runtime.state()
        colour = {"ready": "green", "absent": "dim"}.get(state, "red")
        table.add_row(
            runtime.name, f"[{colour}]{state}[/]", _size(runtime.facts()), str(count[runtime.name]), runtime.description
        )
    Console(highlight=False).print(table)


def _size(facts: dict[str, Any]) -> str:
    return f"{facts['bytes'] / 1e6:.0f} MB" if "bytes" in facts else "-"
