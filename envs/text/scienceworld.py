"""ScienceWorld: the experiments of an elementary-school science curriculum, carried out in a simulated house."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.envs.text.candidates import Candidate
from arena.envs.text.commands import CommandRows, Walkthrough, printable, text_spaces
from arena.envs.text.jvm import machine

__all__ = ["ArrayView", "OracleView", "ScienceWorld"]

WALKTHROUGH = "walkthrough"  # a command of ours: the oracle asks for the gold path
_SIMPLIFIED = "easy"  # doors and boxes open, teleporting, pots that water themselves: as in the paper's experiments
_ROOMS = (
    "art studio", "bathroom", "bedroom", "foundry", "greenhouse", "hallway", "kitchen", "living room", "outside",
    "workshop",
)  # fmt: skip
_SEEDS = 1 << 31


class ScienceWorld(gymnasium.Env[str, str]):
    """One of ScienceWorld's tasks, in the variation that the seed draws.

    Observation:
        Text: the task, what came of the last command, the room, what you carry, the score.
        `info` holds `objects` (what can be named now), `carried`, `templates` (commands with OBJ for an object),
        `help` (both in words), `goal` (the task), `moves`, `metrics`. Which of the hundreds of commands work is not
        worked out: that takes several times as long as a step.
    Action:
        Text: a command, such as `focus on thermometer`. What the simulator does not understand, it says, and a step is
        gone. `walkthrough` costs a step and puts a path to the goal from the start into the info: for the oracle.
    Reward:
        What the command added to the score, which is 1 when all is done.
    Episode end:
        Terminated when the task is done, or has failed (the wrong thing was focused on). Truncated at the spec's limit.
    Start:
        One of the task's training variations (other substances, places, plants), drawn from the seed, with the
        package's simplifications `easy`. `arena.make(id, fold="dev")` and `fold="test"` play the other variations.
    Score:
        `score`, 0 to 1 (-1 of a failed task counts as 0): the share of the task's goals and sub-goals; best known 1.0
        (the package's gold path); random is measured.
    Versions:
        v0: scienceworld 1.2.3.
    Source:
        Wang et al. 2022, "ScienceWorld: Is your Agent Smarter than a 5th Grader?", arXiv 2203.07540. Difference: its
        chance, and the order in which it lists things, come from the seed.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, task: str, fold: str = "train", render_mode: str | None = None) -> None:
        import scienceworld

        java = machine(Path(scienceworld.__file__).with_name("scienceworld.jar"))
        self._new_engine = java.scienceworld.runtime.pythonapi.PythonInterface
        self._chance = getattr(getattr(java.scala.util, "Random$"), "MODULE$")  # Scala's one generator for all
        self._task = task
        self._engine = self._new_engine()
        self._load(self._engine, 0, 0, with_path=False)
        folds = {"train": "getVariationsTrain", "dev": "getVariationsDev", "test": "getVariationsTest"}
        self._variations = sorted(int(number) for number in getattr(self._engine, folds[fold])())
        self.observation_space, self.action_space = text_spaces()
        self.render_mode = render_mode
        self._told = ""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self._variation = self._variations[int(self.np_random.integers(len(self._variations)))]
        self._luck = int(self.np_random.integers(_SEEDS))
        self._moves, self._score, self._over = 0, 0.0, False
        self._load(self._engine, self._variation, self._luck, with_path=False)
        self._goal = printable(self._engine.getTaskDescription())
        self._templates = [name for name in self._engine.getPossibleActions() if name != "reset task"]
        self._told = self._text(self._engine.step("look around"))
        return self._told, self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._moves += 1
        if action == WALKTHROUGH:
            self._told = self._text("You think it over.")
            return self._told, 0.0, False, False, {**self._info(), WALKTHROUGH: self._path()}
        self._chance.setSeed((self._luck + self._moves) % _SEEDS)
        event = self._engine.step(action) if action != "reset task" else "You cannot start again."
        score = float(self._engine.getScore())
        before, self._score = self._score, min(max(score, 0.0), 1.0)
        self._over = bool(self._engine.getCompleted()) or score < 0
        self._told = self._text(event)
        return self._told, self._score - before, self._over, False, self._info()

    def render(self) -> Any:
        return self._told

    def _load(self, engine: Any, variation: int, luck: int, with_path: bool) -> None:
        self._chance.setSeed(luck)
        engine.load(self._task, variation, _SIMPLIFIED, with_path)

    def _path(self) -> list[str]:
        """Returns the package's gold path, played by another engine from the same start; takes seconds."""
        guide = self._new_engine()
        self._load(guide, self._variation, self._luck, with_path=True)
        return list(guide.getGoldActionSequence())

    def _text(self, event: str) -> str:
        happened, room = printable(event), printable(self._engine.freeActionLook())
        self._carried = printable(self._engine.freeActionInventory())
        parts = (self._goal, happened, "" if room in happened else room, self._carried)
        return "\n\n".join((*filter(None, parts), f"Score: {self._score:.2f} of 1."))

    def _info(self) -> dict[str, Any]:
        objects = sorted({printable(name) for name in self._engine.getPossibleObjects()})
        return {
            "objects": objects,
            "carried": [name for name in objects if name in self._carried],
            "templates": self._templates,
            "help": f"Commands, with a thing for OBJ: {', '.join(self._templates)}.\nThings: {', '.join(objects)}.",
            "goal": self._goal,
            "moves": self._moves,
            "metrics": {"score": self._score, "success": float(self._score >= 1.0)},
        }


