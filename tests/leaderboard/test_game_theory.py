"""alpha-rank and Nash averaging against OpenSpiel's, against definitions, and on games solved by hand."""

import sys
import types

import numpy as np
import pytest
from scipy import optimize

from arena.leaderboard.alpha_rank import alpha_rank
from arena.leaderboard.nash_averaging import nash_average

RPS = np.array([[0.0, 1.0, -1.0], [-1.0, 0.0, 1.0], [1.0, -1.0, 0.0]])


@pytest.fixture
def openspiel(monkeypatch):
    pytest.importorskip("pyspiel")
    drawing = "open_spiel.python.egt.alpharank_visualizer"  # which wants matplotlib
    monkeypatch.setitem(sys.modules, drawing, types.ModuleType(drawing))
    from open_spiel.python.egt import alpharank

    return alpharank


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("size", [2, 3, 7])
def test_alpha_rank_is_openspiels(openspiel, alpha, size):
    payoffs = np.random.default_rng(size).random((size, size))
    theirs = openspiel.compute([payoffs], m=50, alpha=alpha)[2]
    np.testing.assert_allclose(alpha_rank(payoffs, alpha=alpha), theirs, atol=1e-12)


def test_alpha_rank_of_a_dominant_strategy_and_of_a_cycle():
    assert alpha_rank([[0.5, 0.9, 0.8], [0.1, 0.5, 0.6], [0.2, 0.4, 0.5]]) == pytest.approx([1, 0, 0])
    beaten_by_all = np.block([[RPS, np.ones((3, 1))], [-np.ones((1, 3)), np.zeros((1, 1))]])
    assert alpha_rank(beaten_by_all) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])


def test_alpha_rank_of_one_and_of_equals_and_of_nonsense():
    assert alpha_rank([[0.5]]) == pytest.approx([1.0])
    assert alpha_rank(np.full((4, 4), 0.5)) == pytest.approx([0.25] * 4)
    with pytest.raises(ValueError, match="square matrix of finite payoffs"):
        alpha_rank([[0.5, np.nan], [0.5, 0.5]])


def test_nash_by_hand():
    assert nash_average(RPS) == pytest.approx([1 / 3] * 3)
    assert nash_average([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]) == pytest.approx([1, 0, 0])
    assert nash_average(np.zeros((4, 4))) == pytest.approx([0.25] * 4)
    biased = np.array([[0, 50, -25], [-50, 0, 5], [25, -5, 0]])  # BiasedRockPaperScissors: 5, 25, 50 of 80
    assert nash_average(biased) == pytest.approx([5 / 80, 25 / 80, 50 / 80])


def test_clones_divide_their_share_and_move_nobody_else():
    """Scissors twice (Balduzzi et al. 2018, section 3), and a dominated agent three times."""
    copied = [0, 1, 2, 2]
    assert nash_average(RPS[np.ix_(copied, copied)]) == pytest.approx([1 / 3, 1 / 3, 1 / 6, 1 / 6])
    weak = np.zeros((6, 6))
    weak[:3, :3] = RPS
    weak[:3, 3:], weak[3:, :3] = 1.0, -1.0
    assert nash_average(weak) == pytest.approx([1 / 3] * 3 + [0] * 3)


@pytest.mark.parametrize("seed", range(5))
def test_nash_is_an_equilibrium_and_no_other_one_is_more_even(seed):
    """Small integers make degenerate games with many equilibria; SLSQP searches among them from our answer on."""
    random = np.random.default_rng(seed)
    a = random.integers(-1, 2, (7, 7)).astype(float)
    a = np.triu(a, 1) - np.triu(a, 1).T
    p = nash_average(a)
    assert p.sum() == pytest.approx(1) and (p >= 0).all() and (a @ p).max() < 1e-6

    def evenness(x):
        return float((np.maximum(x, 1e-12) * np.log(np.maximum(x, 1e-12))).sum())

    limits = [{"type": "eq", "fun": lambda x: x.sum() - 1}, {"type": "ineq", "fun": lambda x: -(a @ x)}]
    found = optimize.minimize(evenness, p, bounds=[(0, 1)] * 7, constraints=limits, method="SLSQP")
    assert evenness(p) <= found.fun + 1e-5


def test_what_is_not_antisymmetric_is_refused():
    with pytest.raises(ValueError, match="antisymmetric"):
        nash_average([[0, 1], [1, 0]])
