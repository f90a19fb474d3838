"""Views of text adventures: the situation in words with the commands that work now, as a list or as rows of numbers."""

from __future__ import annotations

import re
from typing import Any

from gymnasium import spaces

from arena.envs.text.candidates import Candidate, CandidateView, overlap
from arena.errors import UnparsableError
from arena.views import View, parse_choice

__all__ = ["CHARSET", "ChosenCommand", "CommandRows", "FreeCommand", "Walkthrough", "printable", "text_spaces"]

CHARSET = frozenset("".join(map(chr, range(32, 127))) + "\n")
LONGEST_COMMAND = 200  # characters
_LONGEST = 20_000  # of what is told in a turn
_LONGEST_ANSWER = 16_384  # one may think aloud before the last line
_SPELT = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\t": " "})
_UNPRINTABLE = re.compile(r"[^\n -~]")


def printable(text: str) -> str:
    """Returns a game's text in printable ASCII, without trailing space and with at most one empty line in a row."""
    plain = _UNPRINTABLE.sub("?", text.translate(_SPELT))
    lines = "\n".join(line.rstrip() for line in plain.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()[:_LONGEST]


def text_spaces() -> tuple[spaces.Text, spaces.Text]:
    """Returns the spaces of what such an environment tells and of the commands it takes."""
    return spaces.Text(_LONGEST, charset=CHARSET), spaces.Text(LONGEST_COMMAND, charset=CHARSET)


class ChosenCommand(View):
    """What the game tells and every command that works now; the answer's last line is one of them."""

    options = {"valid_actions": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Text(3 * _LONGEST, charset=CHARSET)
        self.action_space = spaces.Text(_LONGEST_ANSWER, charset=CHARSET)
        self._valid: list[str] = []

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        self._valid = info["valid_actions"]
        return f"{observation}\n\nYou can:\n" + "\n".join(self._valid) + f"\n\n{_CHOOSE}", None

    def parse(self, answer: Any) -> str:
        return self._valid[parse_choice(answer, self._valid)]

    def default(self, mask: Any) -> str:
        return "pass"  # is no command here: it changes nothing and a turn goes by


_CHOOSE = "Answer with one of these commands on the last line."


class FreeCommand(View):
    """What the game tells; the answer's last line is the command, which the game itself may not understand."""

    options = {"valid_actions": False}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Text(_LONGEST + 2000, charset=CHARSET)
        self.action_space = spaces.Text(_LONGEST_ANSWER, charset=CHARSET)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return "\n\n".join(filter(None, (observation, info.get("help", ""), _WRITE))), None

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).strip().splitlines() if line.strip()]
        stated = lines[-1].removeprefix(">").strip() if lines else ""
        if not stated or len(stated) > LONGEST_COMMAND or _UNPRINTABLE.search(stated):
            raise UnparsableError(f"{stated[:80]!r} is no command: 1 to {LONGEST_COMMAND} characters on the last line")
        return stated

    def default(self, mask: Any) -> str:
        return "pass"  # no game here knows this word


_WRITE = "Answer with one command on the last line."


class CommandRows(CandidateView):
    """The commands that work now as rows of numbers; the answer is the number of one.

    A row's own features: the share of the command's words in the goal, and in what the game told last. Commands beyond
    `slots` are not shown; a subclass gives its game's number.
    """

    slots = 128
    features = 2

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        goal, told = info["goal"], observation[-1000:]
        commands = info["valid_actions"][: self.slots]
        rows = [Candidate(command, command, (overlap(command, goal), overlap(command, told))) for command in commands]
        return rows, told


class Walkthrough(FreeCommand):
    """Shows the next command of the walkthrough that the first turn's info holds; for the agent `oracle` only."""

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._left: list[str] = []

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        if "walkthrough" in info:
            self._left = list(info["walkthrough"])
        return self._left.pop(0) if self._left else "look", None
