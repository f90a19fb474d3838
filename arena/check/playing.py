"""Seeded episodes of random legal actions, step by step, so that two can be interleaved; what came, as digests."""

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

    `digest` is over what the environment showed and paid, `seen` over what the array view made of it, `told` over the
    infos (arrays, numbers and text in them); `ticks` are two bytes of the digest after each step, the start included;
    `over` is False where the episode was left before its end.
    """

    seed: int
    length: int
    returns: list[float]
    digest: str
    seen: str
    told: str
    ticks: str
    over: bool


class Player:
    """An environment instance whose seats act at random, through the array view: it names what is legal everywhere."""

    def __init__(self, spec: EnvSpec, env: Any = None) -> None:
        self.episode = Episode(spec, build(spec) if env is None else env)
        self._views = [make_view(spec, "array", self.episode.env, name) for name in self.episode.agents]

    def steps(self, seed: int, stream: int | None = None) -> Iterator[Played]:
        """Yields what an episode has come to, after its start and after each step.

        `stream` seeds the choice of actions; by default it is the episode's seed.
        """
        episode, random = self.episode, np.random.default_rng(seed if stream is None else stream)
        seen, told = hashlib.sha256(), hashlib.sha256()
        turn = episode.start(seed)
        while True:
            over = not turn.seats
            for info in (*turn.infos, *(end.info for end in turn.ended)):
                _feed(told, info)
            digests = episode.digest.hex(), seen.hexdigest(), told.hexdigest(), episode.ticks.hex()
            yield Played(seed, episode.length, list(episode.returns), *digests, over)
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
    """Adds the bytes of arrays, numbers and text, in whatever nest; an object of another kind has none to compare."""
    if isinstance(value, dict):
        for key in sorted(value, key=str):
            _feed(digest, value[key])
    elif isinstance(value, (tuple, list)):
        for item in value:
            _feed(digest, item)
    elif (array := np.asarray(value)).dtype != object:
        digest.update(array.tobytes())
