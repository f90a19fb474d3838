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
from arena.leaderboard.metrics.multi_objective import expected_utility, hypervolume, pareto_front, simplex, sparsity
from arena.leaderboard.metrics.selection import sharpe_ratio_at_k
from arena.leaderboard.metrics.success import success_rate
from arena.spec import Reference, WrapperSpec


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


def test_an_agents_mean_vector_is_its_point_above_the_references_that_the_record_holds(run, spec):
    task = spec("m/Dive-v0")
    given = [{"objective/a": a, "objective/b": 3.0, "reference/a": 0.0, "reference/b": 1.0} for a in (4.0, 6.0)]
    made = run("x", {task.id: [0.0, 0.0]}, [task], metrics={task.id: given})
    (row,) = build_metric(find_metric("hypervolume"), [made]).rows
    assert (row.of, row.n, row.value.value) == (task.id, 2, 10.0)  # (5 - 0) * (3 - 1)
    assert build_metric(find_metric("expected-utility"), [made]).rows[0].value.value == pytest.approx(4.0)
    assert build_metric(find_metric("hypervolume"), [run("x", {task.id: [0.0]}, [task])]).rows == ()


def test_weights_are_spread_evenly_over_the_simplex():
    assert simplex(1).tolist() == [[1.0]] and simplex(6, 3).shape == (56, 6)  # 8 over 5
    assert simplex(3, 2).sum(axis=1).tolist() == [1.0] * 6


def test_a_metric_with_one_value_missing_is_not_made_up(run, spec):
    task = spec("s/Safe-v0")
    made = run("x", {task.id: [0.0, 1.0]}, [task], metrics={task.id: [{"cost": 1.0}, {}]})
    assert build_metric(find_metric("cost"), [made]).rows == ()


def test_success_rates_have_wilsons_interval(run, spec):
    task = spec("a/Goal-v0", score_range=(0.0, 1.0))
    (row,) = build_metric(find_metric("success-rate"), [run("x", {task.id: [0.0] * 40}, [task])]).rows
    assert row.value[:2] == (0.0, 0.0) and row.value.high == pytest.approx(0.088, abs=5e-4)  # PROTOCOL section 2


def test_training_and_held_out_environments_are_paired_by_tags_and_games_pooled(run, spec):
    train = spec("p/Maze-v0", tags=("Maze-train", "Maze-far-train", "Hill-train"))
    test, far = spec("p/Maze-new-v0", tags=("Maze-test",)), spec("p/Maze-big-v0", tags=("Maze-far-test",))
    more = spec("p/Maze-newer-v0", tags=("Maze-test",))
    scores = {train.id: [1.0, 0.5], test.id: [0.25, 0.25], far.id: [0.0], more.id: [0.75, 0.75]}
    made = run("x", scores, [train, test, far, more])
    rows = build_metric(find_metric("generalisation-gap"), [made]).rows
    assert [(row.of, row.value.value, row.n) for row in rows] == [("Maze", 0.25, 6), ("Maze-far", 0.75, 3)]
    human = Reference(10.0, "human")
    games = [spec("atari/A-v0", expert=human), spec("atari/B-v0", expert=human)]
    (row,) = build_metric(find_metric("atari-mean"), [run("x", {g.id: [5.0, 20.0] for g in games}, games)]).rows
    assert (row.of, row.value.value) == ("2 Atari games", 1.25)


def test_scores_at_several_decision_frequencies_are_averaged_over_them(run, spec):
    tasks = [
        spec(f"f/Swing-x{repeat}-v0", wrappers=(WrapperSpec("action-repeat", {"repeat": repeat, "world_steps": 8}),))
        for repeat in (1, 2, 4)
    ]
    made = run("x", dict(zip((t.id for t in tasks), ([1.0, 1.0], [1.0], [0.0, 0.0]), strict=True)), tasks)
    (row,) = build_metric(find_metric("frequency-averaged-score"), [made]).rows
    assert (row.of, row.n) == ("f/Swing-v0", 5) and row.value.value == pytest.approx(0.625 / 0.75)
    assert build_metric(find_metric("frequency-averaged-score"), [run("x", {tasks[0].id: [1.0]}, tasks[:1])]).rows == ()


def test_resets_and_the_reward_of_each_phase_are_read_from_the_episodes_metrics(run, spec):
    task = spec("n/Drift-v0")
    quiet = {f"{name}/{k}": 0.0 for name in ("reward", "steps") for k in (1, 2, 3, 4)}
    given = [
        {**quiet, "resets": 3.0, "reward/1": 2.0, "steps/1": 4.0},
        {**quiet, "resets": 0.0, "reward/1": 7.0, "steps/1": 2.0, "reward/4": -1.0, "steps/4": 2.0},
    ]
    made = run("x", {task.id: [2.0, 6.0]}, [task], metrics={task.id: given})
    assert build_metric(find_metric("resets"), [made]).rows[0].value.value == 1.5
    rows = build_metric(find_metric("reward-by-phase"), [made]).rows
    assert [(row.of, row.n, row.value.value) for row in rows] == [
        ("n/Drift-v0 quarter 1", 2, 1.5),
        ("n/Drift-v0 quarter 4", 1, -0.5),
    ]


def test_the_order_of_runs_changes_no_byte(run, spec):
    task = spec("s/Safe-v0")
    runs = [
        run(name, {task.id: [0.0, 1.0]}, [task], metrics={task.id: [{"cost": 1.0}, {"cost": 2.0}]}) for name in "abc"
    ]
    texts = {json.dumps(build_metric(find_metric("cost"), x).to_json()) for x in (runs, runs[::-1])}
    assert len(texts) == 1
