import numpy as np
import pytest

import arena
from arena.envs.robotics.metaworld import ScriptedPolicy
from arena.errors import UnparsableError
from arena.registry import build
from arena.suite import load_suite

pytest.importorskip("metaworld")

REACH = arena.find("metaworld/reach-v3")


def test_there_are_the_fifty_tasks_and_those_of_ml10_with_the_goal_hidden():
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS, ML10_V3

    specs = [spec for spec in arena.specs("robotics") if spec.family == "metaworld"]
    assert {s.kwargs["task"] for s in specs if not s.kwargs["goal_hidden"]} == set(ALL_V3_ENVIRONMENTS)
    for part in ("train", "test"):
        assert {s.kwargs["task"] for s in specs if f"ml10-{part}" in s.tags} == set(ML10_V3[part])


def test_the_suites_are_the_benchmarks():
    from metaworld.env_dict import ML10_V3, MT10_V3

    assert {task.env for task in load_suite("metaworld-mt10").tasks} == {f"metaworld/{name}" for name in MT10_V3}
    hidden = {f"metaworld/{name.removesuffix('-v3')}-goal-hidden-v3" for part in ML10_V3.values() for name in part}
    assert {task.env for task in load_suite("metaworld-ml10").tasks} == hidden


def test_the_seed_alone_places_the_goal():
    env = build(REACH)
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    goals = [env.reset(seed=seed)[0][-3:] for seed in (1, 2, 1)]
    assert (goals[0] == goals[2]).all()
    assert (goals[0] != goals[1]).all()
    assert (np.random.get_state()[1] == before).all()


def test_a_hidden_goal_is_zeros_and_all_else_the_same():
    shown, hidden = build(REACH), build(arena.find("metaworld/reach-goal-hidden-v3"))
    (seen, _), (blind, _) = shown.reset(seed=4), hidden.reset(seed=4)
    np.testing.assert_array_equal(seen[:-3], blind[:-3])
    assert seen[-3:].all()
    assert not blind[-3:].any()


def test_the_scripted_policy_reaches_and_a_success_is_kept():
    env = build(REACH)
    view = ScriptedPolicy(env, None)
    observation, _ = env.reset(seed=0)
    metrics = {"success": 0.0}
    while not metrics["success"]:
        observation, _, terminated, truncated, info = env.step(view.parse(view.observe(observation, None, {})[0]))
        metrics = info["metrics"]
        assert not terminated and not truncated
    for _ in range(60):  # and away again
        *_, info = env.step(np.array([0, -1, 1, 0], np.float32))
    assert info["metrics"] == {"success": 1.0, "success_at_end": 0.0}


@pytest.mark.parametrize("answer", ["", "left", "[1, 2, 3]", "[[1, 2, 3, 4]]", None])
def test_the_parser_takes_four_numbers_only(answer):
    with pytest.raises(UnparsableError):
        ScriptedPolicy(build(REACH), None).parse(answer)
