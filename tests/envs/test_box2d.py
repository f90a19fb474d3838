import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.registry import build
from arena.sampling import legal_action

pytest.importorskip("Box2D")
pytest.importorskip("pygame")


def _play(episode, seed, steps):
    turn, random = episode.start(seed), np.random.default_rng(seed)
    while turn.seats and episode.length < steps:
        turn = episode.step([legal_action(episode.env.action_space, None, random)])
    return episode.digest


@pytest.mark.parametrize(
    ("env_id", "steps"),
    [("box2d/LunarLander-v3", 300), ("box2d/BipedalWalker-v3", 300), ("box2d/CarRacingDiscrete-v3", 10)],
)
def test_an_episode_is_the_same_after_others(env_id, steps):
    spec = arena.find(env_id)
    fresh, used = Episode(spec, build(spec)), Episode(spec, build(spec))
    for seed in (5, 6):
        _play(used, seed, steps)
    for seed in (11, 13):  # Gymnasium's own walker falls otherwise in the third and later episodes
        assert _play(Episode(spec, build(spec)), seed, steps) == _play(used, seed, steps)
    assert _play(fresh, 11, steps) != _play(fresh, 12, steps)


def test_a_lander_that_falls_crashes_and_is_terminated():
    spec = arena.find("box2d/LunarLander-v3")
    env = build(spec)
    env.reset(seed=0)
    over = False
    while not over:
        _, reward, over, truncated, _ = env.step(0)
    assert (reward, truncated) == (-100, False)


def test_a_walker_that_does_nothing_falls():
    env = build(arena.find("box2d/BipedalWalker-v3"))
    env.reset(seed=0)
    over = False
    while not over:
        _, reward, over, truncated, _ = env.step(np.zeros(4, np.float32))
    assert (reward, truncated) == (-100, False)


def test_a_car_that_stands_pays_a_tenth_a_step_and_sees_its_track():
    env = build(arena.find("box2d/CarRacing-v3"), render_mode="rgb_array")
    observation, _ = env.reset(seed=0)
    assert (observation.shape, observation.dtype) == ((96, 96, 3), np.uint8)
    rewards = [env.step(np.zeros(3, np.float32))[1] for _ in range(5)]
    assert rewards[1:] == pytest.approx([-0.1] * 4)
    assert env.render().shape == (400, 600, 3)
