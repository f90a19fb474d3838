"""MuJoCo 4 in its runtime: the same tasks as under MuJoCo 3."""

import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.registry import build, missing

SPEC = arena.find("mujoco4/InvertedPendulum-v5")


def test_there_are_the_tasks_of_the_main_interpreter():
    names = {
        family: {s.id.split("/")[1] for s in arena.specs("robotics") if s.family == family}
        for family in ("mujoco", "mujoco4")
    }
    assert names["mujoco"] == names["mujoco4"] and len(names["mujoco4"]) == 11


@pytest.mark.skipif(bool(missing(SPEC)), reason=missing(SPEC) or "the runtime is there")
def test_standing_still_on_a_balanced_pole_earns_one_per_step():
    episode = Episode(SPEC, build(SPEC))
    episode.start(0)
    for _ in range(5):
        assert episode.step([np.zeros(1, np.float32)]).rewards == (1.0,)
    episode.close()
