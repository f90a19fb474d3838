"""`arena check`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from arena.check.agent import check_agent
from arena.check.environment import BUDGET, check_envs
from arena.check.report import Report, show, show_table
from arena.errors import ArenaError
from arena.registry import find, specs
from arena.spec import EnvSpec

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["check_command"]

_BRIEF = 4.0  # seconds for each of all environments: hundreds in well under an hour
_WORDY = 3  # reports that are told in full; more are a table
_WIDE = 120  # columns of a table that goes into a file or a pipe


def check_command(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Adds the arguments of `arena check` and returns what it does."""
    parser.add_argument("names", nargs="*", metavar="ID|AGENT", help="environments (family/Name-v0) and agents")
    parser.add_argument("--all", action="store_true", help="every environment that can run here")
    parser.add_argument("--family", action="append", default=[], metavar="F", help="those of a family")
    parser.add_argument("--env", action="append", default=[], metavar="ID", help="where agents play (default: quick)")
    parser.add_argument(
        "--budget",
        type=float,
        metavar="SECONDS",
        help=f"for each environment (default: {BUDGET:g}, with --all {_BRIEF:g})",
    )
    parser.add_argument("--workers", type=int, default=1, help="environments checked at a time")
    parser.add_argument("--json", action="store_true")

    def run(args: argparse.Namespace) -> int:
        from rich.console import Console

        from arena.progress import progress_bar

        chosen = _chosen(args)
        agents = [name for name in args.names if not _is_env(name)]
        if not chosen and not agents:
            raise ArenaError("check what? 'arena check ID', an agent, --family F or --all")
        with progress_bar() as bar:
            reports = _check_all(chosen, agents, args, bar)
        if args.json:
            print(json.dumps([report.to_json() for report in reports], indent=2, sort_keys=True))
        elif len(reports) > _WORDY:
            show_table(reports, Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE))
        else:
            for report in reports:
                show(report, Console(highlight=False))
        return 0 if all(report.passed for report in reports) else 1

    return run


def _is_env(name: str) -> bool:
    name = name.partition("?")[0]  # an agent's settings may hold a URL
    return "/" in name and ".py:" not in name and not name.startswith((".", "/"))


def _chosen(args: argparse.Namespace) -> list[EnvSpec]:
    """Returns the environments asked for; of whole families only those that can run here."""
    named = [find(name) for name in args.names if _is_env(name)]
    wide = specs(available=True) if args.all or args.family else []
    for family in args.family:
        if not any(spec.family == family for spec in wide):
            raise ArenaError(f"no environment of family {family!r} can run here; 'arena envs' lists what they lack")
    wide = [spec for spec in wide if args.all or spec.family in args.family]
    return list({spec.id: spec for spec in (*named, *wide)}.values())


def _check_all(chosen: list[EnvSpec], agents: list[str], args: argparse.Namespace, bar: Progress) -> list[Report]:
    task = bar.add_task("checking", total=len(chosen) + len(agents))

    def told(report: Report) -> None:
        bar.update(task, advance=1, description=report.subject)
        if not report.passed:
            bar.console.print(f"failed {report.subject}: {', '.join(finding.check for finding in report.failures)}")

    budget = args.budget or (_BRIEF if args.all else BUDGET)
    reports = check_envs(chosen, budget=budget, workers=args.workers, told=told)
    for name in agents:
        reports.append(check_agent(name, args.env or None))
        told(reports[-1])
    return reports
