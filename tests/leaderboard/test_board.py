import json
import math
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.leaderboard.board import build_board
from arena.leaderboard.intervals import wilson
from arena.spec import Reference


def scores(mean, n=100, seed=0, spread=0.1):
    x = np.random.default_rng(seed).normal(size=n)
    return list(mean + spread * (x - x.mean()))


@pytest.fixture
def specs(spec):
    return [spec("a/One-v0"), spec("a/Two-v0"), spec("b/Three-v0", domain="text")]


def only(runs, **options):
    (suite,) = build_board(runs, **options).suites
    return suite


def test_a_board_by_hand(run, specs):
    strong = run(
        "strong", {s.id: scores(m, seed=k) for k, (s, m) in enumerate(zip(specs, (0.4, 0.8, 1.0), strict=True))}, specs
    )
    weak = run("weak", {s.id: scores(0.1, seed=k + 9) for k, s in enumerate(specs)}, specs)
    suite = only([weak, strong])
    first, second = suite.rows
    assert (first.agent, first.position, first.rank_low, first.rank_high) == ("strong", 1, 1, 1)
    assert (second.agent, second.position) == ("weak", 2)
    assert first.domains["games"].value == pytest.approx(0.6)
    assert first.domains["text"].value == pytest.approx(1.0)
    assert first.iqm.value == pytest.approx(0.8) and first.mean == pytest.approx(0.8)
    assert first.iqm.low < 0.8 < first.iqm.high
    assert first.optimality_gap == pytest.approx((0.4 + 0.0) / 2)
    assert [row.agent for row in suite.environments[0].rows] == ["strong", "weak"]
    assert [row.is_best for row in suite.environments[0].rows] == [True, False]
    assert suite.environments[0].rows[0].normalized_score == pytest.approx(0.4)


def test_the_suite_interval_is_the_propagated_standard_error(run, specs):
    row = only([run("x", {s.id: scores(0.5, seed=k) for k, s in enumerate(specs)}, specs)]).rows[0]
    error = 0.1 * np.array([0.25, 0.25, 0.5]) / math.sqrt(100)  # two tasks share a domain's half
    assert (row.iqm.high - row.iqm.low) / (2 * 1.96) == pytest.approx(math.sqrt((error**2).sum()), rel=0.15)


def test_a_lower_metric_is_better_where_the_spec_says_so(run, spec):
    steps = spec("a/Steps-v0", higher_is_better=False, random=Reference(200.0, "m"), expert=Reference(100.0, "h"))
    suite = only([run("slow", {steps.id: scores(190)}, [steps]), run("fast", {steps.id: scores(120)}, [steps])])
    assert [row.agent for row in suite.rows] == ["fast", "slow"]
    assert [(row.agent, row.is_best) for row in suite.environments[0].rows] == [("fast", True), ("slow", False)]
    assert suite.rows[0].iqm.value == pytest.approx(0.8)


def test_success_rates_have_wilson_intervals_and_measures_do_not(run, spec):
    task = spec("a/One-v0", score_range=(0.0, 1.0))
    suite = only([run("never", {task.id: [0.0] * 40}, [task]), run("partly", {task.id: [0.5, 1.0] * 20}, [task])])
    kinds = {row.agent: row.score for row in suite.environments[0].rows}
    assert kinds["never"].kind == "wilson" and kinds["never"].high == wilson(0, 40)[1]
    assert kinds["partly"].kind == "bca"


def test_tasks_without_signal_do_not_count_and_say_why(run, spec):
    specs = [
        spec("a/One-v0"),
        spec("a/NoRandom-v0", random=None),
        spec("a/NoExpert-v0", expert=None),
        spec("a/Flat-v0", expert=Reference(0.009, "weak")),
    ]
    suite = only([run("x", {s.id: scores(0.5) for s in specs}, specs)])
    assert suite.rows[0].iqm.value == pytest.approx(0.5)
    assert [table.excluded for table in suite.environments] == [
        "",
        "no random score was measured",
        "no reference score is known",
        "its reference does not beat random by 2 standard errors",
    ]
    assert sum("does not count in the suite score" in note for note in suite.notes) == 3


