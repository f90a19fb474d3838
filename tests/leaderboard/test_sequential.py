import numpy as np
import pytest
from scipy import optimize

from arena.leaderboard.sequential import BOUND, log_likelihood_ratio, sequential_test


def by_brute_force(counts, elo_0, elo_1):
    """The likeliest distributions with the two means, by a general optimiser."""
    counts = np.maximum(np.asarray(counts, float), 1e-3)
    values = np.linspace(0, 1, 5)

    def best(elo):
        mean = 1 / (1 + 10 ** (-elo / 400))
        limits = [{"type": "eq", "fun": lambda q: q.sum() - 1}, {"type": "eq", "fun": lambda q: q @ values - mean}]
        found = optimize.minimize(
            lambda q: -(counts / counts.sum()) @ np.log(q), counts / counts.sum(), bounds=[(1e-9, 1)] * 5,
            constraints=limits, method="SLSQP", options={"ftol": 1e-15, "maxiter": 1000},
        )  # fmt: skip
        return counts @ np.log(found.x)

    return best(elo_1) - best(elo_0)


@pytest.mark.parametrize("counts", [(10, 20, 40, 30, 12), (3, 5, 9, 8, 4), (100, 300, 700, 320, 90)])
def test_the_ratio_is_that_of_the_likeliest_distributions(counts):
    assert log_likelihood_ratio(counts) == pytest.approx(by_brute_force(counts, 0, 20), abs=2e-3)


def test_swapping_sides_and_hypotheses_changes_the_sign():
    counts = (10, 20, 40, 30, 12)
    assert log_likelihood_ratio(counts, -10, 10) == pytest.approx(-log_likelihood_ratio(counts[::-1], -10, 10))


def test_it_stops_at_the_first_pair_that_settles_it():
    points = [2.0] * 200
    found = sequential_test(points)
    assert found.verdict == "stronger" and found.pairs < 100
    assert sequential_test(points[: found.pairs - 1]).verdict == "open"
    assert sequential_test(points[: found.pairs] + [0.0] * 500) == found
    assert sequential_test([0.0] * 200).verdict == "not stronger"
    assert sum(found.counts) == found.pairs and found.counts[4] == found.pairs


def test_nothing_played_is_open():
    assert sequential_test([]) == sequential_test(np.array([]))
    assert sequential_test([]).verdict == "open" and sequential_test([1.0] * 3).verdict == "open"
    assert pytest.approx(2.944, abs=1e-3) == BOUND


@pytest.mark.slow
@pytest.mark.parametrize(("elo", "wrong"), [(0.0, "stronger"), (20.0, "not stronger")])
def test_errors_are_at_most_the_promised_five_percent(elo, wrong):
    """200 tests of drawish pairs whose two games share half their luck; 5 % and three standard errors."""
    random = np.random.default_rng(7)
    score = 1 / (1 + 10 ** (-elo / 400))
    chances = np.array([0.08, 0.22, 0.40, 0.22, 0.08])
    tilt = optimize.brentq(lambda x: _mean(chances, x) - score, -5, 5)
    tilted = chances * np.exp(tilt * np.linspace(0, 1, 5))
    mistakes = 0
    for _ in range(200):
        found = sequential_test(random.choice([0, 0.5, 1, 1.5, 2], 4000, p=tilted / tilted.sum()))
        assert found.verdict != "open"
        mistakes += found.verdict == wrong
    assert mistakes / 200 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def _mean(chances, tilt):
    tilted = chances * np.exp(tilt * np.linspace(0, 1, 5))
    return float(tilted @ np.linspace(0, 1, 5) / tilted.sum())
