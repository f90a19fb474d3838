"""Wrappers that make a world less reliable: what reaches the world, and what an agent sees of it."""

import gymnasium
import numpy as np
import pytest

from arena.errors import SpecError
from arena.wrappers.action_noise import ActionNoise
from arena.wrappers.action_repeat import ActionRepeat
from arena.wrappers.dropped_action import DroppedAction
from arena.wrappers.dropped_observation import DroppedObservation
from arena.wrappers.observation_delay import ObservationDelay
from arena.wrappers.reset_counting import ResetCounting
from arena.wrappers.stuck_observation import StuckObservation


class Clock(gymnasium.Env):
    """Shows the step, from 1 on, twice; pays the step; remembers its actions and seeds; ends itself after `length`."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (3,), np.float32)

    def __init__(self, length=10**9):
        self.length = length
        self.seeds = []

    def reset(self, *, seed=None, options=None):
        self.now, self.executed = 1, []
        self.seeds.append(seed)
        return np.full(2, 1.0), {}

    def step(self, action):
        self.now += 1
        self.executed.append(np.array(action))
        return np.full(2, float(self.now)), float(self.now), self.now > self.length, False, {}


def seen(env, seed, steps=1000):
    return np.array([env.reset(seed=seed)[0]] + [env.step(np.ones(3, np.float32))[0] for _ in range(steps)])


def executed(env, seed, steps=2000):
    env.reset(seed=seed)
    for _ in range(steps):
        env.step(np.ones(3, np.float32))
    return np.array(env.unwrapped.executed)


def lengths(faulty):
    """How long each uninterrupted fault of one component is."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], faulty.astype(int), [0]])))
    return edges[1::2] - edges[::2]


@pytest.mark.parametrize("make", [DroppedObservation, StuckObservation])
def test_failing_sensors_follow_the_seed_alone(make):
    env = make(Clock(), probability=0.1, steps=3)
    first = seen(env, 7)
    assert not np.array_equal(first, seen(env, 8)) and np.array_equal(first, seen(env, 7))
    with pytest.raises(SpecError, match="Box"):
        make(gymnasium.make("FrozenLake-v1"), probability=0.1, steps=1)


def test_dropped_numbers_read_0_independently_and_for_as_long_as_said():
    shown = seen(DroppedObservation(Clock(), probability=0.02, steps=5), 1, steps=5000)
    dropped = shown == 0
    assert (shown[~dropped] == np.broadcast_to(np.arange(1, 5002)[:, None], shown.shape)[~dropped]).all()
    assert (lengths(dropped[:-5, 0]) % 5 == 0).sum() >= len(lengths(dropped[:-5, 0])) - 1  # the last may be cut
    assert 0.05 < dropped.mean() < 0.13  # 5 / (5 + 50 - 1) = 0.093
    assert (dropped[:, 0] != dropped[:, 1]).any()


def test_stuck_numbers_stay_what_was_shown_before():
    shown = seen(StuckObservation(Clock(), probability=1.0, steps=1), 1, steps=9)
    assert (shown == 1.0).all()  # stuck at the start for ever
    shown = seen(StuckObservation(Clock(), probability=0.1, steps=3), 1)
    now = np.arange(1, 1002)
    stuck = shown[:, 0] != now
    assert not stuck[0] and 0.1 < stuck.mean() < 0.4
    assert (shown[1:, 0][stuck[1:]] == shown[:-1, 0][stuck[1:]]).all()


def test_dropped_actions_execute_0_and_leave_the_others():
    done = executed(DroppedAction(Clock(), probability=0.25, steps=1), 3)
    assert set(np.unique(done)) == {0.0, 1.0} and done.dtype == np.float32
    assert (done == 0).mean() == pytest.approx(0.25, abs=0.03)
    assert np.array_equal(done, executed(DroppedAction(Clock(), probability=0.25, steps=1), 3))


def test_noisy_actions_have_their_scale_and_stay_in_bounds():
    env = ActionNoise(Clock(), scale=0.1)
    env.reset(seed=0)
    for _ in range(1000):
        env.step(np.array([0.0, 0.5, 1.0], np.float32))
    done = np.array(env.unwrapped.executed)
    assert done.dtype == np.float32 and done.max() <= 1.0
    assert done[:, 0].std() == pytest.approx(0.1, rel=0.1) and done[:, 1].mean() == pytest.approx(0.5, abs=0.02)


def test_late_observations_show_the_start_until_the_next_is_due():
    assert seen(ObservationDelay(Clock(), delay=3), 0, steps=6)[:, 0].tolist() == [1, 1, 1, 1, 2, 3, 4]


def test_a_held_action_is_paid_the_sum_and_the_worlds_time_is_the_same_for_every_repeat():
    env = ActionRepeat(Clock(), repeat=4, world_steps=10)
    for _ in range(2):
        env.reset(seed=0)
        played = [env.step(np.ones(3, np.float32)) for _ in range(3)]
        assert [(p[0][0], p[1], p[3]) for p in played] == [(5, 14, False), (9, 30, False), (11, 21, True)]
    env = ActionRepeat(Clock(length=2), repeat=4, world_steps=10)
    env.reset(seed=0)
    assert env.step(np.ones(3, np.float32))[1:4] == (5.0, True, False)  # 2 + 3, and then it ended


def test_a_fall_is_counted_and_the_episode_goes_on_from_a_new_start():
    env = ResetCounting(Clock(length=3))
    env.reset(seed=5)
    played = [env.step(np.ones(3, np.float32)) for _ in range(7)]
    assert [p[0][0] for p in played] == [2, 3, 1, 2, 3, 1, 2] and not any(p[2] for p in played)
    assert [p[1] for p in played] == [2, 3, 4, 2, 3, 4, 2]
    assert played[-1][4]["metrics"] == {"resets": 2, "steps_per_reset": 7 / 3}
    first = env.unwrapped.seeds.copy()
    env.reset(seed=5)
    for _ in range(7):
        env.step(np.ones(3, np.float32))
    assert env.unwrapped.seeds == first * 2 and len(set(first)) == 3
