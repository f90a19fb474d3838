"""TextWorldExpress: the common text games, simulated a thousand times faster than through an interpreter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.envs.text.commands import CommandRows, printable, text_spaces
from arena.envs.text.jvm import machine
from arena.errors import EnvError

__all__ = ["ArrayView", "TextWorldExpress"]


class TextWorldExpress(gymnasium.Env[str, str]):
    """One of TextWorldExpress's games, generated from the seed.

    Observation:
        Text: the task, what came of the last command, the room, what you carry, the score.
        `info` holds `valid_actions` (all commands that work now), `goal` (the task), `metrics`, and, where the
        package's own walkthrough is the same each time, at the start `walkthrough`, for the oracle.
    Action:
        Text, one of `info["valid_actions"]`, such as `take coin`. Anything else changes nothing and costs a step.
    Reward:
        What the command added to the score, which is 1 when all is done.
    Episode end:
        Terminated when the task is done or has failed. Truncated at the spec's limit.
    Start:
        A game generated from one of the thousand seeds of its fold (training or test), drawn from the seed.
    Score:
        `score`, 0 to 1 (the package's -1 for a failed game counts as 0); best known 1.0 (the walkthrough); random is
        measured. `success` is 1 when the task is done.
    Versions:
        v0: textworld-express 1.1.0.
    Source:
        Jansen and Cote 2022, "TextWorldExpress: Simulating Text Games at One Million Steps Per Second", arXiv
        2208.01174. Difference: commands are listed in alphabetical order (there, in the order of a hash table).
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, game: str, fold: str, solved: bool, render_mode: str | None = None) -> None:
        import textworld_express

        jar = Path(textworld_express.__file__).with_name("textworld-express.jar")
        self._engine = machine(jar).textworldexpress.runtime.PythonInterface()
        if refused := self._engine.load(game, ""):
            raise EnvError(f"textworld-express does not load its game {game!r}: {refused}")
        self._fold, self._solved = fold, solved
        self._seeds = sorted({"train": self._engine.getSeedsTrain, "test": self._engine.getSeedsTest}[fold]())
        self.observation_space, self.action_space = text_spaces()
        self.render_mode = render_mode
        self._told = ""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        number = int(self._seeds[int(self.np_random.integers(len(self._seeds)))])
        self._state = json.loads(self._engine.generateNewGameJSON(number, self._fold, self._solved))
        self._goal = printable(self._engine.getTaskDescription())
        self._score = 0.0
        self._told = self._text()
        solution = {"walkthrough": list(self._engine.getGoldActionSequence())} if self._solved else {}
        return self._told, {**self._info(), **solution}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        if action not in self._state["validActions"]:
            self._told = self._text(f'You cannot do "{printable(action)[:60]}" here and now.')
            return self._told, 0.0, False, False, self._info()
        self._state = json.loads(self._engine.stepJSON(action))
        before, self._score = self._score, min(max(float(self._state["score"]), 0.0), 1.0)
        self._told = self._text()
        return self._told, self._score - before, self._is_over(), False, self._info()

    def render(self) -> Any:
        return self._told

    def _is_over(self) -> bool:
        return bool(self._state["tasksuccess"] or self._state["taskfailure"] or self._score >= 1.0)

    def _text(self, event: str = "") -> str:
        state = self._state
        happened, room = event or printable(state["observation"]), printable(state["look"])
        parts = (self._goal, happened, "" if room in happened else room, printable(state["inventory"]))
        return "\n\n".join((*filter(None, parts), f"Score: {self._score:.2f} of 1."))

    def _info(self) -> dict[str, Any]:
        return {
            "valid_actions": [] if self._is_over() else sorted(self._state["validActions"]),
            "goal": self._goal,
            "metrics": {"score": self._score, "success": float(bool(self._state["tasksuccess"]))},
        }


class ArrayView(CommandRows):
    """The commands that work now as rows of numbers; the answer is the number of one."""

    options = {"slots": 128}


class _Game(NamedTuple):
    """A game of the package: its name there, whether its test games differ in more than the seed, its walkthroughs.

    The package walks at random through houses that are not its to know (coin, twc), so that two walkthroughs differ.
    """

    game: str
    description: str
    test: bool = False
    solved: bool = True
    max_steps: int = 50


_GAMES = {
    "CookingWorld": _Game(
        "cookingworld",
        "Read the recipe, gather and prepare three ingredients in eleven rooms, eat the meal.",
        test=True,
        max_steps=150,  # walkthroughs of 60 sampled games took up to 109
    ),
    "TextWorldCommonsense": _Game(
        "twc", "Put four things where they usually belong, in three rooms.", True, solved=False
    ),
    "CoinCollector": _Game("coin", "Find the coin in eleven rooms, behind closed doors.", solved=False),
    "MapReader": _Game("mapreader", "Read the map, fetch the coin from the room it names, bring it back to the box."),
    "Arithmetic": _Game("arithmetic", "Solve a sum and put the thing of that quantity into the box.", True),
    "Sorting": _Game("sorting", "Put things into the box in order of their quantity."),
    "SimonSays": _Game("simonsays", "Do what Simon says, five times."),
    "PeckingOrder": _Game("peckingorder", "Follow instructions that change each time they are read."),
}

for _name, _game in _GAMES.items():
    for _fold in ("train", "test") if _game.test else ("train",):
        _id = f"textworld-express/{_name}{'-test' if _fold == 'test' else ''}-v0"
        register(
            EnvSpec(
                id=_id,
                random=measured(_id),
                expert=Reference(1.0, "the optimum: every game comes with a walkthrough"),
                entry_point=f"{__name__}:TextWorldExpress",
                kwargs={"game": _game.game, "fold": _fold, "solved": _game.solved},
                domain="text",
                max_steps=_game.max_steps,
                metric="score",
                score_range=(0.0, 1.0),
                failure_score=0.0,
                views={
                    "array": f"{__name__}:ArrayView",
                    "text/v1": "arena.envs.text.commands:ChosenCommand",
                    **({"oracle": "arena.envs.text.commands:Walkthrough"} if _game.solved else {}),
                },
                oracle="oracle" if _game.solved else "",
                packages=("textworld_express", "py4j", "numpy"),
                runtime="textgames",
                tags=("text-adventure", "partially-observed"),
                description=f"{_game.description}{' Games of the test fold.' if _fold == 'test' else ''}",
                observation="Text: task, what came of the last command, room, inventory, score; commands in the info.",
                action="Text: one of the commands that work now.",
                reward="What the command added to the score, 1 in all.",
                source="Jansen and Cote 2022, arXiv 2208.01174, https://github.com/cognitiveailab/TextWorldExpress",
            )
        )
