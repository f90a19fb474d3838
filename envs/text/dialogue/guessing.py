"""Guessing games: find the secret one of many by questions that are answered yes or no."""

from __future__ import annotations

import itertools
import math
import re
import string
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from arena.envs.text.candidates import Candidate, CandidateView
from arena.envs.text.dialogue.things import FACES, THINGS
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "Guessing", "OracleView", "TextView", "read_question"]

MAX_QUESTIONS = 20
_CHARSET = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n")
_LONGEST = 12_000  # characters
_ANSWER = 16_384
_OPENERS = frozenset(
    ("be", "is", "are", "does", "do", "has", "have", "wear", "can", "the", "their", "its", "it", "they", "he", "or",
     "she", "person", "secret", "a", "an")
)  # fmt: skip
_UNPRINTABLE = re.compile(r"[^ -~]")

Question = tuple[str, frozenset[str]]  # an attribute and values, any of which is meant; "name" is an attribute too


class Guessing(gymnasium.Env[str, str]):
    """Twenty questions about one of the listed people or things.

    Observation:
        Text: all that it may be, each with its attributes; the questions asked and their answers; how many are left.
    Action:
        Text: `guess Anna`, or a question: `is hair black?`, `is hair black or red?`, `is name Anna, Bob or Carl?` -
        an attribute and one or more of its values. Anything else is explained and costs a question.
    Reward:
        The score, with the right guess; else 0.
    Episode end:
        Terminated by a guess, right or wrong; truncated after twenty questions without one.
    Start:
        `GuessWho`: 24 people whose attributes are drawn from the seed. `TwentyQuestions`: 48 things, always the same.
        The secret one is drawn from the seed.
    Score:
        Metric `score`, 0 to 1: 0 without the right guess; with it 1 after at most ceil(log2(n)) questions, which
        halving needs at worst (5 of 24, 6 of 48), less evenly down to 0.05 after twenty. `success`, `questions`.
    Versions:
        v0: first.
    Source:
        The games Twenty Questions and Guess Who?, with answers from a table.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, game: str, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self._game = game
        self.observation_space = spaces.Text(_LONGEST, charset=_CHARSET)
        self.action_space = spaces.Text(1000, min_length=0, charset=_CHARSET)
        self.count = len(FACES.names) if game == "who" else len(THINGS)
        self.bound = math.ceil(math.log2(self.count))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.table: Mapping[str, Mapping[str, str]] = _faces(self.np_random) if self._game == "who" else THINGS
        self.names = list(self.table)
        self.values = _values(self.table)
        self.secret = self.names[int(self.np_random.integers(self.count))]
        self.open = list(self.names)  # that agree with every answer
        self._told: list[str] = []
        self._asked = 0
        self._score = 0.0
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        guess = _guess(action, self.names)
        if guess is not None:
            late = max(0, self._asked - self.bound) / (MAX_QUESTIONS - self.bound)
            self._score = (1.0 - 0.95 * late) * (guess == self.secret)
            self._told.append(f"You guessed {guess}: {'right' if self._score else 'wrong'}.")
            return self._text(), self._score, True, False, self._info()
        self._asked += 1
        try:
            self._answer(action)
        except UnparsableError as error:
            self._told.append(f"{self._asked}. Not understood: {_UNPRINTABLE.sub('?', str(error))[:200]}")
        return self._text(), 0.0, False, self._asked >= MAX_QUESTIONS, self._info()

    def render(self) -> Any:
        return self._text()

    def halving(self) -> str:
        """Returns the question that halves what is open, or the guess when one is left."""
        half = self.open[: len(self.open) // 2]
        return f"is name {' or '.join(half)}?" if half else f"guess {self.open[0]}"

    def fits(self, name: str, question: Question) -> bool:
        """Whether the answer to a question would be yes for one of the listed."""
        attribute, values = question
        return (name if attribute == "name" else self.table[name][attribute]) in values

    def _answer(self, action: str) -> None:
        question = read_question(action, self.values)
        is_yes = self.fits(self.secret, question)
        self.open = [name for name in self.open if self.fits(name, question) == is_yes]
        attribute, values = question
        shown = " or ".join(value for value in self.values[attribute] if value in values)
        self._told.append(f"{self._asked}. {attribute} {shown}? {'Yes' if is_yes else 'No'}.")

    def _text(self) -> str:
        rows = [f"{name}: {_listed(attributes)}" for name, attributes in self.table.items()]
        return "\n".join(
            (
                "One of these is the secret one:",
                *rows,
                "Asked so far:" if self._told else "Nothing was asked yet.",
                *self._told,
                f"Questions left: {MAX_QUESTIONS - self._asked}. One guess, right or wrong, ends the game.",
            )
        )

    def _info(self) -> dict[str, Any]:
        return {
            "metrics": {
                "score": self._score,
                "success": float(self._score > 0.0),
                "questions": float(self._asked),
            }
        }


def read_question(text: str, values: Mapping[str, list[str]]) -> Question:
    """Reads a question: an attribute, then values of it, any of which is meant.

    Attributes of yes and no may be asked by their name alone. Case, a final question mark, and openings such as "is
    the", "does it have" are of no account.

    Example:
        >>> read_question("Is the hair black or red?", {"hair": ["black", "red"]})[0]
        'hair'

    Raises:
        UnparsableError: no attribute, no value of it, or a word that is neither.
    """
    words = text.strip().lower().rstrip("?. ").split()
    rest = " ".join(itertools.dropwhile(_OPENERS.__contains__, words))
    known = {attribute.lower(): attribute for attribute in values}
    attribute = known.get(rest.split(" ", 1)[0])
    if attribute is None:
        raise UnparsableError(f"{text[:80]!r} names none of: {', '.join(values)}")
    named = [part for part in re.split(r"\s*,\s*(?:or\s+)?|\s+or\s+", rest[len(attribute) :].strip()) if part]
    if not named and set(values[attribute]) == {"yes", "no"}:
        return attribute, frozenset(("yes",))
    by_name = {value.lower(): value for value in values[attribute]}
    if not named or (unknown := [part for part in named if part not in by_name]):
        came = f"{', '.join(unknown)[:80]!r} is" if named else "nothing was named that is"
        raise UnparsableError(f"{came} no value of {attribute}: {', '.join(values[attribute])}")
    return attribute, frozenset(by_name[part] for part in named)


def _guess(text: str, names: list[str]) -> str | None:
    words = text.strip().rstrip(".!?").lower()
    return next((name for name in names if words == f"guess {name.lower()}"), None)


def _values(table: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Returns each attribute's values, in order, and the names."""
    found: dict[str, list[str]] = {}
    for attributes in table.values():
        for attribute, value in attributes.items():
            found.setdefault(attribute, []).append(value)
    return {**{a: sorted(set(v)) for a, v in found.items()}, "name": list(table)}


