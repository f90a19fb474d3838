"""The examination of one agent, as it runs in a fresh process: lanes of real environments, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.actions import canonical_action
from arena.agent import AgentRef, Seating
from arena.batching import Group
from arena.check.report import Finding, failed, measured, skipped
from arena.check.rules import fault, same, short
from arena.check.subject import Clock
from arena.episode import Episode
from arena.errors import ArenaError
from arena.registry import build
from arena.seeding import stream_key
from arena.spec import EnvSpec
from arena.views import View, make_view, seat_spaces, view_names

__all__ = ["examine_agent"]

_TICKS = 60  # calls in an environment at most
_DO = {
    "legal": "Answer with an element of the action space that the mask allows.",
    "repeat": "Draw from the batch's random numbers alone, and forget an episode where a row starts the next.",
    "neighbours": "Let a row's answer depend on its own observation, mask and memory alone.",
    "one legal action": "Expect masks that leave one action, whatever the board looks like.",
}


def examine_agent(
    ref: Mapping[str, Any], specs: Sequence[Mapping[str, Any]], budget: float
) -> Iterator[dict[str, Any]]:
    """Yields, as plain data: each environment's id before it is played, and what was found; runs in a fresh process."""
    agent_ref = AgentRef(**ref)
    try:
        agent = agent_ref.load()
        chosen = [spec for spec in map(EnvSpec.from_json, specs) if not agent_ref.refusal(agent, spec)]
    except ArenaError as error:
        yield _told(failed("loads", "", str(error), "an agent", "Mend its code, or how it is named."))
        return
    if not chosen:
        yield _told(skipped("plays", "it plays none of these environments; name others with --env ID"))
        return
    yield _told(measured("plays", environments=len(chosen)))
    times: dict[str, float] = {}
    for spec in chosen:
        yield {"now": spec.id}
        try:
            for finding in _examine_in(agent_ref, spec, budget, times):
                yield _told(finding)
        except Exception as error:
            do = "Mend begin: it is given the spaces of the view that it reads."
            yield _told(failed("seat", spec.id, fault(error), "to take its seat", do))
    if times:
        yield _told(measured("time", **{f"{env_id} ms": 1000 * seconds for env_id, seconds in times.items()}))


def _told(finding: Finding) -> dict[str, Any]:
    return {"finding": asdict(finding)}


def _examine_in(ref: AgentRef, spec: EnvSpec, budget: float, times: dict[str, float]) -> Iterator[Finding]:
    """Plays an environment four times: twice alike, once beside other neighbours, once with one legal action left."""
    name = ref.load().view_of(spec)
    if name not in view_names(spec):
        do = "Let view_of return a view that the environment has, or plays say why it cannot."
        yield failed("view", spec.id, f"view {name!r}", f"one of {view_names(spec)}", do)
        return
    clock = Clock(budget / 4)
    first = _Session(ref, spec, name, (1, 2, 3, 4)).play(_TICKS, clock)
    if first.wrong:
        yield failed("legal", f"{spec.id}, {first.where}", first.wrong, "a legal action", _DO["legal"])
        return
    times[spec.id] = first.seconds / max(1, first.ticks)
    again = _Session(ref, spec, name, (1, 2, 3, 4)).play(first.ticks)
    beside = _Session(ref, spec, name, (1, 5, 6, 7)).play(first.ticks)
    for check, other in (("repeat", again), ("neighbours", beside)):
        if (step := first.first_difference(other)) is not None:  # who does not repeat cannot be held to the second
            came = f"{short(other.answers[step])} in place of {short(first.answers[step])}"
            yield failed(check, f"{spec.id}, seed 1, answer {step + 1}", came, "the same answer", _DO[check])
            break
    if first.masked:
        forced = _Session(ref, spec, name, (1, 2, 3, 4), forced=True).play(min(first.ticks, 5))
        if forced.wrong:
            check = "one legal action"
            yield failed(check, f"{spec.id}, {forced.where}", forced.wrong, "an action", _DO[check])


