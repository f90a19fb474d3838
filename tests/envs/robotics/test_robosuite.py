"""robosuite, in its runtime."""

import numpy as np
import pytest

import arena
from arena.registry import missing

SPECS = [spec for spec in arena.specs("robotics") if spec.family == "robosuite"]
needs_runtime = pytest.mark.skipif(bool(missing(SPECS[0])), reason=missing(SPECS[0]) or "the runtime is there")


def test_three_of_nine_tasks_have_two_arms():
    two = {spec.id for spec in SPECS if spec.kwargs["arms"] == 2}
    assert len(SPECS) == 9 and two == {f"robosuite/TwoArm{name}-v0" for name in ("Lift", "PegInHole", "Handover")}
    assert {(spec.metric, spec.max_steps) for spec in SPECS} == {("success", 500)}


@needs_runtime
def test_a_hand_told_to_go_down_goes_down_and_the_seed_alone_decides_where_it_began():
    env = arena.make("robosuite/Lift-v0")
    assert env.action_space.shape == (7,)
    down = np.array([0, 0, -1, 0, 0, 0, -1], np.float32)

    def play(seed):
        shown = [env.reset(seed=seed)[0]["object-state"]]
        for _ in range(8):
            seen, reward, terminated, _, info = env.step(down)
            assert 0.0 <= reward < 1.0 and not terminated and info["metrics"] == {"success": 0.0}
            shown.append(seen["object-state"])
        return np.array(shown)  # of a row: the cube's place (3) and turn (4), the way from the hand to it (3)

    first = play(5)
    assert first.shape == (9, 10) and first[0, 2] == pytest.approx(0.83, abs=0.02)  # the table is 0.8 m high
    assert abs(first[-1, 9]) < abs(first[0, 9]) - 0.05
    assert not np.array_equal(play(6), first)
    assert np.array_equal(play(5), first)
    env.close()
