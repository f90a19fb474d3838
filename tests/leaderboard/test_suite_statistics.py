import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from arena.leaderboard.suite_statistics import (
    bootstrap_task_scores,
    by_domain,
    carries_signal,
    iqm,
    normalise,
    optimality_gap,
    percentile_interval,
    rank,
    suite_iqm,
    swap_test,
)
from arena.spec import Reference


def rng(seed=0):
    return np.random.default_rng(seed)


def test_normalise_is_0_at_random_and_1_at_the_reference_in_either_direction():
    assert normalise([-280.18, 12135.0], -280.18, 12135.0).tolist() == [0.0, 1.0]
    assert normalise([200, 110, 155], 200, 110).tolist() == [0.0, 1.0, 0.5]


def test_a_reference_must_beat_random_by_two_standard_errors():
    random = Reference(10.0, "measured", low=10 - 1.96, high=10 + 1.96)  # standard error 1
    assert carries_signal(random, Reference(12.1, "human"))
    assert not carries_signal(random, Reference(11.9, "human"))
    assert not carries_signal(random, Reference(12.1, "human"), higher_is_better=False)
    assert carries_signal(random, Reference(7.9, "human"), higher_is_better=False)
    assert not carries_signal(Reference(1.0, "exact"), Reference(1.0, "equal"))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12).map(lambda x: x * 4))
def test_iqm_is_rliables_trimmed_mean_where_a_quarter_is_whole(values):
    assert iqm(values) == pytest.approx(stats.trim_mean(values, 0.25), abs=1e-9)


def test_iqm_of_few_values_by_hand():
    assert iqm([5.0]) == 5.0
    assert iqm([1.0, 3.0]) == 2.0
    assert iqm([0.0, 6.0, 60.0]) == pytest.approx(0 / 6 + 6 * 4 / 6 + 60 / 6)
    assert iqm([9.0, 1.0, 2.0, -50.0]) == 1.5


def test_domains_count_alike_however_many_tasks_they_have():
    scores, domains = [0.0, 0.0, 0.0, 0.0, 1.0], [0, 0, 0, 0, 1]
    assert by_domain(scores, domains).tolist() == [0.0, 1.0]
    assert suite_iqm(scores, domains) == 0.5


def test_success_rates_above_three_quarters_are_told_apart():
    assert suite_iqm([0.76], [0]) == pytest.approx(0.76) and suite_iqm([1.0], [0]) == 1.0


def test_optimality_gap_clips_at_the_reference():
    assert optimality_gap([0.5, 3.0, 1.0], [0, 0, 1]) == pytest.approx((0.25 + 0.0) / 2)


def test_the_bootstrap_resamples_within_tasks_and_agents_together():
    base = [rng(1).normal(size=50), rng(2).normal(size=30)]
    samples = bootstrap_task_scores([base, [x + 1 for x in base]], rng(), resamples=500)
    assert samples.shape == (2, 500, 2)
    assert np.allclose(samples[1] - samples[0], 1.0)  # a constant difference has no spread: seeds are shared
    assert samples[0].std(axis=0) == pytest.approx([x.std() / np.sqrt(len(x)) for x in base], rel=0.15)


def test_the_bootstrap_of_a_suite_is_quick():
    agent = [rng(k).normal(size=200) for k in range(11)]
    start = time.perf_counter()
    bootstrap_task_scores([agent], rng())
    assert time.perf_counter() - start < 2.0


def test_rank_gives_ranges_and_tie_groups():
    samples = rng().normal(size=(4, 5000)) * 0.1 + np.array([[3.0], [1.0], [2.0], [1.01]])
    ranking = rank([3.0, 1.0, 2.0, 1.01], samples)
    assert ranking.position == [1, 3, 2, 3]
    assert (ranking.low, ranking.high) == ([1, 3, 2, 3], [1, 4, 2, 4])


def test_equal_agents_share_a_rank():
    sample = rng().normal(size=1000)
    assert rank([1.0, 1.0], np.stack([sample, sample])) == ([1, 1], [1, 1], [1, 1])


def test_swap_test_is_exact_for_few_pairs():
    # 5 of 5 better: of 32 exchanges two are as extreme
    assert swap_test([np.ones(5)], [np.zeros(5)], [0], rng()) == pytest.approx(2 / 32, abs=0.01)
    assert swap_test([np.ones(5)], [np.ones(5)], [0], rng()) == 1.0


def test_swap_test_agrees_with_scipys_permutation_test():
    a, b = rng(1).normal(size=12) + 0.5, rng(2).normal(size=12)
    expected = stats.permutation_test(
        (a, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", vectorized=True
    ).pvalue
    assert swap_test([a], [b], [0], rng()) == pytest.approx(expected, abs=0.015)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.5, 10.0, 1e4]))
def test_swap_test_does_not_depend_on_sides_or_unit(seed, scale):
    a, b = rng(seed).normal(size=9), rng(seed + 1).normal(size=9)
    first = swap_test([a], [b], [0], rng(), resamples=500)
    assert swap_test([b], [a], [0], rng(), resamples=500) == first
    assert swap_test([a * scale], [b * scale], [0], rng(), resamples=500) == first


@pytest.mark.slow
def test_the_suite_interval_covers_the_suite_score():
    """The IQM of task means: near 95 from 20 episodes on, as section 3's table has it for its column."""
    random, truth = rng(11), np.linspace(0.1, 1.0, 10)
    domains, hits = [0] * 5 + [1] * 5, 0
    for _ in range(400):
        agent = [random.normal(mean, 0.3, size=20) for mean in truth]
        samples = suite_iqm(bootstrap_task_scores([agent], random, resamples=1000)[0], domains)
        interval = percentile_interval(0.0, samples)
        hits += interval.low <= suite_iqm(truth, domains) <= interval.high
    assert 90 <= 100 * hits / 400 <= 98


@pytest.mark.slow
def test_the_swap_test_errs_as_often_as_it_says():
    random = rng(12)
    p = [swap_test([random.lognormal(size=15)], [random.lognormal(size=15)], [0], random, 1000) for _ in range(1000)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.02)
