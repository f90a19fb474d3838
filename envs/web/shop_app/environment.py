"""The shop as an environment: a browser, an instruction, and a check of the order that was placed."""

from __future__ import annotations

import re
import string
from typing import Any

import gymnasium

from arena.envs.web.shop_app.app import Shop
from arena.envs.web.shop_app.browser import Browser, BrowserError
from arena.envs.web.shop_app.snapshot import snapshot
from arena.envs.web.shop_app.task import check_order, make_task

__all__ = ["COMMAND", "LONGEST", "MAX_TURNS", "PRINTABLE", "ShopBrowsing"]

MAX_TURNS = 40  # a way that knows what it wants takes 9 to 15
LONGEST = 16_384  # characters of an observation
PRINTABLE = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n")
COMMAND = re.compile(
    r'click (?P<click>\d{1,4})|type (?P<type>\d{1,4}) "(?P<text>.*)"|'
    r'select (?P<select>\d{1,4}) "(?P<option>.*)"|(?P<back>back)|(?P<stop>stop)'
)
_UNPRINTABLE = re.compile(r"[^ -~]")


class ShopBrowsing(gymnasium.Env[str, str]):
    """Buy what the instruction says in a small web shop, through a browser that shows pages as text.

    Observation:
        Text: the task, the turns left, an error where the last action made no sense, and the page: its text in reading
        order, every link, button, textbox and select as `[number] kind "name"`, with its value and options.
        `info` holds `values` (what the instruction gives one to type, by what it calls it), `turns_left`, `metrics`.
    Action:
        Text: `click 12`, `type 7 "blue kettle"`, `select 8 "blue"`, `back` or `stop`. What makes no sense on this page
        is reported as an error and costs a turn.
    Reward:
        When an order is placed, the share of the instruction's requirements that the order in the shop's database
        meets: category, colour, quantity, nothing else, name, street, postcode, city, and where the instruction says
        so material, size, budget and delivery. 0 otherwise.
    Episode end:
        Terminated when an order is placed or on `stop`. Truncated after 40 turns.
    Start:
        A shop with 320 products of eight categories, and an instruction on one of three levels: 1 names category,
        colour and recipient; 2 also size and budget; 3 also material, delivery and a quantity of two to four.
    Score:
        Metric `success`, 0 to 1: the share of episodes whose order meets all requirements; best known 1.0 (the oracle);
        random: see the spec. `score` is the reward.
    Versions:
        v0: first.
    Source:
        Of our own, after WebShop (Yao et al. 2022, arXiv 2207.01206): here the order that was placed is what counts.
    """

    metadata = {"render_modes": ["ansi", "html"]}

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Text(LONGEST, charset=PRINTABLE)
        self.action_space = gymnasium.spaces.Text(256, charset=PRINTABLE)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.shop = Shop(self.np_random)
        self.task = make_task(self.shop.database, self.np_random)
        self.browser = Browser(self.shop)
        self._instruction = self.task.instruction
        self._values = self.task.values
        self._turn = 0
        self._error = ""
        self._score = 0.0
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._turn += 1
        self._error = ""
        match = COMMAND.fullmatch(action)
        try:
            self._act(match)
        except BrowserError as error:
            self._error = _UNPRINTABLE.sub("?", f"{error}")
        ordered = self.shop.last_order > 0
        if ordered:
            met = check_order(self.task, self.shop.database, self.shop.last_order).values()
            self._score = sum(met) / len(met)
        terminated = ordered or (match is not None and match["stop"] is not None)
        truncated = not terminated and self._turn >= MAX_TURNS
        return self._text(), self._score, terminated, truncated, self._info()

    def render(self) -> Any:
        """Returns the observation, or in mode "html" the page as a document to look at."""
        return snapshot(self.browser, self._head()) if self.render_mode == "html" else self._text()

    def close(self) -> None:
        """Frees the shop's database."""
        if hasattr(self, "shop"):
            self.shop.database.close()

    def _act(self, match: re.Match[str] | None) -> None:
        if match is None:
            raise BrowserError('an action is click 12, type 7 "text", select 8 "option", back or stop')
        if match["click"]:
            self.browser.click(int(match["click"]))
        elif match["type"]:
            self.browser.type(int(match["type"]), match["text"])
        elif match["select"]:
            self.browser.select(int(match["select"]), match["option"])
        elif match["back"]:
            self.browser.back()

    def _text(self) -> str:
        return f"{self._head()}\n{self.browser.text()}"

    def _head(self) -> str:
        error = f"Error: {self._error}.\n" if self._error else ""
        return f"Task: {self._instruction}\nTurns left: {MAX_TURNS - self._turn}\n{error}"

    def _info(self) -> dict[str, Any]:
        metrics = {"success": float(self._score == 1.0), "score": self._score}
        return {"values": self._values, "turns_left": MAX_TURNS - self._turn, "metrics": metrics}
