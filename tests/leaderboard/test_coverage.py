"""How often intervals contain the truth, by simulation: the tables of PROTOCOL section 3 and docs/statistics.md."""

import math

import numpy as np
import pytest

from arena.leaderboard.hierarchical import bootstrap_training_runs
from arena.leaderboard.improvement import paired_improvement
from arena.leaderboard.intervals import median_interval, resampling_weights, wilson
from arena.leaderboard.suite_statistics import percentile_interval

pytestmark = pytest.mark.slow

NORMAL = (lambda random, n: random.normal(size=n), 0.0)
LOG_NORMAL = (lambda random, n: random.lognormal(size=n), math.exp(0.5))


def covered(intervals, truth):
    """The share of intervals that contain the truth, in percent."""
    return 100 * np.mean([interval.low <= truth <= interval.high for interval in intervals])


@pytest.mark.parametrize(
    ("n", "scores", "stated"),
    [
        (3, NORMAL, 72.8), (5, NORMAL, 83.2), (10, NORMAL, 90.0), (20, NORMAL, 92.9), (30, NORMAL, 93.8),
        (3, LOG_NORMAL, 63.5), (5, LOG_NORMAL, 73.2), (10, LOG_NORMAL, 80.0), (20, LOG_NORMAL, 85.7),
        (30, LOG_NORMAL, 87.7),
    ],
)  # fmt: skip
def test_the_percentile_bootstrap_of_a_mean_covers_as_rarely_as_the_protocol_says(n, scores, stated):
    draw, truth = scores
    random = np.random.default_rng(n)

    def interval():
        x = draw(random, n)
        return percentile_interval(x.mean(), resampling_weights(random.random((1000, n)), n) @ x)

    assert covered([interval() for _ in range(2000)], truth) == pytest.approx(stated, abs=2.5)


def test_wilson_covers_a_rate_whatever_it_is():
    random = np.random.default_rng(0)
    rates = random.random(4000)
    hits = [low <= rate <= high for rate in rates for low, high in [wilson(int(random.binomial(100, rate)), 100)]]
    assert 93 <= 100 * np.mean(hits) <= 97


@pytest.mark.parametrize("n", [10, 30, 100])
def test_the_medians_interval_covers_it_at_least_as_often_as_it_says_even_of_heavy_tails(n):
    random = np.random.default_rng(n)
    found = covered([median_interval(random.standard_cauchy(n)) for _ in range(4000)], 0.0)
    assert 94 <= found <= 99  # never less than 95 but for chance; steps of one order statistic


def test_the_probability_of_improvement_is_covered():
    random = np.random.default_rng(5)
    truth = (0.7 + 0.5) / 2

    def interval():
        wins = [random.random(100) < rate for rate in (0.7, 0.5)]
        return paired_improvement(wins, [np.full(100, 0.5)] * 2)

    assert 93 <= covered([interval() for _ in range(2000)], truth) <= 97


@pytest.mark.parametrize(("runs", "least", "most"), [(5, 78, 90), (10, 86, 94), (30, 91, 97)])
def test_the_hierarchical_bootstrap_covers_like_a_bootstrap_of_as_many_runs(runs, least, most):
    random = np.random.default_rng(runs)

    def interval():
        task = [random.normal(random.normal(), 1.0, size=20) for _ in range(runs)]
        return percentile_interval(0.0, bootstrap_training_runs([task], random, 500)[:, 0])

    assert least <= covered([interval() for _ in range(400)], 0.0) <= most
