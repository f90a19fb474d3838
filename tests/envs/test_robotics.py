import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.registry import build

SPECS = [spec for spec in arena.specs("robotics", available=True) if spec.family == "mujoco"]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_episodes_stay_in_their_spaces_and_end_as_declared(spec):
    env = build(spec)
    observation, _ = env.reset(seed=1)
    random = np.random.default_rng(1)
    low, high = env.action_space.low, env.action_space.high
    total = 0.0
    for _ in range(spec.max_steps):
        assert env.observation_space.contains(observation)
        observation, reward, terminated, truncated, _ = env.step(random.uniform(low, high).astype(np.float32))
        total += reward
        if terminated or truncated:
            break
    assert terminated or truncated
    assert spec.score_range[0] <= total <= spec.score_range[1]
    assert total >= spec.failure_score  # random play is no worse than a crash
    env.close()


def test_there_are_the_eleven_tasks_of_gymnasium():
    assert len(SPECS) == 11


def test_standing_still_on_a_balanced_pole_earns_one_per_step():
    episode = Episode(arena.find("mujoco/InvertedPendulum-v5"), build(arena.find("mujoco/InvertedPendulum-v5")))
    episode.start(0)
    for _ in range(5):
        turn = episode.step([np.zeros(1, np.float32)])
        assert turn.rewards == (1.0,)
