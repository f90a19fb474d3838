"""A MiniWoB++ task in a real browser, in which time passes only when the agent acts."""

from __future__ import annotations

import importlib.util
import json
import re
import string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from arena.envs.web.chromium import Tab
from arena.errors import UnavailableError

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["COMMAND", "LONGEST", "PRINTABLE", "MiniWob", "describe"]

LONGEST = 32_768  # characters of an observation
PRINTABLE = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n")
WINDOW = (500, 320)  # pixels, as the package's
TASK = (160, 210)  # pixels of the window that a task fills
_READY_MS = 10_000  # of the page's time until a task must be ready
_DRAG_MOVES = 4
_NUMBER, _POINT = r"\d{1,4}", r"\d{1,3} \d{1,3}"
COMMAND = re.compile(
    rf"click (?P<click>{_NUMBER}|{_POINT})|hover (?P<hover>{_NUMBER}|{_POINT})|"
    rf"drag (?P<drag>{_NUMBER}|{_POINT}) to (?P<drop>{_NUMBER}|{_POINT})|"
    rf'type (?P<type>{_NUMBER}) "(?P<text>.*)"|select (?P<select>{_NUMBER}) "(?P<option>.*)"|'
    rf"key (?P<key>(?:(?:Control|Shift|Alt)\+)*[A-Za-z0-9]{{1,10}})|"
    r'keys "(?P<keys>.+)"|'
    rf"scroll (?P<scroll>{_NUMBER}) (?P<pixels>-?{_NUMBER})|(?P<wait>wait)"
)
_SET = ("date", "time", "month", "week", "datetime-local", "color", "range", "number")  # inputs that hold no free text
_CLICKED = ("checkbox", "radio", "button", "submit", "reset", "image", "file")
_UNPRINTABLE = re.compile(r"[^ -~]")


class ActionError(ValueError):
    """An action that makes no sense on this page; the message says why."""


