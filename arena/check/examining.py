"""The examination of one environment, as it runs in a fresh process: the table of checks, and the second playing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from arena.check.contract import CONTRACT, FORBIDDEN
from arena.check.costs import BUILD, COSTS
from arena.check.oracle import ORACLE
from arena.check.playing import Played, Player
from arena.check.rendering import RENDERING
from arena.check.report import Finding, failed, skipped
from arena.check.rules import fault
from arena.check.seeds import REPLAYS, SEED, check_replays, first_time
from arena.check.subject import Check, Clock, Subject
from arena.check.views import VIEWS
from arena.spec import EnvSpec

__all__ = ["NAMES", "examine", "play", "replay"]

CHECKS: tuple[Check, ...] = (BUILD, *CONTRACT, VIEWS, SEED, RENDERING, *COSTS, ORACLE, FORBIDDEN)
NAMES: tuple[str, ...] = (*dict.fromkeys(name for check in CHECKS for name in check.names), *REPLAYS)

_STARTS = 0.05  # share of the budget in which episodes are started, to be started again in the other order


def examine(spec: Mapping[str, Any], budget: float) -> Iterator[dict[str, Any]]:
    """Yields, as plain data: each check's name before it runs, its findings, and what was played for the replay."""
    subject = Subject(EnvSpec.from_json(spec), budget)
    bad: list[str] = []
    for check in CHECKS:
        yield {"now": check.names[0]}
        for finding in _run(check, subject, bad):
            yield {"finding": asdict(finding)}
            bad += [finding.check] * (finding.outcome == "failed")
        if "build" in bad:
            return
    yield {"now": "replay"}
    with contextlib.suppress(Exception):
        subject.close()
    if subject.broken_by:
        yield from ({"finding": asdict(_unplayable(name, subject))} for name in REPLAYS)
        return
    try:
        yield {"played": [played._asdict() for played in first_time(subject.spec, subject)]}
    except Exception as error:
        for name in REPLAYS:
            yield {"finding": asdict(_stopped(name, error, bad))}


def _run(check: Check, subject: Subject, bad: Sequence[str]) -> Iterator[Finding]:
    """Runs a check; what it raises is its failure, unless an earlier one explains it."""
    if subject.broken_by:
        yield from (_unplayable(name, subject) for name in check.names)
        return
    try:
        yield from check.run(subject)
    except Exception as error:
        for name in check.names[:1] if not bad else check.names:
            yield _stopped(name, error, bad)


def _unplayable(name: str, subject: Subject) -> Finding:
    return skipped(name, f"no episode can be played: mend {subject.broken_by!r} first")


def _stopped(name: str, error: Exception, bad: Sequence[str]) -> Finding:
    if bad:
        return skipped(name, f"stopped by {fault(error)}; mend {bad[0]} first")
    return failed(name, "", f"it raised {fault(error)}", "no exception", "Mend the environment or its view.")


def play(spec: Mapping[str, Any], plan: Sequence[Sequence[int]]) -> Iterator[dict[str, Any]]:
    """Yields what each (seed, steps) of a plan came to, as plain data."""
    player = Player(EnvSpec.from_json(spec))
    for seed, steps in plan:
        yield player.play(seed, steps)._asdict()
    player.close()


def replay(spec: Mapping[str, Any], played: Sequence[Mapping[str, Any]], budget: float) -> Iterator[dict[str, Any]]:
    """Yields, as plain data, what is found when the episodes of the first process are played a second time."""
    first, clock = [Played(**each) for each in played], Clock(_STARTS * budget)
    try:
        for finding in check_replays(EnvSpec.from_json(spec), first, clock):
            yield {"now": finding.check, "finding": asdict(finding)}
    except Exception as error:
        yield {"finding": asdict(_stopped("replay", error, ()))}
