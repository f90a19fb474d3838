"""Long lists on several pages: which part is shown, and where the links to the others lead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

__all__ = ["Turning", "turn"]


class Turning(NamedTuple):
    """Which page of how many is shown, and the addresses of its neighbours ("" where there is none)."""

    number: int
    pages: int
    previous: str
    following: str


def turn(items: Sequence[Any], fields: Mapping[str, str], path: str, size: int = 10) -> tuple[Sequence[Any], Turning]:
    """Returns the items on the page that the field `page` asks for, the first if it does not, and the links.

    The links keep the other fields of the address.
    """
    count = max(1, -(-len(items) // size))
    asked = fields.get("page", "")
    number = min(max(int(asked), 1), count) if re.fullmatch(r"\d{1,4}", asked) else 1
    previous, following = (f"{path}?{urlencode({**fields, 'page': number + step})}" for step in (-1, 1))
    turning = Turning(number, count, previous if number > 1 else "", following if number < count else "")
    return items[(number - 1) * size : number * size], turning
