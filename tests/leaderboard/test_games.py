from pathlib import Path

import numpy as np

from arena.leaderboard.games import AgentKey, read_games
from arena.run import find_runs, load_run


def test_games_are_arrays_of_agents_and_what_each_scored(match):
    (games,) = read_games([match(["b", "a"], [(1, -1), (-1, 1), (0, 0)])])
    assert games.labels == ("a", "b") and games.env_id == "toy/Table-v0"
    assert games.players.tolist() == [[0, 1]] * 3
    assert sorted(games.scores[:, 1].tolist()) == [-1, 0, 1]  # b's, whichever seat it had
    assert np.bincount(games.clusters).tolist() == [2, 1]  # two seats on seed 0, one so far on seed 1
    assert games.met.all()


def test_an_agent_on_several_seats_counts_once_with_its_mean(match):
    run = match(["a", "b"], [(3, 1)], seats=4, payoff="general-sum")
    run.episodes.at[0, "scores"] = [3.0, 1.0, 1.0, 4.0]
    (games,) = read_games([run])
    assert games.scores.tolist() == [[3.0, 2.0]]


def test_the_same_game_in_two_runs_is_one_game(match):
    short, long = match(["a", "b"], [(1, -1)] * 4), match(["a", "b"], [(1, -1)] * 6, created="2025-02-01T00:00:00Z")
    (games,) = read_games([long, short])
    assert len(games.players) == 6 and len(games.runs) == 2


def test_one_name_with_two_digests_is_two_agents(match):
    runs = [
        match(["a", "b"], [(1, -1)], digests=["1" * 64, "b"]),
        match(["a", "b"], [(-1, 1)], digests=["2" * 64, "b"]),
    ]
    (games,) = read_games(runs)
    assert games.labels == ("a@11111111", "a@22222222", "b")


def test_what_is_no_measurement_or_not_finite_is_left_out_and_told(match):
    run = match(["a", "b"], [(1, -1), (0, 0), (1, -1)], measured=[True, False, True])
    run.episodes.at[2, "scores"] = [float("nan"), 1.0]
    (games,) = read_games([run])
    assert len(games.players) == 1
    assert [note.split()[0] for note in games.notes] == ["1", "1"]
    assert any("not finite" in note for note in games.notes)


def test_a_forged_seating_is_left_out_and_told(match):
    run = match(["a", "b"], [(1, -1), (1, -1)])
    run.episodes.at[0, "seating"] = [0, 7]
    (games,) = read_games([run])
    assert len(games.players) == 1 and "do not go together" in games.notes[0]


def test_suites_with_opponents_count_and_trained_exploiters_do_not(match):
    played = match(["a", "b"], [(1, -1)], suite="quick")
    exploited = match(["a", "x"], [(-1, 1)], suite="match/exploit/toy/Table-v0")
    (games,) = read_games([played, exploited])
    assert games.agents == (AgentKey("a", "aaaa"), AgentKey("b", "bbbb"))
    assert read_games([exploited]) == []


def test_taking_agents_off_a_table_keeps_the_order_of_the_rest(match):
    (games,) = read_games([match(["a", "b", "c"], [(3, 1, 2)], seats=3, payoff="general-sum")])
    fewer = games.among([AgentKey("c", ""), AgentKey("a", "")], [1, -1, 0])
    assert fewer.players.tolist() == [[0, 1, -1]]
    assert fewer.scores[0, :2].tolist() == [2.0, 3.0]


def test_the_order_of_runs_does_not_matter(match):
    runs = [match(list(pair), [(1, -1), (0, 0), (-1, 1)]) for pair in ("ab", "ac", "bc")]
    one, other = read_games(runs), read_games(runs[::-1])
    assert [repr(games) for games in one] == [repr(games) for games in other]


def test_the_shipped_results_hold_games_of_random_against_others():
    folders = find_runs(Path(__file__).parents[2] / "results")
    found = {games.env_id: games for games in read_games(load_run(folder) for folder in folders)}
    assert {"random", "ppo"} <= set(found["boardgames/ConnectFour-v0"].labels)
    assert found["boardgames/ConnectFour-v0"].notes == ()
