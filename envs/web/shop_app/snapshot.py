"""The page that the browser shows, as a document to look at: filled in, with its task, and leading nowhere."""

from __future__ import annotations

from xml.etree import ElementTree

from arena.envs.web.shop_app.browser import Browser

__all__ = ["snapshot"]

_ACTIONS = {"a": "click", "button": "click", "input": "type", "select": "select"}  # by tag, in the order of the numbers
_BANNER = "margin: 0; padding: .6rem 1.5rem; white-space: pre-line; background: #fff7db"


def snapshot(browser: Browser, task: str) -> str:
    """Returns the page with what was typed and chosen, and `task` above it.

    Each link, button, textbox and select carries in `data-action` how the actions that use it begin, such as
    `click 12`. Links and buttons do nothing.
    """
    page = ElementTree.fromstring(browser.html)
    for number, element in enumerate((e for e in page.iter() if e.tag in _ACTIONS), start=1):
        element.set("data-action", f"{_ACTIONS[element.tag]} {number}")
        if element.tag == "a":
            element.set("href", "#")
        elif element.tag == "button":
            element.set("type", "button")
        elif element.tag == "input":
            element.set("value", browser.value(number))
        else:
            _choose(element, browser.value(number))
    body = page.find("body")
    assert body is not None, "templates/base.html has a body"
    banner = ElementTree.Element("p", {"style": _BANNER})
    banner.text = task.strip()
    body.insert(0, banner)
    return "<!DOCTYPE html>\n" + ElementTree.tostring(page, "unicode", method="html")


def _choose(select: ElementTree.Element, label: str) -> None:
    for option in select.iter("option"):
        option.attrib.pop("selected", None)
        if " ".join("".join(option.itertext()).split()) == label:
            option.set("selected", "selected")
