"""Scripts for the MiniWoB tasks that a few rules solve: the next right action, from what the page shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

__all__ = ["SOLVED", "next_action"]

Element = dict[str, Any]

SOLVED = frozenset(  # tasks whose every episode the scripts solve
    {
        "choose-list",
        "click-button",
        "click-button-sequence",
        "click-checkboxes",
        "click-checkboxes-large",
        "click-checkboxes-transfer",
        "click-collapsible",
        "click-collapsible-nodelay",
        "click-color",
        "click-dialog",
        "click-dialog-2",
        "click-link",
        "click-option",
        "click-scroll-list",
        "click-tab",
        "click-tab-2",
        "click-tab-2-easy",
        "click-test",
        "click-test-2",
        "click-test-transfer",
        "click-widget",
        "copy-paste",
        "enter-date",
        "enter-password",
        "enter-text",
        "enter-text-2",
        "enter-text-dynamic",
        "enter-time",
        "find-word",
        "focus-text",
        "focus-text-2",
        "grid-coordinate",
        "login-user",
        "navigate-tree",
        "read-table",
        "simple-algebra",
        "simple-arithmetic",
        "text-transform",
        "unicode-test",
        "use-autocomplete",
        "use-autocomplete-nodelay",
    }
)
_COLOURS = {
    "black": "0, 0, 0",
    "blue": "0, 0, 255",
    "cyan": "0, 255, 255",
    "aqua": "0, 255, 255",
    "gray": "128, 128, 128",
    "grey": "128, 128, 128",
    "green": "0, 128, 0",
    "lime": "0, 255, 0",
    "magenta": "255, 0, 255",
    "fuchsia": "255, 0, 255",
    "maroon": "128, 0, 0",
    "navy": "0, 0, 128",
    "olive": "128, 128, 0",
    "orange": "255, 165, 0",
    "pink": "255, 192, 203",
    "purple": "128, 0, 128",
    "red": "255, 0, 0",
    "silver": "192, 192, 192",
    "teal": "0, 128, 128",
    "white": "255, 255, 255",
    "yellow": "255, 255, 0",
}


def next_action(utterance: str, elements: list[Element]) -> str:
    """Returns the next right action, or `wait` where no rule knows the task or what it needs is not shown yet."""
    page = _Page(elements)
    for pattern, rule in _RULES:
        if match := re.search(pattern, utterance, re.IGNORECASE):
            return rule(page, *match.groups()) or "wait"
    return "wait"


class _Page(NamedTuple):
    elements: list[Element]

    def one(self, tag: str = "", text: str | None = None, part: str = "") -> Element | None:
        """Returns the first element of a tag (its beginning), a text (any case), and with `part` in id or classes."""
        return next(iter(self.all(tag, text, part)), None)

    def all(self, tag: str = "", text: str | None = None, part: str = "") -> list[Element]:
        """Returns all such elements, in reading order."""
        return [
            element
            for element in self.elements
            if element["tag"].startswith(tag)
            and (text is None or element.get("text", "").lower() == text.lower())
            and part in f"{element.get('id', '')} {element.get('classes', '')}"
        ]

    def submit(self) -> str:
        """Clicks the button that sends the page's form."""
        names = ("submit", "login", "search", "book flight!")
        buttons = [button for button in self.all("button") if button.get("text", "").lower() in names]
        return _click(buttons[0] if buttons else self.one("input_submit"))

    def fields(self) -> list[Element]:
        """Returns the fields that take text."""
        return [element for element in self.elements if "value" in element and "options" not in element]

    def fill(self, *wanted: tuple[Element | None, str]) -> str:
        """Types into the first field that does not hold what is wanted, or sends the form."""
        for field, value in wanted:
            if field is not None and field["value"] != value:
                return f'type {field["ref"]} "{value}"'
        return self.submit()


def _click(element: Element | None) -> str:
    return "" if element is None else f"click {element['ref']}"


