import json

import pytest

from arena.errors import ArenaError
from arena.leaderboard import references
from arena.leaderboard.board import build_board
from arena.leaderboard.references import frozen, referenced, to_freeze, versions
from arena.spec import Reference


def test_versions_are_numbered_from_one_and_an_unknown_one_is_an_error():
    assert versions()[0] == 1 and versions() == sorted(versions())
    with pytest.raises(ArenaError, match=r"no board version 99; there are 1"):
        frozen(99)


def test_the_first_version_never_changes():
    assert frozen(1)["crafter/Reward-v0"][1].value == 14.3  # Crafter README, human expert
    assert frozen(1)["atari/Alien-noop-v4"][0].value == 227.8  # DQN Zoo


def test_frozen_references_hold_whatever_the_runs_say(run, spec):
    changed = spec("crafter/Reward-v0", random=Reference(0.0, "mine"), expert=Reference(1.0, "mine"))
    random, expert = frozen(1)["crafter/Reward-v0"]
    runs = [run("x", {changed.id: [random.value, expert.value]}, [changed])]
    board = build_board(runs, version=1)
    assert board.version == 1
    assert board.suites[0].rows[0].iqm.value == pytest.approx(0.5)
    assert board.suites[0].environments[0].expert == 14.3
    assert not any("references" in note for note in board.suites[0].notes)


def test_an_environment_outside_the_version_has_the_newest_runs_references_and_it_is_said(run, spec):
    old = run("x", {"a/One-v0": [0.0, 1.0]}, [spec("a/One-v0")], created="2025-01-01")
    new = run("y", {"a/One-v0": [0.0, 1.0]}, [spec("a/One-v0", expert=Reference(2.0, "z"))], created="2025-02-01")
    found = referenced([new, old], 1)
    assert found.specs["a/One-v0"].expert.value == 2.0
    assert (found.not_frozen, found.disagreeing) == (["a/One-v0"], ["a/One-v0"])
    (suite,) = build_board([new, old]).suites
    assert suite.notes[0].startswith("Not in board version 1, normalised by the newest run's references: a/One-v0")


def test_what_is_frozen_reads_back(tmp_path, monkeypatch, spec):
    specs = [spec("b/Two-v0", expert=Reference(7.5, "human")), spec("a/None-v0", expert=None)]
    (tmp_path / "frozen").mkdir()
    (tmp_path / "frozen" / "v7.json").write_text(to_freeze(7, specs))
    monkeypatch.setattr(references.resources, "files", lambda package: tmp_path)
    frozen.cache_clear()
    assert versions() == [7]
    assert frozen(7) == {"b/Two-v0": (specs[0].random, specs[0].expert)}
    assert json.loads((tmp_path / "frozen" / "v7.json").read_text())["version"] == 7
    frozen.cache_clear()
