import os
import tempfile

import gymnasium
import numpy as np
import pytest

import arena
from arena.registry import build

pytest.importorskip("gymnasium_robotics")


def test_an_episode_is_the_packages_own_for_that_seed():
    env, theirs = build(arena.find("gymrobotics/FetchReach-v4")), gymnasium.make("FetchReach-v4")
    observation, _ = env.reset(seed=3)
    expected, _ = theirs.reset(seed=3)
    for _ in range(10):
        for part in expected:
            np.testing.assert_array_equal(observation[part], expected[part])
        action = np.array([1.0, 0.5, -0.5, 0.0], np.float32)
        observation, reward, *_ = env.step(action)
        expected, their_reward, *_ = theirs.step(action)
        assert reward == their_reward


def test_a_gripper_led_to_its_goal_has_succeeded_at_the_end():
    env = arena.make("gymrobotics/FetchReach-v4")
    observation, _ = env.reset(seed=1)
    rewards, truncated = [], False
    while not truncated:
        way = 10 * (observation["desired_goal"] - observation["achieved_goal"])
        action = np.append(np.clip(way, -1, 1), 0).astype(np.float32)
        observation, reward, _, truncated, info = env.step(action)
        rewards.append(reward)
    assert len(rewards) == 50
    assert (rewards[0], rewards[-1]) == (-1.0, 0.0)
    assert info["metrics"] == {"success": 1.0, "success_at_end": 1.0}


def test_a_ball_at_its_goal_is_paid_and_plays_on():
    env = build(arena.find("gymrobotics/PointMaze_UMaze-v3"))
    env.reset(seed=0)
    env.unwrapped.game.point_env.set_state(env.unwrapped.game.goal, np.zeros(2))
    _, reward, terminated, _, info = env.step(np.zeros(2, np.float32))
    assert (reward, terminated, info["metrics"]["success"]) == (1.0, False, 1.0)


def test_mazes_are_built_in_a_folder_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    build(arena.find("gymrobotics/PointMaze_UMaze-v3")).close()
    assert os.listdir(tmp_path) == []  # the package itself leaves ant_maze.xml, the same for all processes


def test_a_divided_body_moves_as_the_whole_one():
    team, whole = build(arena.find("mamujoco/HalfCheetah-2x3-v1")), build(arena.find("mujoco/HalfCheetah-v5"))
    observations, _ = team.reset(seed=2)
    whole.reset(seed=2)
    assert [len(observations[agent]) for agent in team.possible_agents] == [12, 12]
    random = np.random.default_rng(0)
    for _ in range(5):
        action = random.uniform(-1, 1, 6).astype(np.float32)
        _, rewards, *_ = team.step(team.game.map_global_action_to_local_actions(action))
        _, reward, *_ = whole.step(action)
        assert rewards == pytest.approx({"agent_0": reward, "agent_1": reward}, rel=1e-6)  # float32 there


def test_what_a_pushers_shoulder_sees_does_not_hang_on_the_order_of_a_set():
    env = build(arena.find("mamujoco/Pusher-3p-v1"))
    env.reset(seed=0)
    joints = [(node.label, node.qpos_ids) for nodes in env.game.k_dicts[0].values() for node in nodes]
    assert len(set(joints)) > len({label for label, _ in joints})  # the package gives several joints one label
    for nodes in env.game.k_dicts[0].values():
        keys = [(node.label, str(node.qpos_ids)) for node in nodes]
        assert keys == sorted(keys)


@pytest.mark.parametrize("name", ["ManySegmentAnt-2x3", "ManySegmentSwimmer-10x2"])
def test_a_chain_leaves_no_file_in_its_package(name):
    from gymnasium_robotics.envs import multiagent_mujoco

    folder = os.path.join(os.path.dirname(multiagent_mujoco.__file__), "assets")
    before = sorted(os.listdir(folder))
    env = build(arena.find(f"mamujoco/{name}-v1"))
    env.reset(seed=0)
    env.step({agent: env.action_space(agent).low for agent in env.agents})
    assert sorted(os.listdir(folder)) == before


@pytest.mark.parametrize(("metres", "paid"), [(4.0, 0.0), (5.5, 1.0)])
def test_a_sparse_cheetah_is_paid_beyond_five_metres(metres, paid):
    env = build(arena.find("mujoco-sparse/HalfCheetah-v0"))
    env.reset(seed=0)
    game = env.unwrapped
    position = game.data.qpos.copy()
    position[0] = metres
    game.set_state(position, game.data.qvel.copy())
    assert env.step(np.zeros(6, np.float32))[1] == paid


def test_a_sparse_arm_is_paid_within_two_centimetres():
    env = build(arena.find("mujoco-sparse/Reacher-v0"))
    env.reset(seed=0)
    game = env.unwrapped
    assert env.step(np.zeros(2, np.float32))[1] == 0.0
    position = game.data.qpos.copy()
    position[2:] = game.get_body_com("fingertip")[:2]  # the target's joints are its place
    game.set_state(position, np.zeros(4))
    assert env.step(np.zeros(2, np.float32))[1] == 1.0
