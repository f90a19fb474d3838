from __future__ import annotations

import enum
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from arena.actions import BadAction, canonical_action, canonical_actions, decode_actions, encode_actions, listed


class Move(enum.IntEnum):
    LEFT = 0
    RIGHT = 1


class Shouting(str):
    def strip(self, chars: str | None = None) -> str:
        raise RuntimeError("no strip")


class Raising:
    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no array")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    @property
    def item(self) -> Any:
        raise SyntaxError("no item")


_LEAVES = st.one_of(
    st.builds(lambda n, start: spaces.Discrete(n, start=start), st.integers(1, 400), st.integers(-400, 400)),
    st.builds(lambda shape, kind: spaces.Box(-3, 5, shape, kind), st.sampled_from([(), (1,), (2, 3)]),
              st.sampled_from([np.float32, np.float64, np.int16])),
    st.builds(spaces.MultiDiscrete, st.lists(st.integers(1, 300), min_size=1, max_size=4)),
    st.builds(spaces.MultiBinary, st.sampled_from([1, 5, (2, 2)])),
    st.builds(spaces.Text, st.integers(1, 20), charset=st.just("abcé☃ \n\"'")),
)  # fmt: skip
_SPACES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: spaces.Tuple(tuple(parts))),
        st.dictionaries(st.text("xyz", min_size=1, max_size=3), inner, min_size=1, max_size=3).map(spaces.Dict),
    ),
    max_leaves=4,
)


