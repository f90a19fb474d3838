"""One seat of a table as a `gymnasium.Env`, with agents in the other seats: what a training library can learn on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np

from arena.agent import Agent, Batch, Seating, resolve_agent
from arena.episode import Episode, Turn
from arena.errors import SpecError
from arena.registry import build, find
from arena.seeding import RowRandom, stream_key
from arena.spec import EnvSpec
from arena.views import View, make_view

__all__ = ["SingleSeat"]


class SingleSeat(gymnasium.Env[Any, Any]):
    """A seat of a many-seat environment; the other seats are played by `opponents` between its turns.

    Rewards that fall while the others move are added to the next step's. The legal mask is `info["action_mask"]`. After
    an episode's end the last observation is what this seat saw last.

    Args:
        opponents: one per other seat, in the order of seats, or one for all: agent strings or agents. An agent object
            that sits in several seats must not remember anything from turn to turn.
        seat: which seat; None: the reset seed modulo the number of seats (spaces must then be the same in all).
        view: how this seat sees its turn.
    """

    metadata = {"render_modes": []}

    def __init__(
        self, env_id: str, opponents: Sequence[str | Agent], seat: int | None = 0, view: str = "array"
    ) -> None:
        spec = find(env_id)
        if len(opponents) not in (1, spec.seats - 1):
            raise SpecError(f"{env_id} needs one opponent for all or {spec.seats - 1}, got {len(opponents)}")
        self._spec = spec
        self._fixed = seat
        self._episode = Episode(spec, build(spec), trace=False)
        others = [other for other in range(spec.seats) if other != (seat or 0)]
        self._opponents = [
            _Opponent(spec, self._episode, opponents[k % len(opponents)], other) for k, other in enumerate(others)
        ]
        self._views: list[View] = [make_view(spec, view, self._episode.env, name) for name in self._episode.agents]
        self.observation_space = self._views[seat or 0].observation_space
        self.action_space = self._views[seat or 0].action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        start = int(self.np_random.integers(1 << 31)) if seed is None else seed
        self.seat = start % self._spec.seats if self._fixed is None else self._fixed
        others = [seat for seat in range(self._spec.seats) if seat != self.seat]
        self._players = dict(zip(others, self._opponents, strict=True))
        turn = self._episode.start(start)
        for other, player in self._players.items():
            player.begin(other, start)
        _, turn = self._until_mine(turn)
        if not turn.seats:
            raise SpecError(f"{self._spec.id}: the episode of seed {start} was over before seat {self.seat} could act")
        return self._see(turn)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        turn = self._advance(self._episode.turn, self._views[self.seat].parse(action))
        reward, later = turn.rewards[self.seat], turn
        ends = list(turn.ended)
        if not any(end.seat == self.seat for end in ends):
            more, later = self._until_mine(turn)
            reward += more
            ends = list(later.ended)
        for end in ends:
            if end.seat == self.seat:
                seen, _ = self._views[self.seat].observe(end.observation, None, end.info)
                return seen, reward, end.terminated, not end.terminated, end.info
        observation, info = self._see(later)
        return observation, reward, False, False, info

    def close(self) -> None:
        for player in self._opponents:
            player.agent.close()
        self._episode.close()

    def _until_mine(self, turn: Turn) -> tuple[float, Turn]:
        """Lets the others play until this seat must act or is out; returns the rewards that fell meanwhile."""
        reward = 0.0
        while turn.seats and self.seat not in turn.seats and not any(end.seat == self.seat for end in turn.ended):
            turn = self._advance(turn, None)
            reward += turn.rewards[self.seat]
        return reward, turn

    def _advance(self, turn: Turn, own: Any) -> Turn:
        actions = [
            own if seat == self.seat else self._players[seat].answer(observation, mask, info)
            for seat, observation, mask, info in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True)
        ]
        return self._episode.step(actions)

    def _see(self, turn: Turn) -> tuple[Any, dict[str, Any]]:
        place = turn.seats.index(self.seat)
        seen, mask = self._views[self.seat].observe(turn.observations[place], turn.masks[place], turn.infos[place])
        return seen, turn.infos[place] if mask is None else {**turn.infos[place], "action_mask": mask}


class _Opponent:
    """An agent at one of the other seats: a batch of one row."""

    def __init__(self, spec: EnvSpec, episode: Episode, agent: str | Agent, seat: int) -> None:
        self.agent = resolve_agent(agent).load() if isinstance(agent, str) else agent
        name = self.agent.view_of(spec)
        self._views = [make_view(spec, name, episode.env, agent_name) for agent_name in episode.agents]
        view = self._views[seat]
        self.agent.begin(Seating(spec, view.observation_space, view.action_space, 1, "cpu"))

    def begin(self, seat: int, seed: int) -> None:
        self._seat = seat
        self._key = stream_key("opponent", seed, seat)
        self._step = 0

    def answer(self, observation: Any, mask: Any, info: dict[str, Any]) -> Any:
        seen, legal = self._views[self._seat].observe(observation, mask, info)
        batch = Batch(
            observations=[seen] if isinstance(seen, str) else np.asarray(seen)[None],
            masks=None if legal is None else np.asarray(legal, dtype=bool)[None],
            active=np.array([True]),
            starts=np.array([self._step == 0]),
            seats=np.array([self._seat]),
            random=RowRandom([self._key], [self._step]),
        )
        self._step += 1
        answer = self.agent.act(batch)[0]
        if isinstance(answer, Exception):
            raise answer
        return self._views[self._seat].parse(answer)
