"""The record of a run: an append-only, hash-chained folder that survives being killed at any instant.

    manifest.json        what was run: agent, suite, schedule, specs, versions, machine; written once
    rows.jsonl           one line per attempted episode, then one `end` line; each holds the digest of the line before
    blobs.bin            per episode: actions, rewards and step digests, referred to by offset, length and SHA-256
    log.txt              what agents and environments printed, at most its first 64 KiB per session
    calls/               the calls of language-model agents, one file each, named by the SHA-256 of its content
    verifications.jsonl  what `arena verify` found, and for which chain head

A run that is killed between a blob and its row leaves unreferenced bytes; one killed within a row leaves a last line
without its newline. Both are cut off when the run is resumed; nothing that was finished is lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arena.errors import RecordError
from arena.outcome import MAX_ATTEMPTS, OUTCOMES

__all__ = ["EpisodeRecord", "canonical", "chained", "counted", "settle", "write_whole"]

SCHEMA_VERSION = 2
MANIFEST, ROWS, BLOBS, VERIFICATIONS = "manifest.json", "rows.jsonl", "blobs.bin", "verifications.jsonl"
LOG, CALLS = "log.txt", "calls"
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
CallUsage = Mapping[str, float | None]  # by name (arena.calls.usage_of) the sum over calls; None: unknown


@dataclass(frozen=True)
class EpisodeRecord:
    """One attempt at one scheduled episode.

    Fields:
        index: position in the schedule; key: content address of what was scheduled there.
        env_id, seed, lane, seating: the schedule's; seating holds an agent index per seat, 0 = the evaluated agent.
        attempt: 1, 2, 3; an attempt cut short by a neighbour repeats its number.
        cause: how it ended (arena.outcome.OUTCOMES); detail: at most a few lines of text.
        at_fault: index of the agent that failed, -1 for none.
        scores: by seat, in the spec's metric, failure scores put in; empty when it is not a measurement.
        returns: by seat, undiscounted sums of rewards so far; length: steps; metrics: by seat, as the environment gave.
        answers_retried, answers_defaulted: unparsable answers asked again, and replaced by the view's stated default.
        digest: hex SHA-256 over all observations, rewards and ends ("" when the process died with it).
        blob: offset, length, SHA-256 in blobs.bin.
        timing: wall_s, agent_s, env_s in seconds; the only field that differs when a run is repeated, but for models.
        calls: by seat, hex SHA-256 of each model call in order; empty where no seat made one.
        usage: by seat, what its model calls sum up to.
    """

    index: int
    key: str
    env_id: str
    seed: int
    lane: int
    seating: Sequence[int]
    attempt: int
    cause: str
    detail: str = ""
    scores: Sequence[float] = ()
    returns: Sequence[float] = ()
    length: int = 0
    metrics: Sequence[Mapping[str, float]] = ()
    at_fault: int = -1
    answers_retried: int = 0
    answers_defaulted: int = 0
    digest: str = ""
    blob: tuple[int, int, str] = (0, 0, "")
    timing: Mapping[str, float] = field(default_factory=dict)
    calls: Sequence[Sequence[str]] = ()
    usage: Sequence[CallUsage] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EpisodeRecord:
        """Reads a row; what belongs to the chain alone is left out, and a missing field is an error."""
        known = cls.__dataclass_fields__
        try:
            return cls(**{name: value for name, value in data.items() if name in known})
        except TypeError as error:
            raise RecordError(f"a row of schema {SCHEMA_VERSION} lacks fields: {error}") from error


def canonical(data: Any) -> str:
    """Returns JSON with one spelling: sorted keys, no spaces; NaN and infinity are errors."""
    return _CANONICAL.encode(data)


def chained(previous: str, body: str) -> str:
    """Returns the digest of a line of the chain: of what came before and of the line."""
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def settle(records: Iterable[EpisodeRecord]) -> dict[int, EpisodeRecord]:
    """Returns by schedule position the attempt that settles it; positions still open are absent."""
    settled: dict[int, EpisodeRecord] = {}
    for record in records:
        outcome = OUTCOMES[record.cause]
        if outcome.measurement or (outcome.whose != "cancelled" and record.attempt >= MAX_ATTEMPTS):
            settled.setdefault(record.index, record)
    return settled


def counted(record: EpisodeRecord | None) -> str:
    """Returns under which of its run's counts a scheduled episode falls, by the attempt that settles it."""
    if record is None:
        return "n_pending"
    outcome = OUTCOMES[record.cause]
    if not outcome.measurement:
        return "n_infra"
    return "n_agent_fail" if record.at_fault == 0 else "n_ok"


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(content)
    draft.replace(path)
