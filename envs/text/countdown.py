"""Countdown: reach a target number from six numbers, one arithmetic operation per turn."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt

from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "Countdown", "OracleView", "TextView", "apply_operation"]

LARGE = (25, 50, 75, 100)
SMALL = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10) * 2
NUMBERS = 6
TARGETS = range(100, 1000)
PLANS = 1000  # drawn before other numbers are: 298 was the most needed in 40,000 games, and 1 1 2 2 3 4 reach no target
MAX_TURNS = 12  # five operations suffice; the rest is room for mistakes
OPERATORS = "+-*/"
STOP = "stop"
CHARSET = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n")
_LONGEST = 4096  # characters; twelve turns of history fit many times over
_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_OPERATION = re.compile(r"(\d{1,15}) ?([-+*/]) ?(\d{1,15})")
_UNPRINTABLE = re.compile(r"[^ -~]")


class Operation(NamedTuple):
    """One step of a calculation, by value."""

    left: int
    operator: str
    right: int

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


def apply_operation(left: int, operator: str, right: int) -> int | None:
    """Returns the result, or None where the rules forbid it: not positive, or a division with a remainder.

    Example:
        >>> apply_operation(25, "*", 4), apply_operation(4, "-", 25), apply_operation(25, "/", 4)
        (100, None, None)
    """
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right if left > right else None
    if operator == "*":
        return left * right
    return left // right if left % right == 0 else None


class Countdown(gymnasium.Env[str, str]):
    """The numbers round: combine the given numbers until the target is among them.

    Observation:
        Text: the target, the numbers left, the calculations so far, what came of the last action, the turns left.
        `info` holds the same as data: `numbers` (six slots, 0 = used up), `target`, `turns_left`, `metrics`.
    Action:
        Text `25 * 4`: two numbers that are left and one of + - * /; the result takes their place. It must be a
        positive whole number. `stop` ends the episode. Anything else is explained, changes nothing, and costs a turn.
    Reward:
        1 in the step that makes the target, 0 otherwise (there is no reward for coming near).
    Episode end:
        Terminated when the target is made, on `stop`, or when one number is left. Truncated after 12 turns.
    Start:
        Zero to four large numbers (25, 50, 75, 100, each once) and small ones (1 to 10, each twice), six in all; the
        target, 100 to 999, is the result of two to five operations on them, so it can always be made.
    Score:
        Metric `success`, 0 to 1: the share of episodes in which the target was made; best known 1.0 (the plan the
        target was made with); random legal operations: see the spec. `distance` is the gap of the nearest number left.
    Versions:
        v0: first.
    Source:
        The television games Countdown and Des chiffres et des lettres; made solvable exactly, played in turns.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Text(_LONGEST, charset=CHARSET)
        self.action_space = gymnasium.spaces.Text(80, charset=CHARSET)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self._numbers, self._plan = _puzzle(self.np_random)
        self._target = apply_operation(*self._plan[-1]) or 0
        self._history: list[str] = []
        self._feedback = ""
        self._turn = 0
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._turn += 1
        stopped = action.strip() == STOP
        if not stopped:
            self._calculate(action.strip())
        success = self._target in self._numbers
        terminated = stopped or success or sum(number > 0 for number in self._numbers) < 2
        truncated = not terminated and self._turn >= MAX_TURNS
        return self._text(), float(success), terminated, truncated, self._info()

    def render(self) -> Any:
        return self._text()

    def next_planned(self) -> str:
        """Returns the next operation of the plan the target was made with, or `stop` when play has left that plan."""
        done = len(self._history)
        plan = [f"{op} = {apply_operation(*op)}" for op in self._plan[:done]]
        return str(self._plan[done]) if plan == self._history and done < len(self._plan) else STOP

    def _calculate(self, action: str) -> None:
        """Replaces two numbers by the result of an operation on them, or says why not."""
        match = _OPERATION.fullmatch(action)
        if match is None:
            self._feedback = f'"{_UNPRINTABLE.sub("?", action[:40])}" is no operation: write, say, 25 * 4.'
            return
        left, operator, right = int(match[1]), match[2], int(match[3])
        rest = [number for number in self._numbers if number]
        for number in (left, right):
            if number not in rest:
                self._feedback = f"{number} is not among the numbers left (each can be used once)."
                return
            rest.remove(number)
        result = apply_operation(left, operator, right)
        if result is None:
            self._feedback = f"{left} {operator} {right} is not a positive whole number."
            return
        slot = self._numbers.index(left)
        self._numbers[slot] = 0
        self._numbers[self._numbers.index(right)] = 0
        self._numbers[slot] = result
        self._history.append(f"{left} {operator} {right} = {result}")
        self._feedback = ""

    def _text(self) -> str:
        lines = [
            f"Target: {self._target}",
            f"Numbers: {' '.join(str(number) for number in self._numbers if number)}",
            f"Calculations so far: {'; '.join(self._history) or 'none'}",
            f"Turns left: {MAX_TURNS - self._turn}",
        ]
        if self._feedback:
            lines.append(f"Not done: {self._feedback}")
        return "\n".join(lines)

    def _info(self) -> dict[str, Any]:
        distance = min(abs(self._target - number) for number in self._numbers if number)
        return {
            "numbers": tuple(self._numbers),
            "target": self._target,
            "turns_left": MAX_TURNS - self._turn,
            "metrics": {"success": float(distance == 0), "distance": float(distance)},
        }


