"""dm_control's locomotion tasks: humanoid and rodent."""

import ctypes.util
import math

import numpy as np
import pytest

import arena
from arena.envs.robotics import renderers

pytest.importorskip("dm_control")
renderers.choose_renderer()  # before the tests import the suite

SPECS = [spec for spec in arena.specs("robotics") if spec.family == "locomotion"]
TARGET = "locomotion/humanoid-target-v0"
needs_pictures = pytest.mark.skipif(ctypes.util.find_library("EGL") is None, reason="no EGL to draw with")


def test_each_task_is_one_of_dm_controls_and_lasts_as_long():
    from dm_control.locomotion.examples import basic_cmu_2019, basic_rodent_2020

    for module, body in ((basic_cmu_2019, "cmu_humanoid_"), (basic_rodent_2020, "rodent_")):
        theirs = {name for name in vars(module) if name.startswith(body)}
        assert {s.kwargs["task"] for s in SPECS if s.kwargs["task"].startswith(body)} == theirs
    target = next(spec for spec in SPECS if spec.id == TARGET)
    engine = basic_cmu_2019.cmu_humanoid_go_to_target(np.random.RandomState(0))
    assert target.max_steps == math.ceil(engine._time_limit / engine.control_timestep())
    engine.close()


def test_a_humanoid_that_lets_go_falls_and_the_way_to_the_target_is_seen():
    env = arena.make(TARGET)
    assert env.action_space.shape == (56,)

    def play(seed):
        np.random.seed(seed + 100)  # the global generator is not what decides
        shown, terminated = [env.reset(seed=seed)[0]], False
        while not terminated:
            seen, reward, terminated, truncated, _ = env.step(np.zeros(56, np.float32))
            assert reward in (0.0, 1.0) and not truncated
            shown.append(seen)
        return np.array(shown)

    first = play(1)
    assert 3 < len(first) < 200
    distances = np.linalg.norm(first[:, -3:], axis=1)  # in metres, from the hips: falling, it does not get anywhere
    assert abs(distances[0] - distances[-1]) < 2
    other = play(2)
    assert not np.array_equal(other[0], first[0])
    np.testing.assert_array_equal(play(1), first)
    env.close()


@needs_pictures
def test_the_world_and_what_is_seen_of_it_come_from_the_seed_alone():
    env = arena.make("locomotion/humanoid-walls-v0")
    first, _ = env.reset(seed=1)
    before = np.random.get_state()[1].copy()
    assert first["camera"].shape == (64, 64, 3) and first["camera"].std() > 5
    other, _ = env.reset(seed=2)
    assert not np.array_equal(other["camera"], first["camera"])
    again, _ = env.reset(seed=1)
    np.testing.assert_array_equal(again["camera"], first["camera"])
    np.testing.assert_array_equal(again["state"], first["state"])
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # lent, and given back
    env.close()
