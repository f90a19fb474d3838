"""The people of every application: who uses it, and the colleagues who write, meet and travel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

__all__ = ["ME", "PEOPLE", "Person", "draw", "draws"]

_Item = TypeVar("_Item")


class Person(NamedTuple):
    """Someone with a name and an address for mail."""

    name: str
    address: str


def _person(name: str) -> Person:
    return Person(name, f"{name.lower().replace(' ', '.')}@lindgren.example")


ME = _person("Alex Morgan")  # who is signed in
PEOPLE = tuple(  # no two share a first or a last name
    map(
        _person,
        (
            *("Ada Berg", "Bruno Costa", "Clara Duval", "Dario Fontana", "Edith Garcia", "Farid Haddad"),
            *("Greta Hansen", "Hugo Ito", "Ines Jansen", "Jonas Kaya", "Keiko Lopez", "Lena Novak"),
        ),
    )
)


def draw(items: Sequence[_Item], random: np.random.Generator) -> _Item:
    """Returns one of the items, each as likely."""
    return items[int(random.integers(len(items)))]


def draws(items: Sequence[_Item], count: int, random: np.random.Generator) -> list[_Item]:
    """Returns `count` different items in random order."""
    return [items[k] for k in random.permutation(len(items))[:count].tolist()]
