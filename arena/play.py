"""The evaluation loop: plays scheduled episodes of one environment in lanes, one batched call per agent and tick."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.actions import BadAction, canonical_action, canonical_actions, encode_actions
from arena.agent import Agent, AgentRef, Seating
from arena.batching import BEGIN, ENV, FAULTS, IDLE, Beat, Group
from arena.episode import Episode, Turn
from arena.errors import ArenaError, SandboxError, UnparsableError, explain
from arena.outcome import OUTCOMES, forfeit
from arena.packing import pack
from arena.record import EpisodeRecord
from arena.registry import build
from arena.sandbox.process import Stopped
from arena.seeding import stream_key
from arena.spec import EnvSpec
from arena.views import View, make_view, seat_spaces

__all__ = ["Entry", "Job", "Played", "Stage"]

_DETAIL = 2000  # characters kept of an error's text
_ANSWER = 65536  # characters of a text answer


@dataclass(frozen=True)
class Entry:
    """One scheduled episode on its way into a lane (fields as in arena.suite.Scheduled)."""

    index: int
    key: str
    seed: int
    lane: int
    seating: tuple[int, ...]
    attempt: int = 1


@dataclass(frozen=True)
class Job:
    """Episodes of one environment with one line-up: the unit of work that is handed to a worker."""

    spec: EnvSpec
    lineup: tuple[AgentRef, ...]
    lanes: int
    device: str
    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns plain data that `from_json` reads in another process."""
        return {
            "spec": self.spec.to_json(),
            "lineup": [asdict(ref) for ref in self.lineup],
            "lanes": self.lanes,
            "device": self.device,
            "entries": [asdict(entry) for entry in self.entries],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        """Reads what `to_json` wrote."""
        return cls(
            EnvSpec.from_json(data["spec"]),
            tuple(AgentRef(**ref) for ref in data["lineup"]),
            data["lanes"],
            data["device"],
            tuple(Entry(**{**entry, "seating": tuple(entry["seating"])}) for entry in data["entries"]),
        )


class Played(NamedTuple):
    """An attempt that ended, and its packed actions."""

    record: EpisodeRecord
    blob: bytes


class _Lane:
    """One row of the stage: an environment that plays one episode after the other."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.episode: Episode | None = None
        self.entry: Entry | None = None
        self.queue: deque[Entry] = deque()

    def start(self, spec: EnvSpec, entry: Entry) -> None:
        if self.episode is None:
            self.episode = Episode(spec, build(spec))
        self.entry = entry
        self.action_spaces = [seat_spaces(self.episode.env, agent)[1] for agent in self.episode.agents]
        self.actions: list[list[Any]] = [[] for _ in range(self.episode.seats)]
        self.order: list[int] = []
        self.retried = self.defaulted = 0
        self.agent_s = self.env_s = 0.0
        self.began = time.perf_counter()

    def drop(self) -> None:
        """Forgets an environment that raised: its state cannot be trusted."""
        if self.episode is not None:
            _close(self.episode)
            self.episode = None


class Stage:
    """What jobs of one environment and line-up share: lanes, agents, views. Plays one job at a time."""

    def __init__(self, spec: EnvSpec, lineup: Sequence[AgentRef], lanes: int, device: str, beat: Beat) -> None:
        self.spec = spec
        self._lineup = lineup
        self._device = device
        self._beat = beat
        self._lanes = [_Lane(number) for number in range(lanes)]
        self._groups: dict[tuple[int, int], Group] = {}  # (agent, seat) -> its group
        self._views: dict[tuple[int, int, int], View] = {}  # (lane, agent, seat)
        self._view_names: dict[int, str] = {}
        self._is_plain = False  # one agent, alone, sees what a Gymnasium environment shows
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
            if self._is_plain:
                yield from self._tick(running)
                continue
            answers = self._ask(running)
            for lane in running:
                self._announce(lane, self._of(lane, answers))
            for lane in running:
                yield from self._step(lane, answers)

    def close(self) -> None:
        """Closes environments and agents."""
        for lane in self._lanes:
            lane.drop()
        for group in {id(group): group for group in self._groups.values()}.values():
            _close(group.agent)

    def _start(self, lane: _Lane, entry: Entry) -> Iterator[Played]:
        self._beat(ENV, lane.number)
        fresh = lane.episode is None
        try:
            lane.entry = entry
            lane.start(self.spec, entry)
            assert lane.episode is not None
            lane.episode.start(entry.seed)
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
                yield self._agent_failed(lane, _blame(error), seat)
                lane.drop()
                return
        for seat, agent in enumerate(entry.seating):
            group = self._groups[agent, seat]
            row = group.row(lane.number, seat)
            # of the table and the seat alone: an agent cannot be rerolled by touching its code
            group.keys[row] = stream_key(self.spec.id, entry.seed, entry.seating, seat)
            group.moves[row] = 0
            group.starts[row] = True
        if self._is_plain:
            turn = lane.episode.turn
            try:
                self._groups[0, 0].put(lane.number, turn.observations[0], turn.masks[0])
            except FAULTS as error:
                yield self._env_failed(lane, error)

    def _seat(self, lane: _Lane, index: int) -> None:
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
        self._is_plain = (
            self.spec.interface == "gymnasium"
            and len(self._lineup) == 1
            and type(views[0]) is View
            and not isinstance(views[0].action_space, spaces.Text)
        )

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

    def _tick(self, running: list[_Lane]) -> Iterator[Played]:
        """Lets the agent act once in every lane where `_is_plain` holds.

        The same as what the loop for tables and views does, with no turn, view or answer of one seat at a time: nearly
        all of the harness's cost is there.
        """
        group, rows = self._groups[0, 0], [lane.number for lane in running]
        began = time.perf_counter()
        found = group.ask(self._beat)
        actions = canonical_actions(running[0].action_spaces[0], found, rows, group.masks if group.masked else None)
        share = (time.perf_counter() - began) / len(rows)
        for lane, action in zip(running, actions, strict=True):
            self._announce(lane, [action])
        for lane, action in zip(running, actions, strict=True):
            lane.agent_s += share
            if isinstance(action, BaseException):
                yield self._agent_failed(lane, _blame(action), 0)
                continue
            self._beat(ENV, lane.number)
            episode = lane.episode
            assert episode is not None
            lane.actions[0].append(action)
            began = time.perf_counter()
            try:
                seen = episode.move(action)
                if seen is not None:
                    group.put(lane.number, *seen)
                else:
                    scores = episode.scores()
            except FAULTS as error:  # the environment's fault, whatever it raises; tried again by the scheduler
                yield self._env_failed(lane, error)
                continue
            lane.env_s += time.perf_counter() - began
            if seen is None:
                yield self._ended(lane, "completed", "", scores)

    def _ask(self, running: list[_Lane]) -> dict[tuple[int, int], Any]:
        """Returns by lane and place in its turn: the native action, a BadAction, or the error of a broken view."""
        answers: dict[tuple[int, int], Any] = {}
        asked: dict[int, tuple[Group, list[tuple[_Lane, int, int]]]] = {}
        for lane in running:
            assert lane.episode is not None and lane.entry is not None
            turn = lane.episode.turn
            for at, seat in enumerate(turn.seats):
                agent = lane.entry.seating[seat]
                group = self._groups[agent, seat]
                view = self._views[lane.number, agent, seat]
                row = group.row(lane.number, seat)
                try:
                    group.put(row, *view.observe(turn.observations[at], turn.masks[at], turn.infos[at]))
                except FAULTS as error:  # views come with environments: their faults are the environment's
                    answers[lane.number, at] = error
                    continue
                asked.setdefault(id(group), (group, []))[1].append((lane, at, row))
        for group, turns in asked.values():
            self._ask_group(group, turns, answers)
        return answers

    def _ask_group(
        self, group: Group, turns: list[tuple[_Lane, int, int]], answers: dict[tuple[int, int], Any]
    ) -> None:
        began = time.perf_counter()
        found = group.ask(self._beat)
        again = []
        for lane, at, row in turns:
            try:
                answers[lane.number, at] = self._read(lane, at, found[row], group.mask_of(row))
            except UnparsableError as error:
                again.append((lane, at, row, error))
        if again:
            self._ask_again(group, again, answers)
        share = (time.perf_counter() - began) / len(turns)
        for lane, _, _ in turns:
            lane.agent_s += share

    def _ask_again(
        self,
        group: Group,
        turns: list[tuple[_Lane, int, int, UnparsableError]],
        answers: dict[tuple[int, int], Any],
    ) -> None:
        """Gives an unparsable answer its one retry, with the reason; then the view's stated default, counted."""
        for lane, at, row, error in turns:
            turn, view = self._turn(lane, at)
            observation, mask = view.observe(turn.observations[at], turn.masks[at], turn.infos[at])
            if isinstance(observation, str):
                observation += f"\n\nYour last answer could not be read: {error}\nAnswer again."
            group.put(row, observation, mask)
            lane.retried += 1
        found = group.ask(self._beat)
        for lane, at, row, _ in turns:
            turn, view = self._turn(lane, at)
            try:
                answers[lane.number, at] = self._read(lane, at, found[row], group.mask_of(row))
            except UnparsableError as error:
                default = view.default(turn.masks[at])
                answers[lane.number, at] = BadAction("unparsable", str(error)) if default is None else default
                lane.defaulted += default is not None

    def _turn(self, lane: _Lane, at: int) -> tuple[Turn, View]:
        """Returns a lane's turn and the view of the seat at place `at` in it."""
        assert lane.episode is not None and lane.entry is not None
        turn = lane.episode.turn
        seat = turn.seats[at]
        return turn, self._views[lane.number, lane.entry.seating[seat], seat]

    def _read(self, lane: _Lane, at: int, answer: Any, seen_mask: Any) -> Any:
        """Returns an answer as a native action that may be played, the BadAction it is, or a parser's own error.

        Raises:
            UnparsableError: text from which no action can be read.
        """
        if isinstance(answer, BaseException):
            return _blame(answer)
        turn, view = self._turn(lane, at)
        space = lane.action_spaces[turn.seats[at]]
        try:
            if isinstance(view.action_space, spaces.Text):
                _check_text(answer)  # whatever its letters: what counts is what the parser reads
            elif view.action_space is not space or type(view).parse is not View.parse:
                answer = canonical_action(view.action_space, answer, seen_mask)
            return canonical_action(space, view.parse(answer), turn.masks[at])
        except UnparsableError:
            raise
        except BadAction as error:
            if isinstance(view.action_space, spaces.Text) and isinstance(answer, str):
                raise UnparsableError(str(error)) from error  # too long, or no action of this environment
            return error
        except FAULTS as error:  # a fault of the view's parser
            return error

    @staticmethod
    def _of(lane: _Lane, answers: dict[tuple[int, int], Any]) -> list[Any]:
        """Returns what the seats of a lane's turn answered."""
        assert lane.episode is not None
        return [answers[lane.number, at] for at in range(len(lane.episode.turn.seats))]

    def _announce(self, lane: _Lane, actions: list[Any]) -> None:
        """Lets an environment of another runtime begin its step while this process steps the lanes before it."""
        assert lane.episode is not None
        if lane.episode.is_remote and not any(isinstance(action, BaseException) for action in actions):
            self._beat(ENV, lane.number)
            with contextlib.suppress(ArenaError):  # a lost process is told by the step that follows
                lane.episode.announce(actions)

    def _step(self, lane: _Lane, answers: dict[tuple[int, int], Any]) -> Iterator[Played]:
        episode, entry = lane.episode, lane.entry
        assert episode is not None and entry is not None
        seats, actions = episode.turn.seats, self._of(lane, answers)
        for seat, action in zip(seats, actions, strict=True):
            if isinstance(action, BadAction):
                yield self._agent_failed(lane, action, seat)
                return
            if isinstance(action, BaseException):
                yield self._env_failed(lane, action)
                return
        self._beat(ENV, lane.number)
        began = time.perf_counter()
        for seat, action in zip(seats, actions, strict=True):
            lane.actions[seat].append(action)
            lane.order.append(seat)
        try:
            turn = episode.step(actions)
            if not turn.seats:
                scores = episode.scores()
                lane.env_s += time.perf_counter() - began
                yield self._ended(lane, "completed", "", scores)
                return
        except FAULTS as error:  # the environment's fault, whatever it raises; tried again by the scheduler
            yield self._env_failed(lane, error)
            return
        lane.env_s += time.perf_counter() - began

    def _agent_failed(self, lane: _Lane, bad: BadAction, seat: int) -> Played:
        assert lane.episode is not None and lane.entry is not None
        if isinstance(bad, Stopped) and not self._is_alone:  # whose fault it was is seen when each plays alone
            return self._ended(lane, "cancelled", str(bad), ())
        scores = forfeit(self.spec, lane.episode.returns, lane.entry.seating, seat)
        where = f"step {lane.episode.length}, seat {seat}: "
        return self._ended(lane, bad.cause, where + str(bad), scores, at_fault=lane.entry.seating[seat])

    def _env_failed(self, lane: _Lane, error: BaseException) -> Played:
        entry = lane.entry
        assert entry is not None
        step = lane.episode.length if lane.episode is not None and hasattr(lane.episode, "length") else 0
        lane.drop()
        lane.entry = None
        record = EpisodeRecord(
            entry.index, entry.key, self.spec.id, entry.seed, entry.lane, entry.seating, entry.attempt,
            cause="env_exception", detail=_kept(f"step {step}: {explain(error)}"), length=step,
        )  # fmt: skip
        return Played(record, b"")

    def _ended(self, lane: _Lane, cause: str, detail: str, scores: Sequence[float], at_fault: int = -1) -> Played:
        episode, entry = lane.episode, lane.entry
        assert episode is not None and entry is not None
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
        )  # fmt: skip
        return Played(record, _blob(lane))


