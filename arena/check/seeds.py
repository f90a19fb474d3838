"""Seeds: the same seed and actions give the same bytes in a fresh process, another seed gives others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from arena.check.playing import Played, Player
from arena.check.report import Finding, failed, measured, skipped
from arena.check.subject import Check, Clock, Subject
from arena.spec import EnvSpec

__all__ = ["REPLAYS", "SEED", "check_replays", "first_time"]

SEEDS = (11, 12, 13)
PRIMING = (5, 6)  # episodes played before, in the same instance
_STARTS = range(21, 41)  # whose first steps are played in two orders
_START_STEPS = 5
_OTHERS = range(101, 109)  # seeds that should matter
_SHARE = 0.03  # of the budget, for each episode
_STEPS = 2000  # of an episode at most
_LEAST = 20  # however long they take
_LEASTS = (_LEAST, 100, 500)  # where the seed has not mattered yet
_Pair = tuple[Played, Played]


def check_seed(subject: Subject) -> Iterator[Finding]:
    """The same actions after another seed give other bytes, unless the spec says that the seed cannot matter."""
    spec, player = subject.spec, subject.player
    for stream, least in zip(SEEDS, _LEASTS, strict=True):  # it may be long before anything random shows
        ours = _timed(player, SEEDS[0], subject, stream, least)
        for seed in _OTHERS:
            theirs = player.play(seed, ours.length, stream=stream)
            if differ := theirs.digest != ours.digest:
                break
        if differ:
            break
    if differ and spec.deterministic_start:
        came = f"seeds {SEEDS[0]} and {theirs.seed} with the same actions gave other bytes"
        yield failed(
            "seed", "", came, "the same, as deterministic_start=True says", "Declare deterministic_start=False."
        )
    elif not differ and not spec.deterministic_start:
        came = f"{len(_OTHERS) + 1} seeds with the same actions gave the same {ours.length} steps"
        do = "Derive what is random from reset's seed; if nothing is, declare deterministic_start=True."
        yield failed("seed", "", came, "other bytes from another seed", do)
    else:
        yield measured("seed", steps=ours.length, differ=differ)


def first_time(spec: EnvSpec, subject: Subject) -> list[Played]:
    """Plays the seeds in a new instance, as far as the time allows."""
    player = Player(spec)
    with contextlib.closing(player):
        return [_timed(player, seed, subject) for seed in SEEDS]


def _timed(player: Player, seed: int, subject: Subject, stream: int | None = None, least: int = _LEAST) -> Played:
    clock = subject.clock(_SHARE)
    for played in player.steps(seed, stream):
        if played.length >= (least if clock.is_over else _STEPS):
            break
    return played


def _second_time(spec: EnvSpec, first: Sequence[Played], clock: Clock) -> Iterator[tuple[str, list[_Pair]]]:
    """Plays the first time's episodes again: in a new instance; after other episodes; beside another instance.

    Yields by check what should be the same: pairs of the first time and the second.
    """
    player, steps = Player(spec), max(played.length for played in first)
    with contextlib.closing(player):
        yield "replay", [(played, player.play(played.seed, played.length)) for played in first]
        for seed in PRIMING:
            player.play(seed, steps)
        again = [(played, player.play(played.seed, played.length)) for played in first]
        yield "repeat", [*again, *_starts(player, clock)]
    players = Player(spec), Player(spec)
    with contextlib.closing(players[0]), contextlib.closing(players[1]):
        last: list[Any] = [None, None]
        for both in zip_longest(*map(_capped, players, first)):
            last = [now or before for now, before in zip(both, last, strict=True)]
        yield "neighbours", list(zip(first, last, strict=False))


def _starts(player: Player, clock: Clock) -> list[_Pair]:
    """Starts many episodes, and the same ones again in the other order: what leaks seldom shows in a few of them."""
    forward: list[Played] = []
    for seed in _STARTS:
        if clock.is_over:
            break
        forward.append(player.play(seed, _START_STEPS))
    backward = [player.play(played.seed, _START_STEPS) for played in reversed(forward)]
    return list(zip(forward, reversed(backward), strict=True))


def _capped(player: Player, first: Played) -> Iterator[Played]:
    for played in player.steps(first.seed):
        yield played
        if played.length >= first.length:
            return


_TEXTS = {  # check -> (what differs, what to do)
    "replay": (
        "a fresh process with another PYTHONHASHSEED played another episode",
        "Draw from generators seeded in reset alone; never the global np.random, random, hash(), the order of a set "
        "or the clock.",
    ),
    "repeat": (
        "after other episodes in the same instance the seed gave another episode",
        "Let reset put back everything that an episode changed.",
    ),
    "neighbours": (
        "beside another instance in the same process the seed gave another episode",
        "Keep state in the instance: no global generator, no module or class variables.",
    ),
}
REPLAYS = (*_TEXTS, "verification")


def check_replays(spec: EnvSpec, first: Sequence[Played], clock: Clock) -> Iterator[Finding]:
    """Holds what is played a second time against the first; what the spec does not claim is measured only.

    Runs in another process than the first time. Of several differences the first explains the others.
    """
    claims = spec.verification in ("bits", "numeric")
    whole = True
    for check, pairs in _second_time(spec, first, clock):
        different = next((pair for pair in pairs if not _agree(spec, *pair)), None)
        if different is None:
            ours = [pair[0] for pair in pairs]
            yield measured(
                check,
                episodes=len(ours),
                steps=sum(played.length for played in ours),
                ended=sum(played.over for played in ours),
            )
        elif not claims:
            yield skipped(check, f"differs; {_undeclared(spec)}")
        elif not whole:
            yield skipped(check, "differs too: mend that first")
        else:
            came, do = _TEXTS[check]
            where = f"seed {different[0].seed}, {_first_difference(*different)}"
            yield failed(check, where, came + _how(*different), "the same bytes", do)
        whole &= different is None
    if claims:
        yield measured("verification", declared=spec.verification, replays=whole)
    else:
        yield skipped("verification", f"{_undeclared(spec)}; here it {'replayed' if whole else 'did not replay'}")


def _undeclared(spec: EnvSpec) -> str:
    return f"the spec says verification={spec.verification!r}"


def _agree(spec: EnvSpec, ours: Played, theirs: Played) -> bool:
    if (ours.digest, ours.told) == (theirs.digest, theirs.told):
        return True
    if spec.verification != "numeric" or ours.length != theirs.length:
        return False
    return bool(np.allclose(ours.returns, theirs.returns, rtol=spec.tolerance, atol=spec.tolerance))


def _first_difference(ours: Played, theirs: Played) -> str:
    """Returns the first step after which the running digests differ."""
    width = 4  # hexadecimal digits of a step
    steps = range(min(len(ours.ticks), len(theirs.ticks)) // width)
    parts = (slice(step * width, (step + 1) * width) for step in steps)
    first = next(
        (step for step, part in zip(steps, parts, strict=True) if ours.ticks[part] != theirs.ticks[part]), None
    )
    return {None: f"within {ours.length} steps", 0: "reset"}.get(first, f"step {first}")


def _how(ours: Played, theirs: Played) -> str:
    if ours.length != theirs.length:
        return f" ({theirs.length} steps)"
    if ours.digest != theirs.digest:
        return f" (returns {theirs.returns} in place of {ours.returns})" if ours.returns != theirs.returns else ""
    return ": its infos differ"


SEED = Check(("seed",), check_seed)
