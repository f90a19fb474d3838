import numpy as np
import pytest

pytest.importorskip("dmlab2d")
from arena.envs.games.dmlab2d import Lab2D, Lab2DSolo

STAY, FORWARD, TURN_RIGHT, ZAP = 0, 1, 6, 7


@pytest.fixture(scope="module")
def harvest():
    return Lab2D("commons_harvest", 7, ["zap"], 60)


def test_the_limit_truncates_and_does_not_terminate(harvest):
    harvest.reset(seed=1)
    for step in range(60):
        assert harvest.agents, step
        _, _, terminated, truncated, _ = harvest.step(dict.fromkeys(harvest.agents, STAY))
    assert not harvest.agents and all(truncated.values()) and not any(terminated.values())


def test_a_beam_costs_its_target_50_and_its_owner_1(harvest):
    random, paid = np.random.default_rng(0), []
    for seed in range(3):
        harvest.reset(seed=seed)
        while harvest.agents:
            moves = {agent: int(random.choice([FORWARD, TURN_RIGHT, ZAP])) for agent in harvest.agents}
            _, rewards, *_ = harvest.step(moves)
            paid.append(rewards.values())
    hits = sum(-(reward // 50) for rewards in paid for reward in rewards if reward < -10)
    apples = sum(sum(rewards) for rewards in paid) + 51 * hits
    assert hits > 0 and apples >= 0  # what is left when hits are taken out: 1 for each apple


def test_a_seed_starts_the_same_game_whatever_was_played_before(harvest):
    def pictures(seed):
        observations, _ = harvest.reset(seed=seed)
        shown = [observations[agent] for agent in harvest.possible_agents]
        for _ in range(20):
            observations, *_ = harvest.step(dict.fromkeys(harvest.agents, FORWARD))
            shown += observations.values()
        return np.stack(shown)

    first, other, again = pictures(1), pictures(2), pictures(1)
    assert (first == again).all() and (first != other).any()


def test_a_room_of_boxes_costs_a_tenth_of_a_point_for_each_step():
    env = Lab2DSolo("pushbox", 120)
    picture, _ = env.reset(seed=0)
    assert env.observation_space.contains(picture)
    _, reward, terminated, truncated, _ = env.step(0)
    assert reward == pytest.approx(-0.1) and not terminated and not truncated
    steps = 1
    while not truncated:
        *_, truncated, _ = env.step(0)
        steps += 1
    assert steps == 120


def test_who_is_caught_by_a_foe_is_out():
    env = Lab2DSolo("chase_eat", 3000)
    env.reset(seed=0)
    terminated = False
    while not terminated:
        _, _, terminated, truncated, _ = env.step(0)
        assert not truncated