def _blob(lane: _Lane) -> bytes:
    """Packs what a replay needs: actions by seat, in order; rewards and step digests, to name the first difference."""
    episode = lane.episode
    assert episode is not None
    arrays: dict[str, npt.NDArray[Any]] = {"order": np.asarray(lane.order, dtype=np.uint8)} if episode.seats > 1 else {}
    for seat, space in enumerate(lane.action_spaces):
        arrays[f"actions{seat}"] = encode_actions(space, lane.actions[seat])
    arrays["rewards"] = np.asarray(episode.rewards, dtype=np.float32).reshape(-1, episode.seats)
    arrays["ticks"] = np.frombuffer(bytes(episode.ticks), np.uint8).reshape(episode.length + 1, -1)
    return pack(arrays)


def _check_text(answer: Any) -> None:
    if not isinstance(answer, str):
        raise BadAction("invalid_action", f"got {type(answer).__name__}; expected text")
    if len(answer) > _ANSWER:
        raise BadAction("invalid_action", f"got {len(answer)} characters; expected at most {_ANSWER}")


def _blame(error: BaseException) -> BadAction:
    """Returns what an agent's exception counts as: its own, unless its box says more."""
    if isinstance(error, BadAction) and error.cause in OUTCOMES and OUTCOMES[error.cause].whose == "agent":
        return error
    return BadAction("agent_exception", explain(error))


def _kept(detail: str) -> str:
    """Returns as much of a text as a record keeps; a stranger's text may hold what UTF-8 cannot spell."""
    return detail[:_DETAIL].encode(errors="replace").decode()


def _close(what: Episode | Agent) -> None:
    try:
        what.close()
    except FAULTS as error:  # its results are in; it must not take the others' down
        print(f"closing {type(what).__name__} raised {explain(error)}")
