"""A window of Chromium with tabs, on any site: read as a tree with numbers, used by mouse and keyboard."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from arena.envs.web.chromium import PATIENCE_MS, Tab
from arena.envs.web.webarena.judging import PageError
from arena.errors import EnvError

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page, Request

__all__ = ["Line", "Refused", "Window", "read_tree"]

ACTION_MS = 5000  # for an element to be ready to be clicked or filled
REST_MS = 3000  # for what a page loads by itself; the originals wait two to three seconds after each action
QUIET_MS, TICK_MS = 150, 20
WAIT_MS = 1000  # of the action that waits
_T = TypeVar("_T")
_LINE = re.compile(r"(?P<indent> *)- (?P<rest>.*)")
_QUOTED = re.compile(r"'(?P<key>(?:[^']|'')*)'(?P<told>.*)")
_KEY = re.compile(r'(?P<role>[\w/-]+)(?P<name> "(?:[^"\\]|\\.)*")?(?P<marks>(?: \[[^\]]*\])*)')
_MARK = re.compile(r" \[(?:ref=(?P<ref>\w+)|box=(?P<box>[-\d.,]+)|(?P<pointer>cursor=pointer)|active)\]")
_ACTED_ON = (
    "link", "button", "textbox", "searchbox", "spinbutton", "combobox", "checkbox", "radio", "switch", "slider", "tab",
    "menuitem", "menuitemcheckbox", "menuitemradio", "option", "treeitem",
)  # fmt: skip


class Refused(ValueError):
    """An action that cannot be done on this page; the message says why."""


class Line(NamedTuple):
    """A line of the accessibility tree: its depth, what it says, and what to call the element ("" = cannot be used)."""

    depth: int
    text: str
    ref: str


def read_tree(snapshot: str, window: tuple[int, int]) -> list[Line]:
    """Returns what of a page lies in the window, from Playwright's snapshot with marks and boxes.

    An element counts where its box meets the window or something in it does; a text or property goes with its element.
    """
    rows: list[tuple[Line, bool]] = []
    above: list[tuple[int, bool, tuple[float, float]]] = []  # depth, whether it is seen, where its frame begins
    for line in snapshot.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        depth = len(match["indent"]) // 2
        while above and above[-1][0] >= depth:
            above.pop()
        is_seen, frame = above[-1][1:] if above else (True, (0.0, 0.0))
        role, text, marks = _read_line(match["rest"])
        if "box" in marks and role != "option":  # an option in a closed list has no box of its own
            left, top, width, height = map(float, marks["box"].split(","))
            left, top = left + frame[0], top + frame[1]
            is_seen = left < window[0] and top < window[1] and left + width > 0 and top + height > 0
            frame = (left, top) if role == "iframe" else frame
        is_used = "ref" in marks and (role in _ACTED_ON or "pointer" in marks)
        rows.append((Line(depth, text, marks["ref"] if is_used else ""), is_seen))
        above.append((depth, is_seen, frame))
    return _with_ancestors(rows)


def _read_line(line: str) -> tuple[str, str, dict[str, str]]:
    """Returns an element's role, its line without Playwright's marks, and these; a page's own words are no marks."""
    quoted = _QUOTED.fullmatch(line)
    line = quoted["key"].replace("''", "'") if quoted else line
    key = _KEY.match(line)
    if key is None:
        return "", line, {}
    told = quoted["told"] if quoted else line[key.end() :]
    marks = {name: mark[name] for mark in _MARK.finditer(key["marks"]) for name in mark.groupdict() if mark[name]}
    return key["role"], f"{key['role']}{key['name'] or ''}{_MARK.sub('', key['marks'])}{told}", marks


def _with_ancestors(rows: list[tuple[Line, bool]]) -> list[Line]:
    """Returns the lines that are seen, and those above them."""
    kept: list[Line] = []
    needed = -1  # depth below which the lines before are ancestors of one that is kept
    for line, is_seen in reversed(rows):
        if is_seen or line.depth < needed:
            kept.append(line)
            needed = line.depth
    return kept[::-1]