def _text_of(page: _Page, text: str) -> str:
    """Clicks what a person clicks for a text: a button or link first."""
    for tag in ("button", "a", ""):
        if element := page.one(tag, text):
            return _click(element)
    return ""


def _ordinal(page: _Page, number: str) -> str:
    return _click(page.fields()[int(number) - 1])


def _dialog_button(page: _Page, label: str) -> str:
    return _close(page) if label == "x" else _click(page.one("button", label))


def _close(page: _Page) -> str:
    return _click(page.one("button", part="titlebar-close"))


def _tick(page: _Page, named: str) -> str:
    """Ticks the boxes (or the select's options) of the named labels, and nothing else, then submits."""
    wanted = [] if named == "nothing" else named.split(", ")
    if select := page.one("select"):
        missing = [label for label in wanted if label not in select["value"].split(", ")]
        return f'select {select["ref"]} "{missing[0]}"' if missing else page.submit()
    for box, label in pairwise(page.elements):
        if "checked" in box and bool(box["checked"]) != (label.get("text") in wanted):
            return _click(box)
    return page.submit()


def _tab(page: _Page, number: str) -> str:
    return _click(page.one("a", f"Tab #{number}"))


def _tab_with_link(page: _Page, link: str) -> str:
    if found := page.one("span", link, "alink"):
        return _click(found)
    # a tab that is in front has a panel of its own number: the next one is looked at
    front = next((i for i, tab in enumerate(page.all("li", part="ui-tab")) if "ui-tabs-active" in tab["classes"]), -1)
    tabs = page.all("a", part="ui-tabs-anchor")
    return _click(tabs[(front + 1) % len(tabs)]) if tabs else ""


def _collapsible(page: _Page) -> str:
    header = page.one("h3", part="ui-accordion-header")
    if header is not None and "header-collapsed" in header["classes"]:
        return _click(header)
    return page.submit()


def _suggested(page: _Page, start: str, end: str | None = None) -> str:
    """Takes a suggestion that fits; before there are any, types how it starts."""
    fits = re.compile(re.escape(start) + ".*" + re.escape(end or ""), re.IGNORECASE)
    field = page.fields()[0]
    if field["value"] != start and fits.fullmatch(field["value"]):
        return page.submit()
    menu = [item for item in page.all(part="ui-menu-item-wrapper") if fits.fullmatch(item.get("text", ""))]
    if menu:
        return _click(menu[0])
    return f'type {field["ref"]} "{start}"' if field["value"] != start else ""


def _sequence(page: _Page, first: str, second: str) -> str:
    done = page.one("button", first)
    return _click(page.one("button", second if done is not None and done.get("clicked") else first))


def _enter(page: _Page, value: str) -> str:
    return page.fill(*((field, value) for field in page.fields()))


def _enter_case(page: _Page, value: str, case: str) -> str:
    return _enter(page, value.lower() if case == "lower" else value.upper())


def _log_in(page: _Page, user: str, password: str) -> str:
    return page.fill((page.one(part="username"), user), (page.one(part="password"), password))


def _date(page: _Page, month: str, day: str, year: str) -> str:
    return _enter(page, f"{year}-{month}-{day}")


def _time(page: _Page, hour: str, minute: str, half: str) -> str:
    return _enter(page, f"{int(hour) % 12 + (12 if half.upper() == 'PM' else 0):02d}:{minute}")


def _arithmetic(page: _Page) -> str:
    problem = page.one(part="math-problem")
    match = re.match(r"(\d+) (.) (\d+)", problem["text"]) if problem else None
    if match is None:
        return ""
    left, right = int(match[1]), int(match[3])
    answer = {"+": left + right, "-": left - right}.get(match[2], left * right)
    return _enter(page, str(answer))


def _algebra(page: _Page) -> str:
    problem = page.one(part="math-problem")
    match = re.match(r"(x|\d+) ([+-]) (x|\d+) = (-?\d+)", problem["text"]) if problem else None
    if match is None:
        return ""
    first, sign, second, result = match[1], match[2], match[3], int(match[4])
    if first == "x":
        return _enter(page, str(result - int(second) if sign == "+" else result + int(second)))
    return _enter(page, str(result - int(first) if sign == "+" else int(first) - result))


