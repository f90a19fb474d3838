"""How a seat sees a web application: as text, as rows of numbers, or with the answer already given."""

from __future__ import annotations

import re
from typing import Any

import gymnasium

from arena.envs.text.candidates import Candidate, CandidateView, overlap
from arena.envs.web.apps.environment import COMMAND, LONGEST, MAX_TURNS, PRINTABLE
from arena.envs.web.shop_app.browser import Element
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "OracleView", "TextView"]

_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_KINDS = {  # one-hot
    kind: tuple(float(kind == other) for other in ("stop", "answer", "link", "button", "textbox", "select"))
    for kind in ("stop", "answer", "link", "button", "textbox", "select")
}
_NUMBER = re.compile(r"\d+(\.\d+)?")
_HELP = """You use web applications through a browser that shows pages as text. Do what the task says, and nothing else:
what counts is what the applications hold at the end. Fields keep what you put into them until you click something; a
button sends its form.
Answer with one action on the last line:
click 12              follow link 12 or press button 12
type 7 "blue kettle"  put this text into textbox 7 (replaces what it holds)
select 8 "blue"       choose an option of select 8
back                  go back to the page before
stop                  the task is done
answer "12.50"        the task is done, and this is what it asks for"""


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
                'select 8 "option", back, stop or answer "text"'
            )
        return stated

    def default(self, mask: Any) -> str:
        return "pass"  # is no action here: it changes nothing and a turn goes by


class OracleView(TextView):
    """Shows the next action of the task's plan; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return self.env.unwrapped.next_action(), None


class ArrayView(CandidateView):
    """What can be done on the page as rows of numbers; the answer is the number of one.

    Candidates are: to stop; to give each of the possible answers; then, in the page's order, to click each link and
    button, to type each of the instruction's values into each textbox (numbers only where one is asked for), to choose
    each option of each select. A page with more than 96 shows the first 96. `back` is not among them.

    A row's own features: the kind (stop, answer, link, button, textbox, select; one-hot); which share of the words of
    the element's line, and of its name, is in the instruction; how well the value to type goes with the textbox's
    name; whether the option, link or answer is named in the instruction; whether it would change nothing; then, the
    same in every row: the share of the page's textboxes that hold a value of the instruction, the share of the turns
    left.
    """

    options = {"slots": 96}
    slots = 96
    features = 6 + 5 + 2

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        env = self.env.unwrapped
        instruction: str = env.task.instruction
        state = self._state(info["values"], info["turns_left"])
        found = [Candidate("stop", "stop", (*_KINDS["stop"], 0.0, 0.0, 0.0, 0.0, 0.0, *state))]
        for choice in info["choices"]:
            named = overlap(choice, instruction)
            row = (*_KINDS["answer"], 0.0, named, 0.0, float(named == 1.0), 0.0, *state)
            found.append(Candidate(f'answer "{choice}"', f"answer {choice}", row))
        for number, element in enumerate(env.browser.page.elements, start=1):
            line, name = overlap(element.line, instruction), overlap(element.name, instruction)
            shown = env.browser.value(number)
            for action, what, fits, named in _uses(number, element, info["values"], instruction):
                same = float(element.kind in ("textbox", "select") and what == shown)
                row = (*_KINDS[element.kind], line, name, fits, named, same, *state)
                found.append(Candidate(action, f"{action.split()[0]} {element.name} {what}", row))
            if len(found) >= self.slots:
                break
        return found[: self.slots], env.browser.page.title

    def _state(self, values: dict[str, str], turns_left: int) -> tuple[float, ...]:
        browser = self.env.unwrapped.browser
        fields = [n for n, element in enumerate(browser.page.elements, start=1) if element.kind == "textbox"]
        filled = sum(browser.value(n) in values.values() for n in fields) / len(fields) if fields else 0.0
        return filled, turns_left / MAX_TURNS


def _uses(
    number: int, element: Element, values: dict[str, str], instruction: str
) -> list[tuple[str, str, float, float]]:
    """Returns what can be done with an element: the action, its words, how its value fits, whether it is named."""
    if element.kind == "textbox":
        return [
            (f'type {number} "{value}"', value, overlap(name, element.name), 1.0)
            for name, value in values.items()
            if len(value) <= element.limit and (not element.is_numeric or _NUMBER.fullmatch(value))
        ]
    if element.kind == "select":
        return [
            (f'select {number} "{option}"', option, 0.0, float(overlap(option, instruction) == 1.0))
            for option, _ in element.options
        ]
    return [(f"click {number}", "", 0.0, float(overlap(element.name, instruction) == 1.0))]
