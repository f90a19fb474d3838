"""Model calls: what a language-model agent asked of an endpoint and was answered, as a run's record keeps it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from arena.record import CallUsage, canonical
from arena.run import Run

__all__ = ["Kept", "ModelCall", "keep", "spent", "usage_of"]


@dataclass(frozen=True)
class ModelCall:
    """One answer asked of a model, with every try that it took.

    Fields:
        endpoint: the URL asked; request: the body as sent (no headers, so no key).
        response: the body as received; None where no answer came.
        error: why there is no answer; "" where there is one.
        finish_reason: why the model stopped, in the endpoint's words.
        tokens_in, tokens_out: as the endpoint counted them; None where it does not say.
        money: what the tokens cost at `price`; None where tokens or price are unknown.
        price: id of the price table, its unit and the model's prices in it; {} without a table.
        latency_s: from sending the try that was answered to its last byte; of a cached answer, as it was then.
        failed: the tries that failed, each with status (0: no answer), why and seconds.
        cached: whether the answer comes from the response cache; it counts as it did when it was first given.
    """

    endpoint: str
    request: Mapping[str, Any]
    response: Mapping[str, Any] | None = None
    error: str = ""
    finish_reason: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    money: float | None = None
    price: Mapping[str, Any] = field(default_factory=dict)
    latency_s: float = 0.0
    failed: Sequence[Mapping[str, Any]] = ()
    cached: bool = False

    def to_bytes(self) -> bytes:
        """Returns it as the record's sidecar holds it; the SHA-256 of these bytes is its name."""
        return canonical(dataclasses.asdict(self)).encode(errors="replace")

    @classmethod
    def from_bytes(cls, content: bytes) -> ModelCall:
        """Reads what `to_bytes` wrote."""
        return cls(**json.loads(content))


class Kept(NamedTuple):
    """The model calls of an episode: by seat their digests and sums, as in an EpisodeRecord, and their contents."""

    digests: tuple[tuple[str, ...], ...] = ()
    usage: tuple[CallUsage, ...] = ()
    contents: tuple[bytes, ...] = ()


def keep(by_seat: Sequence[Sequence[ModelCall]]) -> Kept:
    """Returns what a record keeps of the calls of each seat, in their order; nothing at all where no seat made one."""
    if not any(by_seat):
        return Kept()
    contents = [[call.to_bytes() for call in calls] for calls in by_seat]
    digests = tuple(tuple(hashlib.sha256(content).hexdigest() for content in seat) for seat in contents)
    return Kept(digests, tuple(map(usage_of, by_seat)), tuple(content for seat in contents for content in seat))


def usage_of(calls: Iterable[ModelCall]) -> CallUsage:
    """Returns the sums of some calls; a sum with an unknown part is None, since unknown is not zero."""
    calls = list(calls)
    return {
        "calls": len(calls),
        "cached": sum(call.cached for call in calls),
        "failed_tries": sum(len(call.failed) for call in calls),
        "tokens_in": _total([call.tokens_in for call in calls]),
        "tokens_out": _total([call.tokens_out for call in calls]),
        "money": _total([call.money for call in calls]),
        "latency_s": round(sum(call.latency_s for call in calls), 6),
    }


def spent(run: Run) -> CallUsage:
    """Returns the sums of the evaluated agent's model calls over all attempts of a run; empty where it made none."""
    own = [
        record.usage[seat]
        for record in run.records
        if record.usage
        for seat, agent in enumerate(record.seating)
        if agent == 0
    ]
    return {name: _total([usage[name] for usage in own]) for name in own[0]} if own else {}


def _total(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
