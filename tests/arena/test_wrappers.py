from itertools import pairwise

import gymnasium
import numpy as np
import pytest

import arena
from arena.errors import SpecError, UnknownNameError
from arena.spec import EnvSpec, WrapperSpec
from arena.wrappers import WRAPPERS, wrap
from arena.wrappers.action_delay import ActionDelay
from arena.wrappers.action_mask import ActionMask
from arena.wrappers.observation_noise import ObservationNoise
from arena.wrappers.resize_observation import ResizeObservation
from arena.wrappers.single_seat import SingleSeat
from arena.wrappers.sticky_action import StickyAction
from arena.wrappers.time_limit import TimeLimit


class Echo(gymnasium.Env):
    """Shows the last action; counts steps; ends itself after `length`."""

    observation_space = gymnasium.spaces.Box(-1.0, 9.0, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(5)

    def __init__(self, length: int = 10**9) -> None:
        self.length = length

    def reset(self, *, seed=None, options=None):
        self.steps, self.executed = 0, []
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.steps += 1
        self.executed.append(action)
        return np.array([action, self.steps % 9], np.float32), 1.0, self.steps >= self.length, False, {}

    def action_masks(self):
        return [True, False, self.steps > 0, False, True]


def test_every_listed_wrapper_exists():
    from arena.loading import load_symbol

    assert all(issubclass(load_symbol(target), gymnasium.Wrapper) for target in WRAPPERS.values())


def test_a_stack_is_applied_innermost_first_and_the_time_limit_last():
    spec = EnvSpec(
        id="test/Echo-v0",
        entry_point=f"{__name__}:Echo",
        domain="games",
        max_steps=3,
        wrappers=(WrapperSpec("sticky-action", {"probability": 0.5}), WrapperSpec("frame-stack", {"stack_size": 4})),
    )
    env = wrap(Echo(), spec)
    assert isinstance(env, TimeLimit)
    assert isinstance(env.env.env, StickyAction)
    assert env.observation_space.shape == (4, 2)
    with pytest.raises(UnknownNameError, match="did you mean 'sticky-action'"):
        wrap(Echo(), EnvSpec(id=spec.id, entry_point="x:y", domain="games", wrappers=(WrapperSpec("sticky-actions"),)))


def test_the_time_limit_truncates_and_starts_anew_at_reset():
    env = TimeLimit(Echo(), max_steps=3)
    for _ in range(2):
        env.reset(seed=0)
        assert [env.step(0)[2:4] for _ in range(3)] == [(False, False), (False, False), (False, True)]


def test_a_step_that_ends_the_episode_itself_stays_terminated_at_the_limit():
    env = TimeLimit(Echo(length=3), max_steps=3)
    env.reset(seed=0)
    assert [env.step(0)[2:4] for _ in range(3)][-1] == (True, True)


def _sticky(seed: int, probability: float) -> list[int]:
    env = StickyAction(Echo(), probability)
    env.reset(seed=seed)
    for step in range(2000):
        env.step(step)
    return env.unwrapped.executed


def test_sticky_actions_repeat_a_quarter_of_the_time_and_never_at_first():
    executed = _sticky(0, 0.25)
    assert executed[0] == 0
    repeated = sum(now != step for step, now in enumerate(executed))
    assert 400 < repeated < 600  # 500 expected; 5 standard deviations are 97
    assert all(now in (step, before) for step, (before, now) in enumerate(pairwise(executed), start=1))


def test_sticky_actions_follow_the_seed_alone():
    assert _sticky(7, 0.5) == _sticky(7, 0.5) != _sticky(8, 0.5)
    env = StickyAction(Echo(), 0.5)
    env.reset(seed=8)
    env.step(1)
    env.reset(seed=7)
    for step in range(2000):
        env.step(step)
    assert env.unwrapped.executed == _sticky(7, 0.5)


def test_gymnasiums_own_sticky_actions_would_take_the_environments_stream():
    """Why ours exists: an environment that seeds nothing leaves Gymnasium's wrapper unseeded."""
    runs = []
    for _ in range(2):
        env = gymnasium.wrappers.StickyAction(Echo(), 0.5)
        env.reset(seed=7)
        for step in range(200):
            env.step(step)
        runs.append(env.unwrapped.executed)
    assert runs[0] != runs[1]


def test_noise_follows_the_seed_has_its_scale_and_stays_in_bounds():
    def play(seed):
        env = ObservationNoise(Echo(), scale=0.1)
        seen = [env.reset(seed=seed)[0]] + [env.step(4)[0] for _ in range(1000)]
        assert all(env.observation_space.contains(observation) for observation in seen)
        return np.array(seen)

    assert np.array_equal(play(1), play(1))
    assert not np.array_equal(play(1), play(2))
    assert (play(1)[1:, 0] - 4.0).std() == pytest.approx(0.1, rel=0.15)
    with pytest.raises(SpecError, match="Box"):
        ObservationNoise(arena.make("minigrid/DoorKey-5x5-v0"), scale=0.1)


def test_delayed_actions_come_late_and_the_initial_one_first():
    env = ActionDelay(Echo(), delay=2, initial=0)
    for _ in range(2):
        env.reset(seed=0)
        for action in (1, 2, 3, 4):
            env.step(action)
        assert env.unwrapped.executed == [0, 0, 1, 2]


def test_the_mask_of_a_method_is_in_every_info():
    env = ActionMask(Echo())
    assert env.reset(seed=0)[1]["action_mask"].tolist() == [True, False, False, False, True]
    assert env.step(0)[4]["action_mask"].tolist() == [True, False, True, False, True]
    with pytest.raises(SpecError, match="'legal'"):
        ActionMask(Echo(), name="legal")


def test_pictures_are_averaged_and_greyed():
    class Picture(Echo):
        observation_space = gymnasium.spaces.Box(0, 255, (4, 4, 3), np.uint8)

        def reset(self, *, seed=None, options=None):
            picture = np.zeros((4, 4, 3), np.uint8)
            picture[:2, :2] = 200
            picture[0, 0] = 100
            return picture, {}

    coloured, _ = (env := ResizeObservation(Picture(), 2, 2)).reset(seed=0)
    assert coloured[..., 0].tolist() == [[175, 0], [0, 0]]
    assert env.observation_space.contains(coloured)
    grey, _ = (env := ResizeObservation(Picture(), 2, 2, grey=True)).reset(seed=0)
    assert grey[..., 0].tolist() == [[175, 0], [0, 0]]
    assert env.observation_space.contains(grey)


@pytest.mark.parametrize("seat", [0, 1])
def test_one_seat_of_connect_four_wins_and_loses_what_the_table_says(seat):
    env = SingleSeat("boardgames/ConnectFour-v0", opponents=["random"], seat=seat)
    scores = []
    for seed in range(10):
        (observation, info), reward, over = env.reset(seed=seed), 0.0, False
        assert env.observation_space.contains(observation)
        while not over:
            assert reward == 0.0
            action = int(np.flatnonzero(info["action_mask"])[0])
            observation, reward, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        assert env.observation_space.contains(observation)
        scores.append(reward)
    assert set(scores) <= {-1.0, 0.0, 1.0}
    assert len(set(scores)) > 1
    env.close()


def test_a_rotating_seat_follows_the_seed_and_episodes_repeat():
    env = SingleSeat("mpe/SimpleSpread-v0", opponents=["random"], seat=None)

    def play(seed):
        observation, _ = env.reset(seed=seed)
        seen = [observation]
        while True:
            observation, _, terminated, truncated, _ = env.step(2)
            seen.append(observation)
            if terminated or truncated:
                assert (terminated, truncated) == (False, True)
                return np.array(seen)

    first = play(4)
    assert env.seat == 1
    assert len(first) == 26
    play(5)
    assert env.seat == 2
    assert np.array_equal(play(4), first)
    with pytest.raises(SpecError, match="opponent"):
        SingleSeat("mpe/SimpleSpread-v0", opponents=["random"] * 3)