def _puzzle(random: np.random.Generator) -> tuple[list[int], list[Operation]]:
    """Draws six numbers, and operations on some of them whose last result is a target."""
    while True:
        large = int(random.integers(len(LARGE) + 1))
        numbers = [LARGE[k] for k in random.permutation(len(LARGE))[:large].tolist()]
        numbers += [SMALL[k] for k in random.permutation(len(SMALL))[: NUMBERS - large].tolist()]
        for _ in range(PLANS):
            plan = _plan(numbers, random.random(4 * NUMBERS).tolist())
            if (result := apply_operation(*plan[-1])) is not None and result in TARGETS and result not in numbers:
                return numbers, plan


def _plan(numbers: Sequence[int], draws: list[float]) -> list[Operation]:
    """Joins some of the numbers into one by random operations: each draws an operator, or the next that leads on."""
    pool = list(numbers)
    order = [pool.pop(int(draws.pop() * len(pool))) for _ in range(3 + int(draws.pop() * (NUMBERS - 2)))]
    plan: list[Operation] = []
    while len(order) > 1:
        left = order.pop(int(draws.pop() * len(order)))
        right = order.pop(int(draws.pop() * len(order)))
        left, right = max(left, right), min(left, right)
        first = int(draws.pop() * len(OPERATORS))
        for operator in OPERATORS[first:] + OPERATORS[:first]:
            result = apply_operation(left, operator, right)
            if result is not None and result not in (left, right):  # times one and the like is no step forward
                break
        assert result is not None  # a sum always is
        plan.append(Operation(left, operator, right))
        order.append(result)
    return plan


class TextView(View):
    """The game in words, with its rules; the answer's last line is one operation or `stop`."""

    options = {"rules": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = gymnasium.spaces.Text(_LONGEST + len(_RULES) + 2, charset=CHARSET)
        self.action_space = gymnasium.spaces.Text(_LONGEST_ANSWER, charset=CHARSET)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"{_RULES}\n\n{observation}", None

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).strip().splitlines() if line.strip()]
        stated = lines[-1] if lines else ""
        if stated.lower() == STOP:
            return STOP
        match = _OPERATION.fullmatch(stated)
        if match is None:
            raise UnparsableError(f"{stated[:80]!r} is no operation: the last line must be like 25 * 4, or stop")
        return f"{match[1]} {match[2]} {match[3]}"

    def default(self, mask: Any) -> str:
        return "pass"  # is no action here: it changes nothing and a turn goes by


_RULES = """Reach the target by arithmetic. Each turn, combine two of the numbers left with + - * or /.
The result replaces both numbers; it must be a positive whole number (divisions must be exact).
Each number can be used once; not all need to be used. You win when the target is among the numbers.
Answer with one operation on the last line, for example: 25 * 4
Answer stop to give up."""


class ArrayView(View):
    """The game in numbers; the answer is one of 6 x 6 x 4 operations on slots, or the last one: stop.

    Observation: (21,) float32 - of each of the six slots whether it is filled, its number / 1000 (at most 1) and the
    binary logarithm of its number / 16; of the target both of these; the share of turns left.
    """

    options = {"scale": 1000, "log_scale": 16}
    _STOP = NUMBERS * NUMBERS * len(OPERATORS)

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = gymnasium.spaces.Box(0.0, 4.0, (3 * NUMBERS + 3,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(self._STOP + 1)
        self._numbers: Sequence[int] = ()

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, npt.NDArray[np.bool_]]:
        self._numbers = numbers = info["numbers"]
        target = info["target"]
        row = [float(number > 0) for number in numbers]
        row += [min(number / self.options["scale"], 1.0) for number in numbers]
        row += [math.log2(max(number, 1)) / self.options["log_scale"] for number in numbers]
        row += [target / self.options["scale"], math.log2(target) / self.options["log_scale"]]
        row.append(info["turns_left"] / MAX_TURNS)
        return np.array(row, np.float32), self._legal(numbers)

    def parse(self, answer: Any) -> str:
        if int(answer) == self._STOP:
            return STOP
        slots, operator = divmod(int(answer), len(OPERATORS))
        left, right = divmod(slots, NUMBERS)
        return f"{self._numbers[left]} {OPERATORS[operator]} {self._numbers[right]}"

    def _legal(self, numbers: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Marks the operations that the rules allow; of a + b and b + a (a * b and b * a) only the first."""
        legal = np.zeros(self._STOP + 1, dtype=bool)
        filled = [slot for slot, number in enumerate(numbers) if number]
        for i in filled:
            for j in filled:
                a, b, base = numbers[i], numbers[j], (i * NUMBERS + j) * len(OPERATORS)
                if i < j:
                    legal[base] = legal[base + 2] = True
                if i != j:
                    legal[base + 1] = a > b
                    legal[base + 3] = a % b == 0
        legal[self._STOP] = True
        return legal


class OracleView(TextView):
    """Shows the next operation of the plan that the target was made with; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return self.env.unwrapped.next_planned(), None
