"""Days and times in every application: it is always one Monday morning, so that an episode is its seed alone.

A day is a text such as 2026-03-02; a time of day is a number of minutes since midnight, shown as 09:30.
"""

from __future__ import annotations

import datetime
import re
from functools import cache

__all__ = ["NOW", "TODAY", "clock", "day", "is_day", "long_day", "minutes"]

TODAY = "2026-03-02"  # a Monday
NOW = f"{TODAY} 09:00"
_FIRST = datetime.date.fromisoformat(TODAY)


@cache
def day(offset: int) -> str:
    """Returns the day that many days after today, or before if negative."""
    return (_FIRST + datetime.timedelta(days=offset)).isoformat()


@cache
def long_day(date: str) -> str:
    """Returns a day as people say it.

    Example:
        >>> long_day("2026-03-05")
        'Thursday 5 March 2026'
    """
    found = datetime.date.fromisoformat(date)
    return f"{found:%A} {found.day} {found:%B %Y}"


def is_day(text: str) -> bool:
    """Whether a text is a day such as 2026-03-02."""
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def clock(since_midnight: int) -> str:
    """Returns a time of day as people write it.

    Example:
        >>> clock(570)
        '09:30'
    """
    return f"{since_midnight // 60:02d}:{since_midnight % 60:02d}"


def minutes(text: str) -> int | None:
    """Returns the minutes since midnight of a time such as 09:30 or 9:30; None where the text is none."""
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return int(match[1]) * 60 + int(match[2])
