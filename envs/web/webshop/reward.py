"""What a purchase is worth: kind of product, attributes, options and price, each compared as WebShop does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from arena.envs.web.webshop.catalogue import Goal, Product

__all__ = ["Worth", "likeness", "worth"]

ALIKE = 85  # percent of likeness above which two attributes or options are the same
_COLOURS = (  # a colour among others in an option stands for the option: the first one of these that it holds
    "beige", "black", "blue", "bronze", "brown", "burgundy", "charcoal", "coral", "cream", "gold", "gray", "green",
    "grey", "ivory", "khaki", "lavender", "lilac", "magenta", "maroon", "mint", "multicolor", "navy", "olive", "orange",
    "peach", "pink", "purple", "red", "rose", "silver", "tan", "teal", "turquoise", "violet", "white", "yellow",
)  # fmt: skip
_NOT_NAMES = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "into", "is", "it", "its", "of", "on", "or", "our", "per",
     "that", "the", "this", "to", "up", "with", "you", "your")
)  # fmt: skip
_WORD = re.compile(r"[a-z][a-z0-9'-]*")


class Worth(NamedTuple):
    """A purchase compared with a goal.

    Fields:
        kind: the factor for the kind of product: 1, 0.5, 0.1 or 0.
        attributes, options: how many of the goal's it has; `is_affordable` where it costs no more than the limit.
        total: the reward, 0 to 1.
    """

    kind: float
    attributes: int
    options: int
    is_affordable: bool
    total: float


def worth(bought: Product, chosen: Iterable[str], goal: Goal, wanted: Product, limit: float) -> Worth:
    """Returns what a product with the options chosen is worth (section 3 of the paper).

    The share of the goal's attributes, options and price limit that the purchase meets, times the kind's factor.
    """
    attributes = sum(_has(bought, attribute) for attribute in goal.attributes)
    had = [_colour(option) for option in chosen]
    options = sum(any(likeness(_colour(option), one) > ALIKE for one in had) for option in goal.options)
    is_affordable = bought.price <= limit
    kind = _kind(bought, wanted)
    share = (attributes + options + is_affordable) / (len(goal.attributes) + len(goal.options) + 1)
    return Worth(kind, attributes, options, is_affordable, kind * share)


def _kind(bought: Product, wanted: Product) -> float:
    """Returns the factor: 1 where the search, two categories or a fifth of the title's words are the same."""
    asked = _names(wanted.title)
    titles = len(asked & _names(bought.title)) / len(asked) if asked else 0.2
    if titles == 0.0:
        return 0.0
    if titles < 0.1:
        return 0.1
    is_same = bought.query == wanted.query or len({*bought.categories} & {*wanted.categories}) >= 2
    return 1.0 if is_same or titles > 0.2 else 0.5


def _names(title: str) -> frozenset[str]:
    return frozenset(_WORD.findall(title.lower())) - _NOT_NAMES


def _has(product: Product, attribute: str) -> bool:
    if any(likeness(one, attribute) > ALIKE for one in product.attributes):
        return True
    return any(attribute in text.lower() for text in (product.title, " ".join(product.features), product.description))


def _colour(option: str) -> str:
    return next((colour for colour in _COLOURS if colour in option), option)


@lru_cache(maxsize=65536)
def likeness(one: str, other: str) -> int:
    """Returns how alike two texts are as sets of words, 0 to 100, as `token_set_ratio` of the package thefuzz does.

    Example:
        >>> likeness("essential oils", "essential oil"), likeness("powder snow", "cool powder snow"), likeness("a", "")
        (96, 100, 0)
    """
    words, others = ({*re.sub(r"\W|_", " ", text.lower()).split()} for text in (one, other))
    if not words or not others:
        return 0
    shared = len(" ".join(words & others))
    left, right = (" ".join(sorted(rest)) for rest in (words - others, others - words))
    if shared and not (left and right):
        return 100
    gap = 1 if shared else 0
    long, short = (shared + gap + len(rest) for rest in (left, right))
    apart = len(left) + len(right) - 2 * _in_common(left, right)
    ratios = [1 - apart / (long + short)]
    if shared:
        ratios += [1 - (gap + len(rest)) / (2 * shared + gap + len(rest)) for rest in (left, right)]
    return round(100 * max(ratios))


def _in_common(one: str, other: str) -> int:
    """Returns how many letters the longest common subsequence of two texts has."""
    best = [0] * (len(other) + 1)
    for letter in one:
        before = 0
        for place, another in enumerate(other, start=1):
            before, best[place] = best[place], before + 1 if letter == another else max(best[place], best[place - 1])
    return best[-1]
