import json
import math

import numpy as np
import pytest
from pymoo.indicators.hv import HV

from arena.errors import UnknownNameError
from arena.leaderboard.metric_table import build_metric
from arena.leaderboard.metrics import find_metric, metrics
from arena.leaderboard.metrics.atari import human_normalised_iqm, human_normalised_mean, human_normalised_median
from arena.leaderboard.metrics.constrained import constrained_return
from arena.leaderboard.metrics.crafter import crafter_score
from arena.leaderboard.metrics.datasets import state_action_coverage, trajectory_quality
from arena.leaderboard.metrics.frequency import frequency_averaged_score
from arena.leaderboard.metrics.generalisation import generalisation_gap
from arena.leaderboard.metrics.learning import area_under_curve, time_to_threshold
from arena.leaderboard.metrics.lifelong import average_performance, forgetting, forward_transfer
from arena.leaderboard.metrics.multi_objective import expected_utility, hypervolume, pareto_front, sparsity
from arena.leaderboard.metrics.selection import sharpe_ratio_at_k
from arena.leaderboard.metrics.success import success_rate
from arena.spec import Reference


def test_crafter_score_of_all_none_and_the_geometric_mean_between():
    assert crafter_score(np.ones((5, 22))) == pytest.approx(100)
    assert crafter_score(np.zeros((5, 22))) == 0
    rates = np.array([0.1, 0.5, 0.9])
    unlocked = np.arange(10)[:, None] < 10 * rates
    assert crafter_score(unlocked) == pytest.approx(np.prod(1 + 100 * rates) ** (1 / 3) - 1)


def test_human_normalised_scores_aggregate_games_not_episodes():
    games = [[0.0, 2.0], [3.0], [8.0, 8.0, 8.0], [0.0]]
    assert human_normalised_mean(*games) == 3.0  # means 1, 3, 8, 0
    assert human_normalised_median(*games) == 2.0
    assert human_normalised_iqm(*games) == 2.0


def test_success_rate():
    assert success_rate([1, 0, 0, 1, 1]) == 0.6