def _faces(random: np.random.Generator) -> dict[str, dict[str, str]]:
    """Draws people no two of whom look the same."""
    looks: list[tuple[int, ...]] = []
    while len(looks) < len(FACES.names):
        look = tuple(int(random.integers(len(values))) for values in FACES.attributes.values())
        if look not in looks:
            looks.append(look)
    return {
        name: {a: values[place] for (a, values), place in zip(FACES.attributes.items(), look, strict=True)}
        for name, look in zip(FACES.names, looks, strict=True)
    }


def _listed(attributes: Mapping[str, str]) -> str:
    """Returns the attributes in words; of those that are yes or no, what is so."""
    return ", ".join(a if v == "yes" else f"{a} {v}" for a, v in attributes.items() if v != "no")


class TextView(View):
    """The list and the answers so far; the answer's last line is a question or a guess."""

    options = {"table_shown": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Text(_LONGEST + 1000, charset=_CHARSET)
        self.action_space = spaces.Text(_ANSWER, charset=_CHARSET)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        attributes = ", ".join(self.env.unwrapped.values)
        return f"{observation}\n\n{_HELP}\nAttributes: {attributes}.", None

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).splitlines() if line.strip()]
        game, stated = self.env.unwrapped, lines[-1] if lines else ""
        if _guess(stated, game.names) is None:
            read_question(stated, game.values)
        if len(stated) > self.env.action_space.max_length:
            raise UnparsableError(
                f"the question has {len(stated)} characters, {self.env.action_space.max_length} allowed"
            )
        return stated

    def default(self, mask: Any) -> str:
        return "pass"  # is no question here: it costs one


_HELP = """You may think first. On the last line ask about an attribute and one or more of its values, or guess:
is ATTRIBUTE VALUE?   is ATTRIBUTE VALUE or VALUE?   is name NAME or NAME?   guess NAME"""


class ArrayView(CandidateView):
    """The questions about one value and the guesses as rows of numbers; the answer is the number of one.

    A row's own features: whether it is a guess, the share of what is open for which the answer is yes, whether that
    halves it best (4 x share x (1 - share)), whether one is left, the share of questions left.
    """

    options = {"questions": "one value each"}
    slots = 96
    features = 5

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        game, found = self.env.unwrapped, []
        left = 1.0 - info["metrics"]["questions"] / MAX_QUESTIONS
        is_last = float(len(game.open) == 1)
        for attribute, values in game.values.items():
            for value in values:
                if attribute != "name" and (value != "no" or "yes" not in values):
                    share = sum(game.table[name][attribute] == value for name in game.open) / len(game.open)
                    features = (0.0, share, 4.0 * share * (1.0 - share), is_last, left)
                    found.append(Candidate(f"is {attribute} {value}?", f"{attribute} {value}", features))
        for name in game.names:
            share = float(name in game.open) / len(game.open)
            found.append(Candidate(f"guess {name}", f"guess {name}", (1.0, share, 0.0, is_last, left)))
        return found, ""


class OracleView(TextView):
    """Shows the question that halves what is open; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return self.env.unwrapped.halving(), None