_WIDGETS = {"radio": "input_radio", "checkbox": "input_checkbox", "text": "input_text"}


def _widget(page: _Page, kind: str) -> str:
    return _click(page.one(_WIDGETS.get(kind, kind)))


def _coloured(page: _Page, colour: str) -> str:
    code = f"rgb({_COLOURS[colour.lower()]})"
    return _click(next((box for box in page.all(part="color") if box.get("color") == code), None))


def _in_tree(page: _Page, name: str) -> str:
    """Clicks the file or folder; before it is seen, opens the first closed folder."""
    if found := page.one("span", name):
        return _click(found)
    return _click(next((e for e in page.all("div", part="hitarea") if "expandable-hitarea" in e["classes"]), None))


def _row(page: _Page, name: str) -> str:
    cells = page.all("td")
    values = {cell["text"]: other["text"] for cell, other in pairwise(cells)}
    return _enter(page, values[name])


def _word(page: _Page, number: str) -> str:
    paragraph = page.one("p")
    words = re.findall(r"[\w'-]+", paragraph["text"]) if paragraph else []
    return page.fill((page.one("input_text"), words[int(number) - 1]))


def _captcha(page: _Page) -> str:
    return _enter(page, "".join(letter["text"] for letter in page.all("span")))


def _copy(page: _Page) -> str:
    source, target = page.one("textarea"), page.one("input_text")
    return page.fill((target, source["value"])) if source else ""


def _in_grid(page: _Page, where: str) -> str:
    return _click(next((point for point in page.all("circle") if point["id"] == where), None))


_RULES: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"^Click the button\.", lambda page: _click(page.one("button"))),
    (r"^Click button (\w+), then click button (\w+)\.", _sequence),
    (r"^Click button (\w+)\.", _text_of),
    (r'^Close the dialog box by clicking the "x"', _close),
    (r'^Click the button in the dialog box labeled "(.*)"\.', _dialog_button),
    (r'^Click on the "(.*)" button\.', _text_of),
    (r'^Click on the link "(.*)"\.', _text_of),
    (r'^Click on a "(.*)" widget\.', _widget),
    (r"^Click on Tab #(\d+)\.", _tab),
    (r'^Switch between the tabs to find and click on the link "(.*)"\.', _tab_with_link),
    (r"^Click on the (\w+) colored box\.", _coloured),
    (r"^Click on the grid coordinate (\(.*\))\.", _in_grid),
    (r"^Expand the section below and click submit\.", _collapsible),
    (r"^Select (.*) from the scroll list and click Submit\.", _tick),
    (r"^Select (.*) from the list and click Submit\.", _tick),
    (r"^Select (.*) and click Submit\.", _tick),
    (r"^Focus into the textbox\.", lambda page: _click(page.fields()[0])),
    (r"^Focus into the (\d+)\w\w input textbox\.", _ordinal),
    (r'^Enter an item that starts with "(.*)" and ends with "(.*)"\.', _suggested),
    (r'^Enter an item that starts with "(.*)"\.', _suggested),
    (r'^Enter the username "(.*)" and the password "(.*)" into', _log_in),
    (r'^Enter the password "(.*)" into both', _enter),
    (r"^Enter the value of (.*) into the text field", _row),
    (r"^Enter (\d\d)/(\d\d)/(\d{4}) as the date", _date),
    (r"^Enter (\d+):(\d\d) (AM|PM) as the time", _time),
    (r'^Enter "(.*)" into the text field', _enter),
    (r'^Type "(.*)" in all (lower|upper) case letters', _enter_case),
    (r"^Type the text below into the text field", _captcha),
    (r"^Solve the math problem", _arithmetic),
    (r"^Solve for x", _algebra),
    (r'Find and click on the folder or file named "(.*)"\.', _in_tree),
    (r"^Find the (\d+)\w\w word in the paragraph", _word),
    (r"^Copy the text in the textarea below", _copy),
)