class ArrayView(CommandRows):
    """Commands that may work as rows of numbers: each verb with each thing, and things carried with others."""

    options = {"slots": 512, "pairs": "carried with others"}
    slots = 512

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        return super().candidates(observation, {**info, "valid_actions": _commands(info)})


def _commands(info: dict[str, Any]) -> list[str]:
    """Returns the templates filled in: those without an object, rooms to go to, then one thing, then two."""
    alone = [name for name in info["templates"] if "OBJ" not in name]
    jumps = [f"teleport to {room}" for room in _ROOMS if "teleport OBJ" in info["templates"]]
    one, two = [], []
    for name in info["templates"]:
        verb = name.replace("go OBJ", "go to OBJ")
        if name == "teleport OBJ":
            continue
        if verb.count("OBJ") == 1:
            one += [verb.replace("OBJ", thing) for thing in info["objects"]]
        elif verb.count("OBJ") == 2:
            pairs = [(held, other) for held in info["carried"] for other in info["objects"] if held != other]
            two += [verb.replace("OBJ", held, 1).replace("OBJ", other, 1) for held, other in pairs]
    return [*alone, *jumps, *one, *two]


class OracleView(Walkthrough):
    """Asks for the walkthrough, then shows its commands one by one; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return (WALKTHROUGH, None) if info["moves"] == 0 else super().observe(observation, mask, info)


_TASKS = {  # the package's name -> what it is
    "boil": "Boil a substance.",
    "melt": "Melt a substance.",
    "freeze": "Freeze a substance.",
    "change-the-state-of-matter-of": "Change a substance's state of matter.",
    "use-thermometer": "Measure a temperature and choose a box by it.",
    "measure-melting-point-known-substance": "Measure the melting point of a known substance.",
    "measure-melting-point-unknown-substance": "Measure the melting point of an unknown substance.",
    "power-component": "Power a component with a circuit.",
    "power-component-renewable-vs-nonrenewable-energy": "Power a component from the right kind of source.",
    "test-conductivity": "Find out whether a thing conducts electricity.",
    "test-conductivity-of-unknown-substances": "Find out whether an unknown substance conducts electricity.",
    "find-living-thing": "Bring a living thing to a box.",
    "find-non-living-thing": "Bring a thing that does not live to a box.",
    "find-plant": "Bring a plant to a box.",
    "find-animal": "Bring an animal to a box.",
    "grow-plant": "Grow a plant from a seed.",
    "grow-fruit": "Grow a fruit, which needs pollination.",
    "chemistry-mix": "Mix a substance by its recipe.",
    "chemistry-mix-paint-secondary-color": "Mix paint of a secondary colour.",
    "chemistry-mix-paint-tertiary-color": "Mix paint of a tertiary colour, in two steps.",
    "lifespan-longest-lived": "Find the animal that lives longest.",
    "lifespan-shortest-lived": "Find the animal that lives shortest.",
    "lifespan-longest-lived-then-shortest-lived": "Find the animals that live longest and shortest.",
    "identify-life-stages-1": "Find the life stages of a plant in their order.",
    "identify-life-stages-2": "Find the life stages of an animal in their order.",
    "inclined-plane-determine-angle": "Find the steeper of two inclined planes.",
    "inclined-plane-friction-named-surfaces": "Find the plane with more friction, surfaces named.",
    "inclined-plane-friction-unnamed-surfaces": "Find the plane with more friction, surfaces unnamed.",
    "mendelian-genetics-known-plant": "Find out which trait of a known plant is dominant.",
    "mendelian-genetics-unknown-plant": "Find out which trait of an unknown plant is dominant.",
}
_LONG = (  # gold paths of more than ninety steps
    "measure-melting-point-unknown-substance",
    "inclined-plane-determine-angle",
    "inclined-plane-friction-unnamed-surfaces",
    "mendelian-genetics-known-plant",
    "mendelian-genetics-unknown-plant",
)

for _task, _description in _TASKS.items():
    _id = f"scienceworld/{''.join(word.capitalize() for word in _task.split('-'))}-v0"
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=Reference(1.0, "the optimum: the package's gold path"),
            entry_point=f"{__name__}:ScienceWorld",
            kwargs={"task": _task},
            domain="text",
            max_steps=300 if _task in _LONG else 100,
            metric="score",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            views={
                "array": f"{__name__}:ArrayView",
                "text/v1": "arena.envs.text.commands:FreeCommand",
                "oracle": f"{__name__}:OracleView",
            },
            oracle="oracle",
            packages=("scienceworld", "py4j", "numpy"),
            runtime="textgames",
            tags=("text-adventure", "science", "partially-observed"),
            description=_description,
            observation="Text: task, what came of the last command, room, inventory, score; things and verbs.",
            action="Text: a command, such as `focus on thermometer`.",
            reward="What the command added to the score, 1 in all.",
            source="Wang et al. 2022, arXiv 2203.07540, https://github.com/allenai/ScienceWorld",
        )
    )
