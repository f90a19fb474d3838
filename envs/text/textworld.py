"""TextWorld: text adventures generated from the seed, compiled once and kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.envs.text.commands import CommandRows, printable, text_spaces
from arena.runtimes.locks import cache_folder

__all__ = ["ArrayView", "TextWorld", "game_file"]

GAMES = 50  # of each environment, so that what has to be made for a suite is bounded; a second or two for each
_PROMPT = re.compile(r"\n>\s.*|Would you like to RESTART.*", re.DOTALL)  # after what an action brought about


class TextWorld(gymnasium.Env[str, str]):
    """A game that TextWorld generated: rooms, things, and an objective that has to be reached by simple commands.

    Observation:
        Text: the objective, what came of the last command, the room, what you carry, the score.
        `info` holds `valid_actions` (the admissible commands), `goal` (the objective), `metrics`, and at the start
        `walkthrough`, for the oracle.
    Action:
        Text, one of `info["valid_actions"]`, such as `take knife from counter`. Anything else changes nothing and
        costs a step (TextWorld would also take other wordings, and commands to its interpreter).
    Reward:
        What the command added to the score, as a share of the game's highest score.
    Episode end:
        Terminated when the game is won or lost (a meal spoilt, the wrong thing taken). Truncated at the spec's limit.
    Start:
        One of 50 games, drawn from the seed; it is generated when it is first played (some seconds) and kept in the
        cache. All chance of a game was drawn when it was made.
    Score:
        `score`, 0 to 1: the share of the game's points; best known 1.0 (its walkthrough); random is measured.
        `success` is 1 for a game that was won.
    Versions:
        v0: textworld 1.7.0.
    Source:
        Cote et al. 2018, "TextWorld: A Learning Environment for Text-based Games", arXiv 1806.11532.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, challenge: str, settings: Mapping[str, Any], render_mode: str | None = None) -> None:
        self._challenge, self._settings = challenge, dict(settings)
        self._game: Any = None
        self._told = ""
        self.observation_space, self.action_space = text_spaces()
        self.render_mode = render_mode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        import textworld

        super().reset(seed=seed)
        number = int(self.np_random.integers(GAMES))
        wanted = textworld.EnvInfos(admissible_commands=True, description=True, inventory=True, score=True)
        self.close()
        self._game = textworld.start(str(game_file(self._challenge, self._settings, number)), wanted)
        self._state = self._game.reset()
        self._score = 0.0
        self._told = self._text("")
        return self._told, {**self._info(), "walkthrough": list(self._state["game"].walkthrough)}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        if action not in self._state.admissible_commands:
            self._told = self._text(f'You cannot do "{printable(action)[:60]}" here and now.')
            return self._told, 0.0, False, False, self._info()
        self._state, _, _ = self._game.step(action)
        before, self._score = self._score, self._state.score / self._state.max_score
        self._told = self._text(_PROMPT.sub("", self._state.feedback))
        return self._told, self._score - before, bool(self._state.done), False, self._info()

    def render(self) -> Any:
        return self._told

    def close(self) -> None:
        if self._game is not None:
            self._game.close()
            self._game = None

    def _text(self, event: str) -> str:
        state, event = self._state, printable(event)
        room = printable(state.description)
        return "\n\n".join(
            (
                printable(state.objective),
                *([event] if event and room not in event else []),
                room,
                f"{printable(state.inventory)}\nScore: {state.score} of {state.max_score}.",
            )
        )

    def _info(self) -> dict[str, Any]:
        return {
            "valid_actions": [] if self._state.done else list(self._state.admissible_commands),
            "goal": printable(self._state.objective),
            "metrics": {"score": self._score, "success": float(bool(self._state.won))},
        }


def game_file(challenge: str, settings: Mapping[str, Any], number: int) -> Path:
    """Returns a game's compiled file, beside its description in JSON; makes both where the cache lacks them."""
    from textworld.version import __version__

    told = json.dumps([__version__, challenge, sorted(settings.items()), number])
    folder = cache_folder().parent / "textworld" / hashlib.sha256(told.encode()).hexdigest()[:16]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            _generate(challenge, dict(settings), number, Path(scratch) / "game" / "game.z8")
            try:
                os.rename(Path(scratch) / "game", folder)
            except OSError:  # another process was faster: its game is the same
                if not folder.is_dir():
                    raise
    return folder / "game.z8"


