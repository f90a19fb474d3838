import time
from dataclasses import replace

import numpy as np
import pytest

from arena.leaderboard.games import AgentKey, Games
from arena.leaderboard.ratings import ELO, rate


def table(names, results, *, clustered=2, number=0):
    """Games of two: results are (i, j, points of i in 0, 1/2, 1); `clustered` games in a row share a seed."""
    players, scores, pairings, clusters = [], [], [], []
    place = {}
    for k, (i, j, points) in enumerate(results):
        a, b = sorted((i, j))
        gain = 2 * points - 1 if a == i else 1 - 2 * points
        players.append((a, b))
        scores.append((gain, -gain))
        pairings.append(place.setdefault((a, b), len(place)))
        clusters.append(pairings[-1] * 1_000_000 + k // clustered)
    agents = tuple(AgentKey(name, "d") for name in names)
    arrays = np.array(players), np.array(scores, float), np.array(pairings), np.array(clusters)
    return Games(f"toy/T{number}-v0", "zero-sum", True, agents, *arrays, runs=(f"r{number}",))


def drawn(truth, games, seed, clustered=2):
    """Bradley-Terry results of a round robin."""
    random = np.random.default_rng(seed)
    return [
        (i, j, float(random.random() < 1 / (1 + np.exp(truth[j] - truth[i]))))
        for i in range(len(truth))
        for j in range(i + 1, len(truth))
        for _ in range(games)
    ]


@pytest.mark.parametrize(("games", "half"), [(46, 100), (185, 50), (742, 25), (4636, 10)])
def test_half_widths_are_the_protocols(games, half):
    """Half of independent games won, no draws: PROTOCOL section 2."""
    found = rate([table(["random", "a"], [(0, 1, k % 2) for k in range(games)], clustered=1)])
    assert 1.96 * found.errors[1] == pytest.approx(half, rel=0.03)
    assert found.intervals[1].value == pytest.approx(0, abs=2)  # 185 is odd


def test_three_wins_of_four_are_191_elo():
    found = rate([table(["a", "random"], [(0, 1, float(k % 4 > 0)) for k in range(8000)])])
    assert found.intervals[0].value == pytest.approx(400 * np.log10(3), abs=0.5)
    assert found.intervals[1] == (0.0, 0.0, 0.0, "constant")


def test_bootstrap_and_sandwich_agree():
    truth = np.array([0.0, 0.5, 1.0, 1.5])
    found = rate([table(["random", "b", "c", "d"], drawn(truth, 200, 5))])
    for agent in (1, 2, 3):
        interval = found.intervals[agent]
        assert (interval.high - interval.low) / (2 * 1.96) == pytest.approx(found.errors[agent], rel=0.15)
        assert interval.low < ELO * truth[agent] < interval.high


def test_pairs_that_cancel_give_narrow_intervals():
    """The first seat always wins: swapped on one seed that says the agents are equal, and says it surely."""
    results = [(0, 1, float(k % 2)) for k in range(100)]
    swapped = rate([table(["random", "a"], results, clustered=2)]).intervals[1]
    loose = rate([table(["random", "a"], results, clustered=1)]).intervals[1]
    assert swapped.high - swapped.low < (loose.high - loose.low) / 2


def test_a_weak_clone_inflates_nobody():
    """Two agents and a weak one, 70 %, 90 % and 80 % of the wins; then the weak one twice: nobody gains 2 Elo."""
    shares = {(0, 1): 0.7, (0, 2): 0.9, (1, 2): 0.8}
    games = [(i, j, float(k < 100 * s)) for (i, j), s in shares.items() for k in range(100)]
    clones = games + [(i, 3, points) for i, j, points in games if j == 2] + [(2, 3, float(k % 2)) for k in range(100)]
    plain = rate([table(["strong", "random", "weak"], games)])
    cloned = rate([table(["strong", "random", "weak", "weak again"], clones)])
    assert cloned.intervals[0].value == pytest.approx(plain.intervals[0].value, abs=2)
    assert cloned.intervals[2].value == pytest.approx(cloned.intervals[3].value, abs=1e-6)


def test_each_environment_weighs_the_same_however_many_games_it_has():
    few = table(["a", "random"], [(0, 1, float(k % 4 > 0)) for k in range(40)], number=0)
    many = table(["a", "random"], [(0, 1, float(k % 4 == 0)) for k in range(2000)], number=1)
    found = rate([few, many])
    assert found.intervals[0].value == pytest.approx(0, abs=1e-6)
    alone, poor = rate([many]).intervals[0], found.intervals[0]
    assert poor.high - poor.low > 2 * (alone.high - alone.low)  # the few games decide how much is known


def test_all_wins_have_a_finite_rating_that_may_be_higher_still():
    found = rate([table(["a", "random"], [(0, 1, 1.0)] * 200)]).intervals[0]
    assert 900 < found.value < 1500
    assert found.low < found.value - 100 and found.high > found.value + 100


def test_one_game_says_almost_nothing():
    found = rate([table(["a", "random"], [(0, 1, 1.0)])]).intervals[0]
    assert 0 < found.value < 500 and found.low < -300 and found.high > 600


def test_all_ties_are_equal_strengths():
    found = rate([table(["a", "b", "random"], [(i, j, 0.5) for i, j in ((0, 1), (0, 2), (1, 2)) for _ in range(50)])])
    assert [interval.value for interval in found.intervals] == pytest.approx([0, 0, 0], abs=1e-6)


def test_who_is_not_connected_to_random_has_no_rating():
    found = rate([table(["a", "b", "c", "random"], [(0, 3, 1.0), (0, 3, 0.0), (1, 2, 1.0), (1, 2, 0.0)])])
    assert found.anchor == 3
    assert [interval.kind for interval in found.intervals] == ["bootstrap", "none", "none", "constant"]


def test_without_random_the_weakest_is_zero():
    found = rate([table(["a", "b"], [(0, 1, float(k % 3 > 0)) for k in range(60)])])
    assert found.anchor == 1 and found.intervals[0].value > 0


def test_games_that_are_all_self_play_rate_nobody():
    games = table(["random"], [])
    alone = replace(
        games, players=np.array([[0]]), scores=np.array([[1.0]]), pairings=np.array([0]), clusters=np.array([0])
    )
    assert rate([alone]).intervals[0].kind == "none"


def test_a_thousand_resamples_of_ten_agents_take_about_a_second():
    pool = table(["random", *"bcdefghij"], drawn(np.linspace(0, 3, 10), 200, 0))
    began = time.process_time()
    rate([pool])
    assert time.process_time() - began < 4


def test_in_a_pool_too_large_to_resample_the_sandwich_gives_the_interval(monkeypatch):
    pool = [table(["random", "b", "c", "d"], drawn(np.array([0.0, 0.5, 1.0, 1.5]), 200, 5))]
    resampled = rate(pool).intervals
    monkeypatch.setattr("arena.leaderboard.ratings.LARGEST", 0)
    quick = rate(pool).intervals
    assert [interval.kind for interval in quick] == ["constant", "sandwich", "sandwich", "sandwich"]
    for one, other in zip(quick, resampled, strict=True):
        assert one[:3] == pytest.approx(other[:3], abs=12) and one.value == other.value


@pytest.mark.slow
def test_intervals_cover_the_truth():
    """Four agents, 25 pairs each, 300 repeats: 95 % intervals cover 92 to 98 %."""
    truth, hits = np.array([0.0, 0.7, 1.4, 2.1]), 0
    for seed in range(300):
        found = rate([replace(table(["random", "b", "c", "d"], drawn(truth, 50, seed)), runs=(str(seed),))])
        hits += sum(i.low <= ELO * t <= i.high for i, t in zip(found.intervals[1:], truth[1:], strict=True))
    assert 0.92 <= hits / 900 <= 0.98
