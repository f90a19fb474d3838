"""Candidate answers as rows of numbers: how a neural policy sees an environment whose actions are text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt

from arena.errors import UnparsableError
from arena.views import View

__all__ = ["Candidate", "CandidateView", "overlap", "words"]

BINS = 24  # hashed words per bag: few enough to learn, many enough that words of one turn seldom meet
_WORD = re.compile(r"[a-z0-9.]*[a-z0-9]")


class Candidate(NamedTuple):
    """One answer the agent may give: the environment's action text, its words, and features of the family's own."""

    answer: str
    text: str
    features: Sequence[float]


@lru_cache(maxsize=65536)
def words(text: str) -> frozenset[str]:
    """Returns the distinct words of a text in lower case; only for tests of membership and counting, never order."""
    return frozenset(_WORD.findall(text.lower()))


@lru_cache(maxsize=65536)
def overlap(text: str, wanted: str) -> float:
    """Returns which share of the words of `text` is among those of `wanted`, 0 to 1.

    Example:
        >>> overlap("take blue lamp", "put the blue lamp on the desk")
        0.6666666666666666
    """
    found = words(text)
    return len(found & words(wanted)) / len(found) if found else 0.0


@lru_cache(maxsize=65536)
def _bag(text: str) -> npt.NDArray[np.float32]:
    """Returns (BINS,) float32: which hashed words occur; zlib.crc32 is the same in every process."""
    bag = np.zeros(BINS, np.float32)
    for word in words(text):
        bag[zlib.crc32(word.encode()) % BINS] = 1.0
    return bag


class CandidateView(View):
    """Numbers for a choice among candidate answers: row k describes candidate k, and answer k chooses it.

    Observation: (slots, width) float32 in [-1, 1]. A row holds, in this order, 1 for a filled slot, the candidate's own
    features, the hashed words of the candidate, and the hashed words of the whole situation (the same in every row, so
    that a policy may score the rows one by one). Rows beyond the candidates are zero and masked.

    A subclass sets `slots` and `features` and says what the candidates are.
    """

    slots: int
    features: int

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._width = 1 + self.features + 2 * BINS
        self.observation_space = gymnasium.spaces.Box(-1.0, 1.0, (self.slots, self._width), np.float32)
        self.action_space = gymnasium.spaces.Discrete(self.slots)
        self._candidates: list[Candidate] = []

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        """Returns the candidates, at most `slots`, and the words of the situation."""
        raise NotImplementedError

    def observe(
        self, observation: Any, mask: Any, info: dict[str, Any]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        self._candidates, situation = self.candidates(observation, info)
        count, own = len(self._candidates), 1 + self.features
        rows = np.zeros((self.slots, self._width), np.float32)
        if count:
            rows[:count, 0] = 1.0
            rows[:count, 1:own] = [candidate.features for candidate in self._candidates]
            rows[:count, own : own + BINS] = [_bag(candidate.text) for candidate in self._candidates]
            rows[:count, own + BINS :] = _bag(situation)
        return rows, np.arange(self.slots) < count

    def parse(self, answer: Any) -> str:
        if not 0 <= int(answer) < len(self._candidates):
            raise UnparsableError(f"{int(answer)} is none of the {len(self._candidates)} candidates")
        return self._candidates[int(answer)].answer
