"""Procgen in its runtime: the split of levels, replay, and the game's own time limit."""

import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.registry import build, missing

SPECS = [spec for spec in arena.specs("games") if spec.family == "procgen"]
needs_runtime = pytest.mark.skipif(bool(missing(SPECS[0])), reason=missing(SPECS[0]) or "the runtime is there")


def test_sixteen_games_have_two_splits_and_the_papers_best_scores():
    assert len(SPECS) == 32
    best = {spec.id: spec.expert.value for spec in SPECS}
    assert best["procgen/StarPilot-test-v0"] == 64.0 and best["procgen/CoinRun-train-v0"] == 10.0


@needs_runtime
@pytest.mark.parametrize(("split", "low", "high"), [("train", 0, 200), ("test", 200, 2**31)])
def test_a_split_holds_only_its_own_levels(split, low, high):
    env = arena.make(f"procgen/Maze-{split}-v0")
    levels = [env.reset(seed=seed)[1]["level"] for seed in range(20)]
    assert all(low <= level < high for level in levels) and len(set(levels)) > 15
    env.close()


@needs_runtime
def test_an_episode_replays_after_another_one_in_the_same_environment():
    spec = arena.find("procgen/StarPilot-test-v0")
    episode = Episode(spec, build(spec))
    digests = []
    for seed in (3, 4, 3):
        turn = episode.start(seed)
        while turn.seats:
            turn = episode.step([episode.length % 15])
        digests.append(episode.digest)
    assert digests[0] == digests[2] != digests[1]
    episode.close()


@needs_runtime
def test_who_never_moves_in_a_maze_runs_out_of_time():
    env = arena.make("procgen/Maze-train-v0")
    first, _ = env.reset(seed=1)
    assert first.shape == (64, 64, 3) and first.dtype == np.uint8
    for step in range(1, 501):
        _, reward, terminated, truncated, _ = env.step(4)
        assert (reward, terminated, truncated) == (0.0, False, step == 500)
    env.close()
