"""How a seat sees WebShop: as text, as rows of numbers, or with the answer already given."""

from __future__ import annotations

import re
from typing import Any

from gymnasium import spaces

from arena.envs.text.candidates import Candidate, CandidateView, overlap
from arena.envs.text.letters import LETTERS
from arena.envs.web.webshop.environment import COMMAND, LONGEST
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "OracleView", "TextView"]

_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_HELP = """You use a web shop. Find the product that the instruction describes, choose its options, and buy it.
Answer with one action on the last line:
search[blue kettle]    search for words, on the search page
click[buy now]         click something that stands in brackets: a product's number, an option, a button"""
_PRICE = ", and price lower than"


class TextView(View):
    """The instruction and the page in words; the answer's last line is one action."""

    options = {"help": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Text(LONGEST + len(_HELP) + 2, charset=LETTERS)
        self.action_space = spaces.Text(_LONGEST_ANSWER, charset=LETTERS)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"{_HELP}\n\n{observation}", None

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).strip().splitlines() if line.strip()]
        stated = lines[-1] if lines else ""
        if len(stated) > 1000 or not COMMAND.fullmatch(stated):
            raise UnparsableError(
                f"{stated[:80]!r} is no action: the last line must be such as search[blue kettle] or click[buy now]"
            )
        return stated

    def default(self, mask: Any) -> str:
        return "pass"  # is no action here: it changes nothing and a step goes by


class OracleView(TextView):
    """Shows the next action of one who knows the product; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return self.env.unwrapped.next_action(), None


class ArrayView(CandidateView):
    """What can be done on the page as rows of numbers; the answer is the number of one.

    Candidates are, on the search page, to search for the instruction, for the part before its first comma, and for its
    first eight words; else to click each name in brackets, the first 96 of them.

    A row's own features: whether it searches, turns pages or goes back, opens a tab, buys, or is a product or option;
    which share of the words that go with it (of a product its title) is in the instruction, whether all are; whether it
    is chosen; then, the same in every row, how many options are chosen, as a share of four.
    """

    options = {"slots": 96}
    slots = 96
    features = 5 + 2 + 1 + 1

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        wish = info["instruction"].partition(_PRICE)[0]
        chosen = (min(1.0, len(info["chosen"]) / 4),)
        if info["can_search"]:
            queries = dict.fromkeys(filter(None, map(_plain, (wish, wish.partition(",")[0], _first_words(wish)))))
            row = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, *chosen)
            return [Candidate(f"search[{query}]", query, row) for query in queries], wish
        titles = dict(re.findall(r"^\[(\w+)\]\n(.*)$", observation, re.MULTILINE))
        rows = []
        for name in info["clickables"][: self.slots]:
            words = titles.get(name.upper(), name)
            named = overlap(words, wish)
            is_chosen = float(name in map(str.lower, info["chosen"].values()))
            rows.append(
                Candidate(f"click[{name}]", words, (*_kind(name), named, float(named == 1.0), is_chosen, *chosen))
            )
        return rows, wish


def _kind(name: str) -> tuple[float, ...]:
    """Returns one-hot what a click on a name does: none of it searches."""
    kinds = (
        name in ("back to search", "< prev", "next >"),
        name in ("description", "features", "reviews", "attributes"),
        name == "buy now",
    )
    return (0.0, *map(float, kinds), float(not any(kinds)))


def _first_words(text: str) -> str:
    return " ".join(text.split()[:8])


def _plain(query: str) -> str:
    return " ".join(query.split())[:900]
