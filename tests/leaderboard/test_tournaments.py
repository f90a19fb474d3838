import io
import json
import random

import numpy as np
import pytest
from rich.console import Console

from arena.leaderboard.render_match import render_next, render_tournament
from arena.leaderboard.tournaments import JOINT, build_tournaments

WIN, LOSS = (1, -1), (-1, 1)


def shown(tournament, width=80):
    stream = io.StringIO()
    render_tournament(tournament, Console(file=stream, width=width, highlight=False))
    return stream.getvalue()


@pytest.fixture
def pool(match):
    """random < middle < top in one game; another in which middle is best; cooperation in a third."""
    first = [
        match(["middle", "random"], [WIN] * 48 + [LOSS] * 12),
        match(["middle", "top"], [LOSS] * 48 + [WIN] * 12),
        match(["random", "top"], [LOSS] * 56 + [WIN] * 4),
    ]
    second = [match(["middle", "random"], [WIN] * 50, env_id="toy/Other-v0")]
    third = [
        match(["middle", "random"], [(4, 4)] * 50, env_id="toy/Team-v0", payoff="cooperative"),
        match(["middle"], [(9,)] * 25, env_id="toy/Team-v0", payoff="cooperative"),
    ]
    return [*first, *second, *third]


def test_the_order_of_runs_never_matters(pool):
    expected = json.dumps([one.to_json() for one in build_tournaments(pool)])
    for seed in range(3):
        mixed = random.Random(seed).sample(pool, len(pool))
        assert json.dumps([one.to_json() for one in build_tournaments(mixed)]) == expected


def test_agents_come_best_first_with_all_their_numbers(pool):
    found = {one.env_id: one for one in build_tournaments(pool)}
    assert list(found) == [JOINT, "toy/Other-v0", "toy/Table-v0", "toy/Team-v0"]
    table = found["toy/Table-v0"]
    assert [agent.agent for agent in table.agents] == ["top", "middle", "random"]
    top, middle, weakest = table.agents
    assert top.rating.value > middle.rating.value > weakest.rating.value == 0
    assert top.win_rate.value == pytest.approx((48 + 56) / 120) and top.games == 120
    assert (top.nash, middle.nash) == (1.0, 0.0) and top.alpha_rank == pytest.approx(1.0)
    assert table.scores[0][2] == pytest.approx(52 / 60) and table.games[0][2] == 60
    assert table.cycles == 0.0 and table.notes == () and np.isnan(table.scores[0][0])


def test_cooperation_is_cross_play_not_a_rating(pool):
    team = build_tournaments(pool)[-1]
    middle = next(agent for agent in team.agents if agent.agent == "middle")
    assert (middle.cross_play, middle.worst_partner, middle.self_play) == (4.0, 4.0, 9.0)
    assert middle.rating.kind == middle.win_rate.kind == "none" and middle.nash is None
    assert next(agent for agent in team.agents if agent.agent == "random").self_play is None


def test_the_joint_rating_is_over_all_games_that_compete(pool):
    joint = build_tournaments(pool)[0]
    assert [agent.agent for agent in joint.agents] == ["top", "middle", "random"]
    assert "toy/Other-v0, toy/Table-v0" in joint.notes[0] and "Team" not in joint.notes[0]
    middle = joint.agents[1]
    assert middle.digest == "" and middle.games == 50 + 120
    assert middle.win_rate.value == pytest.approx((1.0 + 0.5) / 2)  # each game weighs the same
    assert joint.scores[1][2] == pytest.approx((1.0 + 0.8) / 2)


def test_of_two_versions_the_joint_rating_takes_the_later_and_says_so(match):
    runs = [
        match(["a", "random"], [LOSS] * 20, digests=["1" * 8, "r"]),
        match(["a", "random"], [WIN] * 20, digests=["2" * 8, "r"], created="2025-03-01T00:00:00Z"),
        match(["a", "random"], [WIN] * 20, env_id="toy/Other-v0"),
    ]
    joint, _, table = build_tournaments(runs)
    assert joint.agents[0].agent == "a" and joint.agents[0].win_rate.value == 1.0
    assert any("Of several versions of a" in note for note in joint.notes)
    assert [agent.agent for agent in table.agents] == ["a@22222222", "random", "a@11111111"]


def test_a_pair_that_never_met_leaves_a_gap_and_a_note(match):
    (found,) = build_tournaments([match(["a", "random"], [WIN] * 50), match(["b", "random"], [WIN] * 50)])
    assert np.isnan(found.scores[0][1]) and found.agents[0].nash is None
    assert "1 of 3 pairs never met: no alpha-rank, no Nash shares." in found.notes


def test_unconnected_agents_are_last_and_told(match):
    (found,) = build_tournaments([match(["a", "random"], [WIN, LOSS] * 30), match(["b", "c"], [WIN, LOSS] * 30)])
    assert {agent.agent for agent in found.agents[2:]} == {"b", "c"}
    assert found.to_json()["agents"][3]["rating"]["value"] is None
    assert any("No chain of games connects b, c to random" in note for note in found.notes)


def test_few_games_are_provisional_and_a_pool_without_random_says_who_is_zero(match):
    (found,) = build_tournaments([match(["a", "b"], [WIN, LOSS, WIN])])
    assert "Provisional: 1 of 1 pairs met in fewer than 46 games." in found.notes
    assert "Random did not play: ratings are relative to the weakest agent, b." in found.notes


def test_lower_can_be_better(match):
    (found,) = build_tournaments([match(["a", "random"], [(1, 5)] * 50, payoff="general-sum", higher_is_better=False)])
    assert found.agents[0].agent == "a" and found.agents[0].win_rate.value == 1.0
    assert found.agents[0].worst_partner == 1.0


def test_nobody_met_is_no_tournament(match):
    assert build_tournaments([]) == ()
    assert build_tournaments([match(["a"], [(1,)], payoff="cooperative")]) == ()


def test_tables_fit_80_columns_and_show_names_as_they_are(match):
    """Markup and HTML of a name are text; a long name folds."""
    name = "<b>[red]bold</b>" + "x" * 30
    runs = [
        match([name, "random"], [WIN] * 50),
        match(["b", "random"], [WIN] * 50),
        match(["b", name], [WIN, LOSS] * 25),
    ]
    text = shown(build_tournaments(runs)[0])
    assert "<b>[red]bold</b>" in text and "random" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_many_agents_show_the_columns_that_fit_and_say_where_the_rest_is(match):
    runs = [match([f"agent{i}", "random"], [WIN] * 2 + [LOSS] * i) for i in range(15)]
    text = shown(build_tournaments(runs)[0])
    assert "more columns" in text and all(len(line) <= 80 for line in text.splitlines())


def test_a_close_lead_suggests_the_test_that_settles_it(match):
    runs = [
        match(["a", "random"], [WIN, LOSS] * 30),
        match(["a", "b"], [WIN, LOSS] * 30),
        match(["b", "random"], [WIN, LOSS] * 30),
    ]
    found, stream = build_tournaments(runs), io.StringIO()
    render_next(found, "toy/Table-v0", ["a", "b", "random"], "runs", Console(file=stream, width=80))
    assert "--until-settled" in stream.getvalue() and "arena verify runs" in stream.getvalue()
