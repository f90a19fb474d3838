"""Graders: reasoning-gym's own, kept from running what an answer says, and mended where they pass wrong answers."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from arena.envs.text.reasoning.drawing import Item

__all__ = ["grade"]

_LONGEST = 1000  # characters of what is evaluated
_DEGREE = 100  # of a formula: what 9**9**9 would exceed
_LIST = re.compile(r"[\w\s\[\],'\".-]*")  # no bracket to call with, no star to multiply with
_SUM = re.compile(r"[\d\s()+*/.-]*")
_LONG_EXPONENT = re.compile(r"[eE][-+]?[\d_]{3}")
_TRIPLE = re.compile(r"\d{3}")
_FUNCTIONS = frozenset(("sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "exp", "log", "ln", "sqrt"))


def grade(name: str, dataset: Any, item: Item, answer: str) -> float:
    """Returns the score of an answer, 0 to 1; an empty one, and one that no grader can read, scores 0."""
    if not answer or not _GUARDS.get(name, _anything)(answer):
        return 0.0
    if name in _OWN:
        return _OWN[name](dataset, item, answer)
    try:
        return min(1.0, max(0.0, float(dataset.score_answer(answer, item))))
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError):
        return 0.0  # the grader stumbled over an answer of another shape than it takes apart


def _anything(answer: str) -> bool:
    return True


def _is_list(answer: str) -> bool:
    """Whether `eval`, which these graders call, can do no more with it than build a list."""
    return len(answer) <= _LONGEST and _LIST.fullmatch(answer) is not None


def _is_sum(answer: str) -> bool:
    """Whether it is arithmetic without powers: SymPy evaluates whatever else it is given."""
    return len(answer) <= _LONGEST and _SUM.fullmatch(answer) is not None and "**" not in answer


def _is_formula(answer: str) -> bool:
    """Whether it is made of numbers, symbols, sums, products, small powers and functions of one argument."""
    if len(answer) > _LONGEST:
        return False
    try:
        return _degree(ast.parse(answer.strip(), mode="eval").body) <= _DEGREE
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def _degree(node: ast.expr) -> float:
    """Returns a bound of a formula's degree.

    Raises:
        ValueError: it holds anything else.
    """
    match node:
        case ast.Constant(value=int() | float()) | ast.Name():
            return 1
        case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
            return _degree(node.operand)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
            return _degree(node.left) + _degree(node.right)
        case ast.BinOp(op=ast.Pow()):
            return _degree(node.left) * max(1.0, abs(_number(node.right)))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return 1 + _degree(argument)
    raise ValueError(f"a formula holds no {type(node).__name__}")


def _number(node: ast.expr) -> float:
    """Returns an exponent's value; the power of a symbol counts as one."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name():
            return 1.0
        case ast.UnaryOp(op=ast.USub()):
            return -_number(node.operand)
        case ast.BinOp(op=ast.Div()) if _number(node.right):
            return _number(node.left) / _number(node.right)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()):
            return max(1.0, abs(_number(node.left))) * max(1.0, abs(_number(node.right))) + 1.0
    raise ValueError(f"an exponent holds no {type(node).__name__}")


def _has_short_numbers(answer: str) -> bool:
    """Whether no number has three digits: these graders do a move as often as it says."""
    return _TRIPLE.search(answer) is None


def _has_short_exponent(answer: str) -> bool:
    """Whether a decimal's exponent is short: as a fraction it is multiplied out."""
    return len(answer) <= _LONGEST and _LONG_EXPONENT.search(answer) is None


_GUARDS: dict[str, Callable[[str], bool]] = {
    "binary_matrix": _is_list,
    "coin_flip": _has_short_exponent,
    "countdown": _is_sum,
    "intermediate_integration": _is_formula,
    "n_queens": lambda answer: _is_list(answer.replace("_", "")),
    "polynomial_multiplication": _is_formula,
    "puzzle24": _is_sum,
    "rubiks_cube": _has_short_numbers,
    "rush_hour": _has_short_numbers,
    "simple_integration": _is_formula,
    "spiral_matrix": _is_list,
    "string_insertion": _is_list,
}


def _same_truth(dataset: Any, item: Item, answer: str) -> float:
    """Reads the word: reasoning-gym compares `bool(text)`, which any text passes."""
    return float(answer.strip().lower() == item["answer"].strip().lower())


def _uses_the_four_numbers(dataset: Any, item: Item, answer: str) -> float:
    """Asks for the numbers given: reasoning-gym is content with any four in their range."""
    used = sorted(int(number) for number in re.findall(r"\b\d{1,9}\b", answer))
    return float(dataset.score_answer(answer, item)) if used == sorted(item["metadata"]["numbers"]) else 0.01


_OWN: dict[str, Callable[[Any, Item, str], float]] = {
    "game_of_life_halting": _same_truth,
    "puzzle24": _uses_the_four_numbers,
}
