"""How a seat sees the shop: as text, as rows of numbers, or with the answer already given."""

from __future__ import annotations

import re
from typing import Any

import gymnasium

from arena.envs.text.candidates import Candidate, CandidateView, overlap
from arena.envs.web.shop_app.browser import Browser, Element
from arena.envs.web.shop_app.environment import COMMAND, LONGEST, MAX_TURNS, PRINTABLE
from arena.envs.web.shop_app.oracle import next_action
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "OracleView", "TextView"]

_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_HELP = """You use a web shop through a browser that shows pages as text. Do what the task says: find the product, put
it into the basket, check out. The task is done when you have placed the order. Fields keep what you put into them
until you click something; a button sends its form.
Answer with one action on the last line:
click 12              follow link 12 or press button 12
type 7 "blue kettle"  put this text into textbox 7 (replaces what it holds)
select 8 "blue"       choose an option of select 8
back                  go back to the page before
stop                  give up"""


class TextView(View):
    """The task and the page in words; the answer's last line is one action."""

    options = {"help": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = gymnasium.spaces.Text(LONGEST + len(_HELP) + 2, charset=PRINTABLE)
        self.action_space = gymnasium.spaces.Text(_LONGEST_ANSWER, charset=PRINTABLE)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"{_HELP}\n\n{observation}", None

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).strip().splitlines() if line.strip()]
        stated = lines[-1] if lines else ""
        if not COMMAND.fullmatch(stated):
            raise UnparsableError(
                f'{stated[:80]!r} is no action: the last line must be click 12, type 7 "text", '
                'select 8 "option", back or stop'
            )
        return stated

    def default(self, mask: Any) -> str:
        return "pass"  # is no action here: it changes nothing and a turn goes by


class OracleView(TextView):
    """Shows the next right action, from the true task and page; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        env = self.env.unwrapped
        return next_action(env.task, env.shop, env.browser), None


class ArrayView(CandidateView):
    """What can be done on the page as rows of numbers; the answer is the number of one.

    Candidates are, in the page's order: to click each link and button, to type each of the instruction's values into
    each textbox that takes it (amounts only where a number is asked for), to choose each option of each select. A page
    with more than 64 shows the first 64. `back` and `stop` are not among them.

    A row's own features: the kind (link, button, textbox, select; one-hot); the share of the wanted product's words
    that the element's line holds, and whether all are there; whether a price in that line is within the budget (1, 0,
    or -1 without a price); how well the value to type goes with the textbox's name; whether the option or link is
    named in the instruction; whether it would change nothing; then, the same in every row: the page (home, search,
    product, basket, checkout; one-hot), of a product's page the share of the wanted words and whether its price is
    within the budget, the share of the page's textboxes that hold a value of the instruction, whether the basket is
    empty, the share of turns left.
    """

    options = {"slots": 64, "pages": ["", "search", "product", "basket", "checkout"]}
    slots = 64
    features = 10 + 5 + 5

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        browser: Browser = self.env.unwrapped.browser
        values: dict[str, str] = info["values"]
        instruction = self.env.unwrapped.task.instruction
        state = self._state(browser, values, instruction, info["turns_left"])
        budget = float(values.get("highest price", "inf"))
        found: list[Candidate] = []
        for number, element in enumerate(browser.page.elements, start=1):
            match = _match(element.line, values, budget)
            if element.kind in ("link", "button"):
                kind = (1.0, 0.0, 0.0, 0.0) if element.kind == "link" else (0.0, 1.0, 0.0, 0.0)
                row = (*kind, *match, 0.0, overlap(element.name, instruction), 0.0, *state)
                found.append(Candidate(f"click {number}", f"click {element.name}", row))
            elif element.kind == "textbox":
                found += _typing(browser, number, element, match, values, state)
            else:
                for option, _ in element.options:
                    named = overlap(option, instruction)
                    same = float(browser.value(number) == option)
                    row = (0.0, 0.0, 0.0, 1.0, *match, float(named == 1.0), named, same, *state)
                    found.append(Candidate(f'select {number} "{option}"', f"select {element.name} {option}", row))
        return found[: self.slots], browser.page.title

    def _state(self, browser: Browser, values: dict[str, str], instruction: str, turns_left: int) -> tuple[float, ...]:
        page = browser.path.split("?")[0].split("/")[1]
        fields = [n for n, element in enumerate(browser.page.elements, start=1) if element.kind == "textbox"]
        filled = sum(browser.value(n) in values.values() for n in fields) / len(fields) if fields else 0.0
        shown = browser.text() if page == "product" else ""
        matched, _, affordable = _match(shown, values, float(values.get("highest price", "inf")))
        empty = float(browser.page.elements[1].name == "Basket (0)")
        one_hot = [float(page == known) for known in self.options["pages"]]
        return (*one_hot, matched, affordable, filled, empty, turns_left / MAX_TURNS)


def _match(line: str, values: dict[str, str], budget: float) -> tuple[float, float, float]:
    """Returns which share of the wanted words a line holds, whether all, and whether its price is within the budget."""
    share = overlap(values["search"], line)
    price = re.search(r"(\d+\.\d\d) EUR", line)
    return share, float(share == 1.0), -1.0 if price is None else float(float(price[1]) <= budget)


def _typing(
    browser: Browser,
    number: int,
    element: Element,
    match: tuple[float, ...],
    values: dict[str, str],
    state: tuple[float, ...],
) -> list[Candidate]:
    """Returns a candidate for each value that may go into a textbox."""
    found = []
    for name, value in values.items():
        if element.is_numeric == (name in ("highest price", "quantity")) and len(value) <= element.limit:
            same = float(browser.value(number) == value)
            row = (0.0, 0.0, 1.0, 0.0, *match, overlap(name, element.name), 0.0, same, *state)
            found.append(Candidate(f'type {number} "{value}"', f"type {name} {element.name}", row))
    return found