def test_without_any_reference_there_is_a_table_but_no_ranking(run, spec):
    task = spec("a/One-v0", random=None)
    suite = only([run("x", {task.id: scores(5.0)}, [task])])
    assert suite.rows[0].position is None and suite.rows[0].iqm is None
    assert suite.environments[0].rows[0].score.value == pytest.approx(5.0)


def test_skipped_pending_and_lost_episodes_leave_a_row_unranked(run, specs):
    every = {s.id: scores(0.5) for s in specs}
    some = {k: v for k, v in every.items() if k != "b/Three-v0"}
    runs = [
        run("whole", every, specs),
        run("skips", some, specs, skipped={"b/Three-v0": "reads arrays only"}, episodes=100),
        run("pending", {**every, "a/One-v0": scores(0.5, n=60)}, specs, episodes=100),
        run("lost", every, specs, causes={"a/One-v0": ["env_crash"] + ["completed"] * 99}),
    ]
    suite = only(runs)
    assert [row.agent for row in suite.rows] == ["whole"]
    missing = {row.agent: row.missing for row in suite.incomplete}
    assert missing == {
        "skips": "b/Three-v0 skipped: reads arrays only",
        "pending": "a/One-v0: 40 pending of 100 episodes",
        "lost": "a/One-v0: 1 infra of 100 episodes",
    }
    skips = next(row for row in suite.incomplete if row.agent == "skips")
    assert skips.iqm is None and list(skips.domains) == ["games"]
    assert [row.agent for row in only(runs, domain="games").rows] == ["skips", "whole"]


def test_a_lost_episode_is_never_imputed(run, spec):
    task = spec("a/One-v0")
    lost = run(
        "lost", {task.id: [math.nan, 1.0, 1.0]}, [task], causes={task.id: ["env_crash", "completed", "completed"]}
    )
    row = only([lost]).environments[0].rows[0]
    assert (row.n, row.score.value, row.counts["n_infra"]) == (2, 1.0, 1)


def test_failures_of_the_agent_count_in_the_score_and_are_shown(run, spec):
    task = spec("a/One-v0")
    failing = run("x", {task.id: [0.0, 1.0]}, [task], causes={task.id: ["agent_exception", "completed"]})
    row = only([failing]).environments[0].rows[0]
    assert (row.n, row.score.value, row.counts["n_agent_fail"]) == (2, 0.5, 1)


def test_one_episode_has_no_interval_and_no_rank(run, spec):
    task = spec("a/One-v0")
    suite = only([run("x", {task.id: [0.7]}, [task])])
    assert suite.rows == ()
    assert suite.incomplete[0].missing == "fewer than 2 episodes of a/One-v0: no interval"
    cell = suite.environments[0].rows[0]
    assert cell.score.value == 0.7 and build_board([run("x", {task.id: [0.7]}, [task])]).to_json()["suites"][0][
        "environments"
    ][0]["rows"][0]["score"] == {"value": 0.7, "low": None, "high": None, "kind": "single"}


def test_agents_that_play_alike_tie(run, specs):
    same = {s.id: scores(0.5) for s in specs}
    suite = only([run("x", same, specs), run("y", same, specs)])
    assert [(row.agent, row.position, row.rank_low, row.rank_high) for row in suite.rows] == [
        ("x", 1, 1, 1),
        ("y", 1, 1, 1),
    ]


def test_two_versions_of_a_name_are_two_rows_and_only_the_latest_run_of_each_shows(run, specs):
    def play(mean, digest, created):
        return run("ppo", {s.id: scores(mean) for s in specs}, specs, digest=digest * 64, created=created)

    old, new, other = play(0.9, "a", "2025-01-01"), play(0.3, "a", "2025-02-01"), play(0.5, "b", "2025-01-15")
    suite = only([new, other, old])
    assert [(row.agent, row.run, row.attempts) for row in suite.rows] == [
        ("ppo@bbbbbbbb", other.id, 3),
        ("ppo@aaaaaaaa", new.id, 3),
    ]
    assert suite.older == (old.id,)


