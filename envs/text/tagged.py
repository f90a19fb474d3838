"""The view of a question whose answer is any text: it stands between tags, or is all that is said."""

from __future__ import annotations

import re
from typing import Any

from gymnasium import spaces

from arena.envs.text.letters import LETTERS
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["TaggedView"]

_THOUGHT = 16_384  # characters that may come before the answer
_TAGGED = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)


class TaggedView(View):
    """The question and how to answer; the answer stands between tags, or is all that is said, on one line."""

    options = {"tags": "<answer>"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        question: Any = self.observation_space
        answer: Any = self.action_space
        self.observation_space = spaces.Text(question.max_length + len(_HELP) + 2, charset=LETTERS)
        self.action_space = spaces.Text(_THOUGHT + answer.max_length, charset=LETTERS)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"{observation}\n\n{_HELP}", None

    def parse(self, answer: Any) -> str:
        text = str(answer).strip()
        if tagged := _TAGGED.findall(text):
            return str(tagged[-1]).strip()
        if not text or "\n" in text or "<answer>" in text:
            raise UnparsableError("no answer between <answer> and </answer> was found")
        return text

    def default(self, mask: Any) -> str:
        return ""  # no answer: it scores 0


_HELP = "You may think first. Then give the answer alone, in the form asked for, between <answer> and </answer>."