def same(ours: Any, theirs: Any) -> bool:
    """Equal in type, dtype, shape and value, however deep."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, np.ndarray):
        return ours.dtype == theirs.dtype and np.array_equal(ours, theirs) and ours.shape == theirs.shape
    if isinstance(ours, tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    return ours == theirs


@given(_SPACES, st.integers(0, 2**31 - 1), st.integers(0, 6))
def test_recorded_actions_are_given_back_in_the_form_the_environment_was_given(space, seed, count):
    space.seed(seed)
    played = [canonical_action(space, space.sample(), None) for _ in range(count)]
    again = decode_actions(space, encode_actions(space, played))
    assert len(again) == count and all(map(same, played, again))


@given(st.integers(-5, 12), st.integers(1, 5), st.integers(-3, 3))
def test_discrete_accepts_exactly_its_integers(number, n, start):
    space = spaces.Discrete(n, start=start)
    if start <= number < start + n:
        for form in (number, np.int32(number), np.int64(number), np.array(number)):
            action = canonical_action(space, form, None)
            assert action == number and type(action) is int
    else:
        with pytest.raises(BadAction, match="out of range") as caught:
            canonical_action(space, number, None)
        assert caught.value.cause == "invalid_action"


def test_an_enumeration_member_is_its_number():
    assert type(canonical_action(spaces.Discrete(2), Move.RIGHT, None)) is int


@given(st.lists(st.booleans(), min_size=4, max_size=4), st.integers(0, 3))
def test_a_mask_forbids_exactly_what_it_says(mask, number):
    space = spaces.Discrete(4, start=10)
    if mask[number]:
        assert canonical_action(space, number + 10, np.array(mask)) == number + 10
    else:
        with pytest.raises(BadAction, match="not legal") as caught:
            canonical_action(space, number + 10, np.array(mask))
        assert caught.value.cause == "illegal_action"


@given(st.lists(st.floats(width=32), min_size=2, max_size=2))
def test_box_accepts_exactly_what_lies_within(values):
    space = spaces.Box(-1.0, 1.0, (2,), np.float32)
    if np.isfinite(values).all() and np.abs(values).max() <= 1.0:
        assert np.array_equal(canonical_action(space, values, None), np.asarray(values, np.float32))
    else:
        with pytest.raises(BadAction):
            canonical_action(space, values, None)


def test_a_canonical_array_is_a_copy():
    mine = np.zeros(2, np.float32)
    given_to_env = canonical_action(spaces.Box(-1, 1, (2,)), mine, None)
    mine[0] = 1.0
    assert given_to_env[0] == 0.0


@pytest.mark.parametrize(
    "space, action",
    [
        (spaces.Discrete(3), True),
        (spaces.Discrete(3), np.True_),
        (spaces.Discrete(3), np.array(True)),
        (spaces.Discrete(3), 1.0),
        (spaces.Discrete(3), np.float64(1.0)),
        (spaces.Discrete(3), float("nan")),
        (spaces.Discrete(3), [1]),
        (spaces.Discrete(3), "1"),
        (spaces.Discrete(3), None),
        (spaces.Discrete(3), 10**5000),
        (spaces.Discrete(3), -(10**5000)),
        (spaces.Discrete(3), Raising()),
        (spaces.Box(-1, 1, (2,)), [0.0]),
        (spaces.Box(-1, 1, (2,)), [[0.0, 0.0]]),
        (spaces.Box(-1, 1, (2,)), 0.0),
        (spaces.Box(-1, 1, (2,)), [0.0, "a"]),
        (spaces.Box(-1, 1, (2,)), [0.0, [1.0]]),
        (spaces.Box(-1, 1, (2,)), [0.0, 1e300]),
        (spaces.Box(-1, 1, (2,)), [0.0, 1j]),
        (spaces.Box(-1, 1, (2,)), Raising()),
        (spaces.Box(0, 255, (1,), np.uint8), [256]),
        (spaces.Box(0, 255, (1,), np.uint8), [-1]),
        (spaces.Box(0, 255, (1,), np.uint8), [1.5]),
        (spaces.MultiDiscrete([2, 2]), [0, 2]),
        (spaces.MultiDiscrete([2, 2]), [0.0, 1.7]),
        (spaces.MultiDiscrete([2, 2]), [0, 2**63]),
        (spaces.MultiBinary(2), [0, 256]),
        (spaces.MultiBinary(2), [0, 2]),
        (spaces.Text(3, charset="abc"), "abcd"),
        (spaces.Text(3, charset="abc"), "x"),
        (spaces.Text(3, charset="abc"), b"a"),
        (spaces.Text(3, charset="abc"), None),
        (spaces.Tuple((spaces.Discrete(2),)), ()),
        (spaces.Tuple((spaces.Discrete(2),)), (2,)),
        (spaces.Tuple((spaces.Discrete(2),)), Raising()),
        (spaces.Dict({"a": spaces.Discrete(2)}), {}),
        (spaces.Dict({"a": spaces.Discrete(2)}), {"a": 0, "b": 0}),
        (spaces.Dict({"a": spaces.Discrete(2)}), {"a": Raising()}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_element_of_the_space_is_an_invalid_action_and_nothing_else(space, action):
    with pytest.raises(BadAction) as caught:
        canonical_action(space, action, None)
    assert caught.value.cause == "invalid_action"
    assert len(str(caught.value)) < 2000


def test_text_is_plain_text():
    action = canonical_action(spaces.Text(9), Shouting("abc"), None)
    assert type(action) is str and action.strip() == "abc"


def test_discrete_actions_take_the_smallest_integers():
    assert encode_actions(spaces.Discrete(18), [0, 17]).dtype == np.uint8
    assert encode_actions(spaces.Discrete(3, start=-1), [-1, 1]).dtype == np.int16
    assert encode_actions(spaces.Discrete(2**40), [2**40 - 1]).dtype == np.int64


@given(
    st.lists(st.integers(-2, 4), min_size=4, max_size=4),
    st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=4, max_size=4),
    st.sampled_from(["int64", "int8", "float64", "list"]),
    st.booleans(),
)
def test_a_batch_of_actions_is_read_as_each_of_them_would_be(numbers, masks, kind, masked):
    space, rows = spaces.Discrete(3, start=-1), [0, 2, 3]
    answers: Any = numbers if kind == "list" else np.array(numbers, kind)
    legal = np.array(masks) if masked else None
    _compare(space, answers, rows, legal)


@given(st.lists(st.sampled_from([-2.0, -1.0, 0.5, 1.0, float("nan"), float("inf")]), min_size=8, max_size=8))
def test_a_batch_of_continuous_actions_is_read_as_each_of_them_would_be(numbers):
    for dtype in (np.float32, np.float64):
        _compare(spaces.Box(-1, 1, (2,)), np.array(numbers, dtype).reshape(4, 2), [1, 3], None)


def _compare(space: spaces.Space[Any], answers: Any, rows: list[int], masks: Any) -> None:
    found = canonical_actions(space, answers, np.array(rows), masks)
    for row, came in zip(rows, listed(space, found), strict=True):
        try:
            expected = canonical_action(space, answers[row], None if masks is None else masks[row])
        except BadAction as bad:
            assert isinstance(came, BadAction) and (came.cause, str(came)) == (bad.cause, str(bad))
        else:
            assert type(came) is type(expected) and np.array_equal(came, expected)
