import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.errors import UnparsableError
from arena.views import make_view

shogi = pytest.importorskip("shogi")

from arena.envs.games.shogi import MAX_MOVES, _number, legal_moves  # noqa: E402

SPEC = arena.find("shogi/Shogi-v0")


def _perft(board, depth):
    if depth == 0:
        return 1
    count = 0
    for move in legal_moves(board):
        board.push(move)
        count += _perft(board, depth - 1)
        board.pop()
    return count


def _env(sfen):
    env = arena.make(SPEC.id, random_opening=0)
    env.reset(seed=0)
    env.set_board(shogi.Board(sfen))
    return env


def _play(env, *moves):
    for usi in moves:
        env.step(_number(shogi.Move.from_usi(usi), env.board.turn))


def test_the_start_has_the_published_numbers_of_moves():
    assert [_perft(shogi.Board(), depth) for depth in (1, 2)] == [30, 900]


@pytest.mark.slow
def test_the_start_has_the_published_number_of_moves_three_deep():
    assert _perft(shogi.Board(), 3) == 25470


def test_the_position_with_the_most_moves_has_593():
    """The known record of a legal position: 593 moves."""
    board = shogi.Board("R8/2K1S1SSk/4B4/9/9/9/9/9/1L1L1L3 b RBGSNLP3g3n17p 1")
    moves = legal_moves(board)
    assert len(moves) == 593
    assert len({_number(move, board.turn) for move in moves}) == 593  # and each has a number of its own


def test_moves_are_those_of_another_library_in_a_random_game():
    """OpenSpiel's shogi is another program: it has as many moves at each of 60 positions of a random game."""
    pyspiel = pytest.importorskip("pyspiel")
    random, board, state = np.random.default_rng(3), shogi.Board(), pyspiel.load_game("shogi").new_initial_state()
    for _ in range(60):
        moves = {move.usi(): move for move in legal_moves(board)}
        theirs = {state.action_to_string(action): action for action in state.legal_actions()}
        assert len(moves) == len(theirs)
        usi = sorted(moves)[int(random.integers(len(moves)))]
        board.push(moves[usi])
        state.apply_action(theirs[usi])


def test_a_pawn_drop_may_not_mate_even_where_the_defender_is_pinned():
    """The gold on 2b could take a pawn on 1b, were the bishop not behind it; python-shogi alone allows that mate."""
    drop = shogi.Move.from_usi("P*1b")
    pinned = shogi.Board("7nk/7g1/9/5B3/8L/9/9/9/K8 b P 1")
    assert drop in pinned.legal_moves
    assert drop not in legal_moves(pinned)
    assert drop in legal_moves(shogi.Board("7nk/7g1/9/9/8L/9/9/9/K8 b P 1"))  # the gold takes it
    assert drop in legal_moves(shogi.Board("8k/7g1/9/5B3/8L/9/9/9/K8 b P 1"))  # the king goes to 2a


def test_mate_ends_the_game():
    env = _env("4k4/9/4P4/9/9/9/9/9/4K4 b G 1")
    _play(env, "G*5b")
    assert env.terminations == {"player_0": True, "player_1": True}
    assert env.rewards == {"player_0": 1.0, "player_1": -1.0}


def test_the_fourth_occurrence_is_a_draw():
    env = _env("4k4/9/9/9/9/9/9/9/4K4 b - 1")
    for _ in range(3):
        assert not any(env.terminations.values())
        _play(env, "5i5h", "5a5b", "5h5i", "5b5a")
    assert all(env.terminations.values()) and set(env.rewards.values()) == {0.0}


def test_perpetual_check_loses():
    """The first player's rook checks at every move; the fourth occurrence is a loss for the checker."""
    env = _env("4k4/9/9/9/9/9/9/3R5/4K4 b - 1")
    _play(env, "6h5h", "5a6a", "5h6h", "6a5a")
    while not any(env.terminations.values()):
        _play(env, "6h5h", "5a6a", "5h6h", "6a5a")
    assert env.rewards == {"player_0": -1.0, "player_1": 1.0}


def test_a_long_game_is_a_draw():
    env = _env("4k4/9/9/9/9/9/9/9/4K4 b - 1")
    env.board.move_stack.extend([shogi.Move.from_usi("5i5h")] * (MAX_MOVES - 1))
    _play(env, "5i5h")
    assert all(env.terminations.values()) and set(env.rewards.values()) == {0.0}


def test_both_sides_see_their_own_pieces_below():
    env = arena.make(SPEC.id, random_opening=0)
    env.reset(seed=0)
    first, second = (env.observe(name)["observation"] for name in env.possible_agents)
    np.testing.assert_array_equal(
        first[:45], second[:45]
    )  # the start looks alike from both sides, but for the last plane
    assert first[0, 6].tolist() == [1.0] * 9 and first[14, 2].tolist() == [1.0] * 9
    assert (first[45].min(), second[45].max()) == (1.0, 0.0)


def test_text_reads_usi_alone():
    episode = Episode(SPEC, arena.make(SPEC.id, random_opening=0))
    turn = episode.start(0)
    view = make_view(SPEC, "text/v1", episode.env, "player_0")
    text, _ = view.observe(turn.observations[0], turn.masks[0], {})
    assert "g  P  P  P  P  P  P  P  P  P" in text and " 7g7f" in text
    episode.step([view.parse("Opening the bishop's diagonal.\n7g7f")])
    assert episode.env.board.move_stack[-1].usi() == "7g7f"
    with pytest.raises(UnparsableError):
        view.parse("7g7e")
