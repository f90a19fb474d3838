"""Seeded episodes of random legal actions, step by step, so that two can be interleaved; what came is kept as digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from arena.episode import Episode
from arena.registry import build
from arena.sampling import legal_action
from arena.spec import EnvSpec
from arena.views import make_view

__all__ = ["Played", "Player"]


class Played(NamedTuple):
    """What one seed's episode came to.

    `digest` is over what the environment showed and paid, `seen` over what the array view made of it; `over` is False
    where the episode was left before its end.
    """

    seed: int
    length: int
    returns: list[float]
    digest: str
    seen: str
    over: bool


class Player:
    """One environment instance and random seats, that act through the array view (it names what is legal everywhere)."""

    def __init__(self, spec: EnvSpec, env: Any = None) -> None:
        self.episode = Episode(spec, build(spec) if env is None else env)
        self._views = [make_view(spec, "array", self.episode.env, name) for name in self.episode.agents]

    def steps(self, seed: int, stream: int | None = None) -> Iterator[Played]:
        """Yields what an episode has come to, after its start and after each step.

        `stream` seeds the choice of actions; by default it is the episode's seed.
        """
        episode, random, seen = self.episode, np.random.default_rng(seed if stream is None else stream), hashlib.sha256()
        turn = episode.start(seed)
        while True:
            over = not turn.seats
            digest = episode.digest.hex()
            yield Played(seed, episode.length, list(episode.returns), digest, seen.hexdigest(), over)
            if over:
                return
            actions = []
            for seat, *given in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True):
                view = self._views[seat]
                array, mask = view.observe(*given)
                _feed(seen, array)
                actions.append(view.parse(legal_action(view.action_space, mask, random)))
            turn = episode.step(actions)

    def play(self, seed: int, steps: int, stream: int | None = None) -> Played:
        """Returns what at most `steps` steps came to."""
        for played in self.steps(seed, stream):
            if played.length >= steps:
                break
        return played

    def close(self) -> None:
        """Closes the environment."""
        self.episode.close()


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, dict):
        for key in sorted(value):
            _feed(digest, value[key])
    elif isinstance(value, (tuple, list)):
        for item in value:
            _feed(digest, item)
    else:
        digest.update(np.asarray(value).tobytes())
