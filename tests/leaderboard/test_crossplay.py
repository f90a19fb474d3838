import numpy as np
import pytest

from arena.leaderboard.crossplay import cycle_share, focal_return, score_matrix, win_matrix, win_rate, worst_partner
from arena.leaderboard.intervals import wilson

PLAYERS = np.array([[0, 1], [0, 1], [1, 2], [0, -1]])
SCORES = np.array([[3.0, 1.0], [0.0, 0.0], [2.0, 5.0], [7.0, np.nan]])


def test_scores_of_rows_with_columns_and_self_play_on_the_diagonal():
    scores, counts = score_matrix(PLAYERS, SCORES, 3)
    np.testing.assert_array_equal(scores, [[7, 1.5, np.nan], [0.5, np.nan, 2], [np.nan, 5, np.nan]])
    assert counts.tolist() == [[1, 2, 0], [2, 0, 1], [0, 1, 0]]


def test_a_table_of_three_is_three_meetings():
    scores, counts = score_matrix(np.array([[0, 1, 2]]), np.array([[1.0, 2.0, 3.0]]), 3)
    assert counts.sum() == 6 and scores[0, 2] == 1.0 and scores[2, 0] == 3.0


def test_wins_count_ties_a_half():
    wins = win_matrix(PLAYERS, SCORES, 3)
    assert wins[0, 1] == 0.75 and wins[1, 0] == 0.25 and wins[2, 1] == 1.0
    assert np.isnan(wins[0, 2]) and np.isnan(np.diag(wins)).all()


def test_win_rate_has_wilsons_interval_and_leaves_self_play_out():
    found = win_rate(PLAYERS, SCORES, 0)
    assert found == (0.75, *wilson(1.5, 2), "wilson")
    assert win_rate(PLAYERS[3:], SCORES[3:], 0).kind == "none"


def test_win_rate_at_a_larger_table_is_the_share_of_others_outscored():
    assert win_rate(np.array([[0, 1, 2]]), np.array([[2.0, 1.0, 2.0]]), 0).value == 0.75


def test_rock_paper_scissors_is_one_cycle_and_an_order_is_none():
    cyclic = np.array([[np.nan, 0.9, 0.2], [0.1, np.nan, 0.8], [0.8, 0.2, np.nan]])
    ordered = np.array([[np.nan, 0.9, 0.8], [0.1, np.nan, 0.8], [0.2, 0.2, np.nan]])
    assert cycle_share(cyclic) == 1.0 and cycle_share(cyclic.T) == 1.0 and cycle_share(ordered) == 0.0
    assert np.isnan(cycle_share(np.array([[np.nan, 0.9], [0.1, np.nan]])))


def test_random_results_make_a_cycle_of_every_fourth_three():
    random = np.random.default_rng(0)
    beats = np.triu(random.random((60, 60)) < 0.5, 1)
    wins = np.where(np.triu(np.ones((60, 60)), 1) > 0, beats, ~beats.T).astype(float)
    assert cycle_share(wins) == pytest.approx(0.25, abs=0.02)


def test_partners():
    scores = np.array([[9.0, 4.0, 2.0], [0, 0, 0], [0, 0, 0]])
    assert focal_return(scores, 0, [0, 1, 2]) == 3.0 and focal_return(scores, 0, [2]) == 2.0
    assert worst_partner(scores, 0) == 2.0 and worst_partner(scores, 0, higher_is_better=False) == 4.0
    assert np.isnan(worst_partner(np.array([[1.0]]), 0)) and np.isnan(focal_return(scores, 0, [0]))