class Window:
    """One visitor with tabs of their own, used in one tab at a time; another that the site opens comes to the front.

    A dialog is accepted, and told in `said`. Implements `judging.Sheet`.
    """

    def __init__(self, size: tuple[int, int], addresses: tuple[str, ...], **options: Any) -> None:
        """Opens each address in a tab; the first is in front. Options are those of Playwright's `new_context`."""
        self._size = size
        self._tab = Tab(*size, device_scale_factor=1, **options)
        self._loading: dict[Request, None] = {}
        self._refs: list[str] = []
        self.said = ""
        try:
            self._tab.call(self._begin, addresses)
        except _playwright_error() as error:
            self.close()
            raise EnvError(f"{' or '.join(addresses)} did not load ({_told(error)}); is the site up?") from error

    @property
    def address(self) -> str:
        """The address of the page in front."""
        return self._tab.page.url

    def tabs(self) -> list[tuple[str, bool]]:
        """Returns each tab's title and whether it is in front."""
        return self._read(lambda page: [(tab.title(), tab is page) for tab in page.context.pages])

    def tree(self) -> list[str]:
        """Returns the lines of what is seen of the page, with a number for each element that can be used."""
        lines = read_tree(self._read(lambda page: page.aria_snapshot(mode="ai", boxes=True)), self._size)
        self._refs = [line.ref for line in lines if line.ref]
        numbers = iter(range(1, len(self._refs) + 1))
        return [f"{'  ' * line.depth}{f'[{next(numbers)}] ' if line.ref else ''}{line.text}" for line in lines]

    def screenshot(self) -> npt.NDArray[np.uint8]:
        """Returns the window's pixels, (height, width, 3) uint8."""
        return self.picture_of(self._call(lambda page: page.screenshot()))

    def fetch(self, address: str) -> bytes:
        """Returns what lies at an address, asked for with the visitor's cookies.

        Raises:
            EnvError: nothing does.
        """
        try:
            return self._call(lambda page: page.context.request.get(address, fail_on_status_code=True).body())
        except _playwright_error() as error:
            raise EnvError(f"{address} did not load ({_told(error)}); is the site up?") from error

    @staticmethod
    def picture_of(data: bytes) -> npt.NDArray[np.uint8]:
        """Returns the pixels of a picture's file, (height, width, 3) uint8."""
        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def click(self, number: int) -> None:
        """Clicks an element."""
        self._use(number, lambda element: element.click(timeout=ACTION_MS))

    def click_at(self, x: int, y: int) -> None:
        """Clicks a point of the window."""
        if not (x < self._size[0] and y < self._size[1]):
            raise Refused(f"the window is {self._size[0]} x {self._size[1]} pixels; {x} {y} is outside")
        self._do(lambda page: page.mouse.click(x, y))

    def hover(self, number: int) -> None:
        """Moves the mouse onto an element."""
        self._use(number, lambda element: element.hover(timeout=ACTION_MS))

    def type(self, number: int, text: str) -> None:
        """Replaces what a field holds."""
        self._use(number, lambda element: element.fill(text, timeout=ACTION_MS))

    def select(self, number: int, option: str) -> None:
        """Chooses an option by its label."""
        self._use(number, lambda element: element.select_option(label=option, timeout=ACTION_MS))

    def keys(self, text: str) -> None:
        """Presses one key after the other, wherever the cursor is."""
        self._do(lambda page: page.keyboard.type(text))

    def key(self, name: str) -> None:
        """Presses a key, such as Enter or Control+a."""
        self._do(lambda page: page.keyboard.press(name))

    def scroll(self, pixels: int) -> None:
        """Scrolls down with the wheel in the window's middle, or up where `pixels` is negative."""

        def turn(page: Page) -> None:
            page.mouse.move(self._size[0] / 2, self._size[1] / 2)
            page.mouse.wheel(0, pixels)

        self._do(turn)

    def goto(self, address: str) -> None:
        """Loads an address in the tab in front; pages of the web only."""
        if not address.startswith(("http://", "https://")):
            raise Refused(f"{address[:60]} is no address that begins with http:// or https://")
        self._do(lambda page: page.goto(address))

    def back(self) -> None:
        """Goes to the page before."""
        self._do(lambda page: page.go_back())

    def forward(self) -> None:
        """Goes to the page after, where one went back."""
        self._do(lambda page: page.go_forward())

    def wait(self) -> None:
        """Lets a second pass."""
        self._do(lambda page: page.wait_for_timeout(WAIT_MS))

    def show_tab(self, number: int) -> None:
        """Brings a tab to the front."""
        count = self._call(lambda page: len(page.context.pages))
        if not 1 <= number <= count:
            raise Refused(f"there is no tab {number}; {count} are open")
        self._do(lambda page: self._to_front(page.context.pages[number - 1]))

    def new_tab(self) -> None:
        """Opens an empty tab."""
        self._do(lambda page: page.context.new_page())

    def close_tab(self) -> None:
        """Closes the tab in front; the last one leaves an empty one."""

        def leave(page: Page) -> None:
            others = [tab for tab in page.context.pages if tab is not page]
            self._to_front(others[-1] if others else page.context.new_page())
            page.close()

        self._do(leave)

    def source(self) -> str:
        """Returns the HTML of the page in front as it is now."""
        return self._call(lambda page: page.content())

    def evaluate(self, script: str) -> Any:
        """Returns what a JavaScript function gives on the page in front.

        Raises:
            PageError: it raised.
        """
        try:
            return self._call(lambda page: page.evaluate(script))
        except _playwright_error() as error:
            raise PageError(str(error)) from error

    def close(self) -> None:
        """Closes all tabs and forgets the visitor."""
        self._tab.close()

    def _begin(self, page: Page, addresses: tuple[str, ...]) -> None:
        page.context.on("request", lambda request: self._loading.update({request: None}))
        page.context.on("requestfinished", lambda request: self._loading.pop(request, None))
        page.context.on("requestfailed", lambda request: self._loading.pop(request, None))
        page.context.on("dialog", self._accept)
        tabs = [page, *(page.context.new_page() for _ in addresses[1:])]
        for tab, address in zip(tabs, addresses, strict=True):
            tab.goto(address)
            self._settle(tab)
        self._to_front(page)

    def _accept(self, dialog: Dialog) -> None:
        self.said = dialog.message
        dialog.accept()

    def _call(self, work: Callable[[Page], _T]) -> _T:
        return self._tab.call(work)

    def _read(self, work: Callable[[Page], _T]) -> _T:
        """Reads something of the page; once more where the page led itself elsewhere at that moment."""
        try:
            return self._call(work)
        except _playwright_error():
            self._call(self._settle)
            return self._call(work)

    def _use(self, number: int, work: Callable[[Any], object]) -> None:
        """Does something to an element by its number in the tree last read."""
        if not 1 <= number <= len(self._refs):
            raise Refused(f"there is no element {number} in the window")
        ref = self._refs[number - 1]
        self._do(lambda page: work(page.locator(f"aria-ref={ref}")))

    def _do(self, work: Callable[[Page], object]) -> None:
        """Does something, waits until the page rests, and brings to the front what the site opened.

        Raises:
            Refused: Playwright could not do it.
        """
        self.said = ""
        try:
            self._call(lambda page: self._watch(page, work))
        except _playwright_error() as error:
            raise Refused(_told(error)) from error

    def _watch(self, page: Page, work: Callable[[Page], object]) -> None:
        context = page.context
        before = context.pages
        try:
            work(page)
        finally:
            self._settle(page)  # what the site opens is known only when it begins to load
            if opened := [tab for tab in context.pages if tab not in before]:
                self._to_front(opened[-1])
            elif self._tab.page.is_closed():  # by the site itself
                self._to_front((context.pages or [context.new_page()])[-1])
            if self._tab.page is not page:
                self._settle(self._tab.page)

    def _to_front(self, page: Page) -> None:
        self._tab.page = page
        page.bring_to_front()

    def _settle(self, page: Page) -> None:
        """Waits until nothing loads; no more than REST_MS for what a page asks for when it is there itself."""
        quiet = 0
        for waited in range(0, PATIENCE_MS, TICK_MS):
            quiet = 0 if self._loading else quiet + TICK_MS
            if quiet >= QUIET_MS or page.is_closed():
                return
            if waited >= REST_MS and not any(request.is_navigation_request() for request in self._loading):
                return
            try:
                page.wait_for_timeout(TICK_MS)
            except _playwright_error():
                if not page.is_closed():
                    raise


def _told(error: Exception) -> str:
    return str(error).splitlines()[0]


def _playwright_error() -> type[Exception]:
    from playwright.sync_api import Error

    return Error
