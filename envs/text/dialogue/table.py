"""A table of seats that speak and move in turn, as a PettingZoo environment, and how they are seen."""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np
from gymnasium import spaces
from pettingzoo import AECEnv

from arena.envs.text.candidates import Candidate, CandidateView
from arena.envs.text.letters import LETTERS
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "Table", "TextView", "split_speech"]

SPEECH = 400  # characters of one message
_MOVE = 80
_LONGEST = 20_000  # characters of what a seat is told
_ANSWER = 16_384  # characters: one may think aloud before the last lines
_SAY = "say:"
_CHARSET = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n")
_UNPRINTABLE = re.compile(r"[^ -~]")


class Table(AECEnv[str, str, str]):
    """Seats that act one at a time by text: a move, and before it, if they like, a line `say: ...` that all hear.

    A subclass deals, says whose turn it is, what each is told and which moves there are, and carries one out.
    `infos[seat]` holds `moves` (what may be played now), `features` (a row of numbers for each) and, at the end,
    `metrics`. A move that is not among them is explained to who made it and counts as the `default`.
    """

    render_mode: str | None

    def __init__(self, seats: int, render_mode: str | None = None) -> None:
        super().__init__()
        self.render_mode = render_mode
        self.possible_agents = [f"player_{seat}" for seat in range(seats)]
        self.random = np.random.default_rng()
        self._observation_space = spaces.Text(_LONGEST, charset=_CHARSET)
        self._action_space = spaces.Text(SPEECH + _MOVE, min_length=0, charset=_CHARSET)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        if seed is not None:
            self.random = np.random.default_rng(seed)
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.heard: list[str] = []
        self._note = dict.fromkeys(self.agents, "")
        self.deal()
        self._look()

    def step(self, action: str) -> None:
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        agent = self.agent_selection
        self._cumulative_rewards[agent] = 0.0
        speech, move = split_speech(action)
        self._note[agent] = ""
        if move not in self.moves():
            self._note[agent] = f'"{_UNPRINTABLE.sub("?", move[:60])}" was no move: you played {self.default()}.'
            move = self.default()
        scores = self.play(agent, move, _UNPRINTABLE.sub("?", speech)[:SPEECH])
        self.rewards = scores or dict.fromkeys(self.agents, 0.0)
        if scores is not None:
            self.terminations = dict.fromkeys(self.agents, True)
        self._look()
        self._accumulate_rewards()

    def observe(self, agent: str) -> str:
        return "\n".join(filter(None, (self.told(agent), *self.heard, self._note[agent])))

    def render(self) -> str:
        """Returns what the player to move is told."""
        return self.observe(self.agent_selection)

    def close(self) -> None:
        """Nothing to free."""

    def _look(self) -> None:
        over = any(self.terminations.values())
        self.agent_selection = self.agents[0] if over else self.possible_agents[self.whose()]
        self.infos: dict[str, dict[str, Any]] = {agent: {"moves": [], "features": []} for agent in self.agents}
        if over:
            for agent in self.agents:
                self.infos[agent]["metrics"] = self.metrics(agent)
        else:
            moves = self.moves()
            self.infos[self.agent_selection] = {"moves": moves, "features": [self.features(move) for move in moves]}

    def deal(self) -> None:
        """Begins a game, drawing from `self.random` alone."""
        raise NotImplementedError

    def whose(self) -> int:
        """Returns the seat to move."""
        raise NotImplementedError

    def told(self, agent: str) -> str:
        """Returns what a seat is told beside what was said: rules, what it alone knows, what it may do."""
        raise NotImplementedError

    def moves(self) -> list[str]:
        """Returns the moves of the seat to move."""
        raise NotImplementedError

    def default(self) -> str:
        """Returns the move that is played where none could be read: one that gains nothing."""
        raise NotImplementedError

    def features(self, move: str) -> list[float]:
        """Returns what is known of a move of the seat to move, as numbers in [-1, 1]."""
        raise NotImplementedError

    def play(self, agent: str, move: str, speech: str) -> dict[str, float] | None:
        """Carries a move out; returns each seat's score when the game is over."""
        raise NotImplementedError

    def metrics(self, agent: str) -> dict[str, float]:
        """Returns what is counted of a finished game beside the rewards."""
        return {}


def split_speech(action: str) -> tuple[str, str]:
    """Returns what an action says aloud and the move that it makes.

    Example:
        >>> split_speech("say: Half each?\\noffer 5"), split_speech("offer 5")
        (('Half each?', 'offer 5'), ('', 'offer 5'))
    """
    first, newline, rest = action.partition("\n")
    if newline and first.startswith(_SAY):
        return first[len(_SAY) :].strip(), rest.strip()
    return "", action.strip()


class TextView(View):
    """What the seat is told and its moves; the answer's last line is one, the line before may say something aloud."""

    options = {"moves_shown": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Text(2 * _LONGEST, charset=_CHARSET)
        self.action_space = spaces.Text(_ANSWER, charset=LETTERS)
        self._moves: list[str] = []

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        self._moves = info["moves"]
        return f"{observation}\n\nYour moves:\n" + "\n".join(self._moves) + f"\n\n{_HELP}", None

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).splitlines() if line.strip()]
        stated = lines.pop().lower() if lines else ""
        move = next((move for move in self._moves if move.lower() == stated), None)
        if move is None:
            raise UnparsableError(f"the last line, {stated[:80]!r}, is none of your moves")
        speech = lines[-1] if lines and lines[-1].lower().startswith(_SAY) else ""
        return f"{_SAY} {_UNPRINTABLE.sub('?', speech[len(_SAY) :].strip())[: SPEECH - 10]}\n{move}" if speech else move

    def default(self, mask: Any) -> str:
        default: str = self.env.unwrapped.default()
        return default


_HELP = """You may think first. Answer with one of your moves alone on the last line.
To say something to all others, write it on the line before, beginning with say:"""


class ArrayView(CandidateView):
    """The moves as rows of numbers, their words and those of the last things said; the answer is the number of one."""

    options = {"situation": "the last 300 characters"}

    def __init__(self, env: Any, agent: str | None) -> None:
        self.slots, self.features = env.unwrapped.slots, env.unwrapped.width
        super().__init__(env, agent)

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        rows = zip(info["moves"], info["features"], strict=True)
        return [Candidate(move, move, features) for move, features in rows], observation[-300:]
