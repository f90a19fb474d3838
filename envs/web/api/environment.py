"""The tasks of the web applications through function calls, without pages."""

from __future__ import annotations

import re
from typing import Any

import gymnasium

from arena.envs.web.api.functions import CallError, Console, calls_of, parse
from arena.envs.web.apps.environment import PRINTABLE, WebTask
from arena.envs.web.apps.site import Refused

__all__ = ["LONGEST", "LONGEST_CALL", "MAX_TURNS", "PRINTABLE", "ApiTask"]

MAX_TURNS = 40
LONGEST_CALL = 1_000  # characters
LONGEST = 12_000
_LONGEST_RESULT = 8_000
_REMEMBERED, _LONGEST_MEMORY = 8, 240  # earlier calls that are shown, characters of each
_UNPRINTABLE = re.compile(r"[^ -~\n]")


class ApiTask(gymnasium.Env[str, str]):
    """Do what the instruction says in one or two applications by calling their documented functions.

    Observation:
        Text: the task, the turns left, the applications, the last calls in short, and what the last call returned: rows
        as JSON, "Done.", or an error that says what was wrong with it. `info` holds `values` and `choices` as in the
        family `web`, `turns_left` and `metrics`.
    Action:
        Text: `docs` (lists the functions), `docs mail.find` (documents one), a call such as
        `mail.move(message_id=3, folder="Trash")`, and to end the episode `finish()` or `finish("12.50")`. Arguments are
        literals: texts, whole numbers, True or False. Lists come in pages of ten rows (`page=2`). What makes no sense,
        or what the application refuses, is reported as an error and costs a turn.
    Reward:
        At the end, how alike the changes made in the database and those that the task asks for are, as in the family
        `web`: 1 if all was done and nothing else, 0 if nothing was; no matter in which way. 0 before the end, and if
        the turns run out.
    Episode end:
        Terminated on `finish`. Truncated after 40 turns.
    Start:
        A world and a task of any level, made from the seed as in the family `web`: with the same seed, the same.
    Score:
        Metric `success`, 0 to 1: the share of episodes whose reward is 1; best known 1.0 (the oracle); random: see the
        spec. `score` is the reward.
    Versions:
        v0: first.
    Source:
        Of our own, after AppWorld (Trivedi et al. 2024, arXiv 2407.18901): applications that are used through
        documented functions, and checked by their final state, side effects included. Unlike there, actions are single
        calls, not programs.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, world: str, level: int = 0, render_mode: str | None = None) -> None:
        """Takes the name of a world (see `apps.worlds`), and the level of its tasks: 1 to 3, 0 for all."""
        self.render_mode = render_mode
        self.pages = WebTask(world, level)  # draws world and task, and judges them
        self.observation_space = gymnasium.spaces.Text(LONGEST, charset=PRINTABLE)
        self.action_space = gymnasium.spaces.Text(LONGEST_CALL, charset=PRINTABLE)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.pages.reset(seed=seed)
        self.task, database = self.pages.task, self.pages.site.database
        self.console = Console(self.pages.world.apps, database)
        end = f"finish({self.task.answer!r})" if self.task.answer else "finish()"
        self._plan = [*calls_of(self.task.change, database, self.console.functions.values()), end]
        self.turn = 0
        self.is_refused = False
        self.calls: list[str] = []
        self._memory: list[str] = []
        self._result = "Nothing was called yet; docs lists the functions."
        self._score = 0.0
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self.turn += 1
        answer = None
        try:
            answer = _finished(action)
            self._result = "Finished." if answer is not None else self.console.run(action)
            self.is_refused = False
        except (CallError, Refused) as error:
            self._result, self.is_refused = f"Error: {error}", True
        self._result = _UNPRINTABLE.sub("?", self._result)[:_LONGEST_RESULT]
        self.calls.append(action)
        self._memory.append(f"{action} -> {' | '.join(self._result.splitlines())}"[:_LONGEST_MEMORY])
        if answer is not None:
            self._score = self.pages.judge(answer)
        truncated = answer is None and self.turn >= MAX_TURNS
        return self._text(), self._score, answer is not None, truncated, self._info()

    def next_action(self) -> str:
        """Returns the next call of the task's plan; `finish()` beyond its end."""
        return self._plan[self.turn] if self.turn < len(self._plan) else "finish()"

    def render(self) -> Any:
        """Returns the observation."""
        return self._text()

    def close(self) -> None:
        """Frees the database."""
        self.pages.close()

    def _text(self) -> str:
        apps = ", ".join(app.name for app in self.pages.world.apps)
        earlier = "".join(f"\n{line}" for line in self._memory[-_REMEMBERED - 1 : -1])
        return (
            f"Task: {self.task.instruction}\nTurns left: {MAX_TURNS - self.turn}\nApplications: {apps}\n"
            + (f"Earlier calls, in short:{earlier}\n" if earlier else "")
            + (f"Last call: {self.calls[-1]}\n" if self.calls else "")
            + self._result
        )

    def _info(self) -> dict[str, Any]:
        return {
            "values": dict(self.task.values),
            "choices": list(self.task.choices),
            "turns_left": MAX_TURNS - self.turn,
            "metrics": {"success": float(self._score == 1.0), "score": self._score},
        }


def _finished(action: str) -> str | None:
    """Returns the answer that an action ends the episode with, "" for none, None if it does not end it."""
    if not action.strip().startswith("finish"):
        return None
    name, values, named = parse(action)
    if name != "finish" or len(values) > 1 or named:
        raise CallError('Finish with finish(), or finish("the answer") where the task asks for one.')
    return f"{values[0]}" if values else ""
