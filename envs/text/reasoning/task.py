"""A reasoning-gym item as an environment: read the question, answer in text, be graded."""

from __future__ import annotations

from typing import Any

import gymnasium
from gymnasium import spaces

from arena.envs.text.letters import LETTERS, spelled
from arena.envs.text.reasoning.answers import known_answer
from arena.envs.text.reasoning.drawing import Drawer
from arena.envs.text.reasoning.grading import grade
from arena.envs.text.tagged import TaggedView

__all__ = ["OracleView", "Reasoning"]

_LONGEST = 60_000  # characters of a question with the answers tried; ARC's are the longest


class Reasoning(gymnasium.Env[str, str]):
    """One question of a reasoning-gym dataset, answered once, or until it is right with a few tries.

    Observation:
        Text: the question; after a try that was not right, also the answers given and their scores.
    Action:
        Text: the answer alone, in the form that the question asks for.
    Reward:
        What the try adds to the best score so far: with one try, its score.
    Episode end:
        Terminated by an answer that scores 1, or by the last try.
    Start:
        A question generated from the seed with the dataset's default difficulty.
    Score:
        Metric `score`, 0 to 1: the best answer's, by the dataset's own grader, which gives many wrong answers a
        little (0.01 for one that can be read, say). `success` is 1 where it is 1; `tries` counts answers. Random text
        scores about 0; an answer that scores 1 is known for every question.
    Versions:
        v0: reasoning-gym 0.1.25.
    Source:
        Stojanovski et al. 2025, "Reasoning Gym", arXiv 2505.24760. Differences: questions that depended on the order
        of a set or on a global generator do not; graders that evaluate an answer as Python or SymPy are given numbers,
        lists and plain formulas only; game_of_life_halting reads the word (any text passed); puzzle24 asks for the
        given numbers; integrals without a known answer and premises from which nothing follows are drawn anew, and an
        integral is no answer to itself.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, dataset: str, tries: int = 1, longest: int = 2000, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = spaces.Text(_LONGEST, min_length=1, charset=LETTERS)
        self.action_space = spaces.Text(longest, min_length=0, charset=LETTERS)
        self._name, self._tries = dataset, tries
        self._drawer = Drawer(dataset)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self._dataset, self._item = self._drawer.draw(int(self.np_random.integers(1 << 31)))
        self._given: list[tuple[str, float]] = []
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        before = self._best()
        self._given.append((action, grade(self._name, self._dataset, self._item, action.strip())))
        terminated = self._best() == 1.0 or len(self._given) == self._tries
        return self._text(), self._best() - before, terminated, False, self._info()

    def render(self) -> Any:
        return self._text()

    def known_answer(self) -> str:
        """Returns an answer that scores 1."""
        return known_answer(self._name, self._item)

    def _best(self) -> float:
        return max((score for _, score in self._given), default=0.0)

    def _text(self) -> str:
        question = spelled(self._item["question"])
        if self._tries == 1:
            return question
        told = [f'Answer {number}: {answer[:1000]}\nIts score, of 1: {score:.2f}'
                for number, (answer, score) in enumerate(self._given, 1)]  # fmt: skip
        return "\n\n".join([question, *told, f"Tries left: {self._tries - len(self._given)}"])

    def _info(self) -> dict[str, Any]:
        best = self._best()
        return {"metrics": {"score": best, "success": float(best == 1.0), "tries": float(len(self._given))}}


class OracleView(TaggedView):
    """Shows an answer that scores 1; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"<answer>{self.env.unwrapped.known_answer()}</answer>", None
