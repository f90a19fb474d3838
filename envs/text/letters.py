"""The characters that our text spaces hold: what questions and answers are made of beyond ASCII, too."""

from __future__ import annotations

__all__ = ["LETTERS", "spelled"]

_RANGES = (  # letters, punctuation, currency, arrows, operators, boxes, dingbats; emoji and what is hidden in them
    (0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x3FF), (0x2000, 0x27BF), (0xFE00, 0xFE0F), (0x1F300, 0x1FAFF),
    (0xE0100, 0xE01EF),
)  # fmt: skip
LETTERS = frozenset("\n\t") | {chr(code) for first, last in _RANGES for code in range(first, last + 1)}


def spelled(text: str) -> str:
    """Returns a text with a question mark for each character that our spaces do not hold."""
    return "".join(letter if letter in LETTERS else "?" for letter in text)
