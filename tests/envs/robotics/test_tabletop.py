"""The runtime `tabletop`: LeRobot's tasks, and RoboDesk."""

import numpy as np
import pytest

import arena
from arena.registry import missing

LEROBOT = arena.find("lerobot/XarmLift-v0")
needs_runtime = pytest.mark.skipif(bool(missing(LEROBOT)), reason=missing(LEROBOT) or "the runtime is there")


@needs_runtime
def test_a_gripper_that_goes_down_to_the_cube_and_closes_lifts_it_15_centimetres():
    env = arena.make("lerobot/XarmLift-v0")
    seen, _ = env.reset(seed=3)
    began, total, terminated = seen[8], 0.0, False
    for step in range(200):
        aside, above = seen[19:21], seen[21]  # from the cube to the gripper
        if step < 100:  # over it, then down
            move = [*(-10 * aside), -10 * above if np.hypot(*aside) < 0.02 else 0.0, -1.0]
        else:
            move = [*(-10 * aside), 0.0 if step < 130 else 1.0, 1.0]
        seen, reward, terminated, _, info = env.step(np.clip(move, -1, 1).astype(np.float32))
        total += reward
        if terminated:
            break
    env.close()
    assert terminated and info["metrics"] == {"success": 1.0}
    assert seen[8] - began == pytest.approx(0.15, abs=0.02) and total > 5


@needs_runtime
def test_alohas_arms_go_where_they_are_sent_from_where_the_paper_starts_them():
    env = arena.make("lerobot/AlohaTransferCube-v0")
    seen, _ = env.reset(seed=1)
    np.testing.assert_allclose(seen[:6], [0, -0.96, 1.16, 0, -0.3, 0])
    assert 0.0 <= seen[28] <= 0.2 and 0.4 <= seen[29] <= 0.6  # where the cube may lie, in metres
    action = np.concatenate([[0.3, *seen[1:6], 1.0], seen[7:13], [0.0]]).astype(np.float32)
    for _ in range(60):
        now, reward, terminated, _, info = env.step(action)
    env.close()
    assert now[0] == pytest.approx(0.3, abs=0.05) and abs(now[7]) < 0.05  # the left waist turned, the right did not
    assert now[6] > 0.9 and now[13] < 0.2  # the left gripper opened, the right closed
    assert (reward, terminated, info["metrics"]) == (0.0, False, {"success": 0.0, "stage": 0.0})


@needs_runtime
def test_a_t_that_is_not_touched_stays_and_covers_what_it_covered():
    env = arena.make("lerobot/PushT-v0")
    seen, _ = env.reset(seed=0)
    away = np.where(seen[2:4] < 256, 480, 30).astype(np.float32)
    rewards = []
    for _ in range(20):
        now, reward, terminated, _, info = env.step(away)
        rewards.append(reward)
        assert not terminated
    env.close()
    np.testing.assert_allclose(now[:2], away, atol=1.0)
    assert info["metrics"] == {"coverage": max(rewards), "success": 0.0}
    np.testing.assert_allclose(now[2:], seen[2:], atol=1e-6)
    np.testing.assert_allclose(rewards, rewards[0], atol=1e-6)


@needs_runtime
def test_a_hand_that_goes_down_on_the_green_button_lights_the_green_lamp():
    env = arena.make("robodesk/push_green-v0")
    seen, info = env.reset(seed=2)
    np.testing.assert_array_equal(seen["qpos_objects"][2:8], np.zeros(6))  # three buttons, three lamps
    button = np.array([-0.25, 0.625, 0.74])  # desk.xml, 2 cm below its top
    for _ in range(200):
        way = button - seen["end_effector"]
        if np.hypot(*way[:2]) > 0.02:
            way[2] += 0.12  # first over it
        push = np.clip([*(60 * way), 0.0, -1.0], -1, 1).astype(np.float32)
        seen, reward, terminated, _, info = env.step(push)
        assert 0.0 <= reward <= 1.0 and not terminated
        if info["metrics"]["success"]:
            break
    pressed = seen["qpos_objects"][2:8]
    assert info["metrics"] == {"success": 1.0} and reward > 0.9
    assert pressed[4] < -0.0045 and abs(pressed[3]) < 0.001 and abs(pressed[5]) < 0.001  # only the lamp in the middle
    for _ in range(10):
        info = env.step(np.array([0, 0, 1, 0, -1], np.float32))[-1]
    env.close()
    assert info["metrics"] == {"success": 1.0}  # done is done


@needs_runtime
def test_robodesk_starts_as_its_seed_says_whatever_was_drawn_elsewhere():
    env = arena.make("robodesk/lift_ball-v0")
    first = env.reset(seed=4)[0]["qpos_objects"]
    assert not np.array_equal(env.reset(seed=5)[0]["qpos_objects"], first)
    np.testing.assert_array_equal(env.reset(seed=4)[0]["qpos_objects"], first)
    env.close()
