"""Programming tasks made from a generator: a function's specification, its tests, and a program that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["DIFFICULTIES", "Task", "make_task"]

TESTS = 12
_WORDS = ("apple", "stone", "river", "cloud", "tree", "level", "noon", "banana", "kayak", "window", "moss", "letter")


class Task(NamedTuple):
    """What is to be written: `solve` with these parameters does what `text` says; `program` does it."""

    text: str
    parameters: str
    program: str
    inputs: list[list[Any]]


_Random = np.random.Generator


def make_task(difficulty: str, random: _Random) -> Task:
    """Draws a task of a difficulty."""
    makers = DIFFICULTIES[difficulty]
    return makers[_below(len(makers), random)](random)


def _task(text: str, parameters: str, body: str, inputs: list[list[Any]]) -> Task:
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    return Task(text, parameters, f"def solve({parameters}):\n{lines}\n", inputs)


def _below(stop: int, random: _Random, start: int = 0) -> int:
    return int(random.integers(start, stop))


def _one(items: Any, random: _Random) -> Any:
    return items[_below(len(items), random)]


def _lists(random: _Random, low: int = -20, high: int = 41, longest: int = 12) -> list[list[Any]]:
    """Returns lists of whole numbers as inputs; the first is empty."""
    sizes = [0, 1, *(_below(longest + 1, random, 2) for _ in range(TESTS - 2))]
    return [[random.integers(low, high, size=size).tolist()] for size in sizes]


def _texts(random: _Random, letters: str = "aabbcdeXYZ 12", longest: int = 24) -> list[list[Any]]:
    sizes = [0, 1, *(_below(longest + 1, random, 2) for _ in range(TESTS - 2))]
    return [["".join(letters[k] for k in random.integers(len(letters), size=size))] for size in sizes]


def _steps(random: _Random) -> list[tuple[str, str]]:
    """Returns all that a pipeline may do to its numbers, in words and in Python."""
    k, m, p = _below(6, random, 2), _below(10, random, 1), _below(4, random, 2)
    return [
        (f"keep the numbers divisible by {k}", f"numbers = [n for n in numbers if n % {k} == 0]"),
        (f"keep the numbers greater than {m}", f"numbers = [n for n in numbers if n > {m}]"),
        (f"add {m} to each number", f"numbers = [n + {m} for n in numbers]"),
        (f"multiply each number by {p}", f"numbers = [n * {p} for n in numbers]"),
        ("square each number", "numbers = [n * n for n in numbers]"),
        ("drop every number that came before in the list", "numbers = list(dict.fromkeys(numbers))"),
        ("reverse the list", "numbers = numbers[::-1]"),
        ("sort the list in increasing order", "numbers = sorted(numbers)"),
        (f"keep every number whose place, counted from 0, is divisible by {p}", f"numbers = numbers[::{p}]"),
        (
            "replace each number but the first by its difference to the one before it in the list",
            "numbers = numbers[:1] + [b - a for a, b in zip(numbers, numbers[1:])]",
        ),
    ]


_ENDS = (
    ("return the list", "return numbers"),
    ("return the sum (0 for an empty list)", "return sum(numbers)"),
    ("return the greatest number (None for an empty list)", "return max(numbers, default=None)"),
    ("return how many numbers there are", "return len(numbers)"),
)


def _pipeline(count: int) -> Callable[[_Random], Task]:
    def make(random: _Random) -> Task:
        steps = _steps(random)
        chosen = [steps[k] for k in random.permutation(len(steps))[:count].tolist()] + [_one(_ENDS, random)]
        words = "; then ".join(words for words, _ in chosen)
        body = "\n".join(code for _, code in chosen)
        return _task(f"numbers is a list of whole numbers. In this order: {words}.", "numbers", body, _lists(random))

    return make


def _count_letters(random: _Random) -> Task:
    wanted = "".join(sorted(_one(("abc", "aXY", "de1", "bc2"), random)))
    text = f"Return how many characters of text are among {wanted!r}, upper and lower case counting as different."
    return _task(text, "text", f"return sum(c in {wanted!r} for c in text)", _texts(random))


def _shift(random: _Random) -> Task:
    k = _below(26, random, 1)
    text = (
        f"Return text with each letter a-z moved {k} places on in the alphabet (after z comes a), each letter A-Z "
        "likewise, and all else as it is."
    )
    body = f"""
