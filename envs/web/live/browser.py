"""A page of Chromium over a served application, with the methods and the text of the browser without JavaScript."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from arena.envs.web.chromium import Tab
from arena.envs.web.live.serving import Application, Served
from arena.envs.web.shop_app.browser import Browser, BrowserError, read_page

if TYPE_CHECKING:
    from playwright.sync_api import Page as Sheet

__all__ = ["WINDOW", "LiveBrowser"]

WINDOW = (640, 480)  # pixels
_T = TypeVar("_T")
_PAGE = """() => {
    const words = (text) => text.replace(/\\s+/g, " ").trim();
    const shown = (one) => one.tagName === "SELECT" ? words(one.selectedOptions[0]?.text ?? "") : one.value ?? "";
    const elements = [...document.querySelectorAll("a, button, input, select")];
    return JSON.stringify({
        html: new XMLSerializer().serializeToString(document.documentElement).replace(/ xmlns="[^"]*"/, ""),
        path: location.pathname + location.search,
        values: elements.map(shown),
    });
}"""
_POINT = """number => {
    const element = document.querySelectorAll("a, button, input, select")[number];
    element.scrollIntoView({block: "nearest"});
    const box = element.getClientRects()[0];
    return [box.left + box.width / 2, box.top + box.height / 2];
}"""
_LEADS_AWAY = """point => {
    const at = point ? document.elementFromPoint(...point) : document.activeElement;
    const element = at && at.closest(point ? "a[href], button" : "a[href], button, input");
    if (!element) return false;
    if (element.form) element.form.noValidate = true;  // the application checks what it is sent
    return element.tagName === "A" ? !element.getAttribute("href").startsWith("#") : element.form !== null;
}"""
_DOM = """() => {
    const elements = [...document.querySelectorAll("a, button, input, select")];
    const copy = document.body.cloneNode(true);
    copy.querySelectorAll("a, button, input, select").forEach((one, index) => {
        one.setAttribute("number", index + 1);
        if (one.tagName === "INPUT") one.setAttribute("value", elements[index].value);
        if (one.tagName === "SELECT") [...one.options].forEach((option, place) => {
            option.toggleAttribute("selected", place === elements[index].selectedIndex);
        });
    });
    copy.querySelectorAll("style, script").forEach((one) => one.remove());
    return copy.innerHTML;
}"""
_ROLES = ("link", "button", "textbox", "spinbutton", "searchbox", "combobox")


class LiveBrowser(Browser):
    """One visitor of an application, in a page of Chromium of its own.

    Numbers of elements, text, errors and what `back` does are those of `Browser`; what JavaScript or the browser itself
    does to a page shows.
    """

    def __init__(self, application: Application) -> None:
        self._served = Served(application)
        self._tab = Tab(*WINDOW)
        self._history: list[str] = []
        self.open("/")

    @property
    def cookies(self) -> dict[str, str]:  # type: ignore[override]  # Chromium keeps them: they are only read here
        """The application's cookies, by name."""
        return {cookie["name"]: cookie["value"] for cookie in self._call(lambda page: page.context.cookies())}

    def open(self, path: str) -> None:
        """Loads a page and puts it into the history."""
        self._call(lambda page: page.goto(f"{self._served.origin}{path}"))
        self._read(is_new=True)

    def click(self, number: int) -> None:
        """Clicks a link or a button with the mouse."""
        element = self._element(number, "link", "button")
        if element.kind == "button" and element.form < 0:
            raise BrowserError(f"button {number} belongs to no form")
        self._read(self._call(lambda page: _press(page, page.evaluate(_POINT, number - 1))))

    def click_at(self, x: int, y: int) -> None:
        """Clicks a point of the window."""
        if not (x < WINDOW[0] and y < WINDOW[1]):
            raise BrowserError(f"the window is {WINDOW[0]} x {WINDOW[1]} pixels; {x} {y} is outside")
        self._read(self._call(_press, (x, y)))

    def type(self, number: int, text: str) -> None:
        """Replaces what a textbox holds, by the keyboard."""
        element = self._element(number, "textbox")
        if not text.isprintable():
            raise BrowserError(f"textbox {number} takes printable characters only")
        if len(text) > element.limit:
            raise BrowserError(f"textbox {number} takes at most {element.limit} characters")

        def write(page: Sheet) -> None:
            page.mouse.click(*page.evaluate(_POINT, number - 1))
            page.evaluate("() => document.activeElement.select()")
            page.keyboard.press("Delete")
            page.keyboard.insert_text(text)

        self._call(write)
        self._read()

    def select(self, number: int, option: str) -> None:
        """Chooses an option of a select by its label."""
        element = self._element(number, "select")
        if option not in [label for label, _ in element.options]:
            raise BrowserError(f'select {number} has no option "{option[:40]}"')
        place = [label for label, _ in element.options].index(option)

        def choose(page: Sheet) -> None:
            page.locator("a, button, input, select").nth(number - 1).select_option(index=place)

        self._call(choose)
        self._read()

    def keys(self, text: str) -> None:
        """Presses one key after the other, wherever the cursor is."""
        self._call(lambda page: page.keyboard.type(text))
        self._read()

    def key(self, name: str) -> None:
        """Presses a key, such as Enter, Tab or ArrowDown."""

        def press(page: Sheet) -> bool:
            leaves = name == "Enter" and page.evaluate(_LEADS_AWAY, None)
            return _leaving(page, leaves, lambda: page.keyboard.press(name))

        try:
            is_new = self._call(press)
        except Exception as error:
            if "Unknown key" not in str(error):
                raise
            raise BrowserError(f"there is no key {name}") from error
        self._read(is_new)

    def scroll(self, pixels: int) -> None:
        """Scrolls the window down, or up where `pixels` is negative."""
        self._call(lambda page: page.evaluate("pixels => window.scrollBy(0, pixels)", pixels))

    def value(self, number: int) -> str:
        """Returns what a textbox holds, or the label that a select shows."""
        return self._values[number - 1]

    def accessibility(self) -> str:
        """Returns the accessibility tree as Playwright writes it, with the numbers of what can be acted on."""
        lines = self._call(lambda page: page.locator("body").aria_snapshot()).splitlines()
        acted = [index for index, line in enumerate(lines) if line.lstrip(" -").split(" ")[0].rstrip(":") in _ROLES]
        if len(acted) == len(self.page.elements):
            for number, index in enumerate(acted, start=1):
                lines[index] = lines[index].replace("- ", f"- [{number}] ", 1)
        return "\n".join(lines)

    def dom(self) -> str:
        """Returns the body's HTML as it is now, each element that can be acted on with its `number`."""
        return self._call(lambda page: page.evaluate(_DOM))

    def screenshot(self) -> npt.NDArray[np.uint8]:
        """Returns the window's pixels, (480, 640, 3) uint8."""
        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(self._call(lambda page: page.screenshot()))).convert("RGB"))

    def close(self) -> None:
        """Closes the page and frees the port."""
        self._call(lambda page: page.context.close())
        self._served.close()

    def _call(self, work: Callable[..., _T], *given: Any) -> _T:
        return self._served.wait(self._tab.begin(work, *given))

    def _read(self, is_new: bool = False) -> None:
        """Reads what the page shows now; one that was just loaded goes into the history."""
        told = json.loads(self._call(lambda page: page.evaluate(_PAGE)))
        self.html, self._values = told["html"], told["values"]
        self.page = read_page(self.html)
        self.path = told["path"]
        if is_new:
            self._history.append(self.path)


def _press(page: Sheet, point: tuple[float, float]) -> bool:
    leaves = page.evaluate(_LEADS_AWAY, list(point))
    return _leaving(page, leaves, lambda: page.mouse.click(*point))


def _leaving(page: Sheet, leaves: bool, act: Callable[[], None]) -> bool:
    """Acts; where that leads to another page, waits until it is there. Returns whether it did."""
    if leaves:
        with page.expect_navigation():
            act()
    else:
        act()
    return leaves