def test_the_newest_references_hold_for_all_rows(run, spec):
    old, new = spec("a/One-v0"), spec("a/One-v0", expert=Reference(2.0, "better expert"))
    suite = only(
        [
            run("x", {old.id: scores(1.0)}, [old], created="2025-01-01"),
            run("y", {new.id: scores(2.0)}, [new], created="2025-02-01"),
        ]
    )
    assert [row.iqm.value for row in suite.rows] == pytest.approx([1.0, 0.5])
    assert "Runs disagree on references; the newest run's are used for all: a/One-v0." in suite.notes


def test_oracles_are_apart_and_never_best(run, specs):
    suite = only(
        [
            run("honest", {s.id: scores(0.5) for s in specs}, specs),
            run("oracle", {s.id: scores(1.0) for s in specs}, specs, view="oracle"),
        ]
    )
    assert [row.agent for row in suite.rows] == ["honest"] and [row.agent for row in suite.oracles] == ["oracle"]
    assert suite.oracles[0].position is None and suite.rows[0].rank_high == 1
    assert [(row.agent, row.is_best) for row in suite.environments[0].rows] == [("honest", True), ("oracle", False)]


def test_scores_that_are_not_finite_leave_the_run_out_with_a_note(run, spec):
    task = spec("a/One-v0")
    board = build_board([run("bad", {task.id: [math.inf, 1.0]}, [task]), run("good", {task.id: [0.0, 1.0]}, [task])])
    assert [row.agent for row in board.suites[0].rows] == ["good"]
    assert board.notes == ("results/bad is left out: 1 measured scores are not finite numbers",)


def test_rows_that_met_other_opponents_are_pointed_out(run, spec):
    task = spec("a/One-v0")
    runs = [run(name, {task.id: scores(0.5)}, [task], opponents=[name]) for name in ("x", "y")]
    assert any("not all rows met the same versions of the opponents" in note for note in only(runs).notes)


def test_few_episodes_are_provisional(run, specs):
    assert not only([run("x", {s.id: scores(0.5) for s in specs}, specs)]).rows[0].is_provisional
    suite = only([run("x", {s.id: scores(0.5, n=99) for s in specs}, specs)])
    assert suite.rows[0].is_provisional and any(note.startswith("Provisional: 3 of 3") for note in suite.notes)


def test_other_suites_and_splits_are_other_tables(run, specs):
    every = {s.id: scores(0.5) for s in specs}
    runs = [run("x", every, specs), run("x", every, specs, suite="core"), run("x", every, specs, split="test")]
    assert [(s.suite, s.split) for s in build_board(runs).suites] == [
        ("core", "dev"),
        ("quick", "dev"),
        ("quick", "test"),
    ]
    assert [s.suite for s in build_board(runs, suite="core").suites] == ["core"]
    assert build_board(runs, domain="web").suites == ()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_runs_changes_no_byte(run, spec, shuffler: random.Random):
    specs = [spec("a/One-v0"), spec("b/Three-v0", domain="text", expert=Reference(0.9, "x"))]
    runs = [
        run(name, {s.id: scores(m, seed=k) for s in specs}, specs, digest=name[:1] * 64, created=f"2025-01-0{k + 1}")
        for k, (name, m) in enumerate([("x", 0.5), ("y", 0.5), ("z", 0.9), ("x", 0.4), ("x2", 0.1)])
    ]
    expected = json.dumps(build_board(runs).to_json(), allow_nan=False)
    shuffler.shuffle(runs)
    assert json.dumps(build_board(runs).to_json(), allow_nan=False) == expected


@pytest.mark.parametrize(("scale", "shift"), [(100.0, -7.0), (0.01, 3.0), (-5.0, 1.0)])
def test_the_unit_of_an_environment_does_not_matter(run, spec, scale, shift):
    def board(scale, shift):
        random, expert = Reference(shift, "m"), Reference(scale + shift, "h")
        task = spec("a/One-v0", random=random, expert=expert, higher_is_better=scale > 0)
        names = enumerate(("x", "y", "z"))
        return only([run(n, {task.id: [scale * v + shift for v in scores(0.5, seed=k)]}, [task]) for k, n in names])

    expected, found = board(1.0, 0.0), board(scale, shift)
    assert [(r.agent, r.position, r.rank_low, r.rank_high) for r in found.rows] == [
        (r.agent, r.position, r.rank_low, r.rank_high) for r in expected.rows
    ]
    for row, other in zip(found.rows, expected.rows, strict=True):
        assert row.iqm[:3] == pytest.approx(other.iqm[:3], abs=1e-9)