def test_a_return_counts_only_within_the_cost_limit():
    assert constrained_return([10, 20], [20, 30], limit=25) == (15.0, 15.0, 25.0, True)
    value, mean_return, cost, is_feasible = constrained_return([10, 20], [20, 32], limit=25)
    assert math.isnan(value) and (mean_return, cost, is_feasible) == (15.0, 26.0, False)


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_hypervolume_is_pymoos(objectives):
    random = np.random.default_rng(objectives)
    for n in (1, 5, 30):
        points = random.normal(1, 1, (n, objectives))
        expected = HV(ref_point=np.zeros(objectives))(-points)  # pymoo minimises
        assert hypervolume(points, np.zeros(objectives)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_hypervolume_of_nothing_above_the_reference_is_nothing():
    assert hypervolume([[1, -1], [0, 5]], [0, 0]) == 0.0
    assert hypervolume(np.empty((0, 2)), [0, 0]) == 0.0
    assert hypervolume([[1, 2], [2, 1], [1, 1], [1, 2]], [0, 0]) == 3.0


def test_front_utility_and_sparsity_by_hand():
    points = [[0, 4], [1, 3], [3, 1], [1, 1], [0, 4]]
    assert pareto_front(points).tolist() == [[0, 4], [1, 3], [3, 1]]
    assert expected_utility(points, [[1, 0], [0, 1], [0.5, 0.5]]) == (3 + 4 + 2) / 3
    assert sparsity(points) == ((1 + 4) + (1 + 4)) / 2
    assert sparsity([[1, 2]]) == 0.0


def test_frequency_averaged_score_is_the_mean_height_of_the_curve():
    assert frequency_averaged_score([4, 1, 2], [7, 7, 7]) == 7.0
    assert frequency_averaged_score([1, 3, 2], [0, 2, 1]) == 1.0
    with pytest.raises(ValueError, match="different frequencies"):
        frequency_averaged_score([1, 1], [0, 2])


def test_learning_curves_by_hand():
    steps, scores = [0, 10, 30], [0, 10, 10]
    assert area_under_curve(steps, scores) == (50 + 200) / 30
    assert time_to_threshold(steps, scores, 5) == 5.0
    assert time_to_threshold(steps, scores, 0) == 0.0
    assert time_to_threshold(steps, scores, 11) == math.inf
    with pytest.raises(ValueError, match="ascending"):
        area_under_curve([0, 0], [1, 2])


def test_generalisation_gap():
    assert generalisation_gap([3, 5], [1, 1, 1]) == 3.0


def test_lifelong_by_hand():
    performance = [[0.8, 0.1], [0.5, 0.9]]
    assert average_performance(performance) == pytest.approx(0.7)
    assert forgetting(performance) == pytest.approx((0.3 + 0.0) / 2)
    assert forward_transfer([0.5, 0.75], [0.5, 0.5]) == pytest.approx((0 + 0.5) / 2)
    with pytest.raises(ValueError, match="no room"):
        forward_transfer([0.5], [1.0])
    with pytest.raises(ValueError, match="one row and one column"):
        forgetting([[0.1, 0.2]])


def test_dataset_measures_by_hand():
    assert trajectory_quality([10, 30], random_return=0, best_return=40) == 0.5
    assert state_action_coverage([[0, 1], [0, 1], [1, 1]], [[0, 1], [1, 1], [2, 0], [2, 1]]) == 0.5
    with pytest.raises(ValueError, match="no scale"):
        trajectory_quality([1], 2, 2)


def test_sharpe_ratio_at_k_by_hand():
    # the estimates choose true values 1 and 3: best 3, sd 1
    assert sharpe_ratio_at_k([5, 4, 0], [1, 3, 9], k=2, behaviour=2) == 1.0
    assert math.isnan(sharpe_ratio_at_k([5, 4], [1, 3], k=1, behaviour=0))
    with pytest.raises(ValueError, match="k = 3"):
        sharpe_ratio_at_k([5, 4], [1, 3], k=3, behaviour=0)


def test_every_metric_is_found_by_name_and_a_wrong_name_gets_the_nearest():
    assert "crafter-score" in metrics() and find_metric("atari-iqm").unit == "human-normalised"
    with pytest.raises(UnknownNameError, match="did you mean 'crafter-score'"):
        find_metric("crafter-scor")


def test_metrics_are_read_from_runs(run, spec):
    crafter, safe, plain = spec("c/Crafter-v0"), spec("s/Safe-v0"), spec("p/Plain-v0")
    given = {
        crafter.id: [{"achievement/a": 1.0, "achievement/b": 0.0, "achievements": 1.0}] * 4,
        safe.id: [{"cost": 10.0 * k} for k in range(4)],
    }
    specs = [crafter, safe, plain]
    made = run("x", {s.id: [0.0, 1.0, 0.5, 0.5] for s in specs}, specs, metrics=given)
    (row,) = build_metric(find_metric("crafter-score"), [made]).rows
    assert (row.agent, row.of, row.n) == ("x", crafter.id, 4) and row.value.value == pytest.approx(9.0498756)
    (row,) = build_metric(find_metric("constrained-return"), [made]).rows
    assert row.of == safe.id and row.value.value == 0.5
    assert build_metric(find_metric("cost"), [made]).rows[0].value.value == 15.0


def test_a_metric_with_one_value_missing_is_not_made_up(run, spec):
    task = spec("s/Safe-v0")
    made = run("x", {task.id: [0.0, 1.0]}, [task], metrics={task.id: [{"cost": 1.0}, {}]})
    assert build_metric(find_metric("cost"), [made]).rows == ()


def test_success_rates_have_wilsons_interval(run, spec):
    task = spec("a/Goal-v0", score_range=(0.0, 1.0))
    (row,) = build_metric(find_metric("success-rate"), [run("x", {task.id: [0.0] * 40}, [task])]).rows
    assert row.value[:2] == (0.0, 0.0) and row.value.high == pytest.approx(0.088, abs=5e-4)  # PROTOCOL section 2


def test_train_and_test_environments_are_paired_and_games_pooled(run, spec):
    train, test = spec("p/Maze-train-v0"), spec("p/Maze-test-v0")
    made = run("x", {train.id: [1.0, 0.5], test.id: [0.25, 0.25]}, [train, test])
    (row,) = build_metric(find_metric("generalisation-gap"), [made]).rows
    assert (row.of, row.value.value, row.n) == ("p/Maze", 0.5, 4)
    human = Reference(10.0, "human")
    games = [spec("atari/A-v0", expert=human), spec("atari/B-v0", expert=human)]
    (row,) = build_metric(find_metric("atari-mean"), [run("x", {g.id: [5.0, 20.0] for g in games}, games)]).rows
    assert (row.of, row.value.value) == ("2 Atari games", 1.25)


def test_the_order_of_runs_changes_no_byte(run, spec):
    task = spec("s/Safe-v0")
    runs = [
        run(name, {task.id: [0.0, 1.0]}, [task], metrics={task.id: [{"cost": 1.0}, {"cost": 2.0}]}) for name in "abc"
    ]
    texts = {json.dumps(build_metric(find_metric("cost"), x).to_json()) for x in (runs, runs[::-1])}
    assert len(texts) == 1
