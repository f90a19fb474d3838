"""A game of several seats as a one-seat environment, to train against a frozen agent that sits at all the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from arena.actions import BadAction, canonical_action
from arena.agent import AgentRef, Seating
from arena.batching import Group
from arena.episode import Episode, Turn
from arena.errors import AgentError
from arena.registry import build
from arena.seeding import stream_key
from arena.spec import EnvSpec
from arena.views import View, make_view

__all__ = ["Against", "Opponent", "against"]


def against(spec: EnvSpec, ref: AgentRef) -> EnvSpec:
    """Returns the spec of playing one seat of `spec` against `ref`, under the same id, so that weights fit both."""
    return dataclasses.replace(
        spec,
        entry_point=f"{__name__}:Against",
        kwargs={"table": spec.to_json(), "opponent": dataclasses.asdict(ref)},
        interface="gymnasium",
        seats=1,
        payoff="single",
        wrappers=(),
        max_steps=None,
        views={},
        runtime="local",
    )


class Opponent:
    """A frozen agent at one seat of one environment instance; asked for `rows` answers to one observation at once."""

    def __init__(self, spec: EnvSpec, ref: AgentRef, env: Any, name: str | None, seat: int, rows: int = 1) -> None:
        self._agent = ref.load()
        self._name, self._spec, self._seat = ref.name, spec, seat
        self._view: View = make_view(spec, self._agent.view_of(spec), env, name)
        spaces = self._view.observation_space, self._view.action_space
        self._agent.begin(Seating(spec, *spaces, rows, "cpu"))
        self._group = Group(0, self._agent, (seat,), self._view, rows)
        self._rows = rows

    def begin(self, key: Any) -> None:
        """Starts an episode, or with many rows as many independent ones; `key` decides all their random numbers."""
        self._group.keys[:] = [stream_key(self._spec.id, key, self._seat, row) for row in range(self._rows)]
        self._group.moves[:] = 0
        self._group.starts[:] = True

    def answer(self, observation: Any, mask: Any, info: dict[str, Any]) -> list[Any]:
        """Returns one native action per row.

        Raises:
            AgentError: it failed to give one.
        """
        seen = self._view.observe(observation, mask, info)
        for row in range(self._rows):
            self._group.put(row, *seen)
        found = self._group.ask(lambda phase, who=-1, rows=0: None)
        return [self._native(found[row], seen[1]) for row in range(self._rows)]

    def _native(self, answer: Any, mask: Any) -> Any:
        try:
            if isinstance(answer, BaseException):
                raise answer
            if not isinstance(self._view.action_space, gymnasium.spaces.Text):
                answer = canonical_action(self._view.action_space, answer, mask)
            return self._view.parse(answer)
        except (Exception, BadAction) as error:  # the agent is a stranger: whatever it raises is its failure
            raise AgentError(f"{self._name!r} failed to move in {self._spec.id}: {error!r}") from error

    def close(self) -> None:
        """Frees what the agent took."""
        self._agent.close()


class Against(gymnasium.Env[Any, Any]):
    """One seat, drawn from the seed, of a game whose other seats a frozen agent holds.

    Observation:
        The game's `array` view of that seat; `info["action_mask"]` says what is legal, where the game says it.
    Action:
        The game's.
    Reward:
        What the seat received since its last decision.
    Episode end:
        When the seat's play ends.
    """

    def __init__(self, table: Mapping[str, Any], opponent: Mapping[str, Any], render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self._spec = EnvSpec.from_json(table)
        self._episode = Episode(self._spec, build(self._spec), trace=False)
        env, names = self._episode.env, self._episode.agents
        self._views = [make_view(self._spec, "array", env, name) for name in names]
        ref = AgentRef(**opponent)
        self._others = [Opponent(self._spec, ref, env, name, seat) for seat, name in enumerate(names)]
        self.observation_space, self.action_space = self._views[0].observation_space, self._views[0].action_space
        for view in self._views:
            if (view.observation_space, view.action_space) != (self.observation_space, self.action_space):
                raise AgentError(
                    f"{self._spec.id}: its seats see or act differently, so that one policy cannot learn them"
                )

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._over = True
        while self._over:  # a game that is over before this seat's first move is no episode of it
            start = int(self.np_random.integers(1 << 30))
            self._seat = int(self.np_random.integers(self._spec.seats))
            for other in self._others:
                other.begin(start)
            self._gained, self._over, self._terminated = 0.0, False, False
            self._follow(self._episode.start(start))
        return self._observation, self._info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self._gained = 0.0
        own = self._views[self._seat].parse(action)
        self._follow(self._episode.step(self._moves(self._episode.turn, own)))
        return (
            self._observation,
            self._gained,
            self._over and self._terminated,
            self._over and not self._terminated,
            self._info,
        )

    def close(self) -> None:
        for other in self._others:
            other.close()
        self._episode.close()

    def _moves(self, turn: Turn, own: Any = None) -> list[Any]:
        """Returns one action per seat whose turn it is."""
        return [
            own if seat == self._seat else self._others[seat].answer(observation, mask, info)[0]
            for seat, observation, mask, info in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True)
        ]

    def _follow(self, turn: Turn) -> None:
        """Lets the others play until it is this seat's turn, or its play is over."""
        while True:
            self._gained += turn.rewards[self._seat]
            for end in turn.ended:
                if end.seat == self._seat:
                    self._over, self._terminated = True, end.terminated
                    self._show(end.observation, end.info.get("action_mask"), end.info)
                    return
            if self._seat in turn.seats:
                at = turn.seats.index(self._seat)
                self._show(turn.observations[at], turn.masks[at], turn.infos[at])
                return
            if not turn.seats:  # over without a word to this seat: the last it saw stands
                self._over, self._terminated = True, True
                return
            turn = self._episode.step(self._moves(turn))

    def _show(self, observation: Any, mask: Any, info: dict[str, Any]) -> None:
        self._observation, mask = self._views[self._seat].observe(observation, mask, info)
        self._info = {} if mask is None else {"action_mask": np.asarray(mask, np.int8)}
