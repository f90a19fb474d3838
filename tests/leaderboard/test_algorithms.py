import json

import numpy as np
import pytest

from arena.leaderboard.algorithms import build_algorithms
from arena.leaderboard.hierarchical import bootstrap_training_runs


@pytest.fixture
def trained(run, spec):
    """Makes one run per training seed, all of one algorithm on one task; `levels` are the runs' mean scores."""
    task = spec("a/One-v0")

    def make(algorithm, levels, recipe="", n=20):
        found = []
        for seed, level in enumerate(levels):
            noise = np.random.default_rng(seed).normal(size=n)
            made = run(f"{algorithm}:{seed}", {task.id: list(level + 0.1 * (noise - noise.mean()))}, [task])
            made.id = f"{algorithm}-{recipe}-{seed}"
            made.manifest["training"] = {task.id: {"algorithm": algorithm, "recipe": recipe, "seed": seed}}
            found.append(made)
        return found

    return make


def test_training_runs_of_one_recipe_are_one_row_and_episodes_are_nested_inside(trained):
    levels = [0.1, 0.3, 0.5, 0.7, 0.9, 0.2, 0.4, 0.6, 0.8, 0.5]
    (board,) = build_algorithms(trained("ppo", levels)).suites
    (row,) = board.rows
    assert (row.algorithm, row.recipe, row.training_runs) == ("ppo", "", {"a/One-v0": 10})
    assert row.iqm.value == pytest.approx(0.5) and not row.is_provisional
    # between runs: sd 0.2449 (n), so half-width 1.96 * 0.2449 / sqrt(10) = 0.152; pooled episodes would give 0.037
    assert (row.iqm.high - row.iqm.low) / 2 == pytest.approx(0.152, rel=0.1)


def test_recipes_and_algorithms_are_rows_of_their_own_ranked_by_iqm(trained):
    runs = [*trained("ppo", [0.5] * 6), *trained("dqn", [0.9] * 6), *trained("ppo", [0.1] * 6, "clip_coef=0.9")]
    (board,) = build_algorithms(runs).suites
    assert [(row.algorithm, row.recipe, row.position) for row in board.rows] == [
        ("dqn", "", 1),
        ("ppo", "", 2),
        ("ppo", "clip_coef=0.9", 3),
    ]
    assert all(row.is_provisional for row in board.rows)


def test_few_training_runs_are_listed_and_not_ranked(trained):
    (board,) = build_algorithms([*trained("ppo", [0.5] * 4), *trained("dqn", [0.4])]).suites
    assert board.rows == ()
    assert [(row.algorithm, row.missing) for row in board.incomplete] == [
        ("ppo", "fewer than 5 training runs of a/One-v0: 4"),
        ("dqn", "fewer than 5 training runs of a/One-v0: 1"),
    ]
    assert board.incomplete[1].iqm is None


def test_agents_that_do_not_say_how_they_were_trained_are_not_here(run, spec):
    task = spec("a/One-v0")
    assert build_algorithms([run("x", {task.id: [0.0, 1.0]}, [task])]).suites == ()


def test_the_order_of_runs_changes_no_byte(trained):
    runs = [*trained("ppo", [0.5, 0.6, 0.4, 0.5, 0.5]), *trained("dqn", [0.5, 0.7, 0.4, 0.5, 0.5])]
    texts = {json.dumps(build_algorithms(order).to_json()) for order in (runs, runs[::-1], runs[3:] + runs[:3])}
    assert len(texts) == 1


def test_the_hierarchical_bootstrap_has_the_variance_of_both_levels():
    random = np.random.default_rng(0)
    runs = [random.normal(random.normal(0, 1), 2, size=25) for _ in range(8)]
    samples = bootstrap_training_runs([runs], np.random.default_rng(1), 20_000)[:, 0]
    means = np.array([run.mean() for run in runs])
    within = np.mean([run.var() / len(run) for run in runs])
    assert samples.mean() == pytest.approx(means.mean(), abs=0.02)
    assert samples.var() == pytest.approx((means.var() + within) / len(runs), rel=0.05)


def test_the_hierarchical_bootstrap_of_runs_with_one_value_each_is_the_plain_one():
    values = np.array([0.0, 0.0, 0.0, 1.0])
    samples = bootstrap_training_runs([[[v] * 5 for v in values]], np.random.default_rng(0), 20_000)[:, 0]
    shares = np.bincount((samples * 4).round().astype(int), minlength=5) / len(samples)
    expected = [0.3164, 0.4219, 0.2109, 0.0469, 0.0039]  # binomial, 4 draws at 1/4
    np.testing.assert_allclose(shares, expected, atol=0.01)


def test_the_table_fits_80_columns_and_says_who_is_not_ranked(trained):
    import io

    from rich.console import Console

    from arena.leaderboard.render_algorithms import render_algorithms

    console = Console(file=io.StringIO(), width=80)
    render_algorithms(build_algorithms([*trained("ppo", [0.5] * 6, "clip_coef=0.9"), *trained("dqn", [0.4])]), console)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "ppo (clip_coef=0.9)" in text and "0.50 [" in text
    assert "Not ranked: dqn: fewer than 5 training runs of a/One-v0: 1." in text
