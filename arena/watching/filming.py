"""A film: one episode of a run replayed from its record, seen at evenly spread moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from arena.episode import Turn
from arena.errors import ArenaError, unknown
from arena.outcome import OUTCOMES
from arena.record import EpisodeRecord
from arena.registry import find
from arena.replay import Found, replay_episode
from arena.run import Run
from arena.spec import EnvSpec
from arena.suite import dynamics_digest
from arena.watching.look import Look, Seen, listed, look_at
from arena.watching.marking import mark_action
from arena.watching.words import Words

__all__ = ["Film", "Frame", "film", "median_episode"]

_MOST_SEATS = 8  # whose actions a frame tells, where all act at once


@dataclass(frozen=True)
class Frame:
    """A moment of an episode: what there was to see, and what was then done.

    Fields:
        step: how many steps had been played; 0 is the start.
        seat: whose turn it was; None where several seats act at once, and at the end.
        action: what was done here, in words where the environment has them; "" at the end.
        reward: paid since the frame before, summed over steps, the mean over the evaluated agent's seats.
        image: (height, width, 3) uint8; html: a whole document for a sandboxed frame; text: plain lines. The film's
            kind says which is best; others may be there beside it.
    """

    step: int
    seat: int | None
    action: str
    reward: float
    image: npt.NDArray[np.uint8] | None = None
    html: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Film:
    """An episode to be shown.

    Fields:
        kind: what its frames are: images, HTML documents or text.
        seating: the agent's name by seat; the first agent of the run is the evaluated one.
        scores: by seat, as recorded.
        cause: how the episode ended (`arena.outcome.OUTCOMES`).
        n_steps: steps replayed.
        rewards: (steps, seats) float64, every step's rewards, however few the frames.
        level: what the replay showed: "bits", "numeric" (within the environment's tolerance) or "diverged".
        verdict: the same in words, with the first differing step where there is one.
        note: why it is not shown as it might be on another machine, or "".
    """

    kind: Literal["video", "html", "text"]
    frames: tuple[Frame, ...]
    env_id: str
    seed: int
    seating: tuple[str, ...]
    scores: tuple[float, ...]
    cause: str
    n_steps: int
    rewards: npt.NDArray[np.float64]
    level: str
    verdict: str
    note: str = ""

    @property
    def digest_matches(self) -> bool:
        """Whether the replay is the recorded episode to the bit."""
        return self.level == "bits"


def film(
    run: Run, record: EpisodeRecord, *, frames: int = 200, progress: Callable[[int, int], None] | None = None
) -> Film:
    """Replays one episode of a run and films it; a replay that differs from the record is filmed too, and says so.

    Args:
        frames: at most so many, evenly spread from the start to the end.
        progress: told the steps done and the steps there are.

    Raises:
        UnknownNameError: the environment is not registered here.
        UnavailableError: something that it needs is missing.
        ArenaError: it is defined differently here, or the record holds no actions of this episode.
        RecordError: the actions are missing or were edited.
    """
    spec = _our_spec(run, record)
    if not (blob := run.blob(record)):
        raise ArenaError(f"episode {record.index} ({record.env_id}) cannot be shown: its actions are not recorded")
    with look_at(spec, record.seed) as look:
        camera = _Camera(look, record, frames, progress)
        try:
            found = replay_episode(look.episode, record, blob, _unheard, camera.watch)
        except Exception as error:  # an environment's code may raise anything; what was seen until then is kept
            why = f"the environment raised {type(error).__name__}: {error}"
            found = Found(record.index, "diverged", len(camera.rewards) // spec.seats, why)
        rewards = np.asarray(camera.rewards, np.float64).reshape(-1, spec.seats)
    return Film(
        kind=camera.kind,
        frames=tuple(camera.frames),
        env_id=spec.id,
        seed=record.seed,
        seating=_names(run, record),
        scores=tuple(record.scores),
        cause=record.cause,
        n_steps=len(rewards),
        rewards=rewards,
        level=found.level,
        verdict=_verdict(spec, found),
        note=look.note,
    )


def median_episode(run: Run, env_id: str | None = None) -> EpisodeRecord:
    """Returns the episode with the (lower) median score of an environment, by default of the run's first.

    Raises:
        UnknownNameError: the run has no such environment.
        ArenaError: none of its episodes can be shown.
    """
    played = [entry["env_id"] for entry in run.manifest["schedule"]]
    env_id = env_id or next(iter(played), "")
    if env_id not in played:
        raise unknown(f"environment of run {run.path}", env_id, sorted(set(played)))
    shown = [r for r in run.settled.values() if r.env_id == env_id and OUTCOMES[r.cause].measurement and r.blob[1]]
    if not shown:
        raise ArenaError(f"run {run.path} has no episode of {env_id} with recorded actions")
    ranked = sorted(shown, key=lambda r: (np.mean([r.scores[s] for s in _own_seats(r)]), r.index))
    return ranked[(len(ranked) - 1) // 2]


class _Camera:
    """Takes the frames while an episode is replayed."""

    def __init__(
        self, look: Look, record: EpisodeRecord, frames: int, progress: Callable[[int, int], None] | None
    ) -> None:
        self.frames: list[Frame] = []
        self.kind: Literal["video", "html", "text"] = "text"
        self._look, self._progress = look, progress
        self._words = [Words(look.episode, seat) for seat in range(look.episode.seats)]
        self._own = _own_seats(record)
        self._length = record.length
        self._due = set(np.linspace(0, record.length, min(frames, record.length + 1)).round().astype(int).tolist())
        self._paid = 0  # rewards that are in a frame

    @property
    def rewards(self) -> list[float]:
        """What was paid so far, by step and seat; nothing before the episode was begun."""
        return getattr(self._look.episode, "rewards", [])

    def watch(self, turn: Turn, actions: Sequence[Any]) -> None:
        episode = self._look.episode
        if self._progress:
            self._progress(episode.length, self._length)
        if episode.length not in self._due and turn.seats:
            return
        try:
            seen = self._look.see(turn)
        except Exception as error:  # a package's drawing may raise anything; it says nothing about the replay
            why = f"step {episode.length} cannot be drawn: {type(error).__name__}: {error}"
            self._look.note = self._look.note or why
            return
        if not any(part is not None for part in seen):
            seen = Seen(text=listed(turn))
        if seen.html is not None and len(actions) == 1 and isinstance(actions[0], str):
            seen = seen._replace(html=mark_action(seen.html, actions[0]))
        self.kind = seen.kind
        since = enumerate(episode.rewards[self._paid :])  # whole steps, seat after seat
        self._paid = len(episode.rewards)
        reward = sum(reward for k, reward in since if k % episode.seats in self._own) / max(1, len(self._own))
        seat = turn.seats[0] if len(actions) == 1 else None
        self.frames.append(Frame(episode.length, seat, self._told(turn, actions), reward, *seen))

    def _told(self, turn: Turn, actions: Sequence[Any]) -> str:
        told = list(zip(turn.seats, actions, turn.masks, strict=False))
        words = [self._words[seat].name(action, mask) for seat, action, mask in told[:_MOST_SEATS]]
        if len(told) < 2:
            return "".join(words)
        named = [f"{self._look.episode.agents[seat]}: {word}" for (seat, _, _), word in zip(told, words, strict=False)]
        return "; ".join(named) + (f"; and {len(told) - _MOST_SEATS} more" if len(told) > _MOST_SEATS else "")


def _unheard(phase: int, who: int = -1, rows: int = 0) -> None:
    """Takes the signs of life that a worker gives its pool."""


def _our_spec(run: Run, record: EpisodeRecord) -> EnvSpec:
    """Returns the environment as registered here: a record's own entry points are never trusted."""
    ours = find(record.env_id)
    if dynamics_digest(ours) != dynamics_digest(run.specs[record.env_id]):
        raise ArenaError(f"{record.env_id}: its definition here differs from the record's, so it would not replay")
    return ours


def _own_seats(record: EpisodeRecord) -> list[int]:
    return [seat for seat, agent in enumerate(record.seating) if agent == 0]


def _names(run: Run, record: EpisodeRecord) -> tuple[str, ...]:
    opponents = run.manifest.get("opponents", {}).get(record.env_id, [])
    names = [run.manifest["agent"]["name"], *(who["name"] for who in opponents)]
    return tuple(names[agent] for agent in record.seating)


def _verdict(spec: EnvSpec, found: Found) -> str:
    if found.level == "bits":
        return "replayed to the bit"
    if found.level == "numeric":
        return f"replayed within the environment's tolerance: from step {found.step} on, {found.detail}"
    if spec.verification in ("none", "statistical"):
        return f"not the recorded episode: {spec.id} cannot be replayed ({spec.verification}), this is another"
    at = f" at step {found.step}" if found.step >= 0 else ""
    return f"not the recorded episode: the replay diverged{at}: {found.detail}"
