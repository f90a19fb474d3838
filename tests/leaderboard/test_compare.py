import json
import math

import numpy as np
import pytest

from arena.errors import ArenaError, UnknownNameError
from arena.leaderboard.compare import compare_agents, find_pair


def noise(n, seed):
    return np.random.default_rng(seed).normal(size=n)


@pytest.fixture
def specs(spec):
    return [spec("a/One-v0"), spec("b/Two-v0", domain="text")]


def test_a_real_difference_is_found_and_a_shared_seed_effect_is_not_in_the_way(run, specs):
    seeds = {s.id: 10 * noise(50, k) for k, s in enumerate(specs)}
    a = run("A", {k: v + 0.3 + 0.1 * noise(50, 5) for k, v in seeds.items()}, specs)
    b = run("B", seeds, specs)
    result = compare_agents(a, b)
    assert [row.verdict for row in result.environments] == ["a", "a"]
    assert result.environments[0].words == "A better"
    assert result.environments[0].difference.low == pytest.approx(0.3, abs=0.06)
    assert result.whole.verdict == "a" and result.whole.difference.low > 0.2
    assert result.words == "A is better than B on quick; of 2 environments alone, A is better in 2, B in 0."
    assert [row.verdict for row in compare_agents(b, a).environments] == ["b", "b"]


def test_identical_agents_are_said_to_be_identical(run, specs):
    scores = {s.id: noise(20, 1) for s in specs}
    result = compare_agents(run("A", scores, specs), run("B", scores, specs))
    assert [row.words for row in result.environments] == ["identical on all 20 episodes"] * 2
    assert result.environments[0].p_value == 1.0 and result.whole.difference[:3] == (0.0, 0.0, 0.0)
    assert result.words == "A and B score alike on every common episode of quick."


def test_an_open_difference_says_how_many_more_episodes(run, specs):
    base = {s.id: noise(30, k) for k, s in enumerate(specs)}
    a = run("A", {k: v + 0.05 + 0.5 * noise(30, 9) for k, v in base.items()}, specs)
    row = compare_agents(a, run("B", base, specs)).environments[0]
    assert row.verdict == "open" and row.more_episodes > 30
    assert row.words.startswith("no difference shown; about ") and row.words.endswith("if the difference is as seen")


def test_three_of_three_is_not_proof(run, spec):
    task = spec("a/One-v0")
    row = compare_agents(run("A", {task.id: [1.0] * 3}, [task]), run("B", {task.id: [0.0] * 3}, [task])).environments[0]
    assert row.verdict == "open" and row.p_value == pytest.approx(0.25, abs=0.02) and row.more_episodes == 3


def test_one_common_episode_shows_nothing(run, spec):
    task = spec("a/One-v0")
    result = compare_agents(run("A", {task.id: [1.0]}, [task]), run("B", {task.id: [0.0]}, [task]))
    assert result.environments[0].words == "one common episode shows nothing"
    assert result.whole is None and not math.isfinite(result.environments[0].difference.high)
    json.dumps(result.to_json(), allow_nan=False)


def test_lower_is_better_where_the_spec_says_so(run, spec):
    task = spec("a/Steps-v0", higher_is_better=False, random=None)
    result = compare_agents(
        run("fast", {task.id: 10 + noise(40, 1)}, [task]), run("slow", {task.id: 20 + noise(40, 1)}, [task])
    )
    row = result.environments[0]
    assert row.verdict == "a" and row.difference.value < 0 and row.improvement.value == 1.0
    assert result.whole is None and "since no common task has both references" in result.words


def test_only_common_episodes_are_compared(run, spec):
    task = spec("a/One-v0")
    a = run("A", {task.id: [1.0, 2.0, 3.0]}, [task], seeds={task.id: [7, 8, 9]})
    b = run("B", {task.id: [1.0, 5.0]}, [task], seeds={task.id: [9, 7]})
    row = compare_agents(a, b).environments[0]
    assert (row.n, row.mean_a, row.mean_b) == (2, 2.0, 3.0)


def test_no_common_seeds_and_other_opponents_are_said(run, spec):
    task = spec("a/One-v0")
    a = run("A", {task.id: [1.0, 2.0]}, [task])
    for b in (
        run("B", {task.id: [1.0, 2.0]}, [task], seeds={task.id: [100, 101]}),
        run("B", {task.id: [1.0, 2.0]}, [task], opponents=["random"]),
    ):
        result = compare_agents(a, b)
        assert result.environments == () and "nothing can be compared" in result.words
        assert result.notes == ("a/One-v0 has no episode that both finished with the same seed, seats and opponents.",)


def test_many_environments_are_adjusted_for(run, spec):
    specs = [spec(f"a/Task{k}-v0") for k in range(20)]
    base = {s.id: noise(12, k) for k, s in enumerate(specs)}
    lucky = {k: v + (0.75 if k == "a/Task0-v0" else 0.0) + noise(12, 77 + i) for i, (k, v) in enumerate(base.items())}
    rows = compare_agents(run("A", lucky, specs), run("B", base, specs)).environments
    assert min(row.p_value for row in rows) < 0.05
    assert {row.verdict for row in rows} == {"open"}


def test_find_pair_takes_names_and_digests(run, specs):
    scores = {s.id: [0.0, 1.0] for s in specs}
    old = run("ppo", scores, specs, digest="ab" * 32, created="2025-01-01")
    new = run("ppo", scores, specs, digest="cd" * 32, created="2025-02-01")
    other = run("random", scores, specs, digest="ef" * 32)
    elsewhere = run("elsewhere", scores, specs, suite="core")
    runs = [new, other, old, elsewhere]
    assert find_pair(runs, "ppo", "random") == (new, other)
    assert find_pair(runs, "ppo@ab", "ppo@cd") == (old, new)
    result = compare_agents(old, new)
    assert (result.a, result.b) == ("ppo@abababab", "ppo@cdcdcdcd")
    with pytest.raises(UnknownNameError, match="did you mean 'random'"):
        find_pair(runs, "ppo", "randon")
    with pytest.raises(UnknownNameError, match="'ppo@12'"):
        find_pair(runs, "ppo@12", "random")
    with pytest.raises(ArenaError, match="no suite and split in common: 'ppo' has quick dev; 'elsewhere' has core dev"):
        find_pair(runs, "ppo", "elsewhere")
    with pytest.raises(ArenaError, match="the same run"):
        find_pair(runs, "random", "random")
