import itertools

import numpy as np
import pytest
from scipy import optimize

from arena.leaderboard.plackett_luce import PRIOR_SD, TIE_SD, design, fit, rankings_of, refit

choix = pytest.importorskip("choix")
RIDGE = 1 / (2 * PRIOR_SD**2)  # choix's penalty that is our prior


def strengths(rankings, agents):
    different = sorted(set(rankings))
    found = fit(design(different, agents), [rankings.count(ranking) for ranking in different])
    return found.theta[:agents] - found.theta[:agents].mean(), found


def test_bradley_terry_agrees_with_choix():
    random = np.random.default_rng(1)
    pairs = [tuple(random.permutation(5)[:2].tolist()) for _ in range(200)]
    theirs = choix.opt_pairwise(5, pairs, alpha=RIDGE, tol=1e-12)
    ours, _ = strengths([(0, ((a,), (b,))) for a, b in pairs], 5)
    np.testing.assert_allclose(ours, theirs - theirs.mean(), atol=1e-6)


def test_plackett_luce_agrees_with_choix():
    random = np.random.default_rng(2)
    orders = [tuple(random.permutation(6)[:4].tolist()) for _ in range(60)]
    theirs = choix.opt_rankings(6, orders, alpha=RIDGE, tol=1e-12)
    ours, _ = strengths([(0, tuple((agent,) for agent in order)) for order in orders], 6)
    np.testing.assert_allclose(ours, theirs - theirs.mean(), atol=1e-6)


def test_two_agents_with_ties_are_davidsons_model():
    """7 wins, 2 losses, 4 ties against Davidson's likelihood written out: strengths 1 and nu in logarithms."""

    def loss(x):
        win, loses, tie = np.exp(x[0]), np.exp(x[1]), np.exp(x[2] + (x[0] + x[1]) / 2)
        chances = np.log(np.array([win, loses, tie]) / (win + loses + tie))
        return -np.dot([7, 2, 4], chances) + (x[0] ** 2 + x[1] ** 2) * RIDGE + x[2] ** 2 / (2 * TIE_SD**2)

    exact = optimize.minimize(loss, np.zeros(3), tol=1e-12).x
    games = [(0, ((0,), (1,)))] * 7 + [(0, ((1,), (0,)))] * 2 + [(0, ((0, 1),))] * 4
    _, found = strengths(games, 2)
    np.testing.assert_allclose(found.theta, exact, atol=1e-5)


def test_ties_of_three_follow_turner_et_al():
    """The likelihood of their section 2, by listing all subsets of the sizes that occur."""
    games = [(0, ((0, 1), (2,)))] * 3 + [(0, ((2,), (0,), (1,)))] * 2 + [(0, ((0, 1, 2),))] + [(0, ((0,), (1, 2)))] * 2

    def worth(group, x):
        return np.exp(np.mean(x[list(group)]) + (0 if len(group) == 1 else x[1 + len(group)]))

    def loss(x):
        total = (x[:3] ** 2).sum() * RIDGE + (x[3:] ** 2).sum() / (2 * TIE_SD**2)
        for _, groups in games:
            left = {0, 1, 2}
            for group in groups:
                if len(left) > 1:
                    options = [c for size in (1, 2, 3) for c in itertools.combinations(sorted(left), size)]
                    total -= np.log(worth(group, x) / sum(worth(option, x) for option in options))
                left -= set(group)
        return total

    exact = optimize.minimize(loss, np.zeros(5), tol=1e-12).x
    _, found = strengths(games, 3)
    np.testing.assert_allclose(found.theta, exact, atol=1e-4)


def test_equal_scores_are_ties_and_empty_seats_nobody():
    players = np.array([[0, 2, -1], [0, 1, 2]])
    outcomes = np.array([[1.0, 1.0, np.nan], [0.0, 5.0, 0.0]])
    assert rankings_of(players, outcomes, 4) == [(4, ((0, 2),)), (4, ((1,), (0, 2)))]


def test_the_laplace_covariance_is_the_inverse_of_the_curvature():
    """Two agents, n games each way: the difference has variance 1 / (n / 2) without a prior."""
    _, found = strengths([(0, ((0,), (1,)))] * 200 + [(0, ((1,), (0,)))] * 200, 2)
    variance = found.covariance[0, 0] + found.covariance[1, 1] - 2 * found.covariance[0, 1]
    assert variance == pytest.approx(1 / (400 / 4), rel=0.01)


def test_refits_of_the_same_counts_spread_as_little_as_the_prior_lets_them():
    plan = design([(0, ((0,), (1,))), (0, ((1,), (0,)))], 2)
    found = fit(plan, [3000, 1000])
    again = refit(plan, np.tile([3000.0, 1000.0], (50, 1)), found.theta, np.random.default_rng(0))
    assert np.ptp(again[:, 0] - again[:, 1]) < 0.01
    lone = refit(plan, np.zeros((2000, 2)), found.theta, np.random.default_rng(0))
    assert lone[:, 0].std() == pytest.approx(PRIOR_SD, rel=0.05)  # no games: the prior


def test_openskill_orders_agents_alike():
    openskill = pytest.importorskip("openskill.models")
    random, truth = np.random.default_rng(3), np.array([0.0, 0.8, 1.6, 2.4])
    orders = []
    for _ in range(400):
        noise = truth + random.gumbel(size=4)  # Plackett-Luce, as Luce showed
        orders.append(tuple(np.argsort(-noise).tolist()))
    model = openskill.PlackettLuce()
    rated = [model.rating() for _ in truth]
    for order in orders:
        for agent, (new,) in zip(order, model.rate([[rated[agent]] for agent in order]), strict=True):
            rated[agent] = new
    ours, _ = strengths([(0, tuple((agent,) for agent in order)) for order in orders], 4)
    assert np.argsort(ours).tolist() == np.argsort([one.mu for one in rated]).tolist() == [0, 1, 2, 3]
    assert np.corrcoef(ours, [one.mu for one in rated])[0, 1] > 0.98
