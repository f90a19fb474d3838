"""Items of reasoning-gym that one number decides: no hash, no global generator, nothing left from the item before."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["Drawer", "Item"]

Item = dict[str, Any]  # question, answer (None where many are right) and metadata, as reasoning-gym has it

LOADED_ONCE = ("arc_agi", "figlet_font", "group_anagrams", "word_ladder", "zebra_puzzles")  # 0.4 to 0.7 s to load


class Drawer:
    """Draws the items of one reasoning-gym dataset, and grades by it.

    An item is the first of a dataset with the given seed. Datasets that load much data are made once and given another
    seed, which comes to the same (a test compares).
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._loaded: Any = None

    def draw(self, seed: int) -> tuple[Any, Item]:
        """Returns the dataset, which grades its items, and its item; the next seed's where it cannot be answered."""
        with _own_generators(seed):
            dataset = self._dataset(seed)
            item = dataset[0]
        is_answerable = _ANSWERABLE.get(self._name)
        return (dataset, item) if is_answerable is None or is_answerable(dataset, item) else self.draw(seed + 1)

    def _dataset(self, seed: int) -> Any:
        from reasoning_gym.factory import create_dataset

        if self._loaded is not None:
            self._loaded.seed = seed
            return self._loaded
        dataset = create_dataset(self._name, seed=seed, size=1)
        _STEADY.get(self._name, _as_it_is)(dataset)
        if self._name in LOADED_ONCE:
            self._loaded = dataset
        return dataset


@contextlib.contextmanager
def _own_generators(seed: int) -> Iterator[None]:
    """Seeds the global generators, which list_functions and pool_matrix draw from, and puts them back."""
    python, numpy = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed % (1 << 32))
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


class _Ordered(set[str]):
    """A set that is walked in order: that of a plain one differs from process to process."""

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(super().__iter__()))

    def __sub__(self, other: Any) -> _Ordered:
        return _Ordered(super().__sub__(other))


class _OrderedFrozen(frozenset[str]):
    """The same for a frozen one."""

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(super().__iter__()))


def _as_it_is(dataset: Any) -> None:
    pass


def _order_letters(dataset: Any) -> None:
    dataset.letters = _Ordered(dataset.letters)


def _order_words(dataset: Any) -> None:
    for length, graph in dataset.word_graphs.items():
        dataset.word_graphs[length] = {word: _Ordered(near) for word, near in graph.items()}


def _order_monomials(dataset: Any) -> None:
    draw = dataset._get_monomials
    dataset._get_monomials = lambda rng: sorted(draw(rng), key=str)


def _order_knights(dataset: Any) -> None:
    """Its solver walks frozen sets of squares; the questions are the same, the known answers were not."""
    from reasoning_gym.games import knight_swap

    vars(knight_swap)["frozenset"] = _OrderedFrozen


def _is_solved(dataset: Any, item: Item) -> bool:
    """Whether SymPy found the integral; else it names the integral itself as the answer."""
    return "Integral(" not in item["answer"]


def _has_conclusion(dataset: Any, item: Item) -> bool:
    """Whether something follows from the premises that is not always true."""
    together = " ∧ ".join(f"({premise})" for premise in item["metadata"]["premises"])
    return bool(dataset.score_answer(together, item) == 1.0)


_ANSWERABLE: dict[str, Callable[[Any, Item], bool]] = {
    "intermediate_integration": _is_solved,
    "propositional_logic": _has_conclusion,
}
_STEADY: dict[str, Callable[[Any], None]] = {  # those that walk a set while they draw
    "isomorphic_strings": _order_letters,
    "knight_swap": _order_knights,
    "polynomial_multiplication": _order_monomials,
    "ransom_note": _order_letters,
    "word_ladder": _order_words,
}
