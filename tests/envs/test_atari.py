import numpy as np
import pytest

import arena
from arena.envs.games.atari import Atari
from arena.envs.games.atari_screen import add_picture, first_stack, picture
from arena.registry import build
from arena.suite import load_suite

pytest.importorskip("ale_py")


def _screens(env_id, seed, actions):
    env = build(arena.find(env_id))
    observation, _ = env.reset(seed=seed)
    return [observation.tobytes(), *(env.step(action % env.action_space.n)[0].tobytes() for action in actions)]


@pytest.mark.parametrize("height", [210, 214, 250])
def test_a_reduced_pixel_is_the_mean_of_what_lies_under_it(height):
    frame = np.random.default_rng(height).integers(0, 256, (height, 160), dtype=np.uint8)
    rows = np.repeat(frame.astype(np.int64), 84, axis=0).reshape(84, height, 160).sum(axis=1)
    sums = np.repeat(rows, 84, axis=1).reshape(84, 84, 160).sum(axis=2)
    assert np.array_equal(picture(frame), np.rint(sums / (height * 160)).astype(np.uint8))


def test_a_stack_begins_with_four_alike_and_drops_the_oldest():
    first = first_stack(np.full((210, 160), 7, np.uint8))
    assert first.shape == (4, 84, 84) and (first == 7).all()
    second = add_picture(first, np.full((84, 84), 9, np.uint8))
    assert second[:, 0, 0].tolist() == [7, 7, 7, 9]
    assert (first == 7).all()


def test_pong_is_lost_21_to_0_by_standing_still_and_ends_terminated():
    env = build(arena.find("atari/Pong-noop-v4"))
    env.reset(seed=0)
    total, over = 0.0, False
    while not over:
        _, reward, over, truncated, _ = env.step(0)
        assert not truncated
        total += reward
    assert total == -21.0 == arena.find("atari/Pong-v5").failure_score


def test_a_lost_life_is_not_an_end():
    env = Atari("breakout", sticky=0.0, max_noops=0)
    _, info = env.reset(seed=0)
    assert (info["lives"], env.action_names) == (5, ["noop", "fire", "right", "left"])
    over = False
    while info["lives"] == 5:
        *_, over, _, info = env.step(1)  # fire serves the ball, and nobody hits it
    assert (info["lives"], over) == (4, False)


def test_the_seed_decides_which_actions_stick_and_earlier_episodes_do_not():
    actions = np.random.default_rng(0).integers(0, 6, 40).tolist()
    first = _screens("atari/Pong-v5", 1, actions)
    assert _screens("atari/Pong-v5", 2, actions) != first
    env = build(arena.find("atari/Pong-v5"))
    env.reset(seed=5)
    for action in actions:
        env.step(action)
    again, _ = env.reset(seed=1)
    assert [again.tobytes(), *(env.step(action)[0].tobytes() for action in actions)] == first


def _trail(env, seed):
    return [env.reset(seed=seed)[0].tobytes(), *(env.step(k % 6)[0].tobytes() for k in range(30))]


def test_no_op_starts_differ_by_seed_and_nothing_else_does():
    waiting, at_once = (Atari("space_invaders", sticky=0.0, max_noops=noops) for noops in (30, 0))
    assert len({b"".join(_trail(waiting, seed)) for seed in range(6)}) > 3
    assert _trail(at_once, 1) == _trail(at_once, 2)


def test_every_score_lies_in_its_range_and_the_human_one_is_above_random():
    specs = [spec for spec in arena.specs("games") if spec.family == "atari"]
    assert len(specs) == 208
    for spec in specs:
        for reference in filter(None, (spec.random, spec.expert)):
            assert spec.score_range[0] <= reference.value <= spec.score_range[1], spec.id
        if spec.id.endswith("-noop-v4") and spec.expert is not None:
            assert spec.expert.value > spec.random.value, spec.id


def test_the_screen_can_be_looked_at_in_colour():
    env = Atari("pong", sticky=0.0, max_noops=0, render_mode="rgb_array")
    env.reset(seed=0)
    assert env.render().shape == (210, 160, 3)


def test_atari_100k_has_26_games_with_both_references():
    suite = load_suite("atari100k")
    specs = [arena.find(task.env) for task in suite.tasks]
    assert len(specs) == 26
    assert all(spec.random is not None and spec.expert is not None for spec in specs)
    breakout = arena.find("atari/Breakout-noop-v4")
    assert (breakout.random.value, breakout.expert.value) == (1.7, 30.5)
