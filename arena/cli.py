"""The command line: `arena ...`; siblings and third parties add commands through the entry points `arena.commands`."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from arena.errors import ArenaError

if TYPE_CHECKING:
    from rich.console import Console

    from arena.record import EpisodeRecord
    from arena.run import Run
    from arena.verification import Report

__all__ = ["main"]

GROUP = "arena.commands"  # entry point: command name -> function(parser) -> function(args) -> exit code
Action = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code: 0 done, 1 an error that is told in a sentence, 130 interrupted."""
    try:
        args = _parser(sys.argv[1:] if argv is None else list(argv)).parse_args(argv)
        for file in args.plugin:
            _import_plugin(file)
        action: Action = args.action
        return action(args)
    except ArenaError as error:
        print(f"arena: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("arena: interrupted; what was finished is kept, the same command goes on from there", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arena", description="Environments, agents, and results anybody can recompute."
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument(
        "--plugin", action="append", default=[], metavar="FILE.py", help="register its environments first"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    own: dict[str, tuple[str, Callable[[argparse.ArgumentParser], Action]]] = {
        "envs": ("the catalogue of environments, or one environment's card", _envs),
        "agents": ("the registered agents", _agents),
        "suites": ("the suites and their tasks", _suites),
        "run": ("evaluate agents and record every episode", _run),
        "verify": ("replay records and say whether they hold", _verify),
        "watch": ("replay an episode as pictures, pages or a transcript, in the terminal or into a file", _watch),
        "sandbox": ("how well this machine can shut strangers' agents in, and why not better", _sandbox),
        "pack": ("make an agent's folder into an archive, and try it as the board would", _pack),
        "bench": ("how fast this harness is on this machine, against its raw environments", _bench),
        "check": ("whether environments and agents keep the contract, and what they cost", _check),
        "install": ("make the runtimes of environments that cannot share this interpreter", _install),
        "uninstall": ("remove runtimes", _uninstall),
    }
    for name, (text, build) in own.items():
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.set_defaults(action=build(command))
    asked = {word for word in argv if not word.startswith("-")}
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        if entry.name in commands.choices:  # the first of a name keeps it
            continue
        text = _EXTERNAL.get(entry.name, f"from {entry.value.partition(':')[0]}")
        command = commands.add_parser(entry.name, help=text)
        if entry.name in asked:  # loaded only when asked for: it may import torch or pandas
            command.set_defaults(action=_loaded(entry)(command))
    return parser


def _loaded(entry: importlib.metadata.EntryPoint) -> Callable[[argparse.ArgumentParser], Action]:
    try:
        build: Callable[[argparse.ArgumentParser], Action] = entry.load()
        return build
    except (Exception, SystemExit) as error:  # a stranger's module may raise anything
        raise ArenaError(f"command {entry.name!r} cannot be loaded: {type(error).__name__}: {error}") from error


_EXTERNAL = {
    "board": "the table of results",
    "compare": "is the difference between two agents real",
    "export": "episodes as CSV, JSON or Parquet",
    "index": "records into a database",
    "page": "the board as a static site",
    "match": "agents against each other: ratings, cross-play, exploitability",
    "train": "train a baseline",
    "web": "open a web environment in an ordinary browser",
}


def _version() -> str:
    try:
        return f"arena {importlib.metadata.version('arena-bench')}"
    except importlib.metadata.PackageNotFoundError:
        return "arena (not installed)"


def _import_plugin(file: str) -> None:
    from pathlib import Path

    from arena.loading import import_file

    try:
        import_file(Path(file))
    except ArenaError:
        raise
    except Exception as error:
        raise ArenaError(f"plugin {file!r} cannot be imported: {type(error).__name__}: {error}") from error


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, sort_keys=True))


# --- envs -------------------------------------------------------------------------------------------------------------


def _envs(parser: argparse.ArgumentParser) -> Action:
    parser.add_argument("what", nargs="?", metavar="ID|FAMILY", help="show one environment's card, or a family's list")
    parser.add_argument("--domain", choices=("games", "robotics", "web", "text"))
    parser.add_argument("--available", action="store_true", help="only what can run here")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pages", metavar="FOLDER", help="write the catalogue as pages, as in docs/environments")

    def run(args: argparse.Namespace) -> int:
        from pathlib import Path

        from arena.catalogue import card, show_card, show_families, show_family, write_pages
        from arena.registry import broken_plugins, find, specs

        chosen = specs(args.domain, available=args.available)
        family = [spec for spec in chosen if spec.family == args.what]
        if args.what and not family:
            spec = find(args.what)
            _print_json(card(spec)) if args.json else show_card(spec, _console())
            return 0
        chosen = family or chosen
        broken = broken_plugins()
        if args.pages:
            print(f"wrote {len(write_pages(chosen, Path(args.pages)))} pages into {args.pages}")
        elif args.json:
            _print_json([card(spec) for spec in chosen])
            for name, why in broken.items():
                print(f"arena: broken plugin {name}: {why}", file=sys.stderr)
        elif family:
            show_family(family, _console())
        else:
            show_families(chosen, broken, _console())
        return 0

    return run


