"""Safety-Gymnasium in its runtime: costs are counted apart from the reward."""

import numpy as np
import pytest

import arena
from arena.registry import missing

SPECS = [spec for spec in arena.specs("robotics") if spec.family == "safety"]


def test_two_robots_have_four_tasks_and_six_runners_a_speed_limit():
    assert len(SPECS) == 2 * 4 + 6


@pytest.mark.skipif(bool(missing(SPECS[0])), reason=missing(SPECS[0]) or "the runtime is there")
def test_each_step_out_of_bounds_costs_one_and_takes_nothing_off_the_reward():
    env = arena.make("safety/PointCircle1-v0")
    env.reset(seed=0)
    costs = [env.step(np.array([1.0, 0.0], np.float32))[4]["metrics"]["cost"] for _ in range(300)]
    env.close()
    steps = np.diff([0.0, *costs])
    assert set(steps) == {0.0, 1.0} and steps[-1] == 1.0  # straight ahead leads out of bounds, and stays there
