"""Countdown: its rules, its parser, and that every target can be made."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import arena
from arena.envs.text.countdown import ArrayView, Countdown, OracleView, TextView, apply_operation
from arena.errors import UnparsableError

SEEDS = range(200)


def _set(env, numbers, target):
    """Puts known numbers and a known target in place of those drawn."""
    env.reset(seed=0)
    env._numbers, env._target = list(numbers), target


def test_rules_of_arithmetic():
    assert apply_operation(7, "-", 3) == 4
    assert apply_operation(3, "-", 3) is None  # zero is not positive
    assert apply_operation(3, "-", 7) is None
    assert apply_operation(75, "/", 25) == 3
    assert apply_operation(75, "/", 50) is None
    assert apply_operation(75, "*", 50) == 3750


def test_numbers_that_reach_no_target_are_drawn_again():
    _, info = Countdown().reset(seed=4458)  # its first draw is 1 1 4 2 2 3: nothing from 100 to 999 can be made of it
    assert sorted(info["numbers"]) != [1, 1, 2, 2, 3, 4]


def test_a_game_played_by_hand_is_won():
    env = Countdown()
    _set(env, (25, 4, 3, 1, 1, 2), 103)
    observation, reward, terminated, truncated, info = env.step("25 * 4")
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert sorted(info["numbers"]) == [0, 1, 1, 2, 3, 100]
    assert "25 * 4 = 100" in observation
    _, reward, terminated, _, info = env.step("100 + 3")
    assert (reward, terminated) == (1.0, True)
    assert info["metrics"] == {"success": 1.0, "distance": 0.0}


def test_a_number_can_be_used_only_as_often_as_it_is_there():
    env = Countdown()
    _set(env, (5, 5, 2, 3, 4, 6), 999)
    _, _, _, _, info = env.step("5 * 5")
    assert sorted(info["numbers"]) == [0, 2, 3, 4, 6, 25]
    observation, _, _, _, info = env.step("2 * 2")
    assert sorted(info["numbers"]) == [0, 2, 3, 4, 6, 25]
    assert "Not done: 2 is not among the numbers left" in observation


@pytest.mark.parametrize(
    "action",
    ["", "hello", "25 + ", "7 / 2", "2 - 7", "9999 + 1", "25 * 4\n25 * 4", TextView.default(None, None), "é + <b>"],
)
def test_what_cannot_be_done_is_explained_and_costs_a_turn(action):
    env = Countdown()
    _set(env, (25, 4, 7, 1, 1, 2), 999)
    observation, reward, terminated, truncated, info = env.step(action)
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert info["numbers"] == (25, 4, 7, 1, 1, 2)
    assert info["turns_left"] == 11
    assert "Not done: " in observation
    assert observation in env.observation_space


def test_the_end_comes_by_stop_by_the_last_number_and_by_the_turns():
    env = Countdown()
    env.reset(seed=1)
    assert env.step("stop")[2:4] == (True, False)
    _set(env, (1, 2, 0, 0, 0, 0), 999)
    _, reward, terminated, _, info = env.step("1 + 2")
    assert (reward, terminated, info["metrics"]["distance"]) == (0.0, True, 996.0)
    env.reset(seed=1)
    ends = [env.step("nonsense")[2:4] for _ in range(12)]
    assert ends == [(False, False)] * 11 + [(False, True)]


def test_the_pool_is_that_of_the_television_game():
    env = Countdown()
    large_counts = set()
    for seed in SEEDS:
        _, info = env.reset(seed=seed)
        large = [n for n in info["numbers"] if n > 10]
        small = [n for n in info["numbers"] if n <= 10]
        assert len(info["numbers"]) == 6
        assert len(set(large)) == len(large) and set(large) <= {25, 50, 75, 100}
        assert all(n >= 1 and small.count(n) <= 2 for n in small)
        assert 100 <= info["target"] <= 999 and info["target"] not in info["numbers"]
        large_counts.add(len(large))
    assert large_counts == {0, 1, 2, 3, 4}


def test_the_oracle_makes_every_target():
    env = arena.make("text/Countdown-v0")
    view = OracleView(env, None)
    for seed in SEEDS:
        observation, info = env.reset(seed=seed)
        total, done = 0.0, False
        while not done:
            answer, _ = view.observe(observation, None, info)
            observation, reward, terminated, truncated, info = env.step(view.parse(answer))
            total, done = total + reward, terminated or truncated
        assert total == 1.0 and info["metrics"]["success"] == 1.0, seed


def test_every_legal_choice_of_the_array_view_is_carried_out_and_they_seldom_win():
    env = Countdown()
    view = ArrayView(env, None)
    wins = 0
    for seed in SEEDS:
        observation, info = env.reset(seed=seed)
        random, done = np.random.default_rng(seed), False
        while not done:
            seen, mask = view.observe(observation, None, info)
            assert seen in view.observation_space
            action = view.parse(random.choice(np.flatnonzero(mask)))
            observation, _, terminated, truncated, info = env.step(action)
            assert "Not done" not in observation, action
            done = terminated or truncated
        wins += info["metrics"]["success"]
    assert wins <= 10


def test_the_parser_reads_the_last_line_and_never_guesses():
    view = TextView(Countdown(), None)
    assert view.parse("I think of 100 first.\n25 * 4") == "25 * 4"
    assert view.parse("25*4\n\n") == "25 * 4"
    assert view.parse("Stop") == "stop"
    for answer in ["", "25 * 4 = 100", "25 * 4 + 3", "25 x 4", "I play 25 * 4", "25 * 4\nThat is my move.", "stop now"]:
        with pytest.raises(UnparsableError):
            view.parse(answer)


def test_gymnasium_accepts_it():
    check_env(Countdown(), skip_render_check=True)