# --- watch, check, install --------------------------------------------------------------------------------------------


def _watch(parser: argparse.ArgumentParser) -> Action:
    from arena.watching.command import watch_command

    return watch_command(parser)


def _sandbox(parser: argparse.ArgumentParser) -> Action:
    from arena.sandbox.command import sandbox_command

    return sandbox_command(parser)


def _pack(parser: argparse.ArgumentParser) -> Action:
    from arena.sandbox.command import pack_command

    return pack_command(parser)


def _bench(parser: argparse.ArgumentParser) -> Action:
    from arena.bench.command import bench_command

    return bench_command(parser)


def _check(parser: argparse.ArgumentParser) -> Action:
    from arena.check.command import check_command

    return check_command(parser)


def _install(parser: argparse.ArgumentParser) -> Action:
    from arena.runtimes.command import install_command

    return install_command(parser)


def _uninstall(parser: argparse.ArgumentParser) -> Action:
    from arena.runtimes.command import uninstall_command

    return uninstall_command(parser)


# --- agents, suites ---------------------------------------------------------------------------------------------------


def _agents(parser: argparse.ArgumentParser) -> Action:
    parser.add_argument("--json", action="store_true")

    def run(args: argparse.Namespace) -> int:
        from arena.agent import agent_names, resolve_agent
        from arena.loading import load_symbol

        found = {}
        for name in agent_names():
            try:
                doc = (load_symbol(resolve_agent(name).target).__doc__ or "").strip().splitlines()
                found[name] = doc[0] if doc else ""
            except Exception as error:  # a stranger's module may raise anything; it is listed with its reason
                found[name] = f"broken: {type(error).__name__}: {error}"
        if args.json:
            _print_json(found)
        else:
            for name, text in found.items():
                print(f"{name:12} {text}")
        return 0

    return run


def _suites(parser: argparse.ArgumentParser) -> Action:
    parser.add_argument("name", nargs="?")
    parser.add_argument("--json", action="store_true")

    def run(args: argparse.Namespace) -> int:
        from dataclasses import asdict

        from arena.suite import broken_suites, load_suite, suites

        broken = {} if args.name else broken_suites()
        for name, why in broken.items():
            print(f"arena: broken suite {name}: {why}", file=sys.stderr)
        found = [load_suite(name) for name in ([args.name] if args.name else suites()) if name not in broken]
        if args.json:
            _print_json([asdict(suite) for suite in found])
            return 0
        for suite in found:
            print(f"{suite.name}: {suite.description}")
            for task in suite.tasks:
                against = f" against {', '.join(task.opponents)}" if task.opponents else ""
                print(f"  {task.env:34} {task.episodes} episodes{against}")
        return 0

    return run


# --- run --------------------------------------------------------------------------------------------------------------


def _run(parser: argparse.ArgumentParser) -> Action:
    parser.add_argument("--agents", required=True, metavar="A,B", help="registered names, file.py:Name, folders")
    parser.add_argument("--suite", default=None, help="a suite's name or file (default: quick)")
    parser.add_argument("--env", default=None, metavar="ID", help="a single environment in place of a suite")
    parser.add_argument("--opponents", default="", metavar="A,B", help="who sits in the other seats (with --env)")
    parser.add_argument("--episodes", type=int, default=None, help="per task (default: as the suite says)")
    parser.add_argument("--seeds", choices=("dev", "test"), default="dev")
    parser.add_argument("--workers", type=int, default=None, help="processes (default: one per core; 0: inline)")
    parser.add_argument(
        "--placement",
        choices=("auto", "replica", "central"),
        default="auto",
        help="the agent in every worker (replica), or one agent whose environments the workers step (central)",
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--move-seconds", type=float, default=None, help="wall time an agent has per move (default: 10)"
    )
    parser.add_argument("--out", default="runs", help="folder for the records (default: runs)")
    parser.add_argument(
        "--sandbox", "--isolation", metavar="LEVEL", help="shut the agent in: auto, or a level of 'arena sandbox'"
    )
    parser.add_argument("--i-trust-this-agent", action="store_true", help="run it where nothing holds it")
    parser.add_argument("--verify", action="store_true", help="replay what was recorded before the board is shown")
    parser.add_argument("--json", action="store_true")

    def run(args: argparse.Namespace) -> int:
        from arena.agent import resolve_agent

        if args.suite and args.env:
            raise ArenaError("--suite and --env exclude each other")
        agents = [name for name in args.agents.split(",") if name]
        if not agents:
            raise ArenaError("--agents names nobody; 'arena agents' lists who is registered")
        for name in agents:
            resolve_agent(name)  # a misspelt second agent is told before the first has played for an hour
        runs = [_evaluate(name, args) for name in agents]
        reports = [report for run in runs if args.verify for report in _replayed(str(run.path), args.workers)]
        if args.json:
            _print_json([_summary(run) for run in runs])
        else:
            _show_runs(runs, reports)
        is_whole = all(run.is_complete and not run.counts.n_infra.sum() for run in runs)
        return 0 if is_whole and all(report.is_verified for report in reports) else 1

    return run


