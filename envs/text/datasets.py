"""Datasets by path: GSM8K, MATH, MMLU and HumanEval, from the files that their authors released and the user has."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, register
from arena.envs.text.code.programming import TextView as ProgramView
from arena.envs.text.code.runner import Call, run_calls
from arena.envs.text.letters import LETTERS, spelled
from arena.envs.text.tagged import TaggedView
from arena.errors import EnvError

__all__ = ["Dataset", "OracleView", "ProgramOracleView", "equal_math", "equal_number"]

FOLDER = "$ARENA_DATASETS"
INSTRUCTIONS = 20_000_000  # of the interpreter in all tests of one HumanEval problem
_LONGEST = 20_000  # characters of a question; longer ones are cut
_ANSWER = 20_000
_NUMBER = re.compile(r"[-+]?(?:\d[\d,]*)?(?:\.\d+)?")
_UNITS = re.compile(r"\\text\{ .*?\}|\\mbox\{.*?\}|\\%|%|\^\\circ|\^\{\\circ\}|\\\$|\$|\\!|\\left|\\right|\\,|\\ ")


class Item(NamedTuple):
    """A question, its right answer as an agent would give it, and whether a given answer is right."""

    question: str
    answer: str
    is_right: Callable[[str], bool]


class Dataset(gymnasium.Env[str, str]):
    """One question of a dataset, answered once.

    Observation:
        Text: the question, and in what form the answer is read.
    Action:
        Text: the answer alone: a number (GSM8K), a term in LaTeX (MATH), a letter (MMLU), or a Python program that
        defines the function (HumanEval).
    Reward:
        1 for a right answer, else 0.
    Episode end:
        Terminated by the answer.
    Start:
        A question drawn from the seed, of all that the files hold.
    Score:
        Metric `success`, 0 or 1. Random text scores 0.
    Versions:
        v0: first. A score belongs to the files that were used.
    Source:
        Cobbe et al. 2021, arXiv 2110.14168 (GSM8K); Hendrycks et al. 2021, arXiv 2103.03874 (MATH) and arXiv 2009.03300
        (MMLU); Chen et al. 2021, arXiv 2107.03374 (HumanEval). MATH's answers are compared as its authors' program
        does; HumanEval's tests run in the program's own process, as its authors' do, so a program made to deceive them
        could.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, dataset: str, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = spaces.Text(_LONGEST + 1000, charset=LETTERS)
        self.action_space = spaces.Text(_ANSWER, min_length=0, charset=LETTERS)
        path = Path(os.path.expandvars(_DATASETS[dataset].path))
        self._items = _DATASETS[dataset].list_items(path)
        if not self._items:
            raise EnvError(f"{path} holds no question of {dataset}; expected the files as their authors released them")
        self._read = _DATASETS[dataset].read

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self._place = int(self.np_random.integers(len(self._items)))
        self.item = self._read(self._items[self._place])
        return self._text(), self._info(0.0)

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        success = float(self.item.is_right(action))
        return self._text(), success, True, False, self._info(success)

    def render(self) -> Any:
        return self._text()

    def _text(self) -> str:
        return spelled(self.item.question[:_LONGEST])

    def _info(self, success: float) -> dict[str, Any]:
        return {"item": self._place, "metrics": {"success": success}}


class OracleView(TaggedView):
    """Shows the right answer; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"<answer>{self.env.unwrapped.item.answer}</answer>", None


class ProgramOracleView(ProgramView):
    """Shows a program that passes; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"```python\n{self.env.unwrapped.item.answer}\n```", None


