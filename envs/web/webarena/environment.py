"""A task on sites that the user hosts: a window of Chromium, the intent, and a check when the agent stops."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.envs.text.letters import LETTERS, spelled
from arena.envs.web.webarena.benchmarks import BENCHMARKS
from arena.envs.web.webarena.judging import RULES, is_done
from arena.envs.web.webarena.tasks import Task, read_tasks
from arena.envs.web.webarena.window import Refused, Window
from arena.errors import EnvError, unknown

__all__ = ["ACTIONS", "COMMAND", "LONGEST", "WebArena"]

LONGEST = 65_536  # characters of an observation; what a page tells beyond is cut
TOKEN = "CLASSIFIEDS_RESET_TOKEN"  # the benchmark's variable
PATIENCE_S = 300.0  # for a site to go back to its first state
_NUMBER = r"\d{1,4}"
COMMAND = re.compile(
    rf"click (?P<x>{_NUMBER}) (?P<y>{_NUMBER})|click (?P<click>{_NUMBER})|hover (?P<hover>{_NUMBER})|"
    rf'type (?P<type>{_NUMBER}) "(?P<text>.*)"|select (?P<select>{_NUMBER}) "(?P<option>.*)"|keys "(?P<keys>.+)"|'
    r"key (?P<key>(?:(?:Control|Shift|Alt|Meta)\+)*[A-Za-z0-9]{1,12})|scroll (?P<scroll>-?\d{1,4})|"
    r'goto "(?P<goto>[^"\s]+)"|tab (?P<tab>\d{1,2})|(?P<other>back|forward|new tab|close tab|wait|stop)|'
    r'answer "(?P<answer>.*)"'
)
ACTIONS = (
    'click 12, click 80 120, hover 12, type 7 "text", select 8 "option", keys "text", key Enter, scroll 300, '
    'goto "http://...", back, forward, tab 2, new tab, close tab, wait, stop or answer "text"'
)


class WebArena(gymnasium.Env[str, str]):
    """Do on real sites, hosted by the user, what the intent says, in a window of Chromium.

    Observation:
        Text: the intent, the turns left, an error where the last action could not be done, the tabs, the address, and
        what lies in the window as an accessibility tree, with a number for each element that can be used.
        `info` holds `task` (its file and number), `sites`, `address`, `elements` (lines of the tree by number, from 1),
        `intent`, `turns_left`, `metrics`; and at the start `playable` and `left_out`: how many of the user's tasks are
        played here, and how many are not for which reason.
    Action:
        Text: `click 12` (an element) or `click 80 120` (a point), `hover 12`, `type 7 "text"` (replaces what the field
        holds), `select 8 "option"`, `keys "text"` (pressed one by one, wherever the cursor is), `key Enter`,
        `scroll 300` (pixels; negative: up), `goto "http://..."`, `back`, `forward`, `tab 2`, `new tab`, `close tab`,
        `wait`, and to end the episode `stop` (the task is done) or `answer "text"` (where something is asked). What
        cannot be done is reported and costs a turn.
    Reward:
        At the end, 1 if all of the task's checks hold, else 0.
    Episode end:
        Terminated on `stop` or `answer`; truncated when no turns are left (then the checks are made, too, without an
        answer).
    Start:
        A task drawn by the seed from those that can be judged by a program, its pages open, its user logged in (from
        the stored state that the benchmark's `auto_login.py` makes). Sites keep what was done in them: put them back as
        the benchmark's README says. Classifieds are put back by themselves where CLASSIFIEDS_RESET_TOKEN is set.
    Score:
        Metric `success`, 0 or 1. In the original people reach 0.78 (WebArena) and 0.89 (VisualWebArena) of all tasks.
    Versions:
        v0: first. A score belongs to the task files and the sites that were used; nothing replays exactly.
    Source:
        Zhou et al. 2023, arXiv 2307.13854, https://github.com/web-arena-x/webarena; Koh et al. 2024, arXiv 2401.13649,
        https://github.com/web-arena-x/visualwebarena. Differences: tasks that need a model as judge (`fuzzy_match`,
        `page_image_query`) are left out and counted; numbers and tree are Playwright's, of what lies in the window;
        typing replaces and does not press Enter; a dialog is accepted and told; a page is waited for until it rests;
        words are told apart by a pattern, not by NLTK; an address is checked before the checks visit other pages.
    """

    metadata = {"render_modes": ["rgb_array", "ansi"], "render_fps": 1}

    def __init__(self, benchmark: str, steps: int, task: str = "", render_mode: str | None = None) -> None:
        """Takes a benchmark's name, the turns, and the task's name ("test/27") if it is always to be the same."""
        self.benchmark = BENCHMARKS[benchmark]
        self._tasks, self._left_out = read_tasks(self.benchmark)
        if task:
            names = [one.name for one in self._tasks]
            if task not in names:
                raise unknown("task", task, names, f"left out were {dict(self._left_out)}")
            self._tasks = [self._tasks[names.index(task)]]
        self._steps = steps
        self.render_mode = render_mode
        self.observation_space = spaces.Text(LONGEST, charset=LETTERS)
        self.action_space = spaces.Text(1000, charset=LETTERS)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.close()
        self.task = self._tasks[int(self.np_random.integers(len(self._tasks)))]
        _put_back(self.task)
        login = {"storage_state": str(self.task.path(self.task.login))} if self.task.login else {}
        place = {"geolocation": self.task.geolocation, "permissions": ["geolocation"]} if self.task.geolocation else {}
        self.window = Window(self.benchmark.window, self.task.starts, **login, **place)
        self._pictures: list[npt.NDArray[np.uint8]] | None = None
        self._step = 0
        self._success = 0.0
        self._error = ""
        self._look()
        return self._text(), {**self._info(), "playable": len(self._tasks), "left_out": dict(self._left_out)}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._step += 1
        self._error = ""
        match = COMMAND.fullmatch(action)
        try:
            self._act(match)
        except Refused as error:
            self._error = str(error)
        self._look()
        terminated = match is not None and (match["other"] == "stop" or match["answer"] is not None)
        truncated = not terminated and self._step >= self._steps
        if terminated or truncated:
            self._success = float(self._judge((match["answer"] or "") if match else ""))
        return self._text(), self._success, terminated, truncated, self._info()

    def pictures(self) -> list[npt.NDArray[np.uint8]]:
        """Returns the pictures that belong to the intent, (height, width, 3) uint8 each."""
        if self._pictures is None:
            self._pictures = [self.window.picture_of(self._data(told)) for told in self.task.images]
        return self._pictures

    def head(self) -> str:
        """Returns what stands above the page: the intent, the turns left, what went wrong."""
        lines = [f"Task: {self.task.intent}"]
        lines += [f"Pictures: {', '.join(self.task.images)}"] if self.task.images else []
        lines += [f"Turns left: {self._steps - self._step}"]
        lines += [f"Error: {self._error}"] if self._error else []
        lines += [f"A dialog said, and was accepted: {self.window.said}"] if self.window.said else []
        return spelled("\n".join(lines))

    def render(self) -> Any:
        """Returns the window's pixels, (height, width, 3) uint8, or in mode "ansi" the observation."""
        return self.window.screenshot() if self.render_mode == "rgb_array" else self._text()

    def close(self) -> None:
        """Closes the window."""
        if window := self.__dict__.pop("window", None):
            window.close()

    def _act(self, match: re.Match[str] | None) -> None:
        window = self.window
        if match is None:
            raise Refused(f"an action is {ACTIONS}")
        if match["x"]:
            window.click_at(int(match["x"]), int(match["y"]))
        elif match["type"]:
            window.type(int(match["type"]), match["text"])
        elif match["select"]:
            window.select(int(match["select"]), match["option"])
        elif match["other"]:
            _OTHERS[match["other"]](window)
        else:
            for name, act, read in _SIMPLE:
                if match[name]:
                    act(window, read(match[name]))

    def _judge(self, answer: str) -> bool:
        """Returns whether the task is done; leads the window to the pages that its checks look at."""
        try:
            return is_done(self.task.check, RULES[self.benchmark.name], answer, self.window)
        except Refused as error:
            raise EnvError(f"task {self.task.name} could not be checked: {error}; is the site up?") from error

    def _look(self) -> None:
        """Keeps what the window shows now: the checks at the end may lead it elsewhere."""
        self._tree = self.window.tree()
        self._tabs = self.window.tabs()
        self._address = self.window.address

    def _data(self, told: str) -> bytes:
        """Returns a picture's file, from its address or path."""
        return self.window.fetch(told) if "://" in told else self.task.path(told).read_bytes()

    def _text(self) -> str:
        tabs = [f"Tab {n}{' (in front)' if front else ''}: {title}" for n, (title, front) in enumerate(self._tabs, 1)]
        page = [*tabs, f"Address: {self._address}", *self._tree]
        return "\n".join((self.head(), spelled("\n".join(page))))[:LONGEST]

    def _info(self) -> dict[str, Any]:
        return {
            "task": self.task.name,
            "sites": list(self.task.sites),
            "intent": spelled(self.task.intent),
            "address": self._address,
            "elements": [found[1] for line in self._tree if (found := _ELEMENT.match(line))],
            "turns_left": self._steps - self._step,
            "metrics": {"success": self._success},
        }


_ELEMENT = re.compile(r" *\[\d+\] (.*)")
_SIMPLE: tuple[tuple[str, Callable[..., None], Callable[[str], Any]], ...] = (  # its name, what it does, what it takes
    ("click", Window.click, int),
    ("hover", Window.hover, int),
    ("keys", Window.keys, str),
    ("key", Window.key, str),
    ("scroll", Window.scroll, int),
    ("goto", Window.goto, str),
    ("tab", Window.show_tab, int),
)
_OTHERS = {
    "back": Window.back,
    "forward": Window.forward,
    "new tab": Window.new_tab,
    "close tab": Window.close_tab,
    "wait": Window.wait,
    "stop": lambda window: None,
}


def _put_back(task: Task) -> None:
    """Has the classifieds, where a task changes them, go back to their first state."""
    if not (task.needs_reset and "classifieds" in task.sites and os.environ.get(TOKEN)):
        return
    address = f"{os.environ['CLASSIFIEDS'].rstrip('/')}/index.php?page=reset"
    try:
        with urlopen(address, urlencode({"token": os.environ[TOKEN]}).encode(), timeout=PATIENCE_S):
            pass
    except URLError as error:
        raise EnvError(f"{address} did not put the site back ({error}); is ${TOKEN} right?") from error
