"""The Abstraction and Reasoning Corpus (ARC) as ARCLE plays it: edit a grid until it is the answer, then submit."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.errors import UnparsableError
from arena.views import View

TRIALS = 3  # submissions per test input: Chollet 2019, section III.1.2
EXAMPLES = 10  # no task shows more
MAX_STEPS = 90  # ARCLE keeps an object's place in 8 bits, which more moves than this could overflow

_OBJECTS = ("MoveU", "MoveD", "MoveR", "MoveL", "Rotate90", "Rotate270", "FlipH", "FlipV")
_COLORS = tuple(f"Color{color}" for color in range(10))
_O2ARC = (
    *_COLORS,
    *(f"FloodFill{color}" for color in range(10)),
    *_OBJECTS,
    *("CopyI", "CopyO", "Paste", "CopyFromInput", "ResetGrid", "ResizeGrid", "Submit"),
)
_RAW = (*_COLORS, "ResizeToAnswer", "Submit")
OPERATIONS = {len(names): names for names in (_O2ARC, _RAW)}  # a view knows its environment by how many it has


class Arc(gymnasium.Env[dict[str, Any], dict[str, Any]]):
    """A task of ARC: examples of a rule, and a test input whose output is to be drawn.

    Observation:
        Dict, all int8, grids (30, 30) (5x5 tasks: (5, 5)) padded with 0, colours 0 to 9: the task's `input` with
        `input_dim` (2,); the `grid` drawn so far with `grid_dim`; `trials_remain` (1,); `examples_input` and
        `examples_output` (10, 30, 30) with `..._dim` (10, 2), 0 where there is no example. O2ARCv2 adds the clipboard
        `clip`, `clip_dim`, what is `selected`, and `object_states` of the object that is being moved.
    Action:
        Dict: `operation`, Discrete(35) or, RawARC, Discrete(12), see `OPERATIONS`; and `selection`, the cells it is
        done to, a mask of 0 and 1 in the grid's shape, int8.
    Reward:
        1 for a submission that equals the answer, else 0.
    Episode end:
        Terminated by a right submission or the third wrong one; truncated after 90 steps.
    Start:
        A task and one of its test inputs, both drawn from the seed; the grid is the input.
    Score:
        Metric `success`: 0 or 1. Random is about 0; people reach 0.76 (training tasks) and 0.64 (evaluation tasks).
    Versions:
        v0: arcle 0.2.6 with the data it ships: ARC-AGI-1 (400 and 400 tasks), Mini-ARC (149).
    Source:
        Chollet 2019, "On the Measure of Intelligence"; Lee et al. 2024, "ARCLE", https://github.com/confeitoHS/arcle.
        Differences: the task and the pair come from the reset seed (there from NumPy's global generator, which no
        seed reaches); test pairs with three submissions (there, by default, an example with any number); the
        examples are part of the observation, for without them the rule cannot be known.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 5}

    def __init__(self, task: str, data: str, render_mode: str | None = None) -> None:
        from arcle import envs, loaders

        loader = loaders.MiniARCLoader() if data == "mini" else loaders.ARCLoader(train=data == "training")
        size = 5 if data == "mini" else 30
        self._tasks = loader.data
        self._engine = getattr(envs, f"{task}Env")(
            data_loader=loader, max_grid_size=(size, size), colors=9, max_trial=TRIALS
        )
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 3000))  # ARCLE floods 900 cells by recursion
        self._shape = (EXAMPLES, size, size)
        shown = dict(self._engine.observation_space.spaces)
        del shown["terminated"]
        for name in ("examples_input", "examples_output"):
            shown[name] = spaces.Box(0, 9, self._shape, np.int8)
            shown[f"{name}_dim"] = spaces.Box(0, size, (EXAMPLES, 2), np.int8)
        self.observation_space = spaces.Dict(shown)
        self.action_space = self._engine.action_space
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        super().reset(seed=seed)
        task = int(self.np_random.integers(len(self._tasks)))
        inputs, outputs, tests, _, about = self._tasks[task]
        pair = int(self.np_random.integers(len(tests)))
        self._engine.reset(options={"prob_index": task, "subprob_index": pair, "adaptation": False})
        self._examples = {**self._padded("examples_input", inputs), **self._padded("examples_output", outputs)}
        self._about = {"task": about["id"], "answer": self._engine.answer.copy()}  # for the oracle; no agent sees it
        return self._observed(), {**self._about, "metrics": {"success": 0.0}}

    def step(self, action: dict[str, Any]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        _, reward, terminated, _, _ = self._engine.step(action)
        return (
            self._observed(),
            float(reward),
            terminated,
            False,
            {**self._about, "metrics": {"success": float(reward)}},
        )

    def render(self) -> Any:
        """Returns the grid as rows of digits."""
        state = self._engine.current_state
        return _rows(state["grid"], state["grid_dim"])

    def _observed(self) -> dict[str, Any]:
        state = {key: value for key, value in self._engine.current_state.items() if key != "terminated"}
        return {**_copied(state), **self._examples}

    def _padded(self, name: str, grids: list[npt.NDArray[np.int8]]) -> dict[str, npt.NDArray[np.int8]]:
        padded, sizes = np.zeros(self._shape, np.int8), np.zeros((EXAMPLES, 2), np.int8)
        for place, grid in enumerate(grids):
            padded[place, : grid.shape[0], : grid.shape[1]] = grid
            sizes[place] = grid.shape
        return {name: padded, f"{name}_dim": sizes}


def _copied(state: dict[str, Any]) -> dict[str, Any]:
    """Copies a state, of which ARCLE edits the same arrays again."""
    return {key: _copied(value) if isinstance(value, dict) else value.copy() for key, value in state.items()}


def _rows(grid: npt.NDArray[np.int8], size: npt.NDArray[np.int8]) -> str:
    return "\n".join("".join(map(str, row)) for row in grid[: size[0], : size[1]].tolist())


class ArcText(View):
    """Examples, input and grid as rows of digits; the answer names an operation and rectangles of cells."""

    options = {"operations_shown": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        native: Any = self.action_space
        self._cells = native["selection"]
        self._operations = OPERATIONS[int(native["operation"].n)]
        charset = "".join(map(chr, range(32, 127))) + "\n"
        self.observation_space = spaces.Text(40_000, charset=charset)
        self.action_space = spaces.Text(20_000, charset=charset)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        parts = []
        for place in range(EXAMPLES):
            if observation["examples_input_dim"][place, 0]:
                for side in ("input", "output"):
                    name = f"examples_{side}"
                    grid = _rows(observation[name][place], observation[f"{name}_dim"][place])
                    parts.append(f"Example {place + 1}, {side}:\n{grid}")
        parts += [
            f"Test input:\n{_rows(observation['input'], observation['input_dim'])}",
            f"Your grid:\n{_rows(observation['grid'], observation['grid_dim'])}",
            "Each digit is a colour. Find the rule of the examples, turn your grid into the test's output, then "
            f"submit it; {observation['trials_remain'][0]} submissions remain.",
            f"Operations: {', '.join(self._operations)}. Answer with one of them and, after it, the cells it is done "
            "to as any number of rectangles, four numbers each: top row, left column, bottom row, right column, "
            "counted from 0, both ends included. Example: Color3 0 0 1 4",
        ]
        return "\n\n".join(parts), mask

    def parse(self, answer: Any) -> Any:
        lines = [line.split() for line in str(answer).splitlines() if line.strip()]
        name, *numbers = lines[-1] if lines else [""]
        lowered = [operation.lower() for operation in self._operations]
        if name.lower() not in lowered:
            raise UnparsableError(f"{name[:80]!r} is not one of: {', '.join(self._operations)}")
        if len(numbers) % 4 or not all(number.isascii() and number.isdigit() for number in numbers):
            raise UnparsableError(f"expected rectangles of four numbers after the operation, got {numbers[:20]}")
        selection = np.zeros(self._cells.shape, self._cells.dtype)
        for top, left, bottom, right in np.array(numbers, dtype=object).astype(int).reshape(-1, 4).tolist():
            if not (top <= bottom < selection.shape[0] and left <= right < selection.shape[1]):
                raise UnparsableError(f"no rectangle of the grid: {top} {left} {bottom} {right}")
            selection[top : bottom + 1, left : right + 1] = 1
        return {"operation": lowered.index(name.lower()), "selection": selection}


class OracleView(ArcText):
    """Shows the next operation that leads to the answer: size, one colour after the other, submit."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        answer = info["answer"]
        rows, columns = answer.shape
        if tuple(observation["grid_dim"]) != answer.shape:
            whole = f"ResizeGrid 0 0 {rows - 1} {columns - 1}"
            return whole if "ResizeGrid" in self._operations else "ResizeToAnswer", None
        wrong = observation["grid"][:rows, :columns] != answer
        if not wrong.any():
            return "Submit", None
        color = int(answer[wrong][0])
        cells = np.argwhere(wrong & (answer == color)).tolist()
        return f"Color{color} " + " ".join(f"{row} {column} {row} {column}" for row, column in cells), None


class _Data(NamedTuple):
    name: str
    expert: Reference
    description: str


_H_ARC = "average person in three attempts, H-ARC: LeGris et al. 2024, arXiv:2409.01374"
_DATA = (
    _Data("training", Reference(0.762, _H_ARC), "the 400 public training tasks of ARC-AGI-1"),
    _Data("evaluation", Reference(0.642, _H_ARC), "the 400 public evaluation tasks of ARC-AGI-1"),
    _Data("mini", Reference(1.0, "optimum: each task has one answer"), "the 149 tasks of 5 by 5 cells of Mini-ARC"),
)
_TASKS = {
    "O2ARCv2": "all editing operations of the O2ARC interface",
    "RawARC": "colouring alone, and the answer's size for the asking",
}

for _task, _operations in _TASKS.items():
    for _data in _DATA:
        register(
            EnvSpec(
                id=f"arc/{_task}-{_data.name}-v0",
                random=measured(f"arc/{_task}-{_data.name}-v0"),
                expert=_data.expert,
                entry_point=f"{__name__}:Arc",
                kwargs={"task": _task, "data": _data.name},
                domain="games",
                max_steps=MAX_STEPS,
                metric="success",
                score_range=(0.0, 1.0),
                failure_score=0.0,
                views={"text/v1": f"{__name__}:ArcText", "oracle": f"{__name__}:OracleView"},
                oracle="oracle",
                packages=("arcle", "gymnasium", "numpy"),
                runtime="arc",
                tags=("reasoning",),
                description=f"Infer a rule from examples and draw its output: {_data.description}, with {_operations}.",
                observation="Examples, test input and the grid so far, as padded grids of colours 0 to 9, int8.",
                action="An operation by number, and a mask of the cells it is done to.",
                reward="1 for the right submission, else 0; three submissions.",
                source="Chollet 2019; Lee et al. 2024, https://github.com/confeitoHS/arcle",
            )
        )
