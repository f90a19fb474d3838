"""Evaluation: fix a schedule, play it on workers, append every attempt to the record; resumes where it was killed."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from arena.agent import Agent, AgentRef, resolve_agent
from arena.batching import AGENT, BEGIN, ENV
from arena.errors import AgentError, ArenaError, unknown
from arena.job import Entry, Job, Played, cut
from arena.outcome import MAX_ATTEMPTS, OUTCOMES, forfeit
from arena.plan import How, Plan, make_plan
from arena.record import EpisodeRecord, settle
from arena.recording import RunWriter
from arena.run import Run, load_run
from arena.sandbox.levels import boxed
from arena.sandbox.limits import BoxLimits, remove_stale_groups
from arena.suite import Suite, load_suite, single_task
from arena.vector.pool import Event, Limits, Loss, Pool, Request

__all__ = ["PLACEMENTS", "evaluate"]

PLACEMENTS = ("auto", "replica", "central")
Progress = Callable[[int, int, EpisodeRecord | None], None]  # settled, scheduled, the attempt that just ended
Enough = Callable[[Sequence[EpisodeRecord]], bool]  # every attempt so far -> whether to play no more


def evaluate(
    agent: str | type[Agent] | Callable[..., Any],
    on: str | Suite = "quick",
    *,
    episodes: int | None = None,
    opponents: Sequence[str] = (),
    seeds: str = "dev",
    workers: int | None = None,
    device: str = "cpu",
    out: str | os.PathLike[str] = "runs",
    limits: Limits | None = None,
    command: str = "",
    progress: Progress | None = None,
    enough: Enough | None = None,
    sandbox: str | None = None,
    is_trusted: bool = False,
    placement: str = "auto",
) -> Run:
    """Evaluates an agent and returns its run; the same call again resumes a run that was cut short.

    Args:
        agent: an agent string (see `arena.agent.resolve_agent`), or an Agent class or function from a module.
        on: a suite's name or TOML file, an environment id, or a Suite.
        episodes: per task; None keeps the suite's own number (20 for a single environment).
        opponents: agent strings at the other seats; only for a single environment (a suite names its own).
        seeds: "dev" (public) or "test" (hidden; needs the board's key).
        workers: processes; None means one per core, 0 plays inline and enforces no time limits.
        out: folder in which the run's own folder is made.
        progress: called with (settled, scheduled, record) as attempts end.
        enough: asked after each attempt with all of them, resumed ones included; once it says yes the run ends there,
            incomplete, and the same call goes on from it (a sequential test).
        sandbox: level of isolation ("auto": the best one here; "full" ... "none"). None shuts in the agents that come
            as folders with agent.toml, and no others (docs/sandbox.md).
        is_trusted: a stranger's agent may run at a level that does not hold it.
        placement: "replica" (the agent is loaded by every worker, beside its environments), "central" (one agent, whose
            environments are stepped by the workers) or "auto": central on an accelerator, else replica. Results are
            the same.

    Raises:
        ArenaError: unknown or malformed names, nothing to play, a damaged record, a full disk.

    Example:
        >>> run = evaluate("random", "text/Countdown-v0", episodes=4, workers=0, out=tmp)  # doctest: +SKIP
        >>> run.episodes.score.mean()  # doctest: +SKIP
    """
    limits = limits or Limits()
    box_limits = BoxLimits(move_s=limits.move_s)
    shut_in = functools.partial(boxed, asked=sandbox, is_trusted=is_trusted, limits=box_limits, away_from=Path(out))
    ref = shut_in(resolve_agent(agent) if isinstance(agent, str) else _ref_of(agent))
    if ref.is_boxed and device != "cpu":
        raise AgentError(f"--device {device}: no accelerator is let into a box; use --device cpu")
    if workers is None:
        workers = os.cpu_count() or 1
    hosts = workers if _is_central(placement, device) else 0
    pool = Pool(min(workers, 1) if hosts else workers, limits)
    if ref.target.startswith("__main__:") and workers:
        raise AgentError(
            f"{ref.target} lives in a script or notebook, which workers cannot import: use workers=0 or a file"
        )
    how = How(seeds, device, limits, command, workers, hosts, bool(enough))
    plan = make_plan(ref, _suite(on, episodes, opponents), how, shut_in)
    folder = Path(out) / f"{_slug(ref.name)}-{_slug(plan.manifest['suite']['name'])}-{plan.manifest['run_id'][:8]}"
    writer = RunWriter(folder, plan.manifest)
    try:
        _play(plan, writer, pool, progress or (lambda done, total, record: None), enough or (lambda records: False))
    finally:
        writer.close()
        if ref.is_boxed:
            remove_stale_groups()  # of workers that were ended
    return load_run(folder)


def _is_central(placement: str, device: str) -> bool:
    if placement not in PLACEMENTS:
        raise unknown("placement", placement, PLACEMENTS)
    return placement == "central" or (placement == "auto" and device != "cpu")


def _suite(on: str | Suite, episodes: int | None, opponents: Sequence[str]) -> Suite:
    if episodes is not None and episodes < 1:
        raise ArenaError(f"{episodes} episodes: expected at least one")
    if isinstance(on, str) and "/" in on and not on.endswith(".toml"):
        return single_task(on, episodes or 20, opponents)
    suite = load_suite(on) if isinstance(on, str) else on
    if opponents:
        raise ArenaError(f"suite {suite.name!r} names its own opponents; give opponents with a single environment")
    return suite if episodes is None else suite.with_episodes(episodes)


def _ref_of(agent: type[Agent] | Callable[..., Any]) -> AgentRef:
    if not hasattr(agent, "__qualname__"):
        raise AgentError(
            f"got an agent of type {type(agent).__name__}; expected a string, an Agent subclass or a function"
        )
    if "<" in agent.__qualname__:
        raise AgentError(
            f"{agent.__qualname__} is local to a function, so that no worker can find it; move it to a module"
        )
    return AgentRef(agent.__name__, f"{agent.__module__}:{agent.__qualname__}")


def _play(plan: Plan, writer: RunWriter, pool: Pool, progress: Progress, enough: Enough) -> None:
    """Plays what the record does not hold yet, until it is enough."""
    settled = settle(writer.records)
    attempts: dict[int, int] = {}
    for record in writer.records:
        if OUTCOMES[record.cause].whose != "cancelled":
            attempts[record.index] = max(attempts.get(record.index, 0), record.attempt)
    progress(len(settled), len(plan.entries), None)
    todo = [
        (e.env_id, Entry(e.index, e.key, e.seed, e.lane, e.seating, attempts.get(e.index, 0) + 1))
        for e in plan.entries
        if e.index not in settled
    ]
    requests = deque(_requests(plan, todo, max(pool.count, 1)))
    done = len(settled)
    if enough(writer.records):
        return
    with pool:
        for event in pool.run(requests):
            job, entries = event.request.tag
            for record, blob, calls in _outcomes(event, job, entries.values()):
                record = writer.append(record, blob, calls)
                entry = entries.pop(record.index)
                outcome = OUTCOMES[record.cause]
                if outcome.whose == "cancelled" or (outcome.retried and record.attempt < MAX_ATTEMPTS):
                    again = dataclasses.replace(entry, attempt=entry.attempt + (outcome.whose != "cancelled"))
                    requests.append(_request(dataclasses.replace(job, entries=(again,))))
                else:
                    done += 1
                progress(done, len(plan.entries), record)
                if enough(writer.records):
                    writer.log(bytes(pool.log))
                    return
    writer.log(bytes(pool.log))
    writer.end(len(plan.entries))


def _requests(plan: Plan, todo: Sequence[tuple[str, Entry]], processes: int) -> Iterable[Request]:
    for env_id, spec in plan.specs.items():
        lanes = plan.lanes[env_id]
        for part in cut([entry for env, entry in todo if env == env_id], lanes, processes):
            yield _request(Job(spec, plan.lineups[env_id], lanes, plan.how.device, part, plan.how.hosts))


def _request(job: Job) -> Request:
    """Returns the request of a job; its tag holds the job and, by index, the entries that have no outcome yet."""
    return Request({"do": "play", "job": job.to_json()}, tag=(job, {entry.index: entry for entry in job.entries}))


def _outcomes(event: Event, job: Job, left: Collection[Entry]) -> list[Played]:
    """Returns the attempts that an event brings to their end."""
    if event.header["is"] == "played":
        ends = list(itertools.accumulate(event.header["sizes"], initial=0))
        blob, *calls = (event.body[start:end] for start, end in itertools.pairwise(ends))
        return [Played(EpisodeRecord.from_json(event.header["record"]), blob, tuple(calls))]
    if event.loss is None:
        return []
    return [Played(record, b"") for record in _lost(event.loss, job, left)]


def _lost(loss: Loss, job: Job, left: Collection[Entry]) -> list[EpisodeRecord]:
    """Returns the outcome of each unfinished entry of a lost worker.

    An environment's death names its lane. An agent's, in a batch of several, does not: then all are cut short and
    played again alone, so that only the one at fault bears it.
    """

    def outcome(entry: Entry, cause: str, at_fault: int = -1, scores: Sequence[float] = ()) -> EpisodeRecord:
        return EpisodeRecord(
            entry.index, entry.key, job.spec.id, entry.seed, entry.lane, entry.seating, entry.attempt,
            cause=cause, detail=loss.detail, at_fault=at_fault, scores=tuple(scores),
        )  # fmt: skip

    if loss.phase == ENV:
        culprit = next((entry for entry in left if entry.lane == loss.who), None)
        cause = "env_timeout" if loss.reason == "timeout" else "env_crash"
        return [outcome(entry, cause if entry is culprit else "cancelled") for entry in left]
    if loss.phase in (AGENT, BEGIN):
        if len(left) > 1:
            return [outcome(entry, "cancelled") for entry in left]
        cause = {"timeout": "move_timeout", "output": "output_limit"}.get(loss.reason, "agent_crash")
        spec = job.spec
        unknown_returns = [spec.failure_score] * spec.seats  # they died with the worker
        return [
            outcome(e, cause, loss.who, forfeit(spec, unknown_returns, e.seating, e.seating.index(loss.who)))
            for e in left
        ]
    return [outcome(entry, "worker_lost") for entry in left]


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:40] or "agent"