class MiniWob(gymnasium.Env[str, str]):
    """One task of MiniWoB++ on a page of 160 by 210 pixels, in a headless Chromium.

    Observation:
        Text: the task, the steps left, an error where the last action made no sense, and the page's visible elements in
        reading order: number, tag, id and classes, text (as JSON, characters beyond ASCII escaped), what it holds,
        colour, and place as `left,top width x height` in pixels; `t` is a piece of text beside other elements.
        `info` holds `utterance`, `elements` (the same as data), `steps_left`, `metrics`.
    Action:
        Text: `click 12` (an element) or `click 80 120` (a point), `hover` alike, `drag 12 to 14` or
        `drag 20 60 to 90 60`, `type 7 "text"` (replaces what the field holds), `select 8 "option"`, `key Enter`,
        `key Control+c`, `keys "text"` (pressed one by one, wherever the cursor is), `scroll 5 100`, `wait`. What makes
        no sense on this page is reported and costs a step.
    Reward:
        What the task pays when it is done, between -1 and 1, without the original's decay by wall-clock time; else 0.
    Episode end:
        Terminated when the task says so. Truncated after the steps that the spec names; the original's limit in
        seconds does not apply.
    Start:
        The task's own generator, seeded; the page is loaded anew, at noon of 2020-01-15 UTC.
    Score:
        Metric `success`, 0 or 1: whether the reward is above 0; `raw_reward` is the reward. Best known 1.0.
    Versions:
        v0: the pages of miniwob 1.1.0. The page's clock (timers, animation frames, dates) stands still but for a fixed
        time after each action, so that an episode replays; places depend on Chromium's version and the fonts.
    Source:
        Shi et al. 2017, "World of Bits"; Liu et al. 2018, arXiv:1802.08802;
        https://github.com/Farama-Foundation/miniwob-plusplus. Differences: see Reward, Episode end and Versions.
    """

    metadata = {"render_modes": ["rgb_array", "ansi"], "render_fps": 2}

    def __init__(self, task: str, steps: int, tick: int, render_mode: str | None = None) -> None:
        """Makes a task by its page's name; `tick` is how many ms pass on the page after an action."""
        self._address = (_pages() / f"{task}.html").as_uri()
        self._steps = steps
        self._tick = tick
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Text(LONGEST, charset=PRINTABLE)
        self.action_space = gymnasium.spaces.Text(256, charset=PRINTABLE)
        script = Path(__file__).with_name("page.js").read_text()
        self._tab = Tab(*WINDOW, script=script, offline=True)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self._step = 0
        self._error = ""
        self._copied = ""
        self._shown = self._tab.call(self._begin, str(int(self.np_random.integers(2**31))))
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._step += 1
        self._error = ""
        self._shown = self._tab.call(self._do, action)
        done = bool(self._shown["done"])
        return self._text(), self._reward(), done, not done and self._step >= self._steps, self._info()

    def render(self) -> Any:
        """Returns the task's pixels, (210, 160, 3) uint8, or in mode "ansi" the observation."""
        if self.render_mode == "ansi":
            return self._text()
        return _pixels(self._tab.call(_screenshot))

    def close(self) -> None:
        """Closes the page."""
        self._tab.close()

    def _begin(self, page: Page, seed: str) -> dict[str, Any]:
        page.mouse.move(WINDOW[0] - 1, WINDOW[1] - 1)  # not over the task, where the episode before may have left it
        page.goto(self._address)
        page.evaluate("seed => arena.begin(seed, 'train')", seed)
        for _ in range(0, _READY_MS, 100):
            if page.evaluate("arena.isReady()"):
                return self._show(page, 0)
            page.evaluate("arena.advance(100)")
        raise TimeoutError(f"{self._address} was not ready after {_READY_MS} ms of its own time")

    def _do(self, page: Page, action: str) -> dict[str, Any]:
        try:
            self._act(page, COMMAND.fullmatch(action))
        except ActionError as error:
            self._error = _UNPRINTABLE.sub("?", str(error))
        return self._show(page, self._tick)

    def _show(self, page: Page, ms: int) -> dict[str, Any]:
        """Lets time pass on the page, waits for what it draws then, and reads it."""
        page.evaluate("ms => (arena.advance(ms), arena.frame())", ms)
        self._tab.settle()
        return json.loads(page.evaluate("JSON.stringify(arena.show())"))  # as text: five times as fast

    def _act(self, page: Page, match: re.Match[str] | None) -> None:
        if match is None:
            raise ActionError("this is no action")
        if match["click"]:
            _click(page, match["click"])
        elif match["hover"]:
            page.mouse.move(*_point(page, match["hover"])[:2])
        elif match["drag"]:
            _drag(page, match["drag"], match["drop"])
        elif match["type"]:
            _type(page, int(match["type"]), match["text"])
        elif match["select"]:
            _select(page, int(match["select"]), match["option"])
        elif match["scroll"]:
            if not page.evaluate("given => arena.scroll(...given)", [int(match["scroll"]), int(match["pixels"])]):
                raise ActionError(f"there is no element {match['scroll']} on this page")
        elif match["keys"]:
            page.keyboard.type(match["keys"])
        elif match["key"]:
            self._key(page, match["key"])

    def _key(self, page: Page, key: str) -> None:
        """Presses a key; what is copied stays in this environment, for a browser's clipboard is everyone's."""
        if key in ("Control+c", "Control+x"):
            self._copied = page.evaluate("arena.copied()")
        if key == "Control+v":
            page.keyboard.insert_text(self._copied)
        elif key == "Control+x":
            page.keyboard.press("Delete")
        elif key != "Control+c":
            try:
                page.keyboard.press(key)
            except Exception as error:
                if "Unknown key" not in str(error):
                    raise
                raise ActionError(f"there is no key {key}; keys are such as Enter, Tab, ArrowDown, a") from error

    def _reward(self) -> float:
        return float(np.clip(self._shown["reward"], -1.0, 1.0))

    def _text(self) -> str:
        error = f"Error: {self._error}.\n" if self._error else ""
        head = f"Task: {_escaped(self._shown['utterance'])}\nSteps left: {self._steps - self._step}\n{error}"
        lines = [f"{'  ' * element['depth']}{describe(element)}" for element in self._shown["elements"]]
        return (head + "\n".join(lines))[:LONGEST]

    def _info(self) -> dict[str, Any]:
        return {
            "utterance": self._shown["utterance"],
            "elements": self._shown["elements"],
            "steps_left": self._steps - self._step,
            "metrics": {"success": float(self._reward() > 0.0), "raw_reward": self._reward()},
        }


