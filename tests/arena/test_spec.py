from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena import EnvSpec, Needs, Reference, WrapperSpec
from arena.errors import SpecError

_NUMBER = st.floats(-1e6, 1e6)
_REFERENCE = st.none() | st.builds(Reference, _NUMBER, st.text(max_size=5), _NUMBER, _NUMBER, st.integers(1, 9))
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | _NUMBER | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
_KWARGS = st.dictionaries(st.text(min_size=1, max_size=5), _PLAIN, max_size=3)
_WORDS = st.lists(st.text(max_size=5), max_size=3).map(tuple)


@given(
    random=_REFERENCE, expert=_REFERENCE, kwargs=_KWARGS,
    wrappers=st.lists(st.builds(WrapperSpec, st.text(min_size=1, max_size=5), _KWARGS), max_size=2).map(tuple),
    low=_NUMBER | st.just(-math.inf), high=_NUMBER | st.just(math.inf), failure=_NUMBER,
    needs=st.builds(Needs, _WORDS, st.text(max_size=5), _WORDS), packages=_WORDS, tags=_WORDS,
    table=st.sampled_from([("gymnasium", 1, "single"), ("parallel", 3, "cooperative"), ("aec", 2, "zero-sum")]),
)  # fmt: skip
def test_a_spec_survives_json(low, high, failure, table, **fields):
    low, failure, high = sorted((low, failure, high))
    interface, seats, payoff = table
    spec = EnvSpec(
        id="toy/X-v3", entry_point="a.b:C", domain="web", score_range=(low, high), failure_score=failure,
        interface=interface, seats=seats, payoff=payoff, **fields,
    )  # fmt: skip
    text = json.dumps(spec.to_json(), allow_nan=False)
    assert EnvSpec.from_json(json.loads(text)) == spec


@pytest.mark.parametrize(
    "fields, told",
    [
        ({"id": "NoSlash-v0"}, "family/Name-v0"),
        ({"id": "toy/NoVersion"}, "family/Name-v0"),
        ({"id": 5}, "family/Name-v0"),
        ({"entry_point": "module"}, "module:callable"),
        ({"entry_point": object}, "module:callable"),
        ({"domain": "chess"}, "games, robotics, web, text"),
        ({"interface": "dm_env"}, "gymnasium, parallel, aec"),
        ({"payoff": "rich"}, "zero-sum"),
        ({"verification": "trust"}, "bits"),
        ({"seats": 2}, "one seat"),
        ({"seats": 2, "interface": "aec"}, "payoff 'single'"),
        ({"payoff": "cooperative"}, "payoff 'cooperative'"),
        ({"score_range": (0.0, 1.0), "failure_score": 2.0}, "outside"),
        ({"failure_score": -math.inf}, "not finite"),
        ({"failure_score": math.nan}, "not finite"),
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(fields, told):
    with pytest.raises(SpecError, match=told):
        EnvSpec(**{"id": "toy/X-v0", "entry_point": "m:X", "domain": "games", **fields})


def test_unknown_fields_are_named():
    with pytest.raises(SpecError, match="colour"):
        EnvSpec.from_json({"id": "toy/X-v0", "entry_point": "m:X", "domain": "games", "colour": "red"})