def _evaluate(agent: str, args: argparse.Namespace) -> Run:
    from rich.progress import TextColumn

    from arena.evaluation import evaluate
    from arena.progress import progress_bar
    from arena.vector.pool import Limits

    with progress_bar(TextColumn("{task.fields[now]}")) as bar:
        task = bar.add_task(agent, total=None, now="")

        def progress(done: int, total: int, record: EpisodeRecord | None) -> None:
            now = "" if record is None else record.env_id
            bar.update(task, completed=done, total=total, now=now)

        limits = Limits() if args.move_seconds is None else Limits(move_s=args.move_seconds)
        return evaluate(
            agent,
            args.env or args.suite or "quick",
            episodes=args.episodes,
            opponents=[name for name in args.opponents.split(",") if name],
            seeds=args.seeds,
            workers=args.workers,
            placement=args.placement,
            device=args.device,
            out=args.out,
            limits=limits,
            sandbox=args.sandbox,
            is_trusted=args.i_trust_this_agent,
            command=shlex.join(["arena", *sys.argv[1:]]),
            progress=progress,
        )


def _summary(run: Run) -> dict[str, Any]:
    from arena.calls import spent

    return {
        "path": str(run.path),
        "run_id": run.id,
        "agent": run.manifest["agent"],
        "suite": run.manifest["suite"]["name"],
        "skipped": run.manifest["skipped"],
        "complete": run.is_complete,
        "isolation": run.manifest["isolation"],
        "level": run.level,
        "counts": run.counts.to_dict(orient="index"),
        "scores": run.episodes.groupby("env_id").score.mean().to_dict(),
        "model_usage": dict(spent(run)),
    }


def _show_runs(runs: Sequence[Run], reports: Sequence[Report]) -> None:
    from rich.markup import escape

    from arena.calls import spent

    console = _console()
    for run in runs:
        sums = run.counts.sum()
        told = f"{sums.n_ok} ok + {sums.n_agent_fail} agent failures + {sums.n_infra} infrastructure"
        console.print(
            f"[bold]{escape(run.manifest['agent']['name'])}[/]: {told} = {sums.n_scheduled} scheduled -> {run.path}"
        )
        if run.manifest.get("sandbox"):
            from arena.sandbox.levels import FOR_STRANGERS, LEVELS

            level = run.manifest["isolation"]
            loud = "" if level in FOR_STRANGERS else f" [red]too weak for strangers: {LEVELS[level].meaning}[/]"
            console.print(f"  isolation level [bold]{level}[/]{loud}")
        if usage := spent(run):
            known = {name: "unknown" if value is None else f"{value:,.6g}" for name, value in usage.items()}
            console.print(
                f"  {known['calls']} model calls ({known['cached']} from the cache), {known['tokens_in']} tokens read "
                f"and {known['tokens_out']} written, money {known['money']}"
            )
        for env_id, why in run.manifest["skipped"].items():
            console.print(f"  [yellow]not played[/] {env_id}: {escape(why)}")
        bad = run.episodes[run.episodes.whose != ""]
        for (env_id, cause), rows in bad.groupby(["env_id", "cause"]):
            console.print(f"  [red]{cause}[/] {len(rows)} x {env_id}: {escape(rows.detail.iloc[0])}")
    for report in reports:
        _tell(report)
    if (board := next(iter(importlib.metadata.entry_points(group=GROUP, name="board")), None)) is not None:
        parser = argparse.ArgumentParser(prog="arena board")
        show: Action = board.load()(parser)
        suite = runs[0].manifest["suite"]["name"]
        show(parser.parse_args(["--suite", suite, *(word for run in runs for word in ("--from", str(run.path)))]))


# --- verify -----------------------------------------------------------------------------------------------------------


def _verify(parser: argparse.ArgumentParser) -> Action:
    parser.add_argument("path", help="a run's folder, or a folder of runs")
    parser.add_argument("--workers", type=int, default=None, help="processes (default: one per core; 0: inline)")
    parser.add_argument("--json", action="store_true")

    def run(args: argparse.Namespace) -> int:
        reports = _replayed(args.path, args.workers)
        if args.json:
            _print_json([report.to_json() for report in reports])
        else:
            for report in reports:
                _tell(report)
        return 0 if all(report.is_verified for report in reports) else 1

    return run


def _replayed(path: str, workers: int | None) -> list[Report]:
    from arena.progress import progress_bar
    from arena.verification import verify

    with progress_bar() as bar:
        task = bar.add_task("replaying", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return verify(path, workers=workers, progress=progress)


def _tell(report: Report) -> None:
    print(f"{report.path}: verified {report.n_verified}/{report.n_measured}, {report.level}")
    for text in report.problems:
        print(f"  problem: {text}")
    for text in report.notes:
        print(f"  note: {text}")


if __name__ == "__main__":
    sys.exit(main())
