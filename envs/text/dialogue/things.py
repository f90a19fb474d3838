"""What guessing games are about: faces drawn by their attributes, and a table of things and what is true of them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FACES", "THINGS"]


class _Faces(NamedTuple):
    names: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]]


_NAMES = (
    "Anna", "Bob", "Carl", "Diana", "Erik", "Fatima", "Gina", "Hugo", "Ines", "Jonas", "Kira", "Leo", "Mia", "Nils",
    "Olga", "Paul", "Quinn", "Rosa", "Sven", "Tara", "Uma", "Viktor", "Wanda", "Yusuf",
)  # fmt: skip
FACES = _Faces(
    _NAMES,
    {
        "hair": ("black", "blond", "brown", "red", "white"),
        "eyes": ("blue", "brown", "green"),
        "shirt": ("blue", "green", "red", "yellow"),
        "glasses": ("yes", "no"),
        "hat": ("yes", "no"),
        "earrings": ("yes", "no"),
        "freckles": ("yes", "no"),
        "scarf": ("yes", "no"),
    },
)

_PROPERTIES = (
    "animal", "plant", "food", "machine", "furniture", "four-legged", "flying", "swimming", "wild",
    "bigger-than-a-person", "smaller-than-a-shoe", "metal", "wooden", "electric", "indoors", "colourful", "loud",
    "fast",
)  # fmt: skip
_TRUE = {  # thing -> what is true of it, by the first letters of the properties
    "cow": "an fou big", "horse": "an fou big fas", "cat": "an fou in", "dog": "an fou in lo",
    "lion": "an fou wi big lo", "elephant": "an fou wi big", "mouse": "an fou wi sm", "wolf": "an fou wi",
    "frog": "an fou wi sm sw", "parrot": "an fl in co lo", "eagle": "an fl wi fas", "sparrow": "an fl wi sm",
    "butterfly": "an fl wi sm co", "bee": "an fl wi sm lo", "duck": "an fl sw", "penguin": "an sw wi",
    "shark": "an sw wi big fas", "goldfish": "an sw sm in co", "whale": "an sw wi big", "snake": "an wi",
    "oak": "pl wi big woo", "rose": "pl co", "cactus": "pl wi in", "fern": "pl wi", "grass": "pl wi sm",
    "tulip": "pl co sm", "apple": "pl foo sm co", "carrot": "pl foo co", "bread": "foo in", "cheese": "foo",
    "cake": "foo co", "egg": "foo sm", "table": "fu fou woo in big", "chair": "fu fou woo in", "sofa": "fu in big",
    "wardrobe": "fu woo in big", "lamp": "fu el in", "car": "ma me fas big lo", "bicycle": "ma me fas",
    "aeroplane": "ma me fl fas big lo el", "ship": "ma me sw big", "train": "ma me fas big lo el",
    "telephone": "ma el in sm lo", "computer": "ma el in", "refrigerator": "ma el in big me", "hammer": "me woo lo",
    "key": "me sm", "drum": "woo lo in",
}  # fmt: skip
THINGS: dict[str, dict[str, str]] = {
    thing: {p: "yes" if any(p.startswith(start) for start in starts.split()) else "no" for p in _PROPERTIES}
    for thing, starts in _TRUE.items()
}
