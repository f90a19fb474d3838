"""Worlds of applications as an environment: a browser, a task, a check of what the database holds at the end."""

from __future__ import annotations

import re
from typing import Any

import gymnasium

from arena.envs.web.apps.site import Site
from arena.envs.web.apps.state import changes, likeness, read_state, rehearse
from arena.envs.web.apps.task import draw_task, resolve
from arena.envs.web.apps.worlds import load_world
from arena.envs.web.shop_app import environment as shop
from arena.envs.web.shop_app.browser import Browser, BrowserError
from arena.envs.web.shop_app.environment import LONGEST, MAX_TURNS, PRINTABLE
from arena.envs.web.shop_app.snapshot import snapshot

__all__ = ["COMMAND", "LONGEST", "MAX_TURNS", "PRINTABLE", "WebTask"]

COMMAND = re.compile(shop.COMMAND.pattern + r'|answer "(?P<answer>.*)"')
_UNPRINTABLE = re.compile(r"[^ -~]")


class WebTask(gymnasium.Env[str, str]):
    """Do what the instruction says in one or two web applications, through a browser that shows pages as text.

    Observation:
        Text: the task, the turns left, an error where the last action made no sense, and the page: its text in reading
        order, every link, button, textbox and select as `[number] kind "name"`, with its value and options.
        `info` holds, for agents that choose among candidates, `values` (texts to type, by what one calls them) and
        `choices` (possible answers, where one is asked for); and `turns_left`, `metrics`.
    Action:
        Text: `click 12`, `type 7 "blue kettle"`, `select 8 "blue"`, `back`, and to end the episode `stop` (the task is
        done) or `answer "12.50"` (where the task asks for something). What makes no sense on this page is reported as
        an error and costs a turn.
    Reward:
        At the end, how alike the changes made in the database and those that the task asks for are: the number of rows
        that came or went in both, divided by that in either (an answer asked for counts as one row). 1 if all was done
        and nothing else, 0 if nothing was; no matter in which way. 0 before the end, and if the turns run out.
    Episode end:
        Terminated on `stop` or `answer`. Truncated after 40 turns.
    Start:
        The applications with a world made from the seed (people, messages, meetings, flights), and a task made from one
        of the templates of the level: easy is one form, medium to search and compare, hard several steps or
        conditions. It is always Monday 2 March 2026, 09:00.
    Score:
        Metric `success`, 0 to 1: the share of episodes whose reward is 1; best known 1.0 (the oracle); random: see the
        spec. `score` is the reward.
    Versions:
        v0: first.
    Source:
        Of our own, after WebArena (Zhou et al. 2023, arXiv 2307.13854) and AppWorld (Trivedi et al. 2024, arXiv
        2407.18901), whose checks of the final state, side effects included, are taken over.
    """

    metadata = {"render_modes": ["ansi", "html"]}

    def __init__(self, world: str, level: int = 0, render_mode: str | None = None) -> None:
        """Takes the name of a world (see `worlds`), and the level of its tasks: 1 to 3, 0 for all."""
        self.render_mode = render_mode
        self.world = load_world(world)
        self.level = level
        self.observation_space = gymnasium.spaces.Text(LONGEST, charset=PRINTABLE)
        self.action_space = gymnasium.spaces.Text(256, charset=PRINTABLE)

    def browse(self, site: Site) -> Browser:
        """Returns a browser at the first page of a site; another backend is a subclass that gives another browser."""
        return Browser(site)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.close()
        self.site = Site(self.world.apps, self.np_random)
        database = self.site.database
        self.task = draw_task(self.world, self.level, database, self.np_random)
        self._before = read_state(database, self.world.apps)
        self._wanted = changes(self._before, rehearse(database, self.world.apps, self.task.change))
        if self.task.answer:
            self._wanted["answer", _plain(self.task.answer)] = 1
        self.browser = self.browse(self.site)
        self.turn = 0
        self._error = ""
        self._score = 0.0
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self.turn += 1
        self._error = ""
        match = COMMAND.fullmatch(action)
        try:
            self._act(match)
        except BrowserError as error:
            self._error = _UNPRINTABLE.sub("?", f"{error}")
        terminated = match is not None and (match["stop"] or match["answer"]) is not None
        if terminated and match is not None:
            self._score = self.judge(match["answer"] or "")
        truncated = not terminated and self.turn >= MAX_TURNS
        return self._text(), self._score, terminated, truncated, self._info()

    def judge(self, answer: str = "") -> float:
        """Returns the reward if the episode ended now with this answer, "" for none."""
        made = changes(self._before, read_state(self.site.database, self.world.apps))
        if answer:
            made["answer", _plain(answer)] = 1
        return likeness(self._wanted, made)

    def next_action(self) -> str:
        """Returns what the task's plan says next; `stop` at its end, and where the plan was left."""
        plan, left = self.task.plan, self.turn
        return (resolve(plan[left], self.browser.page.elements) if left < len(plan) else "") or "stop"

    def render(self) -> Any:
        """Returns the observation, or in mode "html" the page as a document to look at."""
        return snapshot(self.browser, self._head()) if self.render_mode == "html" else self._text()

    def close(self) -> None:
        """Frees the site's database."""
        if hasattr(self, "site"):
            self.site.database.close()

    def _act(self, match: re.Match[str] | None) -> None:
        if match is None:
            raise BrowserError('an action is click 12, type 7 "text", select 8 "option", back, stop or answer "text"')
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
        return f"Task: {self.task.instruction}\nTurns left: {MAX_TURNS - self.turn}\n{error}"

    def _info(self) -> dict[str, Any]:
        return {
            "values": dict(self.task.values),
            "choices": list(self.task.choices),
            "turns_left": MAX_TURNS - self.turn,
            "metrics": {"success": float(self._score == 1.0), "score": self._score},
        }


def _plain(answer: str) -> str:
    return " ".join(answer.lower().split())