def _generate(challenge: str, settings: dict[str, Any], number: int, file: Path) -> None:
    """Generates and compiles a game; where a seed allows for no quest, the next hundredth one is tried."""
    import textworld
    from textworld.challenges import CHALLENGES
    from textworld.generator import QuestGenerationError, compile_game

    make = CHALLENGES[f"tw-{challenge}"][1]
    while True:
        options = textworld.GameOptions()
        options.seeds = number
        options.grammar.only_last_action = True  # of the objective: else it would tell the whole way
        options.path = str(file)
        recipe = {"recipe_seed": number} if challenge == "cooking" else {}
        try:
            game = make({**settings, **recipe}, options)
        except QuestGenerationError:
            number += 100
            continue
        compile_game(game, options)
        return


class ArrayView(CommandRows):
    """The admissible commands as rows of numbers; the answer is the number of one."""

    options = {"slots": 128}


class _Challenge(NamedTuple):
    """What is generated: TextWorld's challenge and its settings."""

    challenge: str
    settings: dict[str, Any]
    max_steps: int
    description: str


def _cooking(split: str, **settings: Any) -> dict[str, Any]:
    plain = {"recipe": 1, "take": 1, "go": 1, "open": False, "cook": False, "cut": False, "drop": False}
    return {**plain, **settings, "split": split}


_TEST = "; ingredients and preparations that the others never use"
_COOK = "Read the recipe, {}; then prepare the meal and eat it{}."
_ALL = "find three ingredients in six rooms, cut and cook them as it says"
_CHALLENGES = {
    "CoinCollector-Easy": _Challenge("coin_collector", {"level": 5}, 50, "Find the coin along a chain of five rooms."),
    "CoinCollector-Hard": _Challenge(
        "coin_collector", {"level": 110}, 100, "Find the coin at the end of ten rooms, each with a dead end beside it."
    ),
    "TreasureHunter-Easy": _Challenge("treasure_hunter", {"level": 5}, 50, "Find the right thing in five rooms."),
    "TreasureHunter-Medium": _Challenge(
        "treasure_hunter", {"level": 15}, 100, "Find the right thing in ten rooms, behind closed doors and lids."
    ),
    # left out: treasure_hunter from level 21 on, of which a game takes ten seconds to a minute to generate
    "Cooking-1": _Challenge(
        "cooking", _cooking("train", cut=True), 50, _COOK.format("take one ingredient and cut it", "")
    ),
    "Cooking-2": _Challenge(
        "cooking", _cooking("train", cut=True, cook=True), 50, _COOK.format("cut and cook one ingredient", "")
    ),
    "Cooking-3": _Challenge(
        "cooking", _cooking("train", go=9), 50, _COOK.format("find one ingredient in nine rooms", "")
    ),
    "Cooking-4": _Challenge(
        "cooking", _cooking("train", recipe=3, take=3, go=6, cut=True, cook=True), 100, _COOK.format(_ALL, "")
    ),
    "Cooking-4-test": _Challenge(
        "cooking", _cooking("test", recipe=3, take=3, go=6, cut=True, cook=True), 100, _COOK.format(_ALL, _TEST)
    ),
}  # fmt: skip

for _name, _given in _CHALLENGES.items():
    register(
        EnvSpec(
            id=f"textworld/{_name}-v0",
            random=measured(f"textworld/{_name}-v0"),
            expert=Reference(1.0, "the optimum: every game has a walkthrough"),
            entry_point=f"{__name__}:TextWorld",
            kwargs={"challenge": _given.challenge, "settings": _given.settings},
            domain="text",
            max_steps=_given.max_steps,
            metric="score",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            views={
                "array": f"{__name__}:ArrayView",
                "text/v1": "arena.envs.text.commands:ChosenCommand",
                "oracle": "arena.envs.text.commands:Walkthrough",
            },
            oracle="oracle",
            packages=("textworld", "jericho", "numpy"),
            runtime="textgames",
            tags=("text-adventure", "exploration", "partially-observed"),
            description=_given.description,
            observation="Text: objective, what came of the last command, room, inventory, score; commands in the info.",
            action="Text: one of the admissible commands.",
            reward="What the command added to the score, as a share of the highest score.",
            source="Cote et al. 2018, arXiv 1806.11532, https://github.com/microsoft/TextWorld",
        )
    )
