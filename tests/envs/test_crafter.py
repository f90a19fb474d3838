"""Crafter's score: the geometric mean of success rates, from the metrics that records hold."""

import pytest

pytest.importorskip("crafter")

from arena.envs.games.crafter import Crafter, crafter_score


def _metrics(*unlocked):
    env = Crafter()
    env.reset(seed=1)
    for name in unlocked:
        env.game._player.achievements[name] = 1
    env.game._player.health = 0
    *_, info = env.step(0)
    return info["metrics"]


def test_the_score_is_that_of_the_papers_formula():
    nothing, wood = _metrics(), _metrics("collect_wood")
    everything = {name: 1.0 for name in nothing}
    assert crafter_score([nothing]) == 0.0
    assert crafter_score([everything]) == pytest.approx(100.0)
    assert crafter_score([wood]) == pytest.approx(101 ** (1 / 22) - 1)
    assert crafter_score([wood, nothing]) == pytest.approx(51 ** (1 / 22) - 1)


def test_each_of_the_22_achievements_is_in_the_metrics():
    assert sum(name.startswith("achievement/") for name in _metrics()) == 22
