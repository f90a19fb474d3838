"""A scripted agent for Shop: searches with the task's words, opens a product that matches, adds it, checks out."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arena.agent import Agent

__all__ = ["ShopScripted"]

_TASK = re.compile(
    r"Task: Buy (?P<quantity>\d+) (?P<colour>\w+) (?P<category>\w+)(?:, made of (?P<material>\w+))?"
    r"(?:, in size (?P<size>[^,]+))?(?:, for at most (?P<budget>[\d.]+) EUR each)?, and nothing else\."
    r"(?: Choose (?P<delivery>\w+) delivery\.)? Full name: (?P<name>.+?)\. Street and number: (?P<street>.+?)\. "
    r"Postcode: (?P<postcode>\w+)\. City: (?P<city>.+?)\.$",
    re.MULTILINE,
)
_ELEMENT = re.compile(r'\[(\d+)\] (link|button|textbox|select) "([^"]*)"(?: value="([^"]*)")?(?: options: (.*))?')


class _Element(NamedTuple):
    """An element as the page's text shows it, with what stands before the next one."""

    number: int
    kind: str
    name: str
    value: str
    options: list[str]
    after: str


class ShopScripted(Agent):
    """Decides from the page alone; where several products match it takes one at random, so a dead end is left again."""

    view = "text/v1"

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> str:
        stated = _TASK.search(observation)
        if stated is None:
            return "stop"
        task = {key: value or "" for key, value in stated.groupdict().items()}
        if task["quantity"] != "1":
            task["category"] = task["category"].removesuffix("s")
        page = observation[stated.end() :]
        elements = _elements(page)
        if "\n# Check out" in page:
            return _check_out(task, elements)
        if "\n# Your basket" in page:
            return _find(elements, "link", "Check out") or _find(elements, "link", "Home")
        if not _find(elements, "button", "Search"):
            return _product(task, elements)
        return _search(task, page, elements, random)


def _elements(page: str) -> list[_Element]:
    found = list(_ELEMENT.finditer(page))
    ends = [match.start() for match in found[1:]] + [len(page)]
    return [
        _Element(int(m[1]), m[2], m[3], m[4] or "", (m[5] or "").split(", "), page[m.end() : end])
        for m, end in zip(found, ends, strict=True)
    ]


def _find(elements: list[_Element], kind: str, name: str) -> str:
    """Returns the action that clicks the first element whose name begins so, or ""."""
    return next((f"click {e.number}" for e in elements if e.kind == kind and e.name.startswith(name)), "")


def _fill(elements: list[_Element], wanted: dict[str, str]) -> str:
    """Returns the action that sets the first field that is not as wanted, or ""."""
    for element in elements:
        if element.kind in ("textbox", "select") and element.value != wanted.get(element.name, element.value):
            verb = "type" if element.kind == "textbox" else "select"
            return f'{verb} {element.number} "{wanted[element.name]}"'
    return ""


def _check_out(task: dict[str, str], elements: list[_Element]) -> str:
    labels = {"Full name": "name", "Street and number": "street", "Postcode": "postcode", "City": "city"}
    wanted = {label: task[key] for label, key in labels.items()}
    if task["delivery"]:
        wanted["Delivery"] = task["delivery"]
    return _fill(elements, wanted) or _find(elements, "button", "Place order")


def _product(task: dict[str, str], elements: list[_Element]) -> str:
    sizes = next((e.options for e in elements if e.name == "Size"), [])
    if task["size"] and task["size"] not in sizes:
        return "back"
    wanted = {"Quantity": task["quantity"]} | ({"Size": task["size"]} if task["size"] else {})
    return _fill(elements, wanted) or _find(elements, "button", "Add to basket")


def _search(task: dict[str, str], page: str, elements: list[_Element], random: np.random.Generator) -> str:
    wanted = {"Category": task["category"], "Colour": task["colour"], "Highest price": task["budget"]}
    if step := _fill(elements, wanted | {"Search": task["material"]}):
        return step
    fitting = [e for e in elements if e.kind == "link" and _fits(task, e)]
    if "\n# Search results" not in page:
        return _find(elements, "button", "Search")
    if fitting:
        return f"click {fitting[int(random.integers(len(fitting)))].number}"
    return _find(elements, "link", "Next page") or "stop"


def _fits(task: dict[str, str], element: _Element) -> bool:
    card = re.match(r" ([\d.]+) EUR, (\w+), (\w+)", element.after)
    return (
        card is not None
        and element.name.endswith(task["category"])
        and card[2] == task["colour"]
        and card[3] == (task["material"] or card[3])
        and float(card[1]) <= float(task["budget"] or "inf")
    )
