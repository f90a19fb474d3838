"""What a run plays and how, fixed before its first episode: specs, line-ups, schedule, and the manifest of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from arena.agent import Agent, AgentRef, resolve_agent
from arena.errors import ArenaError
from arena.provenance import content_id, machine, package_versions, source_state, stated_training
from arena.registry import find, missing
from arena.sandbox.agent import SandboxedAgent
from arena.spec import EnvSpec
from arena.suite import Scheduled, Suite, schedule
from arena.vector.pool import Limits

__all__ = ["How", "Plan", "make_plan"]

_WIDE = 64  # rows of a batch on an accelerator, at least
_INLINE = "limits are not enforced inline"
_BOXED = "the agent's process is ended from outside; an environment's limits are not enforced inline"
ShutIn = Callable[..., AgentRef]  # puts a stranger's agent into its box (arena.sandbox.levels.boxed)


@dataclass(frozen=True)
class How:
    """How a run is played: as asked of `arena.evaluate`.

    Fields:
        hosts: processes beside the agent's own that step environments; 0: the agent's own does.
        is_open_ended: it may end by a rule before its schedule does.
    """

    seeds: str
    device: str
    limits: Limits
    command: str
    workers: int
    hosts: int
    is_open_ended: bool


@dataclass(frozen=True)
class Plan:
    """Everything fixed before an episode is played; by environment id but for the schedule."""

    manifest: dict[str, Any]
    specs: dict[str, EnvSpec]
    lineups: dict[str, tuple[AgentRef, ...]]
    entries: list[Scheduled]
    lanes: dict[str, int]
    how: How


@dataclass(frozen=True)
class _Tables:
    """Who sits where in which environment, and why not in the others."""

    specs: dict[str, EnvSpec] = field(default_factory=dict)
    lineups: dict[str, tuple[AgentRef, ...]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, Agent] = field(default_factory=dict)  # by repr of its reference: two agents may share a name

    def of(self, ref: AgentRef) -> Agent:
        if repr(ref) not in self.loaded:
            self.loaded[repr(ref)] = ref.load()
        return self.loaded[repr(ref)]


def make_plan(ref: AgentRef, suite: Suite, how: How, shut_in: ShutIn) -> Plan:
    """Seats an agent at a suite's tables and returns what is to be played.

    Raises:
        ArenaError: nothing can be played; unknown names.
    """
    tables = _seat(ref, suite, shut_in)
    specs = tables.specs
    identities = {
        env_id: [player.identity(tables.of(player), [specs[env_id]]) for player in lineup]
        for env_id, lineup in tables.lineups.items()
    }
    lineup_digests = {env_id: [who["digest"] for who in table] for env_id, table in identities.items()}
    lanes = {env_id: spec.lanes if how.device == "cpu" else max(spec.lanes, _WIDE) for env_id, spec in specs.items()}
    entries = schedule(suite, specs, how.seeds, lanes, lineup_digests)
    box = {"level": ref.box["level"], **ref.box["limits"]} if ref.is_boxed else {}
    fixed = {
        "agent": ref.identity(tables.of(ref), list(specs.values())),
        "opponents": {env_id: table[1:] for env_id, table in identities.items() if len(table) > 1},
        "suite": {"name": suite.name, "digest": suite.digest, "tasks": [dataclasses.asdict(t) for t in suite.tasks]},
        "lineups": lineup_digests,
        "skipped": tables.skipped,
        "split": how.seeds,
        "device": how.device,
        "envelope": {**dataclasses.asdict(how.limits), "lanes": lanes, **({"box": box} if box else {})},
        "packages": package_versions(specs.values()),
        "schedule": [dict(vars(entry)) for entry in entries],
        **({"open_ended": True} if how.is_open_ended else {}),
    }
    manifest = {
        **fixed,
        "run_id": content_id(fixed),
        "fixed": sorted(fixed),
        "training": {env_id: stated_training(tables.of(ref).files(spec)) for env_id, spec in specs.items()},
        **_circumstances(ref, how),
        "specs": {env_id: spec.to_json() for env_id, spec in specs.items()},
    }
    return Plan(manifest, specs, tables.lineups, entries, lanes, how)


def _seat(ref: AgentRef, suite: Suite, shut_in: ShutIn) -> _Tables:
    tables = _Tables()
    for task in suite.tasks:
        spec = find(task.env)
        lineup = (ref, *(shut_in(resolve_agent(text), is_opponent=True) for text in task.opponents))
        if why := missing(spec) or _unseatable(lineup, spec, tables):
            tables.skipped[task.env] = why
        else:
            tables.specs[task.env], tables.lineups[task.env] = spec, lineup
    if not tables.specs:
        reasons = "; ".join(f"{env_id}: {why}" for env_id, why in tables.skipped.items())
        raise ArenaError(f"nothing to play for {ref.name!r}: {reasons}")
    for agent in tables.loaded.values():
        if isinstance(agent, SandboxedAgent):
            agent.close()  # it was asked what it plays; workers start their own
    return tables


def _unseatable(lineup: Sequence[AgentRef], spec: EnvSpec, tables: _Tables) -> str:
    """Returns why one of the agents does not play an environment, or ""; raises when one cannot be loaded at all."""
    for ref in lineup:
        if why := ref.refusal(tables.of(ref), spec):
            return f"{ref.name}: {why}"
    return ""


def _circumstances(ref: AgentRef, how: How) -> dict[str, Any]:
    """Returns what a manifest says of where and when a run was made; a run that differs only in it is the same run."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": how.command,
        "isolation": ref.box["level"] if ref.is_boxed else "process" if how.workers else "none",
        "sandbox": {key: ref.box[key] for key in ("layers", "facts")} if ref.is_boxed else {},
        "enforced": "workers are ended from outside" if how.workers else _BOXED if ref.is_boxed else _INLINE,
        "workers": how.workers,
        "placement": "central" if how.hosts else "replica",
        "machine": machine(),
        "source": source_state(),
    }
