"""The runtime `motion`: panda-gym, highway-env and MO-Gymnasium."""

import numpy as np
import pytest

import arena
from arena.registry import missing

PANDA, HIGHWAY, MO = (
    [spec for spec in arena.specs("robotics") if spec.family == family] for family in ("panda", "highway", "mo")
)
needs_runtime = pytest.mark.skipif(bool(missing(PANDA[0])), reason=missing(PANDA[0]) or "the runtime is there")


def test_panda_has_six_tasks_two_controls_and_two_rewards():
    assert len(PANDA) == 24 and {spec.metric for spec in PANDA} == {"success"}
    assert {spec.max_steps for spec in PANDA if "Stack" in spec.id} == {100}


def test_a_failed_mo_episode_counts_the_mean_of_its_reference_point():
    spec = arena.find("mo/resource-gathering-v0")
    assert spec.kwargs["reference"] == [-1.0, 0.0, 0.0] and spec.failure_score == pytest.approx(-1 / 3)


@needs_runtime
def test_a_dive_to_the_best_treasure_pays_the_optimum_and_names_each_objective():
    spec = arena.find("mo/deep-sea-treasure-v0")
    env = arena.make(spec.id)
    env.reset(seed=0)
    down, right = 1, 3
    total = 0.0
    for action in [right] * 4 + [down] * 4:  # the treasure of 15.1, 8 steps away
        _, reward, terminated, truncated, info = env.step(action)
        total += reward
    env.close()
    assert terminated and not truncated and total == pytest.approx(spec.expert.value)
    metrics = info["metrics"]
    assert metrics["objective/treasure"] == pytest.approx(15.1) and metrics["objective/time"] == -8.0
    assert (metrics["reference/treasure"], metrics["reference/time"]) == (0.0, -100.0)


@needs_runtime
def test_minecarts_mines_come_from_the_seed():
    env = arena.make("mo/minecart-v0")

    def play(seed):
        env.reset(seed=seed)
        return [env.step(action)[0].tolist() for action in (1, 3, 3, 3, 3, 5, 5, 2)]

    first = play(5)
    play(6)
    assert play(5) == first
    env.close()


@needs_runtime
def test_panda_steps_cost_one_until_the_goal_and_replay_after_a_touch():
    env = arena.make("panda/Push-v3")

    def play(seed):
        env.reset(seed=seed)
        steps = [env.step(np.array([0.3, 0.0, -1.0], np.float32)) for _ in range(15)]
        return [(seen["observation"].tobytes(), reward) for seen, reward, *_ in steps]

    first = play(5)
    assert {reward for _, reward in first} <= {-1.0, 0.0}
    play(6)
    assert play(5) == first  # PyBullet itself keeps contacts across episodes
    env.close()


@needs_runtime
def test_who_keeps_accelerating_on_the_highway_crashes_or_is_paid_at_most_one_a_step():
    env = arena.make("highway/highway-fast-v0")
    env.reset(seed=1)
    for _ in range(3):
        _, reward, terminated, _, info = env.step(3)
        assert 0.0 <= reward <= 1.0 and info["metrics"] == {"crashed": float(terminated)}
        if terminated:
            break
    env.close()
