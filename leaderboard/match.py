"""`arena match`: agents against and with each other. What plays is imported when the command runs, not when listed."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from arena.errors import ArenaError

if TYPE_CHECKING:
    from arena.leaderboard.games import AgentKey
    from arena.leaderboard.intervals import Interval
    from arena.leaderboard.sequential import Sequential
    from arena.record import EpisodeRecord
    from arena.run import Run

__all__ = ["match", "pair_points"]

GAMES = 200  # per pairing (PROTOCOL section 2)
MOST = 4000  # games after which --until-settled gives up
STEPS = 200_000  # that an exploiter learns from


def match(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Declares `arena match` and returns what runs it."""
    parser.description = (
        "Lets agents meet from every seat on shared seeds and rates them; or rates the games of stored runs (--from)."
    )
    parser.add_argument(
        "--agents", default="", metavar="A,B,C", help="who meets: up to 30 everybody everybody, more as tells most"
    )
    parser.add_argument("--env", metavar="ID", help="the environment, one with several seats")
    parser.add_argument("--games", type=int, metavar="N", help=f"per pairing, over all seats (default: {GAMES})")
    parser.add_argument("--workers", type=int, metavar="W", help="processes (default: one per core; 0: inline)")
    parser.add_argument("--out", default="runs", help="folder for the records (default: runs)")
    parser.add_argument("--seeds", choices=("dev", "test"), default="dev")
    parser.add_argument(
        "--from", dest="sources", action="append", metavar="SOURCE",
        help="folder with runs or a store's URL, whose games count too; without --env nothing is played",
    )  # fmt: skip
    parser.add_argument(
        "--until-settled", action="store_true",
        help=f"two agents: stop when it is settled whether the first is stronger (at most --games, default {MOST})",
    )  # fmt: skip
    parser.add_argument("--nashconv", action="store_true", help="what a perfect opponent wins (small OpenSpiel games)")
    parser.add_argument(
        "--exploit", metavar="AGENT", help="train an opponent against this agent: a lower bound of that"
    )
    parser.add_argument("--steps", type=int, default=STEPS, help=f"that it learns from (default: {STEPS})")
    parser.add_argument("--json", action="store_true", help="print the data instead of tables")
    return _match


def pair_points(records: Sequence[EpisodeRecord], higher_is_better: bool) -> list[float]:
    """Returns the points of agent 0 in each seat-swapped pair, in the schedule's order, up to the first that is open.

    A game gives 1 for the higher score, 1/2 for equal ones.
    """
    from arena.record import settle

    settled = settle(records)
    points: list[float] = []
    while (first := settled.get(2 * len(points))) and (second := settled.get(2 * len(points) + 1)):
        points.append(sum(_points(game, higher_is_better) for game in (first, second)))
    return points


def _points(game: EpisodeRecord, higher_is_better: bool) -> float:
    if not game.scores:
        return 0.5  # no measurement even after its retries: it speaks for neither
    own = list(game.seating).index(0)
    lead = (game.scores[own] - game.scores[1 - own]) * (1 if higher_is_better else -1)
    return 0.5 if lead == 0 else float(lead > 0)


def _match(args: argparse.Namespace) -> int:
    agents = [name for name in args.agents.split(",") if name]
    _check(args, agents)
    runs: list[Run] = []
    test = None
    if args.until_settled:
        test, run = _settle(args, agents)
        runs = [run]
    elif len(agents) > 1:
        runs = _tournament(args, agents)
    solved = [_nash_conv(args, agent) for agent in agents] if args.nashconv else []
    exploited = _exploit(args) if args.exploit else None
    _show(args, runs, test, solved, exploited)
    return 0 if args.until_settled or all(run.is_complete for run in runs) else 1


def _check(args: argparse.Namespace, agents: Sequence[str]) -> None:
    """Refuses what makes no sense before anything is played."""
    if not args.env and (agents or args.exploit or args.until_settled or args.nashconv):
        raise ArenaError("--env is missing: in which environment do they meet?")
    if not args.env and not args.sources:
        raise ArenaError("say what is played (--agents A,B --env ID) or whose games are rated (--from results)")
    if args.env and not agents and not args.exploit:
        raise ArenaError("--agents is missing: who meets whom? 'arena agents' lists who is registered")
    if twice := sorted({name for name in agents if agents.count(name) > 1}):
        raise ArenaError(f"named twice: {', '.join(twice)}; an agent needs to be named once")
    if len(agents) == 1 and not args.nashconv:
        raise ArenaError(f"{agents[0]!r} alone meets nobody: name at least two agents")
    if args.until_settled and len(agents) != 2:
        raise ArenaError(f"--until-settled compares two agents, got {len(agents)}")
    for name, value in (("--games", args.games), ("--steps", args.steps)):
        if value is not None and value < 1:
            raise ArenaError(f"{name} {value}: expected at least 1")


def _playing(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "seeds": args.seeds,
        "workers": args.workers,
        "out": args.out,
        "command": shlex.join(["arena", *sys.argv[1:]]),
    }


