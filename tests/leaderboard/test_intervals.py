import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from arena.leaderboard.intervals import (
    bca_interval,
    episodes_to_settle,
    generator_of,
    holm,
    mean_interval,
    paired_difference,
    probability_of_improvement,
    t_interval,
    wilson,
)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(0, 5, 0, 0.434), (0, 40, 0, 0.088), (5, 10, 0.237, 0.763), (100, 200, 0.431, 0.569), (0, 100, 0, 0.037)],
)
def test_wilson_gives_the_reference_values(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-4)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_scipy_and_is_symmetric(case):
    successes, n = case
    expected = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert wilson(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-9)
    low, high = wilson(n - successes, n)
    assert wilson(successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_wilson_refuses_more_successes_than_trials():
    with pytest.raises(ValueError, match="6 successes of 5"):
        wilson(6, 5)


def test_t_interval_agrees_with_scipy():
    x = rng().normal(size=7)
    expected = stats.t.interval(0.95, 6, loc=x.mean(), scale=stats.sem(x))
    assert t_interval(x) == pytest.approx(expected, rel=1e-10)


def test_bca_agrees_with_scipy_on_skewed_scores():
    x = rng(1).lognormal(size=60)
    expected = stats.bootstrap((x,), np.mean, n_resamples=40_000, method="BCa", rng=rng(2)).confidence_interval
    found = bca_interval(x, rng(3), resamples=40_000)
    assert found == pytest.approx((expected.low, expected.high), abs=0.03 * (expected.high - expected.low))


def test_bca_uses_the_generator_it_is_given():
    x = rng(1).normal(size=50)
    assert bca_interval(x, rng(5)) == bca_interval(x, rng(5))
    assert bca_interval(x, rng(5)) != bca_interval(x, rng(6))


def test_mean_interval_chooses_by_the_protocol():
    x = rng().normal(size=30)
    assert mean_interval(x, rng()).kind == "bca"
    assert mean_interval(x[:29], rng()).kind == "t"
    assert mean_interval([0.0, 1.0, 1.0], rng(), bounds=(0.0, 1.0)).kind == "wilson"
    assert mean_interval([0.0, 0.5, 1.0], rng(), bounds=(0.0, 1.0)).kind == "t"


def test_a_game_of_losses_and_wins_is_a_rate_on_its_own_scale():
    low, high = wilson(5, 10)
    assert mean_interval([-1.0] * 5 + [1.0] * 5, rng(), bounds=(-1.0, 1.0))[:3] == (0.0, 2 * low - 1, 2 * high - 1)


def test_no_spread_one_score_and_no_score_are_said_as_they_are():
    assert mean_interval([3.0, 3.0], rng()) == (3.0, 3.0, 3.0, "constant")
    assert mean_interval([3.0], rng()) == (3.0, -math.inf, math.inf, "single")
    nothing = mean_interval([], rng())
    assert nothing.kind == "none" and math.isnan(nothing.value)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match="1 of 3 scores are not finite"):
        mean_interval([1.0, bad, 2.0], rng())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=60).filter(lambda x: len(set(x)) > 1),
    st.integers(-100, 100),
    st.sampled_from([0.25, 1.0, 8.0, 1e6]),
)
def test_an_interval_moves_and_scales_with_the_scores(scores, shift, scale):
    x = np.array(scores, dtype=float)
    expected = mean_interval(x, rng())
    found = mean_interval(x * scale + shift, rng())
    assert found[:3] == pytest.approx([bound * scale + shift for bound in expected[:3]], rel=1e-6, abs=1e-6 * scale)
    assert found.low <= found.value <= found.high


def test_pairing_removes_what_the_seeds_have_in_common():
    seeds = rng().normal(size=20) * 100
    difference = paired_difference(seeds + 1 + rng(1).normal(size=20) * 0.1, seeds, rng())
    assert difference.kind == "t" and 0.9 < difference.low < 1.0 < difference.high < 1.1
    assert paired_difference(seeds, seeds, rng()) == (0.0, 0.0, 0.0, "constant")


def test_probability_of_improvement_counts_ties_a_half():
    assert probability_of_improvement([1, 2, 3, 3], [0, 2, 4, 4]).value == (1 + 0.5) / 4
    assert probability_of_improvement([1.0] * 40, [1.0] * 40)[:3] == pytest.approx((0.5, *wilson(20, 40)))
    assert probability_of_improvement([2.0] * 40, [1.0] * 40)[:3] == pytest.approx((1.0, *wilson(40, 40)))
    with pytest.raises(ValueError, match="as many pairs"):
        probability_of_improvement([1.0], [1.0, 2.0])


def test_holm_gives_the_textbook_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_episodes_to_settle_matches_the_power_of_a_t_test():
    x = np.array([-1.0, 2.0] * 20)  # mean 0.5, so about (2.8 * 1.52 / 0.5)^2
    needed = episodes_to_settle(x)
    assert needed == math.ceil(((1.959964 + 0.841621) * x.std(ddof=1) / 0.5) ** 2)
    random = rng(4)
    trials = random.choice(x, size=(2000, needed))
    assert np.mean(stats.ttest_1samp(trials, 0, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.04)
    assert episodes_to_settle([1.0, -1.0]) == math.inf
    assert episodes_to_settle([1.0, 1.0, 1.0]) == 6  # 2^(1-6) <= 0.05


def test_the_generator_depends_on_the_ids_and_not_on_their_order():
    assert generator_of(["a", "b"]).random() == generator_of(["b", "a"]).random()
    assert generator_of(["a", "b"]).random() != generator_of(["a", "c"]).random()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "draw", "mean", "expected"),
    [
        (3, lambda r, n: r.normal(size=n), 0.0, 95.3),
        (5, lambda r, n: r.normal(size=n), 0.0, 94.9),
        (20, lambda r, n: r.normal(size=n), 0.0, 95.0),
        (5, lambda r, n: r.lognormal(size=n), math.exp(0.5), 82.9),
        (20, lambda r, n: r.lognormal(size=n), math.exp(0.5), 86.8),
    ],
)
def test_coverage_is_what_the_protocol_states(n, draw, mean, expected):
    random, hits = rng(7), 0
    for _ in range(4000):
        interval = mean_interval(draw(random, n), random)
        hits += interval.low <= mean <= interval.high
    assert 100 * hits / 4000 == pytest.approx(expected, abs=2.0)


@pytest.mark.slow
def test_bca_covers_the_mean_of_normal_scores():
    random = rng(8)
    covered = [
        low <= 0 <= high
        for low, high in (bca_interval(random.normal(size=50), random, resamples=2000) for _ in range(1000))
    ]
    assert 100 * np.mean(covered) == pytest.approx(94.5, abs=2.0)
