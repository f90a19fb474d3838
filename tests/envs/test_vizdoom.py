"""ViZDoom: a kill, a death, time running out, seeds, and the duel of two processes."""

import os

import numpy as np
import pytest

pytest.importorskip("vizdoom")

import arena
from arena.episode import Episode
from arena.registry import build
from arena.views import make_view


def _episode(name):
    spec = arena.find(f"vizdoom/{name}")
    return Episode(spec, build(spec))


def test_time_that_runs_out_is_truncation_and_costs_a_point_a_tic():
    episode = _episode("Basic-v0")
    turn = episode.start(0)
    while turn.seats:
        turn = episode.step([0])
    assert episode.returns == [-300.0]
    assert not turn.ended[0].terminated
    episode.close()


def test_death_terminates():
    episode = _episode("HealthGathering-v0")
    turn = episode.start(0)
    while turn.seats:
        turn = episode.step([0])
    assert turn.ended[0].terminated and episode.returns[0] < 400
    episode.close()


def test_the_seed_alone_makes_the_episode_and_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def play(episode, seed):
        turn, random = episode.start(seed), np.random.default_rng(seed)
        while turn.seats and episode.length < 25:
            turn = episode.step([int(random.integers(4))])
        return episode.digest

    first, later = _episode("DefendTheCenter-v0"), _episode("DefendTheCenter-v0")
    digests = [play(first, 1), play(first, 2)]
    play(later, 7)
    assert [play(later, 2), play(later, 1)] == digests[::-1]
    assert digests[0] != digests[1]
    first.close()
    later.close()
    assert list(tmp_path.iterdir()) == []


def test_the_array_shows_the_variables_below_the_picture():
    spec = arena.find("vizdoom/DefendTheCenter-v0")
    env = build(spec)
    observation, info = env.reset(seed=0)
    assert observation["variables"].tolist() == [26.0, 100.0]  # rounds, health
    seen, _ = make_view(spec, "array", env).observe(observation, None, info)
    assert np.array_equal(seen[:120], observation["screen"])
    assert [int(seen[124, column, 0]) for column in (0, 79, 80, 159)] == [26, 26, 100, 100]
    env.close()


@pytest.mark.slow
def test_a_duel_is_played_to_its_end_and_stops_its_processes():
    from arena.envs.games.vizdoom import DUEL_STEPS

    before = _games()
    episode = _episode("Duel-v0")
    turn, random = episode.start(0), np.random.default_rng(0)
    assert turn.seats == (0, 1)
    assert not np.array_equal(turn.observations[0]["screen"], turn.observations[1]["screen"])
    while turn.seats:
        turn = episode.step(random.integers(8, size=2).tolist())
    assert episode.length == DUEL_STEPS and [end.terminated for end in turn.ended] == [False, False]
    assert len(_games() - before) == 2
    episode.close()
    assert _games() <= before


def _games():
    """Returns the ids of this process's games."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                name, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if name.startswith("vizdoom") and int(rest.split()[1]) == os.getpid() and rest.split()[0] != "Z":
            found.add(int(pid))
    return found