@dataclass
class _Session:
    """Lanes of one environment, all of whose seats the agent takes; plays some calls of each, one episode per lane.

    Attributes:
        answers: of the first lane, in order.
        wrong, where: the first answer that may not be played.
        masked: whether any turn came with a mask.
    """

    ref: AgentRef
    spec: EnvSpec
    view: str
    seeds: tuple[int, ...]
    forced: bool = False  # leaves one action legal in each mask
    answers: list[Any] = field(default_factory=list)
    wrong: str = ""
    where: str = ""
    masked: bool = False
    ticks: int = 0
    seconds: float = 0.0

    def play(self, ticks: int, clock: Clock | None = None) -> _Session:
        """Plays at most so many calls, or until the time is up."""
        self._episodes = [Episode(self.spec, build(self.spec), trace=False) for _ in self.seeds]
        self._views = [[make_view(self.spec, self.view, e.env, agent) for agent in e.agents] for e in self._episodes]
        self._groups = self._seated()
        for lane, (episode, seed) in enumerate(zip(self._episodes, self.seeds, strict=True)):
            episode.start(seed)
            for seat in range(episode.seats):
                group = self._groups[seat]
                row = group.row(lane, seat)
                group.keys[row] = stream_key(self.spec.id, seed, seat)
                group.starts[row] = True
        while self.ticks < ticks and not self.wrong and not (clock is not None and clock.is_over and self.ticks):
            if not any(episode.turn.seats for episode in self._episodes):
                break
            self._tick()
        for episode in self._episodes:
            episode.close()
        for group in set(self._groups):
            group.agent.close()
        return self

    def first_difference(self, other: _Session) -> int | None:
        """Returns at which answer of the first lane another session differs."""
        pairs = zip(self.answers, other.answers, strict=False)
        different = next((step for step, pair in enumerate(pairs) if not same(*pair)), None)
        if different is None and len(self.answers) != len(other.answers):
            return min(len(self.answers), len(other.answers)) - 1
        return different

    def _seated(self) -> list[Group]:
        """Returns each seat's group: the seats that see and act alike share an agent, as in the harness."""
        groups: list[Group] = []
        for view in self._views[0]:
            alike = tuple(
                seat
                for seat, theirs in enumerate(self._views[0])
                if theirs.observation_space == view.observation_space and theirs.action_space == view.action_space
            )
            if alike[0] < len(groups):
                groups.append(groups[alike[0]])
                continue
            agent = self.ref.load()
            rows = len(self.seeds) * len(alike)
            agent.begin(Seating(self.spec, view.observation_space, view.action_space, rows, "cpu"))
            groups.append(Group(len(groups), agent, alike, view, len(self.seeds)))
        return groups

    def _tick(self) -> None:
        asked: dict[Group, list[tuple[int, int, int, Any]]] = {}
        for lane, episode in enumerate(self._episodes):
            turn = episode.turn
            for at, seat in enumerate(turn.seats):
                group = self._groups[seat]
                view = self._views[lane][seat]
                seen, mask = view.observe(turn.observations[at], turn.masks[at], turn.infos[at])
                self.masked |= mask is not None
                if self.forced and mask is not None:  # who reads the board in place of the mask may answer otherwise
                    group.put(group.row(lane, seat), seen, _leave_one(mask))
                    mask = None
                else:
                    group.put(group.row(lane, seat), seen, mask)
                asked.setdefault(group, []).append((lane, at, seat, mask))
        actions: dict[int, dict[int, Any]] = {}
        for group, turns in asked.items():
            began = time.perf_counter()
            found = group.ask(lambda *_: None)
            self.seconds += time.perf_counter() - began
            for lane, at, seat, mask in turns:
                action = self._read(found[group.row(lane, seat)], lane, seat, mask, self._episodes[lane].turn.masks[at])
                actions.setdefault(lane, {})[at] = action
        self.ticks += 1
        for lane, chosen in actions.items():
            if not self.wrong:
                self._episodes[lane].step([chosen[at] for at in sorted(chosen)])

    def _read(self, answer: Any, lane: int, seat: int, mask: Any, native_mask: Any) -> Any:
        """Returns an answer as a native action, and notes one that may not be played."""
        view: View = self._views[lane][seat]
        if lane == 0:
            self.answers.append(answer)
        try:
            if isinstance(answer, BaseException):
                raise answer
            if not isinstance(view.action_space, spaces.Text):
                answer = canonical_action(view.action_space, answer, mask)
            return canonical_action(seat_spaces(view.env, view.agent)[1], view.parse(answer), native_mask)
        except Exception as error:
            if not self.wrong:
                self.where = f"seed {self.seeds[lane]}, call {self.ticks + 1}, seat {seat}"
                self.wrong = f"{short(answer)}: {fault(error)}"
            return None


def _leave_one(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Leaves the last legal action: not the one that an argmax over nothing would choose."""
    left = np.zeros_like(mask)
    left[np.flatnonzero(mask)[-1]] = True
    return left
