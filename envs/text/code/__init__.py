"""Code: Python functions to write, judged by hidden tests that run in a process without network or files."""

from __future__ import annotations

from arena import EnvSpec, Reference, register
from arena.envs.references import measured

_PROGRAMMING = f"{__name__}.programming"

_DIFFICULTIES = {
    "easy": "one or two steps over a list, counting letters",
    "medium": "four steps over a list, ciphers, run lengths, bases, grouping words",
    "hard": "seven steps over a list, spans, coins, subsequences, grids, a stack machine, automata, a cache",
}


def _register(difficulty: str, tasks: str, tries: int) -> None:
    env_id = f"code/Functions-{difficulty}-v0" if tries == 1 else f"code/Functions-{difficulty}-retry-v0"
    told = "" if tries == 1 else f" {tries} tries, the first test that fails is told."
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            expert=Reference(1.0, "the optimum: a program that passes is known for every task"),
            entry_point=f"{_PROGRAMMING}:Programming",
            kwargs={"difficulty": difficulty, "tries": tries},
            domain="text",
            metric="success",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            views={"text/v1": f"{_PROGRAMMING}:TextView", "oracle": f"{_PROGRAMMING}:OracleView"},
            oracle="oracle",
            tags=("code", "one-turn" if tries == 1 else "multi-turn"),
            description=f"Write a function that passes hidden tests: {tasks}.{told}",
            observation="Text: what the function does, three calls with their results.",
            action="Text: a Python program that defines `solve`.",
            reward="1 for a program that passes every test, else 0.",
            source="of our own, after HumanEval: Chen et al. 2021, arXiv 2107.03374",
        )
    )


for _difficulty, _tasks in _DIFFICULTIES.items():
    for _tries in (1, 3):
        _register(_difficulty, _tasks, _tries)
