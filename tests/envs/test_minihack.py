"""MiniHack and the NetHack Challenge: the seeding that the package lacks, success, and the keys prompts ask for."""

import tempfile

import numpy as np
import pytest

pytest.importorskip("minihack")

import arena
from arena.envs.games.nle import KEYS
from arena.episode import Episode
from arena.registry import build
from arena.views import make_view

TASKS = [spec for spec in arena.specs("games") if spec.family == "minihack"]


def _play(episode, seed, steps=25):
    turn, random = episode.start(seed), np.random.default_rng(seed)
    while turn.seats and episode.length < steps:
        turn = episode.step([int(random.integers(episode.env.action_space.n))])
    return episode.digest


@pytest.mark.parametrize("name", ["Room-Random-5x5-v0", "KeyRoom-S5-v0", "MultiRoom-N4-v0", "MazeWalk-9x9-v0"])
def test_the_seed_alone_makes_the_level_also_after_other_games(name):
    spec = arena.find(f"minihack/{name}")
    first, later = Episode(spec, build(spec)), Episode(spec, build(spec))
    digests = [_play(first, seed) for seed in (1, 2, 3)]
    for seed in (9, 2, 8):
        _play(later, seed)
    assert [_play(later, seed) for seed in (1, 2, 3)] == digests
    assert len(set(digests)) == 3
    first.close()
    later.close()


def test_walking_to_the_stairs_succeeds():
    spec = arena.find("minihack/Room-5x5-v0")  # the stairs are in the lower right corner, the hero in the upper left
    episode = Episode(spec, build(spec))
    turn = episode.start(0)
    southeast = episode.env.unwrapped.action_names.index("southeast")
    while turn.seats:
        turn = episode.step([southeast])
    assert (episode.length, episode.scores(), episode.metrics) == (4, [1.0], [{"success": 1.0}])
    episode.close()


def test_a_game_cut_short_has_no_success_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spec = arena.find("minihack/MultiRoom-N2-v0")
    episode = Episode(spec, build(spec))
    turn = episode.start(0)
    while turn.seats:
        turn = episode.step([0])
    assert (episode.length, episode.metrics) == (40, [{"success": 0.0}])
    assert not turn.ended[0].terminated
    episode.close()
    assert list(tmp_path.iterdir()) == []


def test_the_text_of_a_full_skill_task_names_the_keys():
    spec = arena.find("minihack/Eat-v0")
    env = build(spec)
    observation, info = env.reset(seed=0)
    text, _ = make_view(spec, "text/v1", env).observe(observation, None, info)
    assert "e is eat" in text and "Actions: north, east," in text
    assert sorted(observation) == sorted(KEYS)
    env.close()


def test_tasks_and_their_limits_are_the_packages():
    assert len(TASKS) == 146
    import gymnasium
    import minihack  # noqa: F401 (registers its tasks)

    registered = {name.removeprefix("MiniHack-") for name in gymnasium.registry if name.startswith("MiniHack-")}
    missing = registered - {spec.id.removeprefix("minihack/") for spec in TASKS}
    assert {name.split("-")[0].rstrip("0123456789SN") for name in missing} == {
        "Boxoban",
        "LavaCrossing",
        "Navigation",
        "SimpleCrossing",
        "Skill",
    }
    for name in ("Room-5x5-v0", "Memento-F2-v0", "WoD-Easy-Full-v0", "Quest-Hard-v0", "Sokoban1a-v1"):
        game = gymnasium.make(f"MiniHack-{name}").unwrapped
        assert game._max_episode_steps == arena.find(f"minihack/{name}").max_steps
        game.close()


def test_the_challenge_takes_no_seed_and_says_so():
    spec = arena.find("nle/Challenge-v0")
    assert spec.verification == "none"
    env = build(spec)
    starts = {env.reset(seed=0)[0]["tty_chars"].tobytes() for _ in range(3)}
    assert len(starts) > 1
    assert env.action_space.n == 121
    env.close()
