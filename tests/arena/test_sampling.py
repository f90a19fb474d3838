from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from gymnasium import spaces

from arena.errors import EnvError
from arena.sampling import legal_action

SPACES = [
    spaces.Discrete(5, start=-2),
    spaces.MultiDiscrete([2, 3], start=[1, -1]),
    spaces.MultiDiscrete([[2, 3], [4, 5]]),
    spaces.MultiBinary((2, 2)),
    spaces.Box(-1.0, 2.0, (3,), np.float32),
    spaces.Box(0, 255, (2, 2), np.uint8),
    spaces.Box(-128, 127, (), np.int8),
    spaces.Box(-np.inf, np.inf, (2,), np.float64),
    spaces.Box(np.array([0.0, -np.inf, -np.inf, 1.0]), np.array([np.inf, 5.0, np.inf, 2.0]), dtype=np.float64),
    spaces.Text(8, min_length=2, charset="abc"),
    spaces.Text(5000),
    spaces.Dict({"move": spaces.Discrete(3), "force": spaces.Box(0.0, 1.0, (1,))}),
    spaces.Tuple((spaces.Discrete(2), spaces.Text(3))),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_what_is_drawn_lies_in_the_space_and_depends_on_the_generator_alone(space: spaces.Space) -> None:
    for seed in range(20):
        drawn = legal_action(space, None, np.random.default_rng(seed))
        assert space.contains(drawn)
        assert repr(drawn) == repr(legal_action(space, None, np.random.default_rng(seed)))
    assert len({repr(legal_action(space, None, np.random.default_rng(seed))) for seed in range(40)}) > 1


def test_only_legal_actions_are_drawn_and_all_of_them() -> None:
    random, mask = np.random.default_rng(1), np.array([False, True, False, True, True])
    drawn = {legal_action(spaces.Discrete(5, start=10), mask, random) for _ in range(100)}
    assert drawn == {11, 13, 14}


def test_both_ends_of_a_whole_numbered_box_are_drawn() -> None:
    random = np.random.default_rng(1)
    assert {int(legal_action(spaces.Box(0, 2, (), np.uint8), None, random)) for _ in range(100)} == {0, 1, 2}


def test_text_is_the_same_in_processes_that_order_sets_differently() -> None:
    code = (
        "import numpy as np; from gymnasium.spaces import Text; from arena.sampling import legal_action;"
        "print(legal_action(Text(9, charset=frozenset('abcdefgh')), None, np.random.default_rng(3)))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in "12"
    ]
    assert told[0] == told[1] != ""


def test_a_space_of_another_kind_is_told() -> None:
    with pytest.raises(EnvError, match="Graph"):
        legal_action(spaces.Graph(spaces.Discrete(2), None), None, np.random.default_rng(0))
