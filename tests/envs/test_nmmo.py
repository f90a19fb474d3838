import numpy as np
import pytest

import arena
from arena.check.playing import Player
from arena.registry import build, missing
from arena.views import make_view

SPEC = arena.find("nmmo/Foraging-v0")
pytestmark = pytest.mark.skipif(bool(missing(SPEC)), reason=missing(SPEC))
HORIZON = 512


@pytest.fixture(scope="module")
def env():
    env = build(SPEC)
    yield env
    env.close()


def test_who_dies_is_paid_for_the_ticks_before_and_one_is_taken(env):
    _, infos = env.reset(seed=1)
    random, returns, ended = np.random.default_rng(0), dict.fromkeys(env.agents, 0.0), {}
    while env.agents:
        moves = {agent: int(random.choice(np.flatnonzero(infos[agent]["action_mask"]))) for agent in env.agents}
        _, rewards, terminated, truncated, infos = env.step(moves)
        for agent, reward in rewards.items():
            returns[agent] += reward
            assert ("metrics" in infos[agent]) == (terminated[agent] or truncated[agent])
            if "metrics" in infos[agent]:
                ended[agent] = terminated[agent], infos[agent]["metrics"]["lifetime"]
    assert len(ended) == 8
    for agent, (died, lifetime) in ended.items():
        expected = (lifetime - 1) / HORIZON - 1 if died else lifetime / HORIZON
        assert returns[agent] == pytest.approx(expected)


def test_nobody_lives_long_without_water(env):
    env.reset(seed=2)
    for _ in range(60):
        env.step(dict.fromkeys(env.agents, 4))  # all stay: 20 ticks to thirst, then 10 of 100 health a tick, or 20
        if len(env.agents) < 8:
            break
    assert len(env.agents) < 8


def test_the_mask_forbids_what_the_map_forbids(env):
    observations, infos = env.reset(seed=3)
    for agent in env.agents:
        tiles = observations[agent]["Tile"][:, 2].reshape(15, 15)  # oneself in the middle
        around = [tiles[6, 7], tiles[8, 7], tiles[7, 8], tiles[7, 6]]  # north, south, east, west
        free = [material not in (0, 1, 5, 14, 15) for material in around]  # void, water, stone, ocean, fish
        assert infos[agent]["action_mask"].tolist() == [*free, True]


def test_the_array_view_puts_oneself_in_the_middle(env):
    observations, _ = env.reset(seed=3)
    view = make_view(SPEC, "array", env, "agent_1")
    seen, _ = view.observe(observations["agent_1"], None, {})
    assert view.observation_space.contains(seen)
    assert (seen[..., :16].sum(axis=-1) == 1.0).all()
    assert seen[7, 7, 16] >= 1.0 and (seen[..., 18:21] == 1.0).all()


def test_earlier_episodes_leave_no_trace_on_creatures_and_agents():
    player = Player(arena.find("nmmo/Fighting-v0"))
    first = player.play(5, 60)
    player.play(6, 60)
    assert player.play(5, 60) == first
    player.close()
