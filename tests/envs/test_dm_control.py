import ctypes.util
import math
import types

import numpy as np
import pytest
from gymnasium.utils import seeding

import arena
from arena.envs.robotics import renderers
from arena.errors import UnavailableError
from arena.registry import build

pytest.importorskip("dm_control")
renderers.choose_renderer()  # before the tests import the suite

SPECS = {spec.id: spec for spec in arena.specs("robotics") if spec.family == "dm_control"}


def test_every_task_of_the_suite_is_there():
    from dm_control import suite

    of_states = [spec for spec in SPECS.values() if "pixels" not in spec.tags]
    assert _tasks(of_states) == set(suite.ALL_TASKS)
    assert _tasks(spec for spec in of_states if "extra" not in spec.tags) == set(suite.BENCHMARKING)


def _tasks(specs):
    return {(spec.kwargs["domain"], spec.kwargs["task"]) for spec in specs}


@pytest.mark.parametrize("name", ["cartpole-two_poles", "finger-turn_hard", "point_mass-hard"])
def test_an_episode_is_the_suites_own(name):
    from dm_control import suite

    domain, task = name.split("-")
    env = build(SPECS[f"dm_control/{name}-v0"])
    word = int(seeding.np_random(5)[0].integers(1 << 32))
    # domains that draw while they are built would differ: these do not
    theirs = suite.load(domain, task, {"random": np.random.RandomState(word), "time_limit": math.inf})
    observation, _ = env.reset(seed=5)
    expected, actions = theirs.reset(), np.random.default_rng(0)
    for _ in range(20):
        np.testing.assert_array_equal(observation, np.concatenate([np.ravel(v) for v in expected.observation.values()]))
        action = actions.uniform(-1, 1, env.action_space.shape).astype(np.float32)
        expected = theirs.step(action)
        observation, reward, terminated, truncated, _ = env.step(action)
        assert (reward, terminated, truncated) == (expected.reward, False, False)


def test_a_balanced_pole_pays_one_a_step_and_the_limit_truncates():
    env = arena.make("dm_control/cartpole-balance_sparse-v0")
    env.reset(seed=0)
    rewards, truncated = [], False
    while not truncated:
        _, reward, terminated, truncated, _ = env.step(np.zeros(1, np.float32))
        assert not terminated
        rewards.append(reward)
    assert len(rewards) == 1000
    assert rewards[0] == 1.0
    assert set(rewards) == {0.0, 1.0}  # nobody holds it


def test_springs_come_to_rest_under_the_best_feedback():
    from dm_control.suite import lqr, lqr_solver

    env = build(SPECS["dm_control/lqr-lqr_2_1-v0"])
    solved = lqr_solver.solve(env.unwrapped.suite_env)
    gains = np.asarray(solved[1])
    observation, _ = env.reset(seed=1)
    start = np.linalg.norm(observation)
    for _ in range(1000):
        action = (gains @ observation).astype(np.float32)
        assert env.action_space.contains(action)  # the limit of Arena's does not bind
        observation, *_ = env.step(action)
    assert np.linalg.norm(observation) < 0.1 * start  # left alone, it never rests
    assert lqr.LQRLevel._TERMINAL_TOL == 1e-6


def test_a_simulation_that_diverges_ends_the_episode_and_pays_nothing(monkeypatch):
    from dm_control.rl.control import PhysicsError

    env = build(SPECS["dm_control/cheetah-run-v0"])
    seen, _ = env.reset(seed=0)

    def diverge(action):
        raise PhysicsError("bad acceleration")

    monkeypatch.setattr(env.unwrapped.suite_env, "step", diverge)
    observation, *rest, _ = env.step(np.zeros(6, np.float32))
    assert rest == [0.0, True, False]
    np.testing.assert_array_equal(observation, seen)


@pytest.mark.skipif(ctypes.util.find_library("EGL") is None, reason="no EGL to draw with")
def test_pixels_are_three_pictures_and_pay_for_two_steps():
    env, states = build(SPECS["dm_control/reacher-easy-pixels-v0"]), build(SPECS["dm_control/reacher-easy-v0"])
    observation, _ = env.reset(seed=3)
    states.reset(seed=3)
    assert (observation.shape, observation.dtype) == ((84, 84, 9), np.uint8)
    assert observation.std() > 10
    np.testing.assert_array_equal(observation[..., :3], observation[..., 6:])
    action = np.array([1.0, -1.0], np.float32)
    for _ in range(3):
        after, reward, *_ = env.step(action)
        assert reward == sum(states.step(action)[1] for _ in range(2))
        np.testing.assert_array_equal(after[..., :6], observation[..., 3:])
        assert (after[..., 6:] != observation[..., 6:]).any()
        observation = after
    env.close()


@pytest.mark.parametrize(("there", "chosen"), [({"EGL", "OSMesa"}, "egl"), ({"OSMesa"}, "osmesa")])
def test_the_renderer_is_the_one_whose_library_is_there(monkeypatch, there, chosen):
    _without_a_screen(monkeypatch, there)
    renderers.choose_renderer()
    assert renderers.os.environ["MUJOCO_GL"] == chosen


def test_what_cannot_draw_says_what_to_do(monkeypatch):
    _without_a_screen(monkeypatch, set())
    with pytest.raises(UnavailableError, match="libegl1"):
        build(SPECS["dm_control/reacher-easy-pixels-v0"])
    monkeypatch.setenv("MUJOCO_GL", "egl")
    monkeypatch.setitem(renderers.sys.modules, "dm_control._render", types.SimpleNamespace(BACKEND="glfw"))
    with pytest.raises(UnavailableError, match="before it is imported"):
        build(SPECS["dm_control/reacher-easy-pixels-v0"])


def _without_a_screen(monkeypatch, there):
    monkeypatch.setenv("MUJOCO_GL", "to be restored")  # so that what is set here does not outlast the test
    monkeypatch.delenv("MUJOCO_GL")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(renderers.sys, "platform", "linux")
    monkeypatch.setattr(renderers.ctypes.util, "find_library", lambda name: name if name in there else None)
