"""How a seat sees a MiniWoB task: as text, as rows of numbers, or with the answer already given."""

from __future__ import annotations

import re
from typing import Any

import gymnasium
import numpy as np

from arena.envs.text.candidates import Candidate, CandidateView, overlap
from arena.envs.web.miniwob.environment import COMMAND, LONGEST, PRINTABLE, TASK
from arena.envs.web.miniwob.oracle import next_action
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "OracleView", "TextView", "values_of"]

_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_HELP = """You use a small web page. Do what the task says. Each line below is something on the page: its number, its
tag with #id and .classes, its text, what it holds, its colour, and its place as left,top width x height in pixels.
Time passes on the page only when you act. Answer with one action on the last line:
click 12                    click element 12; click 80 120 clicks a point
hover 12                    move the mouse there; also hover 80 120
drag 12 to 14               drag; also drag 20 60 to 90 60
type 7 "text"               put this text into field 7 (replaces what it holds)
select 8 "option"           choose an option of select 8
key Enter                   press a key, such as Tab, ArrowDown, a, Control+a, Control+c, Control+v
keys "text"                 press one key after the other, wherever the cursor is
scroll 5 100                scroll element 5 down by 100 pixels (-100: up)
wait                        let time pass"""


class TextView(View):
    """The task and the page's elements in words; the answer's last line is one action."""

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
        if len(stated) > 256 or not COMMAND.fullmatch(stated):
            raise UnparsableError(
                f'{stated[:80]!r} is no action: the last line must be such as click 12, type 7 "text", '
                'select 8 "option", key Enter, drag 12 to 14, hover 12, scroll 5 100 or wait'
            )
        return stated

    def default(self, mask: Any) -> str:
        return "wait"


class OracleView(TextView):
    """Shows the next right action of a script that knows the task's kind; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return next_action(info["utterance"], info["elements"]), None


class ArrayView(CandidateView):
    """What can be done on the page as rows of numbers; the answer is the number of one.

    Candidates are, in the page's order: to click each element that has text, can be pressed or holds no other; to type
    each value that the task names into each text field; to choose each option of each select; last, to wait. A page
    with more than 96 shows the first 95. Drags, keys, points and scrolling are not among them.

    A row's own features: the kind (click, type, select, wait; one-hot); whether it is a button, a link, a field, a box
    to tick, a shape, or none of these; which share of its words the task names, and of the task's words it holds;
    whether it is ticked or was clicked; whether it would change nothing; its place (centre and size, as shares of the
    page); its colour; then, the same in every row, the share of steps left.
    """

    options = {"slots": 96}
    slots = 96
    features = 4 + 6 + 2 + 2 + 1 + 4 + 3 + 1

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        utterance = info["utterance"]
        left = (min(1.0, info["steps_left"] / 30),)
        found: list[Candidate] = []
        elements = info["elements"]
        for element, after in zip(elements, [*elements[1:], None], strict=True):
            ref, row = element["ref"], _row(element, utterance)
            is_leaf = after is None or after["depth"] <= element["depth"]
            if is_leaf or element["tag"] in ("a", "button", "label", "li") or element.get("text"):
                found.append(Candidate(f"click {ref}", _words(element), (1.0, 0.0, 0.0, 0.0, *row(0.0), *left)))
            if _is_field(element):
                for value in values_of(utterance):
                    same = float(element.get("value") == value)
                    text = f"type {value} {_words(element)}"
                    found.append(Candidate(f'type {ref} "{value}"', text, (0.0, 1.0, 0.0, 0.0, *row(same), *left)))
            for option in element.get("options", ()):
                if option.isascii() and option:
                    same = float(element["value"] == option)
                    chosen = {**element, "text": option}
                    numbers = (0.0, 0.0, 1.0, 0.0, *_row(chosen, utterance)(same), *left)
                    found.append(Candidate(f'select {ref} "{option}"', f"select {option}", numbers))
        wait = Candidate("wait", "wait", (0.0, 0.0, 0.0, 1.0, *[0.0] * (self.features - 5), *left))
        return [*found[: self.slots - 1], wait], utterance


def values_of(utterance: str) -> list[str]:
    """Returns what a task gives one to type: what stands in quotes, numbers, dates and times; each once."""
    found = re.findall(r'"([^"]{1,80})"', utterance) + re.findall(r"\d+(?:[/:.]\d+)*(?: ?[AP]M)?", utterance)
    return [value for value in dict.fromkeys(found) if value.isascii()][:6]


def _is_field(element: dict[str, Any]) -> bool:
    return "value" in element and "options" not in element and "checked" not in element


def _words(element: dict[str, Any]) -> str:
    return " ".join(str(element.get(key, "")) for key in ("text", "tag", "id", "classes"))


def _row(element: dict[str, Any], utterance: str) -> Any:
    """Returns a function of whether the action would change nothing that gives an element's numbers."""
    tag, text = element["tag"], element.get("text", "")
    kinds = (
        tag == "button" or tag in ("input_button", "input_submit"),
        tag == "a" or "link" in element.get("classes", ""),
        _is_field(element),
        "checked" in element,
        tag in ("rect", "circle", "polygon", "ellipse", "line", "path", "text"),
    )
    left, top, width, height = element["box"]
    places = ((left + width / 2) / TASK[0], (top + height / 2) / TASK[1], width / TASK[0], height / TASK[1])
    colour = [int(part) / 255 for part in re.findall(r"\d+", element.get("color", ""))[:3]]
    return lambda same: (
        *map(float, kinds),
        float(not any(kinds)),
        overlap(text, utterance),
        overlap(utterance, text) if text else 0.0,
        float(bool(element.get("checked"))),
        float(bool(element.get("clicked"))),
        same,
        *np.clip(places, -1.0, 1.0).tolist(),
        *(colour if len(colour) == 3 else (0.0, 0.0, 0.0)),
    )