def describe(element: dict[str, Any]) -> str:
    """Returns an element as a line of the observation."""
    name = element["tag"]
    if element.get("id"):
        name += f"#{element['id']}"
    if element.get("classes"):
        name += "." + element["classes"].replace(" ", ".")
    parts = [f"[{element['ref']}] {_escaped(name)}"]
    if element.get("text"):
        parts.append(json.dumps(element["text"]))
    for key in ("value", "options"):
        if key in element:
            parts.append(f"{key}={json.dumps(element[key])}")
    parts += [word for word in ("checked", "focused", "clicked") if element.get(word)]
    if element.get("color"):
        parts.append(element["color"].replace(" ", ""))
    if "scroll" in element:
        parts.append("scrolled {} of {}".format(*element["scroll"]))
    left, top, width, height = element["box"]
    return f"{' '.join(parts)} {left},{top} {width}x{height}"


def _escaped(text: str) -> str:
    """Returns text in printable ASCII, other characters as JSON writes them."""
    return json.dumps(text)[1:-1].replace('\\"', '"')


def _point(page: Page, where: str) -> tuple[float, float, bool]:
    """Returns a point of the window, and whether what was named lies on top there."""
    if " " in where:
        x, y = map(int, where.split())
        if x >= TASK[0] or y >= TASK[1]:
            raise ActionError(f"the page is {TASK[0]} x {TASK[1]} pixels; {x} {y} is outside")
        return x, y, True
    found = page.evaluate("ref => arena.point(ref)", int(where))
    if found is None:
        raise ActionError(f"there is no element {where} on this page")
    return found[0], found[1], found[2]


def _click(page: Page, where: str) -> None:
    x, y, is_on_top = _point(page, where)
    if is_on_top:
        page.mouse.click(x, y)
    else:
        page.evaluate("ref => arena.press(ref)", int(where))


def _drag(page: Page, start: str, end: str) -> None:
    page.mouse.move(*_point(page, start)[:2])
    page.mouse.down()
    try:
        page.mouse.move(*_point(page, end)[:2], steps=_DRAG_MOVES)
    finally:
        page.mouse.up()


def _type(page: Page, ref: int, text: str) -> None:
    kind = page.evaluate("ref => arena.kind(ref)", ref) if _point(page, str(ref)) else ""
    if kind in ("", "select", "fixed", *_CLICKED):
        raise ActionError(f"element {ref} is no field to type into")
    if kind in _SET:
        if not page.evaluate("given => arena.set(...given)", [ref, text]):
            raise ActionError(f"a field of type {kind} does not take this text")
        return
    _click(page, str(ref))
    page.evaluate("ref => arena.mark(ref)", ref)
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text[:-1])
    page.keyboard.type(text[-1:])  # one real key, which is what suggestions and the like wait for


def _select(page: Page, ref: int, option: str) -> None:
    if not (_point(page, str(ref)) and page.evaluate("ref => arena.kind(ref)", ref) == "select"):
        raise ActionError(f"element {ref} is no select")
    if not page.evaluate("given => arena.choose(...given)", [ref, option]):
        raise ActionError(f'select {ref} has no option "{option[:40]}"')


def _screenshot(page: Page) -> bytes:
    return page.screenshot(clip={"x": 0, "y": 0, "width": TASK[0], "height": TASK[1]})


def _pixels(png: bytes) -> Any:
    import io

    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@cache
def _pages() -> Path:
    """Returns the folder of the package's pages, without importing the package (it would import Selenium)."""
    found = importlib.util.find_spec("miniwob")
    if found is None or found.origin is None:
        raise UnavailableError("miniwob's pages are not here: arena install miniwob")
    return Path(found.origin).parent / "html" / "miniwob"
