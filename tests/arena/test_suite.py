from __future__ import annotations

import pytest

import arena
from arena.errors import ArenaError
from arena.suite import Suite, Task, load_suite, schedule, single_task, suites


def digests(suite: Suite) -> dict[str, list[str]]:
    return {task.env: ["me", *task.opponents] for task in suite.tasks}


def entries(suite: Suite, lanes: int = 8):
    specs = {task.env: arena.find(task.env) for task in suite.tasks}
    return schedule(suite, specs, "dev", dict.fromkeys(specs, lanes), digests(suite))


def test_every_scheduled_episode_has_a_place_a_key_and_a_lane():
    suite = Suite("s", (Task("toy/Counter-v0", 20), Task("toy/Turns-v0", 7, ("you",))))
    found = entries(suite)
    assert [entry.index for entry in found] == list(range(27))
    assert len({entry.key for entry in found}) == 27
    assert [entry.lane for entry in found[:20]] == [k % 8 for k in range(20)]
    assert len({entry.seed for entry in found[:20]}) == 20


def test_seats_rotate_on_shared_seeds():
    found = entries(Suite("s", (Task("toy/Turns-v0", 6, ("you",)),)))
    assert [entry.seating for entry in found] == [(0, 1), (1, 0)] * 3
    assert [entry.seed for entry in found[::2]] == [entry.seed for entry in found[1::2]]
    alone = entries(Suite("s", (Task("toy/Matching-v0", 3),)))
    assert [entry.seating for entry in alone] == [(0, 0)] * 3


def test_more_episodes_begin_with_the_fewer():
    suite = Suite("s", (Task("toy/Counter-v0", 5),))
    assert entries(suite.with_episodes(50))[:5] == entries(suite)


def test_shipped_suites_load():
    assert "quick" in suites()
    quick = load_suite("quick")
    assert {arena.find(task.env).domain for task in quick.tasks} == {"games", "robotics", "web", "text"}


@pytest.mark.parametrize(
    "toml, told",
    [
        ("name = ", "TOMLDecodeError"),
        ('name = "s"', "'tasks'"),
        ("tasks = []", "'name'"),
        ('name = "s"\ntasks = []', "at least one task"),
        ('name = "s"\ntasks = [{env = "toy/Counter-v0"}]', "'episodes'"),
        ('name = "s"\ntasks = [{env = "toy/Counter-v0", episodes = "many"}]', "ValueError"),
        ('name = "s"\ntasks = [{env = "toy/Counter-v0", episodes = 0}]', "at least one"),
        ('name = "s"\ntasks = [{env = "toy/Conter-v0", episodes = 1}]', "did you mean 'toy/Counter-v0'"),
        ('name = "s"\ntasks = [{env = "toy/Counter-v0", episodes = 1, seeds = 2}]', r"unknown keys \['seeds'\]"),
        ('name = "s"\ntasks = [{env = "toy/Counter-v0", episodes = 1, opponents = ["random"]}]', "nowhere to sit"),
        ('name = "s"\ntasks = [{env = "toy/Turns-v0", episodes = 1}]', "zero-sum"),
        ('name = "s"\ntasks = [{env = "toy/Turns-v0", episodes = 1, opponents = ["a", "b"]}]', "nowhere to sit"),
        ('name = "s"\ntasks = [{env = "toy/Turns-v0", episodes = 1, opponents = "random"}]', "list"),
        (
            'name = "s"\ntasks = [{env = "toy/Counter-v0", episodes = 1}, {env = "toy/Counter-v0", episodes = 2}]',
            "each environment once",
        ),
    ],
)
def test_a_malformed_suite_says_what_is_wrong(tmp_path, toml, told):
    (tmp_path / "s.toml").write_text(toml)
    with pytest.raises(ArenaError, match=told):
        load_suite(str(tmp_path / "s.toml"))


def test_unknown_suites_are_told():
    with pytest.raises(ArenaError, match="did you mean 'quick'"):
        load_suite("quik")
    with pytest.raises(ArenaError, match="no such suite file"):
        load_suite("nowhere.toml")
    with pytest.raises(ArenaError, match="names its own opponents"):
        arena.evaluate("random", "quick", opponents=["random"])
    with pytest.raises(ArenaError, match="at least one"):
        arena.evaluate("random", "toy/Counter-v0", episodes=0)


def test_a_suites_digest_is_its_tasks():
    assert single_task("toy/Counter-v0", 5).digest == Suite("other", (Task("toy/Counter-v0", 5),)).digest
    assert single_task("toy/Counter-v0", 5).digest != single_task("toy/Counter-v0", 6).digest
