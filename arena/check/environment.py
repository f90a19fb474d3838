"""Checks environments: each in two fresh processes, which those of one family share; a crash is a finding too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import groupby

from arena.check.fresh import FreshProcess, LostProcess
from arena.check.report import Finding, Report, failed, skipped
from arena.registry import find, missing
from arena.spec import EnvSpec
from arena.vector.pool import Limits

__all__ = ["check_env", "check_envs"]

BUDGET = 10.0  # seconds for an environment: its checks take their shares, most far less
_BATCH = 12  # environments that share two processes at most
_PATIENCE = Limits().step_s  # seconds of silence beyond the budget: what a run allows one step, to compile or search


def check_env(env: str | EnvSpec, *, budget: float = BUDGET) -> Report:
    """Checks one environment, given by its id or spec.

    Args:
        budget: seconds that the checks may take in all (about: what is begun is finished).

    Raises:
        UnknownNameError: no such environment.
    """
    spec = find(env) if isinstance(env, str) else env
    return check_envs([spec], budget=budget)[0]


def check_envs(
    specs: Sequence[EnvSpec],
    *,
    budget: float = BUDGET,
    workers: int = 1,
    told: Callable[[Report], None] | None = None,
) -> list[Report]:
    """Checks environments, several at a time; returns the reports in the given order.

    Args:
        workers: how many are checked at once (each takes one core, one process works at a time).
        told: called with each report as it is made.
    """
    batches = [
        chunk
        for _, group in groupby(specs, key=lambda spec: (spec.family, spec.runtime))
        for chunk in _chunks(list(group), _BATCH)
    ]
    reports: dict[str, Report] = {}
    stop = threading.Event()
    with ThreadPoolExecutor(max(1, workers)) as pool:
        running = [pool.submit(_check_batch, batch, budget, told, stop) for batch in batches]
        try:
            for future in as_completed(running):
                reports |= {report.subject: report for report in future.result()}
        except BaseException:  # say, Ctrl-C: what runs is finished, nothing else is begun
            stop.set()
            raise
    return [reports[spec.id] for spec in specs]


def _chunks(items: list[EnvSpec], size: int) -> list[list[EnvSpec]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def _check_batch(
    specs: list[EnvSpec], budget: float, told: Callable[[Report], None] | None, stop: threading.Event
) -> list[Report]:
    first, second = (FreshProcess(hash_seed, budget + _PATIENCE) for hash_seed in (1, 2))
    reports = []
    try:
        for spec in specs:
            if stop.is_set():
                break
            began = time.monotonic()
            findings = list(_findings(spec, budget, first, second))
            reports.append(Report(spec.id, _in_order(findings), time.monotonic() - began))
            if told is not None:
                told(reports[-1])
    finally:
        first.close()
        second.close()
    return reports


def _findings(spec: EnvSpec, budget: float, first: FreshProcess, second: FreshProcess) -> Iterator[Finding]:
    if lacking := missing(spec):
        yield skipped("build", lacking)
        return
    asked = {"spec": spec.to_json(), "budget": budget}
    now, played = "build", None
    try:
        for line in first.ask({"do": "examine", **asked}):
            now = line.get("now", now)
            played = line.get("played", played)
            if "finding" in line:
                yield Finding(**line["finding"])
        for line in second.ask({"do": "replay", "played": played, **asked}) if played else ():
            now = line.get("now", now)
            yield Finding(**line["finding"])
    except LostProcess as error:
        yield _lost(now, error)


def _lost(now: str, error: LostProcess) -> Finding:
    do = "Run its steps under a debugger: the library crashes or hangs."
    return failed(now, "", str(error), "an answer", do)


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """One finding per check, the worst that was said of it, in the table's order; one of whom none was said, passed."""
    from arena.check.examining import NAMES

    said: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda f: ("failed", "measured", "skipped").index(f.outcome)):
        said.setdefault(finding.check, finding)
    if len(findings) == 1 and findings[0].check == "build":  # nothing else could be looked at
        return tuple(findings)
    return tuple(said.get(name, Finding(name, "passed")) for name in NAMES)