out = []
for c in text:
    if 'a' <= c <= 'z':
        c = chr((ord(c) - 97 + {k}) % 26 + 97)
    elif 'A' <= c <= 'Z':
        c = chr((ord(c) - 65 + {k}) % 26 + 65)
    out.append(c)
return ''.join(out)"""
    return _task(text, "text", body, _texts(random, "abcxyzXYZ ,1"))


def _runs(random: _Random) -> Task:
    least = _below(4, random, 2)
    text = (
        f"Return text with each run of at least {least} equal characters replaced by the character and the run's "
        f"length in decimal, and shorter runs left as they are."
    )
    body = f"""
out, i = [], 0
while i < len(text):
    j = i
    while j < len(text) and text[j] == text[i]:
        j += 1
    out.append(text[i] + str(j - i) if j - i >= {least} else text[i:j])
    i = j
return ''.join(out)"""
    return _task(text, "text", body, _texts(random, "aaab"))


def _base(random: _Random) -> Task:
    base = _below(17, random, 3)
    text = (
        f"Return the whole number n written in base {base}: digits 0-9, then a, b, ... for 10, 11, ...; a minus sign "
        "in front of a negative number; '0' for 0."
    )
    body = f"""
digits, m = '', abs(n)
while m:
    digits = '0123456789abcdef'[m % {base}] + digits
    m //= {base}
return ('-' if n < 0 else '') + (digits or '0')"""
    return _task(text, "n", body, [[0], [-1], *([_below(100_000, random, -5000)] for _ in range(TESTS - 2))])


def _words(random: _Random) -> Task:
    least = _below(7, random, 4)
    text = (
        f"words is a list of words. Return a dict from each word's first letter to the list of the words of at least "
        f"{least} letters that begin with it, in alphabetical order without repetition; letters without such a word do "
        "not occur in it."
    )
    body = f"""
found = {{}}
for word in sorted(set(words)):
    if len(word) >= {least}:
        found.setdefault(word[0], []).append(word)
return found"""
    inputs = [[[]], *([[_one(_WORDS, random) for _ in range(_below(9, random, 1))]] for _ in range(TESTS - 1))]
    return _task(text, "words", body, inputs)


def _merge(random: _Random) -> Task:
    gap = _below(4, random, 1)
    text = (
        "spans is a list of pairs [start, end] of whole numbers, start <= end, in any order. Join spans that overlap "
        f"or between which there are less than {gap} whole numbers, until none are left to join, and return the spans "
        "in order of their start."
    )
    body = f"""
out = []
for start, end in sorted(spans):
    if out and start - out[-1][1] - 1 < {gap}:
        out[-1][1] = max(out[-1][1], end)
    else:
        out.append([start, end])
return out"""
    inputs: list[list[Any]] = [[[]]]
    for _ in range(TESTS - 1):
        starts = random.integers(0, 60, size=_below(9, random, 1)).tolist()
        inputs.append([[[start, start + _below(9, random)] for start in starts]])
    return _task(text, "spans", body, inputs)


def _coins(random: _Random) -> Task:
    coins = sorted((random.permutation(8)[:3] + 2).tolist())
    text = (
        f"Return in how many ways the amount n can be paid with coins of {coins[0]}, {coins[1]} and {coins[2]}, of "
        "each of which there are as many as you like; the order of coins does not matter. For n = 0 there is one way."
    )
    body = f"""
ways = [1] + [0] * n
for coin in {coins}:
    for amount in range(coin, n + 1):
        ways[amount] += ways[amount - coin]
return ways[n]"""
    return _task(text, "n", body, [[0], [1], *([_below(400, random, 2)] for _ in range(TESTS - 2))])


def _rising(random: _Random) -> Task:
    step = _below(5, random, 1)
    text = (
        "Return the length of the longest subsequence of numbers (numbers may be left out, the order stays) in which "
        f"each number is at least {step} greater than the one before it."
    )
    body = f"""
best = []
for i, n in enumerate(numbers):
    best.append(1 + max((best[j] for j in range(i) if n - numbers[j] >= {step}), default=0))
return max(best, default=0)"""
    return _task(text, "numbers", body, _lists(random, longest=40))


def _grid(random: _Random) -> Task:
    diagonal = bool(_below(2, random))
    ways = "right, down or diagonally right and down" if diagonal else "right or down"
    text = (
        "grid is a list of equally long texts of '.' and '#'. Return in how many ways one can go from the top left to "
        f"the bottom right cell by steps of one cell {ways}, on '.' only (both ends included)."
    )
    body = f"""
