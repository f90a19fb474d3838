import os
import tempfile

import numpy as np
import pytest

import arena
from arena.envs.robotics.ogbench import WorldAndGoal
from arena.registry import build

pytest.importorskip("ogbench")


def test_a_point_put_at_the_goal_has_reached_it():
    env = build(arena.find("ogbench/pointmaze-medium-v0"))
    env.reset(seed=0)
    *_, info = env.step(np.zeros(2, np.float32))
    assert info["metrics"] == {"success": 0.0}
    env.unwrapped.game.set_xy(env.unwrapped.game.cur_goal_xy)
    _, reward, terminated, truncated, info = env.step(np.zeros(2, np.float32))
    assert (reward, terminated, truncated, info["metrics"]) == (1.0, True, False, {"success": 1.0})


def test_the_seed_picks_among_the_five_goals_and_an_option_names_one():
    env = build(arena.find("ogbench/pointmaze-medium-v0"))
    picked = set()
    for seed in range(30):
        env.reset(seed=seed)
        picked.add(env.unwrapped.game.cur_task_id)
    assert picked == {1, 2, 3, 4, 5}
    env.reset(seed=0, options={"task_id": 3})
    assert env.unwrapped.game.cur_task_info["goal_ij"] == (4, 2)  # of the benchmark's third task in this maze


@pytest.mark.slow
def test_a_cube_starts_alike_for_a_seed_although_its_package_samples_unseeded():
    envs = [build(arena.find("ogbench/cube-single-v0")) for _ in range(2)]
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, second = (env.reset(seed=7)[0] for env in envs)
    np.testing.assert_array_equal(first["goal"], second["goal"])
    np.testing.assert_array_equal(first["observation"], second["observation"])
    assert (first["goal"] != envs[0].reset(seed=8)[0]["goal"]).any()
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.slow
def test_painting_takes_three_numbers_and_shows_the_goal_as_channels():
    env = build(arena.find("ogbench/powderworld-easy-v0"))
    view = WorldAndGoal(env, None)
    observation, _ = env.reset(seed=0)
    shown, _ = view.observe(observation, None, {})
    assert view.observation_space.contains(shown)
    np.testing.assert_array_equal(shown[..., 6:], observation["goal"])
    worlds = [observation["observation"][..., :3]]
    for action in (1, 4, 4):  # stone, column 4, row 4
        worlds.append(env.step(action)[0]["observation"][..., :3])
    np.testing.assert_array_equal(worlds[0], worlds[2])
    assert (worlds[2][16:20, 16:20] != worlds[3][16:20, 16:20]).any()


def test_a_maze_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    build(arena.find("ogbench/antmaze-medium-v0")).close()
    assert os.listdir(tmp_path) == []
    assert tempfile.tempdir == str(tmp_path)
