"""Writing a function that passes hidden tests, as an environment."""

from __future__ import annotations

import json
import re
from typing import Any

import gymnasium
from gymnasium import spaces

from arena.envs.text.code.runner import LONGEST, Call, Result, run_calls, syntax_error
from arena.envs.text.code.tasks import make_task
from arena.envs.text.letters import LETTERS, spelled
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["OracleView", "Programming", "TextView", "read_program", "same"]

_EXAMPLES = 3  # tests that are shown
_SHOWN = 600  # characters of a value
_LONGEST = 40_000  # characters of a specification with what is told of the tries
_THOUGHT = 16_384  # characters that may come before the program
_BLOCK = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL)


class Programming(gymnasium.Env[str, str]):
    """Write a Python function to a specification; twelve tests, three of them shown, decide.

    Observation:
        Text: what the function does, its parameters, three calls with their results; with several tries, after one
        that failed, how many tests passed and the first that did not.
    Action:
        Text: a Python program that defines `solve`. The standard library may be imported.
    Reward:
        1 for a program that passes every test, else 0.
    Episode end:
        Terminated by a program that passes, or by the last try.
    Start:
        A task of the difficulty, its numbers and its tests drawn from the seed.
    Score:
        Metric `success`, 0 or 1: every test passed. `fraction` is the share of tests that the best try passed. Random
        text scores 0; a program that passes is known for every task.
    Versions:
        v0: first.
    Source:
        Of our own, after HumanEval (Chen et al. 2021, arXiv 2107.03374). The program runs in a process of its own,
        without network, files or other processes where the machine allows it, with at most 1,000,000 instructions of
        the interpreter per call, so that a verdict does not depend on how fast the machine is.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, difficulty: str, tries: int = 1, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = spaces.Text(_LONGEST, charset=LETTERS)
        self.action_space = spaces.Text(LONGEST, min_length=0, charset=LETTERS)
        self._difficulty, self._tries = difficulty, tries

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.task = make_task(self._difficulty, self.np_random)
        names: dict[str, Any] = {}
        exec(self.task.program, names)  # ours
        copies = json.loads(json.dumps(self.task.inputs))  # a program may change its arguments
        self.expected = [json.loads(json.dumps(names["solve"](*arguments))) for arguments in copies]
        self._told: list[str] = []
        self._turn, self._best = 0, 0.0
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._turn += 1
        results = run_calls(action, [Call("solve", arguments) for arguments in self.task.inputs])
        passed = [same(result, value) for result, value in zip(results, self.expected, strict=True)]
        self._best = max(self._best, sum(passed) / len(passed))
        if not all(passed):
            first = passed.index(False)
            self._told.append(
                f"Try {self._turn}: {sum(passed)} of {len(passed)} tests passed. The first that failed: "
                f"{self._call(first)}, not {_short(results[first])}"
            )
        terminated = all(passed) or self._turn == self._tries
        return self._text(), float(all(passed)), terminated, False, self._info()

    def render(self) -> Any:
        return self._text()

    def _call(self, test: int) -> str:
        arguments = ", ".join(map(repr, self.task.inputs[test]))
        return f"solve({arguments[:_SHOWN]}) returns {self.expected[test]!r:.{_SHOWN}}"

    def _text(self) -> str:
        lines = [
            f"Write a Python function solve({self.task.parameters}).",
            self.task.text,
            "It must return exactly the right value (an int is no float) and may run 1000000 bytecode instructions.",
            "Examples:",
            *(self._call(test) for test in range(1, 1 + _EXAMPLES)),
        ]
        if self._tries > 1:
            lines += [*self._told, f"Tries left: {self._tries - self._turn}"]
        return spelled("\n".join(lines))

    def _info(self) -> dict[str, Any]:
        return {"metrics": {"success": float(self._best == 1.0), "fraction": self._best, "tries": float(self._turn)}}


def same(result: Result, expected: Any) -> bool:
    """Whether a call returned the value, of the same types: neither True nor 1.0 is 1.

    Example:
        >>> same(Result([1, 2], ""), [1, 2]), same(Result(1.0, ""), 1), same(Result(None, "TypeError"), None)
        (True, False, False)
    """
    return not result.error and json.dumps(result.value, sort_keys=True) == json.dumps(expected, sort_keys=True)


def read_program(answer: str) -> str:
    """Returns the last fenced block of an answer, or all of it where it is a program that defines something.

    Raises:
        UnparsableError: neither.
    """
    if blocks := _BLOCK.findall(answer):
        return str(blocks[-1])
    if "def " in answer and "```" not in answer and not syntax_error(answer):
        return answer
    raise UnparsableError("no program was found: put it between ```python and ```")


def _short(result: Result) -> str:
    return result.error or repr(result.value)[:_SHOWN]


class TextView(View):
    """The specification; the answer's last fenced block is the program."""

    options = {"fence": "```python"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Text(_LONGEST + 1000, charset=LETTERS)
        self.action_space = spaces.Text(LONGEST + _THOUGHT, charset=LETTERS)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"{observation}\n\nYou may think first. Then give the program between ```python and ```.", None

    def parse(self, answer: Any) -> str:
        return read_program(str(answer))

    def default(self, mask: Any) -> str:
        return ""  # defines nothing: it passes no test


class OracleView(TextView):
    """Shows a program that passes; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"```python\n{self.env.unwrapped.task.program}```", None
