import random

import pytest

import arena

pytest.importorskip("textarena")


def test_three_disks_are_moved_in_seven_moves_and_python_s_generator_is_left_alone():
    env = arena.make("textarena-solo/TowerOfHanoi-v0")
    _, info = env.reset(seed=0)
    assert info["valid_actions"] == ["[A B]", "[A C]"]
    before = random.getstate()
    for move in ("[A C]", "[A B]", "[C B]", "[A C]", "[B A]", "[B C]", "[A C]"):
        _, reward, terminated, _, info = env.step(move)
    assert (reward, terminated, info["metrics"]["success"]) == (1.0, True, 1.0)
    assert random.getstate() == before


def test_halving_finds_the_number_in_five_guesses():
    env = arena.make("textarena-solo/GuessTheNumber-v0")
    for seed in range(8):
        env.reset(seed=seed)
        low, high, reward, terminated = 1, 20, 0.0, False
        while not terminated:
            guess = (low + high) // 2
            told, reward, terminated, _, _ = env.step(f"[{guess}]")
            last = told.split("\n")[-1]
            low, high = (guess + 1, high) if "higher" in last else (low, guess - 1)
        assert reward == 1.0


def test_a_move_that_is_not_listed_costs_a_step_and_is_not_played():
    env = arena.make("textarena-solo/TowerOfHanoi-v0")
    _, before = env.reset(seed=0)
    told, reward, terminated, _, after = env.step("[B C]")
    assert (reward, terminated, after["valid_actions"]) == (0.0, False, before["valid_actions"])
    assert told.endswith('You cannot play "[B C]" now.')
