"""How numbers are written in tables, the same in the terminal and on the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from arena.leaderboard.compare import MANY
from arena.leaderboard.intervals import Interval

__all__ = ["MARKS", "NONE", "about", "decimals", "interval", "limits", "number", "p_value"]

NONE = "–"
MARKS = {"wilson": "w", "t": "t", "bca": "b", "constant": "c"}  # how an interval was made


def decimals(values: Iterable[float]) -> int:
    """Returns the decimals that show three digits of the largest value, or two where it lies between 0.1 and 1."""
    largest = max((abs(x) for x in values if math.isfinite(x)), default=0.0)
    exponent = math.floor(math.log10(largest)) if largest else 0
    return max(0, min(4, 2 - exponent - (exponent < 0)))


def number(value: float, places: int) -> str:
    """Returns a number with that many decimals and thousands apart; never a minus zero.

    Example:
        >>> number(-1234.5, 1), number(-0.001, 2)
        ('-1,234.5', '0.00')
    """
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def interval(shown: Interval, places: int) -> str:
    """Returns `mean [low, high]`, or the mean alone where there is no interval."""
    if math.isnan(shown.value):
        return NONE
    value, low, high = (number(x, places) for x in shown[:3])
    return f"{value} [{low}, {high}]" if math.isfinite(shown.low) else value


def about(episodes: int | None) -> str:
    """Returns a number of episodes in two digits, since no more of it is known."""
    if episodes is None:
        return NONE
    return f">{MANY // 1000}k" if episodes > MANY else f"{int(float(f'{episodes:.2g}')):,}"


def p_value(p: float) -> str:
    """Returns a p-value without its leading zero."""
    return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"


def limits(shown: Sequence[Interval]) -> tuple[float, float]:
    """Returns the ends of a scale for normalised scores: 0 to 1, or further where an interval reaches beyond."""
    low = min([0.0, *(i.low for i in shown if math.isfinite(i.low))])
    high = max([1.0, *(i.high for i in shown if math.isfinite(i.high))])
    return math.floor(low * 10) / 10, math.ceil(high * 10) / 10
