"""BM25: which documents go best with a query, by the words that they share."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

__all__ = ["Index"]

K1, B = 0.9, 0.4  # Pyserini's defaults, with which WebShop searches
_WORD = re.compile(r"[a-z0-9]+")


class Index:
    """The words of some documents; `best` finds them by their place in the order they were given in."""

    def __init__(self, documents: Iterable[str]) -> None:
        self._postings: dict[str, tuple[array[int], array[int]]] = {}  # word -> documents, how often it is in each
        lengths = array("i")
        for place, document in enumerate(documents):
            words = _words(document)
            lengths.append(len(words))
            for word, count in Counter(words).items():
                places, counts = self._postings.setdefault(word, (array("i"), array("i")))
                places.append(place)
                counts.append(count)
        self._lengths = np.array(lengths, np.float64)

    def best(self, query: str, most: int) -> list[int]:
        """Returns up to `most` documents that share a word with the query, the best first, then in their order.

        Example:
            >>> Index(["red shoes", "a blue shoe", "green tea"]).best("Blue shoes", 10)
            [1, 0]
        """
        scores = np.zeros(len(self._lengths))
        spread = K1 * (1 - B + B * self._lengths / (self._lengths.mean() if self._lengths.size else 1.0))
        for word in _words(query):
            if word in self._postings:
                places, counts = (np.frombuffer(part, np.int32) for part in self._postings[word])
                rarity = np.log(1 + (len(scores) - len(places) + 0.5) / (len(places) + 0.5))
                scores[places] += rarity * counts / (counts + spread[places])
        found = np.flatnonzero(scores)
        return [int(place) for place in found[np.argsort(-scores[found], kind="stable")][:most]]


def _words(text: str) -> list[str]:
    return [_singular(word) for word in _WORD.findall(text.lower())]


@lru_cache(maxsize=65536)
def _singular(word: str) -> str:
    """Returns a word without the s of a plural: the three rules of Harman 1991, "How effective is suffixing?"."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return f"{word[:-3]}y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word[:-1] if word.endswith("s") and not word.endswith(("us", "ss")) else word