rows, columns = len(grid), len(grid[0])
ways = [[0] * (columns + 1) for _ in range(rows + 1)]
for r in range(rows):
    for c in range(columns):
        if grid[r][c] == '.':
            ways[r + 1][c + 1] = 1 if r == c == 0 else ways[r][c + 1] + ways[r + 1][c] + {int(diagonal)} * ways[r][c]
return ways[rows][columns]"""
    inputs: list[list[Any]] = [[["."]], [["#"]]]
    for _ in range(TESTS - 2):
        cells = random.random((_below(9, random, 2), _below(9, random, 2))) < 0.15
        cells[0, 0] = cells[-1, -1] = False
        inputs.append([["".join(".#"[int(cell)] for cell in row) for row in cells]])
    return _task(text, "grid", body, inputs)


def _stack(random: _Random) -> Task:
    k = _below(10, random, 2)
    text = (
        "program is a text of words with single spaces between them (it may be empty) for a machine with a stack. A "
        "decimal number is pushed; add, sub and mul pop the top b, then a, and push a + b, a - b, a * b; dup pushes "
        f"the top again; swap exchanges the upper two; mod replaces the top t by t modulo {k}, 0 to {k - 1}. A word "
        "that needs more than the stack holds is skipped. Return the stack as a list, the bottom first."
    )
    body = f"""
stack = []
for word in program.split():
    if word in ('add', 'sub', 'mul', 'swap'):
        if len(stack) >= 2:
            b, a = stack.pop(), stack.pop()
            stack += [b, a] if word == 'swap' else [a + b if word == 'add' else a - b if word == 'sub' else a * b]
    elif word == 'dup':
        stack += stack[-1:]
    elif word == 'mod':
        if stack:
            stack.append(stack.pop() % {k})
    else:
        stack.append(int(word))
return stack"""
    names = ("add", "sub", "mul", "dup", "swap", "mod")
    inputs: list[list[Any]] = [[""], ["dup add mod"]]
    for _ in range(TESTS - 2):
        words = [_one(names, random) if _below(2, random) else str(_below(20, random)) for _ in range(14)]
        inputs.append([" ".join(words)])
    return _task(text, "program", body, inputs)


def _life(random: _Random) -> Task:
    born = sorted((random.permutation(4)[:2] + 1).tolist())
    text = (
        "cells is a list of 0 and 1 that closes to a ring: the last cell is beside the first; there are at least five. "
        "In each step all cells change at once: count the ones among the two cells on the left and the two on the "
        f"right of a cell; it becomes 1 if they are {born[0]} or {born[1]}, else 0. Return the cells after n steps."
    )
    body = f"""
for _ in range(n):
    size = len(cells)
    cells = [int(sum(cells[(i + d) % size] for d in (-2, -1, 1, 2)) in ({born[0]}, {born[1]})) for i in range(size)]
return cells"""
    sizes = (_below(16, random, 5) for _ in range(TESTS))
    inputs = [[random.integers(0, 2, size=size).tolist(), _below(8, random)] for size in sizes]
    return _task(text, "cells, n", body, inputs)


def _queue(random: _Random) -> Task:
    size = _below(5, random, 2)
    text = (
        f"A cache holds at most {size} keys. keys is a list of texts that are asked for in order: one that the cache "
        "holds is a hit; one that it does not hold is put in, and if there are then too many, the one that was asked "
        "for longest ago leaves. Return the pair [number of hits, keys held at the end, the one asked for longest ago "
        "first]."
    )
    body = f"""
held, hits = [], 0
for key in keys:
    if key in held:
        hits += 1
        held.remove(key)
    held.append(key)
    held = held[-{size}:]
return [hits, held]"""
    inputs = [[[]], *([[_one("abcdefg", random) for _ in range(_below(25, random, 1))]] for _ in range(TESTS - 1))]
    return _task(text, "keys", body, inputs)


DIFFICULTIES: dict[str, tuple[Callable[[_Random], Task], ...]] = {
    "easy": (_pipeline(1), _pipeline(2), _count_letters),
    "medium": (_pipeline(4), _shift, _runs, _base, _words),
    "hard": (_pipeline(7), _merge, _coins, _rising, _grid, _stack, _life, _queue),
}