def _tournament(args: argparse.Namespace, agents: Sequence[str]) -> list[Run]:
    """Plays all pairings of a small pool; of a large one the anchors' and then rounds of those that tell most."""
    from arena.leaderboard.games import lineup_of
    from arena.tournament import SMALL_POOL, anchor_pairs, check, play, round_robin

    spec = check(args.env, agents)
    is_large = len(agents) > SMALL_POOL and spec.seats == 2
    pairings = anchor_pairs(agents) if is_large else round_robin(agents, spec)
    runs: list[Run] = []
    who: dict[str, AgentKey] = {}
    met: set[tuple[str, ...]] = set()
    while pairings:
        with _bar(args.env) as progress:
            made = play(args.env, pairings, games=args.games or GAMES, progress=progress, **_playing(args))
        for pairing, run in zip(pairings, made, strict=True):
            who.update(zip(pairing, lineup_of(run, args.env), strict=True))
        runs += made
        met.update(pairings)
        pairings = _next_round(runs, who, met) if is_large else []
    return runs


def _next_round(runs: Sequence[Run], who: Mapping[str, AgentKey], met: set[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Returns the pairs of a large pool that tell most after what was played."""
    import numpy as np

    from arena.leaderboard.games import read_games
    from arena.leaderboard.ratings import rate
    from arena.tournament import informative_pairs

    (games,) = read_games(runs)
    rated, agents = rate([games]), sorted(who)
    at = [games.agents.index(who[agent]) for agent in agents]
    seen = np.array([[(min(a, b), max(a, b)) in met for b in agents] for a in agents])
    pairs = informative_pairs(rated.strengths[at], rated.covariance[np.ix_(at, at)], seen)
    return [(agents[i], agents[j]) for i, j in sorted(pairs)]


def _settle(args: argparse.Namespace, agents: Sequence[str]) -> tuple[Sequential, Run]:
    """Plays two agents until the test ends; the first named is the one that may be stronger."""
    from arena.leaderboard.sequential import sequential_test
    from arena.tournament import check, play

    spec = check(args.env, agents)
    if spec.seats != 2 or spec.payoff == "cooperative":
        raise ArenaError(
            f"{args.env} is {spec.payoff} with {spec.seats} seats: a test of who is stronger takes two rivals"
        )
    pairing = tuple(sorted(agents))

    def test(records: Sequence[EpisodeRecord]) -> Sequential:
        points = pair_points(records, spec.higher_is_better)
        return sequential_test(points if pairing[0] == agents[0] else [2 - point for point in points])

    def enough(records: Sequence[EpisodeRecord]) -> bool:
        return test(records).verdict != "open"

    with _bar(f"{args.env} until settled") as progress:
        (run,) = play(args.env, [pairing], games=args.games or MOST, progress=progress, enough=enough, **_playing(args))
    return test(run.records), run


def _nash_conv(args: argparse.Namespace, agent: str) -> dict[str, Any]:
    from arena.exploitability import nash_conv

    return nash_conv(agent, args.env)._asdict()


def _exploit(args: argparse.Namespace) -> tuple[Run, Interval]:
    """Trains an exploiter; returns its games and its mean score in them."""
    from arena.exploitability import exploit
    from arena.leaderboard.intervals import generator_of, mean_interval

    with _bar(f"exploiter of {args.exploit}") as progress:
        run = exploit(
            args.exploit, args.env, steps=args.steps, games=args.games or GAMES, progress=progress,
            training=lambda stand: progress(stand.env_steps, stand.total_steps, None), **_playing(args),
        )  # fmt: skip
    scores = run.episodes[run.episodes["measurement"].astype(bool)]["score"].to_numpy(float)
    return run, mean_interval(scores, generator_of([run.id]))


def _show(
    args: argparse.Namespace,
    runs: Sequence[Run],
    test: Sequential | None,
    solved: Sequence[Mapping[str, Any]],
    exploited: tuple[Run, Interval] | None,
) -> None:
    from arena.leaderboard.rows import plain
    from arena.leaderboard.sources import load_runs
    from arena.leaderboard.tournaments import build_tournaments

    stored, broken = load_runs(args.sources) if args.sources else ([], [])
    found = build_tournaments([*stored, *runs])
    if args.env:
        found = tuple(one for one in found if one.env_id == args.env)
    elif not found:
        raise ArenaError("no two agents met in these runs; let some: arena match --agents random,scripted --env ID")
    if args.json:
        data = {
            "tournaments": [one.to_json() for one in found],
            "sequential": plain(test),
            "nash_conv": plain(solved),
            "exploiter": exploited
            and {"run": str(exploited[0].path), "steps": args.steps, "score": plain(exploited[1])},
            "broken": broken,
        }
        print(json.dumps(data, indent=1, allow_nan=False))
        return
    from rich.console import Console

    from arena.leaderboard import render_match

    console = Console(highlight=False)
    for one in found:
        render_match.render_tournament(one, console)
    if found:
        render_match.render_legend(found, console)
    if test:
        first, second = args.agents.split(",")
        render_match.render_sequential(first, second, test, (args.games or MOST) // 2, console)
    render_match.render_exploitability(args.exploit, args.steps, solved, exploited and exploited[1], console)
    if runs and not test:
        render_match.render_next(found, args.env, args.agents.split(","), args.out, console)
    for line in broken:
        print(line, file=sys.stderr)


@contextmanager
def _bar(text: str) -> Iterator[Callable[[int, int, EpisodeRecord | None], None]]:
    """Shows a progress bar on a terminal's standard error; yields what moves it."""
    from arena.progress import progress_bar

    with progress_bar() as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, total, record: bar.update(task, completed=done, total=total)