def test_matches_are_no_board_and_are_said_once(run, specs):
    every = {s.id: scores(0.5) for s in specs}
    runs = [run("x", every, specs), *(run(name, every, specs, suite="match/a/One-v0") for name in "yz")]
    board = build_board(runs)
    assert [suite.suite for suite in board.suites] == ["quick"]
    assert board.notes == ("2 runs hold head-to-head games, which are not on this board: see arena match",)


def test_sensitivity_names_the_task_that_the_order_hangs_on(run, spec):
    specs = [spec("a/One-v0"), spec("a/Two-v0"), spec("a/Three-v0")]
    one = run("steady", dict(zip([s.id for s in specs], (scores(m) for m in (0.5, 0.5, 0.5)), strict=True)), specs)
    two = run("spiky", dict(zip([s.id for s in specs], (scores(m) for m in (0.9, 0.6, 0.1)), strict=True)), specs)
    rows = only([one, two]).sensitivity
    assert [(row.task, row.groups) for row in rows] == [
        ("a/One-v0", (("steady",), ("spiky",))),  # 0.5 against 0.35
        ("a/Two-v0", (("spiky", "steady"),)),  # 0.5 against 0.5
        ("a/Three-v0", (("spiky",), ("steady",))),
    ]
    assert [row.is_other_order for row in rows] == [True, True, False]  # with all: 0.57 against 0.5


def test_other_tasks_move_the_score_more_than_other_episodes(run, spec):
    specs = [spec(f"a/T{k}-v0") for k in range(6)]
    row = only([run("x", {s.id: scores(k / 5) for k, s in enumerate(specs)}, specs)]).rows[0]
    assert row.other_tasks.value == row.iqm.value
    assert row.other_tasks.high - row.other_tasks.low > 5 * (row.iqm.high - row.iqm.low)
    single = spec("b/Only-v0", domain="web")
    assert only([run("x", {single.id: scores(0.5)}, [single])]).rows[0].other_tasks is None


def test_the_median_and_the_suite_median(run, spec):
    specs = [spec("a/One-v0"), spec("a/Two-v0"), spec("a/Three-v0")]
    values = {specs[0].id: [0.0] * 8 + [9.0], specs[1].id: [0.2] * 9, specs[2].id: [0.3] * 9}
    suite = only([run("x", values, specs)])
    assert suite.environments[0].rows[0].median[:3] == (0.0, 0.0, 0.0)
    assert suite.environments[0].rows[0].score.value == 1.0
    assert suite.rows[0].median == pytest.approx(0.3) and suite.rows[0].mean == pytest.approx(0.5)


def test_cost_is_what_the_rows_say_and_unknown_is_not_zero(run, spec):
    task = spec("a/One-v0")
    timed, untimed = run("timed", {task.id: [0.0, 1.0]}, [task]), run("untimed", {task.id: [0.0, 1.0]}, [task])
    timed.episodes = timed.episodes.assign(wall_s=[3.0, 1.0], agent_s=[0.5, 0.5], env_s=[0.5, 0.5], tokens=[7.0, 3.0])
    timed.manifest["isolation"] = "process"
    rows = {row.agent: row for row in only([timed, untimed]).rows}
    cost = rows["timed"].cost
    assert (cost.env_steps, cost.wall_s, cost.agent_s_per_step, cost.episodes_per_s) == (20, 4.0, 0.05, 1.0)
    assert (cost.tokens, cost.money) == (10.0, None)
    assert rows["untimed"].cost.wall_s is None and rows["untimed"].cost.env_steps == 20
    assert (rows["timed"].isolation, rows["untimed"].isolation) == ("process", "")