def _lines(path: Path) -> list[dict[str, Any]]:
    """Returns the rows of a file of JSON lines, compressed or not."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _gsm8k(row: dict[str, Any]) -> Item:
    answer = row["answer"].rpartition("####")[2].strip()
    question = f"{row['question']}\n\nAnswer with the number alone."
    return Item(question, answer, lambda given: equal_number(given, answer))


def equal_number(given: str, answer: str) -> bool:
    """Whether two numbers are the same; a dollar sign, a per cent sign, commas and a trailing point are of no account.

    Example:
        >>> equal_number("$1,200.", "1200"), equal_number("12", "1200"), equal_number("about 1200", "1200")
        (True, False, False)
    """
    numbers = []
    for text in (given, answer):
        plain = text.strip().strip("$%").rstrip(".").strip()
        if not _NUMBER.fullmatch(plain) or not any(map(str.isdigit, plain)) or len(plain) > 40:
            return False
        numbers.append(float(plain.replace(",", "")))
    return numbers[0] == numbers[1]


def _math_files(path: Path) -> list[Path]:
    return sorted(path.glob("*/*.json"))


def _math(file: Path) -> Item:
    row = json.loads(file.read_text(encoding="utf-8"))
    answer = last_boxed(row["solution"])
    question = f"{row['problem']}\n\nAnswer with the result alone, in LaTeX."
    return Item(question, answer, lambda given: equal_math(given, answer))


def last_boxed(solution: str) -> str:
    r"""Returns what stands in the last \boxed{...} (or after \boxed and a space), brackets matched.

    Raises:
        EnvError: there is none.
    """
    start = max(solution.rfind("\\boxed"), solution.rfind("\\fbox"))
    if start < 0:
        raise EnvError(f"a solution of MATH has no \\boxed answer: {solution[-100:]!r}")
    rest = solution[start:].split("boxed" if solution.startswith("\\boxed", start) else "fbox", 1)[1]
    if not rest.startswith("{"):
        return rest.split("$")[0].strip()
    depth = 0
    for place, letter in enumerate(rest):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return rest[1:place]
    return rest[1:]


def equal_math(given: str, answer: str) -> bool:
    r"""Whether two answers are the same text once spaces, units and ways to write a fraction or root are made alike.

    Example:
        >>> equal_math(r"\dfrac12", r"\frac{1}{2}"), equal_math("3/4", r"\frac34"), equal_math("0.50", "0.5")
        (True, True, False)
    """
    return _plain_math(given) == _plain_math(answer)


def _plain_math(text: str) -> str:
    """Writes an answer as MATH's authors' `_strip_string` does."""
    plain = re.sub(r"\\boxed\{(.*)\}", r"\1", text.strip().strip("$"))
    plain = plain.replace("\\\\", "\\").replace("tfrac", "frac").replace("dfrac", "frac")
    plain = _UNITS.sub("", plain.replace("\n", "")).replace(" .", " 0.").replace("{.", "{0.")
    plain = f"0{plain}" if plain.startswith(".") else plain
    head, equals, tail = plain.partition("=")
    plain = tail if equals and len(head.strip()) <= 2 and "=" not in tail else plain
    plain = re.sub(r"\\sqrt(\w)", r"\\sqrt{\1}", plain).replace(" ", "")
    plain = re.sub(r"\\frac(\w)(\w)", r"\\frac{\1}{\2}", plain)
    plain = re.sub(r"\\frac(\w)\{", r"\\frac{\1}{", plain)
    plain = re.sub(r"(\\frac\{[^{}]*\})(\w)", r"\1{\2}", plain)
    plain = re.sub(r"^(-?)(\d+)/(\d+)$", r"\1\\frac{\2}{\3}", plain)
    return "\\frac{1}{2}" if plain == "0.5" else plain


def _mmlu_rows(path: Path) -> list[tuple[str, list[str]]]:
    """Returns subject and row of every question: files SUBJECT_test.csv without a header."""
    rows = []
    for file in sorted(path.glob("*_test.csv")):
        subject = file.name.removesuffix("_test.csv").replace("_", " ")
        with file.open(newline="", encoding="utf-8") as opened:
            rows += [(subject, row) for row in csv.reader(opened)]
    return rows


def _mmlu(named: tuple[str, list[str]]) -> Item:
    subject, (question, *choices, answer) = named
    lines = [f"{letter}. {choice}" for letter, choice in zip("ABCD", choices, strict=True)]
    asked = "\n".join([f"A question about {subject}.", question, *lines, "\nAnswer with the letter alone."])
    return Item(asked, answer, lambda given: given.strip().rstrip(".").upper() == answer)


def _human_eval(row: dict[str, Any]) -> Item:
    asked = f"Complete this Python program; give all of it.\n\n{row['prompt']}"
    checked = f"\n\n{row['test']}\n\ndef arena_check():\n    check({row['entry_point']})\n    return 'passed'\n"

    def is_right(given: str) -> bool:
        (result,) = run_calls(given + checked, [Call("arena_check", [])], INSTRUCTIONS) if given.strip() else (None,)
        return result is not None and result.value == "passed"

    return Item(asked, row["prompt"] + row["canonical_solution"], is_right)


class _Source(NamedTuple):
    """A dataset: where its files lie, how they are listed and read, what it is, where it comes from."""

    path: str
    list_items: Callable[[Path], list[Any]]
    read: Callable[[Any], Item]
    description: str
    source: str
    get: str
    is_program: bool = False


_DATASETS = {
    "GSM8K": _Source(
        f"{FOLDER}/gsm8k/test.jsonl", _lines, _gsm8k, "Word problems of primary school, answered by a number.",
        "Cobbe et al. 2021, arXiv 2110.14168",
        "grade_school_math/data/test.jsonl of github.com/openai/grade-school-math",
    ),
    "MATH": _Source(
        f"{FOLDER}/MATH/test", _math_files, _math, "Problems of mathematics competitions, answered by a term.",
        "Hendrycks et al. 2021, arXiv 2103.03874", "the folder MATH/test of github.com/hendrycks/math",
    ),
    "MMLU": _Source(
        f"{FOLDER}/mmlu/test", _mmlu_rows, _mmlu, "Questions of 57 subjects with four choices.",
        "Hendrycks et al. 2021, arXiv 2009.03300", "the folder data/test of github.com/hendrycks/test",
    ),
    "HumanEval": _Source(
        f"{FOLDER}/human-eval/HumanEval.jsonl.gz", _lines, _human_eval,
        "Python functions to write from their docstrings, judged by tests.", "Chen et al. 2021, arXiv 2107.03374",
        "data/HumanEval.jsonl.gz of github.com/openai/human-eval", is_program=True,
    ),
}  # fmt: skip

for _name, _source in _DATASETS.items():
    _view = "arena.envs.text.code.programming:TextView" if _source.is_program else "arena.envs.text.tagged:TaggedView"
    _oracle = f"{__name__}:{'ProgramOracleView' if _source.is_program else 'OracleView'}"
    register(
        EnvSpec(
            id=f"datasets/{_name}-v0",
            expert=Reference(1.0, "the optimum: every question has an answer"),
            entry_point=f"{__name__}:Dataset",
            kwargs={"dataset": _name},
            domain="text",
            metric="success",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            views={"text/v1": _view, "oracle": _oracle},
            oracle="oracle",
            needs=Needs(files=(_source.path,), get=f"export ARENA_DATASETS=FOLDER, and put there {_source.get}"),
            tags=("code" if _source.is_program else "question", "one-turn"),
            description=_source.description,
            observation="Text: the question.",
            action="Text: the answer alone.",
            reward="1 for a right answer, else 0.",
            source=_source.source,
        )
    )
