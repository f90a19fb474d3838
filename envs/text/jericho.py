"""Jericho: interactive fiction that people wrote, for which the user has the files.

The environment variable ARENA_JERICHO names a folder with Z-machine files (`zork1.z5`, ...). The games of the paper
are listed whether or not they are there; any other file in the folder becomes an environment too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import gymnasium

from arena import EnvSpec, Needs, register
from arena.envs.text.commands import CommandRows, printable, text_spaces
from arena.errors import UnavailableError

__all__ = ["ArrayView", "Jericho"]

FOLDER = "ARENA_JERICHO"
COMMON = (
    "north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest", "up", "down", "in", "out",
    "look", "inventory", "take all", "drop all", "open all", "read all", "wait",
)  # fmt: skip
_OF_THE_INTERPRETER = frozenset(("save", "restore", "restart", "quit", "q", "undo", "script", "unscript", "verbose"))


class Jericho(gymnasium.Env[str, str]):
    """A work of interactive fiction.

    Observation:
        Text: what the game answered, and the points where Jericho knows the game.
        `info` holds `valid_actions` (words that most games know), `goal` (empty), `points`, `max_points`, `metrics`.
    Action:
        Text: a command of one to a few words. The interpreter's own (save, restart, quit, undo ...) are not given to
        it and cost a step.
    Reward:
        The points that the command won or lost.
    Episode end:
        Terminated when the game says so; truncated at the spec's limit.
    Start:
        The game's beginning; its chance is drawn from the seed.
    Score:
        `score`: points at the end as a share of the highest possible ones, 0 to 1 (fewer than none count as none);
        0 for a game that Jericho does not know. Best known 1.0 (Jericho holds walkthroughs).
    Versions:
        v0: jericho 3.3.1.
    Source:
        Hausknecht et al. 2020, "Interactive Fiction Games: A Colossal Adventure", arXiv 1909.05398.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, file: str, render_mode: str | None = None) -> None:
        path = Path(os.environ.get(FOLDER, ""), file)
        if not path.is_file():
            raise UnavailableError(f"jericho finds no {file}: set {FOLDER} to a folder that holds it")
        self._path = str(path)
        self._game: Any = None
        self.observation_space, self.action_space = text_spaces()
        self.render_mode = render_mode
        self._told = ""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        import warnings

        import jericho

        super().reset(seed=seed)
        self.close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", jericho.UnsupportedGameWarning)  # of games whose points it cannot read
            self._game = jericho.FrotzEnv(self._path, seed=int(self.np_random.integers(1, 1 << 16)))
        answer, _ = self._game.reset()
        self._points, self._max_points = 0, max(int(self._game.get_max_score()), 0)
        self._told = self._text(answer)
        return self._told, self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        words = action.lower().split()
        if not words or words[0] in _OF_THE_INTERPRETER:
            self._told = self._text("Nothing happens.")
            return self._told, 0.0, False, False, self._info()
        answer, reward, over, _ = self._game.step(printable(action))
        self._points += int(reward)
        self._told = self._text(answer)
        return self._told, float(reward), bool(over), False, self._info()

    def render(self) -> Any:
        return self._told

    def close(self) -> None:
        if self._game is not None:
            self._game.close()
            self._game = None

    def _text(self, answer: str) -> str:
        points = f"Points: {self._points} of {self._max_points}." if self._max_points else ""
        return "\n\n".join(filter(None, (printable(answer), points)))

    def _info(self) -> dict[str, Any]:
        share = min(max(self._points, 0) / self._max_points, 1.0) if self._max_points else 0.0
        return {
            "valid_actions": list(COMMON),
            "goal": "",
            "points": self._points,
            "max_points": self._max_points,
            "metrics": {"score": share, "points": float(self._points)},
        }


class ArrayView(CommandRows):
    """Words that most games know, as rows of numbers; the answer is the number of one."""

    options = {"commands": list(COMMON)}
    slots = len(COMMON)


_GAMES = (  # of the paper
    "905.z5", "acorncourt.z5", "adventureland.z5", "advent.z5", "afflicted.z8", "anchor.z8", "awaken.z5", "balances.z5",
    "deephome.z5", "detective.z5", "dragon.z5", "enchanter.z3", "gold.z5", "inhumane.z5", "jewel.z5", "karn.z5",
    "library.z5", "ludicorp.z5", "moonlit.z5", "omniquest.z5", "pentari.z5", "reverb.z5", "snacktime.z8", "sorcerer.z3",
    "spellbrkr.z3", "spirit.z5", "temple.z5", "tryst205.z5", "yomomma.z8", "zenon.z5", "zork1.z5", "zork3.z5",
    "ztuu.z5",
)  # fmt: skip


def _there() -> list[str]:
    """Returns the names of the Z-machine files in the user's folder."""
    folder = os.environ.get(FOLDER)
    return sorted(path.name for path in Path(folder).glob("*.z[1-8]")) if folder else []


for _file in sorted({*_GAMES, *_there()}):
    register(
        EnvSpec(
            id=f"jericho/{Path(_file).stem}-v0",
            entry_point=f"{__name__}:Jericho",
            kwargs={"file": _file},
            domain="text",
            max_steps=100,
            metric="score",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            views={"array": f"{__name__}:ArrayView", "text/v1": "arena.envs.text.commands:FreeCommand"},
            needs=Needs(files=(f"${FOLDER}/{_file}",), get=f"put {_file} into a folder and set {FOLDER} to it"),
            packages=("jericho", "numpy"),
            runtime="textgames",
            tags=("text-adventure", "exploration", "partially-observed"),
            description="A work of interactive fiction, by file.",
            observation="Text: what the game answered, and the points.",
            action="Text: a command of a few words.",
            reward="The points that the command won or lost.",
            source="Hausknecht et al. 2020, arXiv 1909.05398, https://github.com/microsoft/jericho",
        )
    )
