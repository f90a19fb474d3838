"""The evaluation loop: plays scheduled episodes of one environment in lanes, one batched call per agent and tick."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arena.actions import BadAction, encode_actions
from arena.agent import Agent, AgentRef, Seating
from arena.asking import ask, blame, is_native
from arena.batching import BEGIN, ENV, FAULTS, IDLE, Beat, Group
from arena.calls import ModelCall, keep
from arena.errors import ArenaError, ProviderError, SandboxError, explain
from arena.job import Entry, Lane, Played, close
from arena.loading import load_symbol
from arena.lockstep import ArrayLockstep, Lockstep, OverlappedLockstep, are_arrays
from arena.native import NativeLockstep
from arena.outcome import forfeit
from arena.packing import pack
from arena.record import EpisodeRecord
from arena.registry import build
from arena.sandbox.process import Stopped
from arena.seeding import stream_key
from arena.spec import EnvSpec
from arena.views import ARRAY, View, make_view

__all__ = ["Stage"]

_DETAIL = 2000  # characters kept of an error's text


class Stage:
    """What jobs of one environment and line-up share: lanes, agents, views. Plays one job at a time."""

    def __init__(
        self, spec: EnvSpec, lineup: Sequence[AgentRef], lanes: int, device: str, hosts: int, beat: Beat
    ) -> None:
        """Takes, beside what a job says, whom to tell before foreign code runs."""
        self.spec = spec
        self._lineup = lineup
        self._hosts = hosts
        self._device = device
        self._beat = beat
        self._lanes = [Lane(number) for number in range(lanes)]
        self._groups: dict[tuple[int, int], Group] = {}  # (agent, seat) -> its group
        self._views: dict[tuple[int, int, int], View] = {}  # (lane, agent, seat)
        self._view_names: dict[int, str] = {}
        self._lockstep: Lockstep | None = None  # steps the lanes together, where that can be
        self._is_chosen = False  # whether that has been decided
        self._asked: dict[int, Agent] = {}  # loaded to name its view; becomes the agent of its first group

    def play(self, entries: Sequence[Entry]) -> Iterator[Played]:
        """Plays the entries, each in its lane, and yields each attempt as it ends."""
        self._is_alone = len(entries) == 1
        for entry in entries:
            self._lanes[entry.lane].queue.append(entry)
        while True:
            for lane in self._lanes:
                while lane.entry is None and lane.queue:
                    yield from self._start(lane, lane.queue.popleft())
            running = [lane for lane in self._lanes if lane.entry is not None]
            if not running:
                self._beat(IDLE)
                return
            if self._lockstep is not None:
                yield from self._until_one_ends(self._lockstep)
                continue
            ask(running, self._beat)
            for lane in running:
                self._announce(lane)
            for lane in running:
                if (played := self._step(lane)) is not None:
                    yield played

    def close(self) -> None:
        """Closes environments and agents."""
        for lane in self._lanes:
            lane.drop()
        for group in {id(group): group for group in self._groups.values()}.values():
            close(group.agent)

    def _start(self, lane: Lane, entry: Entry) -> Iterator[Played]:
        self._beat(ENV, lane.number)
        fresh = lane.episode is None
        try:
            lane.entry = entry
            self._begin(lane, entry)
            lane.env_s += time.perf_counter() - lane.began
        except FAULTS as error:  # the environment's fault, whatever it raises; tried again by the scheduler
            yield self._env_failed(lane, error)
            return
        for index in range(len(self._lineup) if fresh else 0):
            try:
                self._seat(lane, index)
            except SandboxError:  # the box's failure, not the agent's
                raise
            except FAULTS as error:  # an agent that cannot take its seat
                seat = entry.seating.index(index) if index in entry.seating else 0
                yield self._agent_failed(lane, blame(error), seat)
                lane.drop()
                return
        lane.places = []
        for seat, agent in enumerate(entry.seating):
            group = self._groups[agent, seat]
            row = group.row(lane.number, seat)
            lane.places.append((group, self._views[lane.number, agent, seat], row))
            # of the table and the seat alone: an agent cannot be rerolled by touching its code
            group.keys[row] = stream_key(self.spec.id, entry.seed, entry.seating, seat)
            group.moves[row] = 0
            group.starts[row] = True
        try:
            if not self._is_chosen:
                self._lockstep, self._is_chosen = self._choose(lane), True
            if self._lockstep is not None:
                self._lockstep.begin(lane)
        except FAULTS as error:
            yield self._env_failed(lane, error)

    def _begin(self, lane: Lane, entry: Entry) -> None:
        """Starts a lane's episode, in its own environment or in its row of the native twin."""
        if isinstance(self._lockstep, NativeLockstep):
            shared = next(other.episode.env for other in self._lanes if other.episode)  # it is never stepped
            lane.start(self.spec, entry, shared)
            lane.playing.begin(self._lockstep.reset(lane.number, entry.seed))
        else:
            lane.start(self.spec, entry, self._environment(lane) if lane.episode is None else None)
            lane.playing.start(entry.seed)

    def _environment(self, lane: Lane) -> Any:
        return build(self.spec, host=lane.number % self._hosts if self._hosts else None)

    def _choose(self, lane: Lane) -> Lockstep | None:
        """Returns what steps the lanes together, where that can be; the first episode decides."""
        seats = [(seat, view) for (number, _, seat), view in self._views.items() if number == lane.number]
        if any(group.agent.calls_models for group in self._groups.values()) or not all(
            is_native(view, lane.action_spaces[seat]) for seat, view in seats
        ):
            return None  # their answers may be asked for again, or their provider fail
        lanes, playing, (group, view, _) = len(self._lanes), lane.playing, lane.places[0]
        if self.spec.native and not playing.is_remote and set(self._view_names.values()) == {ARRAY}:
            native = load_symbol(self.spec.native)(lanes, **self.spec.kwargs)
            assert lane.entry is not None
            native.reset(lane.number, lane.entry.seed)
            return NativeLockstep(native, lane, lanes, self._beat)
        if self.spec.interface != "gymnasium" or len(self._lineup) > 1:
            return None
        if playing.is_remote:
            return OverlappedLockstep(group, lanes, self._beat)
        is_small = are_arrays(group, view, playing.turn)
        return (ArrayLockstep if is_small else Lockstep)(group, lanes, self._beat)

    def _seat(self, lane: Lane, index: int) -> None:
        """Makes an agent's views of a lane's new environment and, for the first one, its groups."""
        assert lane.episode is not None
        self._beat(BEGIN, index)
        if index not in self._view_names:
            agent = self._lineup[index].load()
            self._view_names[index] = agent.view_of(self.spec)
            self._asked[index] = agent
        env, name = lane.episode.env, self._view_names[index]
        views = [make_view(self.spec, name, env, player) for player in lane.episode.agents]
        for seat, view in enumerate(views):
            self._views[lane.number, index, seat] = view
        self._form_groups(index, views)

    def _form_groups(self, index: int, views: list[View]) -> None:
        """Gives the seats that see and act alike one agent, and so one batch."""
        for seat, view in enumerate(views):
            if (index, seat) in self._groups:
                continue
            alike = tuple(
                other
                for other, theirs in enumerate(views)
                if theirs.observation_space == view.observation_space and theirs.action_space == view.action_space
            )
            agent = self._asked.pop(index) if index in self._asked else self._lineup[index].load()
            rows = len(self._lanes) * len(alike)
            agent.begin(Seating(self.spec, view.observation_space, view.action_space, rows, self._device))
            group = Group(index, agent, alike, view, len(self._lanes))
            for other in alike:
                self._groups[index, other] = group

    def _until_one_ends(self, lockstep: Lockstep) -> Iterator[Played]:
        """Lets the agent act in every lane where it plays alone, until an episode has ended."""
        while not (outcomes := lockstep.tick()):
            pass
        for lane, agent_error, env_error, seat in outcomes:
            if agent_error is not None:
                yield self._agent_failed(lane, blame(agent_error), seat)
            elif env_error is not None:
                yield self._env_failed(lane, env_error)
                if isinstance(lockstep, NativeLockstep) and not any(other.entry for other in self._lanes):
                    self._lockstep, self._is_chosen = None, False  # the twin itself may have failed: make another
            else:
                try:
                    scores = lane.playing.scores()
                except FAULTS as error:
                    yield self._env_failed(lane, error)
                else:
                    yield self._ended(lane, "completed", "", scores)

    def _announce(self, lane: Lane) -> None:
        """Lets an environment of another runtime begin its step while this process steps the lanes before it."""
        if lane.playing.is_remote and not any(isinstance(action, BaseException) for action in lane.answers):
            self._beat(ENV, lane.number)
            with contextlib.suppress(ArenaError):  # a lost process is told by the step that follows
                lane.playing.announce(lane.answers)

    def _step(self, lane: Lane) -> Played | None:
        """Plays what a lane's seats answered; returns its episode if that ended it."""
        episode, actions = lane.playing, lane.answers
        seats = episode.turn.seats
        for seat, action in zip(seats, actions, strict=True):
            if isinstance(action, BadAction):
                return self._agent_failed(lane, action, seat)
            if isinstance(action, ProviderError):
                return self._ended(lane, "provider_error", f"step {episode.length}, seat {seat}: {action}", ())
            if isinstance(action, BaseException):
                return self._env_failed(lane, action)
        self._beat(ENV, lane.number)
        began = time.perf_counter()
        for seat, action in zip(seats, actions, strict=True):
            lane.actions[seat].append(action)
        lane.order += seats
        try:
            turn = episode.step(actions)
            scores = None if turn.seats else episode.scores()
        except FAULTS as error:  # the environment's fault, whatever it raises; tried again by the scheduler
            return self._env_failed(lane, error)
        lane.env_s += time.perf_counter() - began
        return None if scores is None else self._ended(lane, "completed", "", scores)

    def _agent_failed(self, lane: Lane, bad: BadAction, seat: int) -> Played:
        assert lane.episode is not None and lane.entry is not None
        if isinstance(bad, Stopped) and not self._is_alone:  # whose fault it was is seen when each plays alone
            return self._ended(lane, "cancelled", str(bad), ())
        scores = forfeit(self.spec, lane.episode.returns, lane.entry.seating, seat)
        where = f"step {lane.episode.length}, seat {seat}: "
        return self._ended(lane, bad.cause, where + str(bad), scores, at_fault=lane.entry.seating[seat])

    def _env_failed(self, lane: Lane, error: BaseException) -> Played:
        entry = lane.entry
        assert entry is not None
        step = lane.episode.length if lane.episode is not None and hasattr(lane.episode, "length") else 0
        kept = keep(self._calls(lane))
        lane.drop()
        lane.entry = None
        record = EpisodeRecord(
            entry.index, entry.key, self.spec.id, entry.seed, entry.lane, entry.seating, entry.attempt,
            cause="env_exception", detail=_kept(f"step {step}: {explain(error)}"), length=step,
            calls=kept.digests, usage=kept.usage,
        )  # fmt: skip
        return Played(record, b"", kept.contents)

    def _ended(self, lane: Lane, cause: str, detail: str, scores: Sequence[float], at_fault: int = -1) -> Played:
        episode, entry = lane.episode, lane.entry
        assert episode is not None and entry is not None
        calls = self._calls(lane)
        if cause != "cancelled" and (silent := self._silent(lane, calls)):
            detail = f"{silent} made no model call{': ' if detail else ''}{detail}"
            cause, scores, at_fault = "no_model_call", (), -1
        kept = keep(calls)
        lane.entry = None
        record = EpisodeRecord(
            entry.index, entry.key, self.spec.id, entry.seed, entry.lane, entry.seating, entry.attempt,
            cause=cause,
            detail=_kept(detail),
            at_fault=at_fault,
            scores=tuple(float(score) for score in scores),
            returns=tuple(episode.returns),
            length=episode.length,
            metrics=tuple(episode.metrics) if cause == "completed" else (),
            answers_retried=lane.retried,
            answers_defaulted=lane.defaulted,
            digest=episode.digest.hex(),
            timing={
                "wall_s": round(time.perf_counter() - lane.began, 6),
                "agent_s": round(lane.agent_s, 6),
                "env_s": round(lane.env_s, 6),
            },
            calls=kept.digests,
            usage=kept.usage,
        )  # fmt: skip
        return Played(record, _blob(lane), kept.contents)

    def _calls(self, lane: Lane) -> list[list[ModelCall]]:
        """Takes from the agents, by seat, the model calls of a lane's episode."""
        assert lane.entry is not None
        groups = [self._groups.get((agent, seat)) for seat, agent in enumerate(lane.entry.seating)]
        return [
            group.agent.take_calls(group.row(lane.number, seat)) if group is not None else []
            for seat, group in enumerate(groups)
        ]

    def _silent(self, lane: Lane, calls: Sequence[Sequence[ModelCall]]) -> str:
        """Returns the name of a language-model agent that was asked in this episode and made no call, or ""."""
        assert lane.entry is not None
        for index in set(lane.entry.seating):
            seats = [seat for seat, agent in enumerate(lane.entry.seating) if agent == index]
            groups = [(self._groups[index, seat], seat) for seat in seats if (index, seat) in self._groups]
            asked = any(group.agent.calls_models and group.moves[group.row(lane.number, s)] for group, s in groups)
            if asked and not any(calls[seat] for seat in seats):
                return self._lineup[index].name
        return ""


def _blob(lane: Lane) -> bytes:
    """Packs what a replay needs: actions by seat, in order; rewards and step digests, to name the first difference."""
    episode = lane.episode
    assert episode is not None
    arrays: dict[str, npt.NDArray[Any]] = {"order": np.asarray(lane.order, dtype=np.uint8)} if episode.seats > 1 else {}
    for seat, space in enumerate(lane.action_spaces):
        arrays[f"actions{seat}"] = encode_actions(space, lane.actions[seat])
    arrays["rewards"] = np.asarray(episode.rewards, dtype=np.float32).reshape(-1, episode.seats)
    arrays["ticks"] = np.frombuffer(episode.ticks, np.uint8).reshape(episode.length + 1, -1)
    return pack(arrays)


def _kept(detail: str) -> str:
    """Returns as much of a text as a record keeps; a stranger's text may hold what UTF-8 cannot spell."""
    return detail[:_DETAIL].encode(errors="replace").decode()
