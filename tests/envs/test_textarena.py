import os
import random
import subprocess
import sys

import numpy as np
import pytest

import arena
from arena.envs.games.textarena import _takes
from arena.episode import Episode
from arena.errors import UnparsableError
from arena.registry import build
from arena.views import make_view

pytest.importorskip("textarena")

SPECS = [spec for spec in arena.specs("text", available=True) if spec.family == "textarena"]


def _play(spec, episode, seed):
    turn, chooser = episode.start(seed), np.random.default_rng(seed)
    while turn.seats:
        view = make_view(spec, "array", episode.env, episode.agents[turn.seats[0]])
        _, mask = view.observe(turn.observations[0], None, turn.infos[0])
        turn = episode.step([view.parse(chooser.choice(np.flatnonzero(mask)))])
    return turn


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_random_valid_moves_are_never_refused_and_leave_pythons_generator_alone(spec):
    episode = Episode(spec, build(spec))
    random.seed(1)
    before = random.getstate()
    _play(spec, episode, 3)
    assert random.getstate() == before
    game_info = episode.env.game.state.game_info
    assert not any(info["invalid_move"] for info in game_info.values())
    assert set(episode.returns) <= {-1.0, 0.0, 1.0}
    if spec.payoff == "zero-sum":
        assert sum(episode.returns) == 0.0


INTERLEAVED = """
import hashlib, random, sys
import numpy as np
import arena
ids = sys.argv[1].split(",")
envs = [arena.make(i) for i in ids for _ in range(2)]
for k, env in enumerate(envs):
    env.reset(seed=k // 2)
random.seed(int(sys.argv[2]))
told = []
for step in range(6):
    for k, env in enumerate(envs):
        random.random()
        if env.terminations[env.agent_selection]:
            continue
        valid = env.infos[env.agent_selection]["valid_actions"]
        env.step(valid[(7 * step + k // 2) % len(valid)])
        told.append((k, env.observe("player_0")))
assert [t for k, t in told if k % 2 == 0] == [t for k, t in told if k % 2 == 1]
print(hashlib.sha256(repr(told).encode()).hexdigest())
"""


def test_environments_side_by_side_do_not_disturb_each_other_in_fresh_processes():
    names = ("PigDice", "LiarsDice", "KuhnPoker", "LeducHoldem", "ThreePlayerGOPS")
    ids = ",".join(f"textarena/{name}-v0" for name in names)
    printed = set()
    for number in ("1", "2"):
        finished = subprocess.run(
            [sys.executable, "-c", INTERLEAVED, ids, number],
            env={**os.environ, "PYTHONHASHSEED": number},
            capture_output=True,
            text=True,
            check=True,
        )
        printed.add(finished.stdout)
    assert len(printed) == 1


def _squares():
    return [f"{file}{rank}" for file in "abcdefgh" for rank in range(1, 9)]


EVERY = {
    "Breakthrough": [f"[{a}{b}]" for a in _squares() for b in _squares()],
    "Battleship": [f"[{row}{column}]" for row in "ABCDEF" for column in range(6)],
    "MemoryGame": [f"[{a} {b} {c} {d}]" for a in range(4) for b in range(4) for c in range(4) for d in range(4)],
    "Othello": [f"[{row}, {column}]" for row in range(9) for column in range(9)],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EVERY))
def test_moves_that_are_listed_untried_are_those_the_game_takes(name):
    env, chooser = arena.make(f"textarena/{name}-v0"), np.random.default_rng(0)
    env.reset(seed=2)
    for _ in range(12):
        listed = env.infos[env.agent_selection]["valid_actions"]
        taken = {action for action in EVERY[name] if _takes(env.game, action)}
        if name == "MemoryGame":  # either card may be named first
            taken = {min(f"[{a} {b}]", f"[{b} {a}]") for a, b in ((t[1:4], t[5:8]) for t in taken)}
        assert set(listed) == taken
        env.step(listed[chooser.integers(len(listed))])


def test_who_cannot_move_loses():
    env = arena.make("textarena/Breakthrough-v0", random_opening=0)
    env.reset(seed=0)
    board = [[""] * 8 for _ in range(8)]
    board[3][0], board[5][0], board[1][7] = "W", "B", "W"
    env.game.state.game_state["board"] = board
    env.step("[h2h3]")
    board[2][7] = ""  # so that white has but the piece on a4
    env.step("[a6a5]")  # right before it
    assert all(env.terminations.values())
    assert env.rewards == {"player_0": -1.0, "player_1": 1.0}


def test_a_game_leaves_nothing_to_the_next_one():
    env = arena.make("textarena/KuhnPoker-v0")
    told = []
    for seed in (1, 2, 1):
        env.reset(seed=seed)
        told.append(env.observe("player_0"))
    assert told[0] == told[2]


def test_trying_moves_draws_nothing():
    """Pig's dice come in one order, whether or not the moves are tried before each roll."""
    rolls = []
    for sure in (True, False):
        env = arena.make("textarena/PigDice-v0")
        env._sure = sure
        env.reset(seed=4)
        for _ in range(6):
            env.step("[roll]")
        rolls.append(env.game.state.game_state["scores"] + [env.game.state.game_state["turn_total"]])
    assert rolls[0] == rolls[1]


def test_tic_tac_toe_is_won_by_three_in_a_row():
    spec = arena.find("textarena/TicTacToe-v0")
    episode = Episode(spec, arena.make(spec.id, random_opening=0))
    turn = episode.start(0)
    assert turn.infos[0]["valid_actions"] == [f"[{cell}]" for cell in range(9)]
    for move in ("[0]", "[3]", "[1]", "[4]"):
        turn = episode.step([move])
    assert turn.infos[0]["valid_actions"] == ["[2]", "[5]", "[6]", "[7]", "[8]"]
    turn = episode.step(["[2]"])
    assert (turn.seats, episode.returns) == ((), [1.0, -1.0])


def test_text_reads_a_valid_move_and_nothing_else():
    spec = arena.find("textarena/Nim-v0")
    episode = Episode(spec, arena.make(spec.id, random_opening=0))
    turn = episode.start(0)
    view = make_view(spec, "text/v1", episode.env, "player_0")
    text, _ = view.observe(turn.observations[0], None, turn.infos[0])
    assert "You can:\n[0 1]\n[0 2]\n[0 3]\n[1 1]" in text
    assert view.parse("Leave an even sum.\n[0 2]") == "[0 2]"
    for wrong in ("", "[0 4]", "0 2", "[0 2] please"):
        with pytest.raises(UnparsableError):
            view.parse(wrong)


def test_an_invalid_move_is_the_games_own_affair():
    """Played by hand, past the parser: TextArena asks once more and then gives the game to the other."""
    env = arena.make("textarena/TicTacToe-v0", random_opening=0)
    env.reset(seed=0)
    env.step("centre")
    assert env.agent_selection == "player_0" and "attempted an invalid move" in env.observe("player_0")
    env.step("centre")
    assert env.rewards == {"player_0": -1.0, "player_1": 1.0}
