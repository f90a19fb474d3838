"""Checks agents: each takes its seats in real environments, in a fresh process, and its answers are looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

from arena.check.fresh import FreshProcess, LostProcess
from arena.check.report import Finding, Report, failed
from arena.registry import find, missing

__all__ = ["check_agent"]

BUDGET = 5.0  # seconds for each environment
_PATIENCE = 120.0  # seconds of silence beyond the budget: weights are loaded, a model may be slow
_NAMES = ("loads", "plays", "view", "seat", "legal", "repeat", "neighbours", "one legal action", "time")


def check_agent(
    agent: str,
    env_ids: Sequence[str] | None = None,
    *,
    budget: float = BUDGET,
    told: Callable[[str], None] | None = None,
) -> Report:
    """Checks an agent, given as on the command line, in environments (those of the quick suite by default).

    Args:
        budget: seconds for each environment.
        told: called with the name of each environment that it is about to play.

    Raises:
        UnknownNameError: no such agent or environment.
    """
    from arena.agent import resolve_agent
    from arena.suite import load_suite

    ref = resolve_agent(agent)
    ids = list(dict.fromkeys(task.env for task in load_suite("quick").tasks)) if env_ids is None else list(env_ids)
    specs = [spec for env_id in ids if not missing(spec := find(env_id))]
    began, now, findings = time.monotonic(), "loads", list[Finding]()
    process = FreshProcess(1, budget + _PATIENCE)
    request = {"do": "examine agent", "ref": asdict(ref), "specs": [spec.to_json() for spec in specs], "budget": budget}
    try:
        for line in process.ask(request):
            now = line.get("now", now)
            if "finding" in line:
                findings.append(Finding(**line["finding"]))
            elif told is not None:
                told(now)
    except LostProcess as error:
        findings.append(failed("legal", now, str(error), "an answer", "Run it there under a debugger."))
    finally:
        process.close()
    return Report(agent, _in_order(findings), time.monotonic() - began)


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    said: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda f: ("failed", "measured", "skipped").index(f.outcome)):
        said.setdefault(finding.check, finding)
    if stopped := [said[name] for name in ("loads", "plays") if name in said and said[name].outcome != "measured"]:
        return tuple(stopped)
    return tuple(said.get(name, Finding(name, "passed")) for name in _NAMES)
