"""Replays recorded actions from their seed and compares: to the bit, or within the spec's tolerance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from arena.actions import BadAction, canonical_action, decode_actions
from arena.batching import ENV, IDLE, Beat
from arena.episode import Episode, Turn
from arena.outcome import forfeit
from arena.packing import unpack
from arena.record import EpisodeRecord
from arena.registry import build
from arena.spec import EnvSpec
from arena.views import seat_spaces

__all__ = ["Found", "Watch", "replay", "replay_episode"]

Watch = Callable[[Turn, Sequence[Any]], None]  # told each turn and the actions about to be played; none at the end


@dataclass(frozen=True)
class Found:
    """What a replay of one episode showed.

    Fields:
        level: "bits", "numeric" (rewards and scores within tolerance, other bytes), "diverged", or "claimed": an
            opponent's failure, which no replay of actions can show.
        step: first differing step (0 is the reset), -1 for none.
    """

    index: int
    level: str
    step: int = -1
    detail: str = ""


def replay(header: Mapping[str, Any], body: bytes, beat: Beat) -> Iterator[Found]:
    """Replays the records of one environment, in one environment instance; yields what each showed."""
    spec = EnvSpec.from_json(header["spec"])
    beat(ENV)
    episode = Episode(spec, build(spec))
    at = 0
    for data in header["records"]:
        record = EpisodeRecord.from_json(data)
        blob = body[at : at + record.blob[1]]
        at += record.blob[1]
        beat(ENV)
        try:
            yield _claimed(record, replay_episode(episode, record, blob, beat))
        except Exception as error:  # the environment raised where the record says it did not
            step = getattr(episode, "length", 0)
            yield Found(record.index, "diverged", step, f"the environment raised {type(error).__name__}: {error}")
            episode = Episode(spec, build(spec))
    episode.close()
    beat(IDLE)


def replay_episode(
    episode: Episode, record: EpisodeRecord, blob: bytes, beat: Beat, watch: Watch = lambda turn, actions: None
) -> Found:
    """Replays one measured attempt, before the eyes of `watch`."""
    spec = episode.spec
    if not blob:  # the process died with its actions: the score is by rule alone
        scores = forfeit(spec, [spec.failure_score] * spec.seats, record.seating, record.seating.index(record.at_fault))
        return _by_rule(record, scores)
    arrays = unpack(blob)
    spaces = [seat_spaces(episode.env, name)[1] for name in episode.agents]
    actions = [iter(decode_actions(space, arrays[f"actions{seat}"])) for seat, space in enumerate(spaces)]
    order = arrays.get("order", np.zeros(len(arrays["rewards"]), np.uint8)).tolist()
    turn, at = episode.start(record.seed), 0
    while at < len(order):
        seats = tuple(order[at : at + len(turn.seats)])
        if not turn.seats or seats != turn.seats:
            expected = f"seats {list(turn.seats)} to act" if turn.seats else "the episode over"
            return _at(record, episode, arrays, f"the record has seats {list(seats)} acting, the replay has {expected}")
        at += len(seats)
        try:
            played = [canonical_action(spaces[s], next(actions[s]), m) for s, m in zip(seats, turn.masks, strict=True)]
        except BadAction as bad:
            return Found(record.index, "diverged", episode.length + 1, f"an action may not be played: {bad}")
        beat(ENV)
        watch(turn, played)
        turn = episode.step(played)
    watch(turn, ())
    if (record.cause == "completed") == bool(turn.seats):
        how = "did not end" if turn.seats else "had ended"
        return _at(record, episode, arrays, f"after the recorded {episode.length} steps the replayed episode {how}")
    return _compare(episode, record, arrays)


def _claimed(record: EpisodeRecord, found: Found) -> Found:
    if record.at_fault <= 0 or found.level == "diverged":
        return found
    return Found(record.index, "claimed", -1, "won because an opponent failed, which its actions cannot show")


def _compare(episode: Episode, record: EpisodeRecord, arrays: Mapping[str, npt.NDArray[Any]]) -> Found:
    spec = episode.spec
    if record.cause == "completed":
        scores, metrics = episode.scores(), [dict(m) for m in episode.metrics]
    else:
        scores = forfeit(spec, episode.returns, record.seating, record.seating.index(record.at_fault))
        metrics = [dict(m) for m in record.metrics]
    same = episode.digest.hex() == record.digest and episode.ticks == arrays["ticks"].tobytes()
    for name, ours, theirs in (
        ("length", [float(episode.length)], [float(record.length)]),
        ("returns", episode.returns, record.returns),
        ("scores", scores, record.scores),
        ("metrics", _flat(metrics), _flat(record.metrics)),
    ):
        if not _close(ours, theirs, 0.0 if same else spec.tolerance):
            detail = f"the recorded {name} are {_short(theirs)}, the replay gives {_short(ours)}"
            return (
                Found(record.index, "diverged", episode.length, detail)
                if same
                else _at(record, episode, arrays, detail)
            )
    if same:
        return Found(record.index, "bits")
    rewards = np.asarray(episode.rewards, dtype=np.float32).reshape(arrays["rewards"].shape)
    if spec.tolerance > 0 and np.allclose(rewards, arrays["rewards"], rtol=spec.tolerance, atol=spec.tolerance):
        found = _at(record, episode, arrays, f"observations differ, every reward agrees within {spec.tolerance:g}")
        return Found(record.index, "numeric", found.step, found.detail)
    return _at(record, episode, arrays, "observations or rewards differ")


def _by_rule(record: EpisodeRecord, scores: Sequence[float]) -> Found:
    if list(scores) == list(record.scores):
        return Found(record.index, "bits", -1, "scored by rule: the agent's process died with its actions")
    return Found(record.index, "diverged", -1, f"recorded scores {list(record.scores)}, the rule gives {list(scores)}")


def _at(record: EpisodeRecord, episode: Episode, arrays: Mapping[str, npt.NDArray[Any]], detail: str) -> Found:
    """Returns a divergence at the first step whose digest differs from the record's."""
    theirs = arrays["ticks"]
    ours = np.frombuffer(episode.ticks, np.uint8).reshape(-1, theirs.shape[1])
    count = min(len(ours), len(theirs))
    differs = np.flatnonzero((ours[:count] != theirs[:count]).any(axis=1))
    return Found(record.index, "diverged", int(differs[0]) if len(differs) else count, detail)


def _flat(metrics: Sequence[Mapping[str, float]]) -> list[float]:
    return [float(value) for seat in metrics for _, value in sorted(seat.items())]


def _close(ours: Sequence[float], theirs: Sequence[float], tolerance: float) -> bool:
    if len(ours) != len(theirs):
        return False
    return bool(np.allclose(ours, theirs, rtol=tolerance, atol=tolerance)) if tolerance else list(ours) == list(theirs)


def _short(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{value:.9g}" for value in values[:6]) + ("..." if len(values) > 6 else "") + "]"
