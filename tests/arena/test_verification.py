from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arena
from arena.errors import ArenaError
from arena.packing import pack, unpack
from arena.record import BLOBS, MANIFEST, ROWS, VERIFICATIONS, canonical
from arena.suite import Suite, Task

_SUITE = Suite("four", (
    Task("toy/Counter-v0", 6), Task("toy/Steps-v0", 2), Task("toy/Box-v0", 2), Task("toy/Turns-v0", 2, ("random",)),
))  # fmt: skip


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Path:
    return arena.evaluate("random", _SUITE, workers=0, out=tmp_path_factory.mktemp("runs")).path


@pytest.fixture
def folder(played, tmp_path) -> Path:
    return Path(shutil.copytree(played, tmp_path / "run"))


def forge(folder: Path, edit: Callable[[list[dict[str, Any]], dict[str, Any]], Any]) -> None:
    """Edits rows and manifest as a careful forger would: with a chain that holds again."""
    manifest = json.loads((folder / MANIFEST).read_text())
    rows = [json.loads(line) for line in (folder / ROWS).read_text().splitlines()]
    edited = edit(rows, manifest)
    rows = rows if edited is None else edited
    (folder / MANIFEST).write_text(canonical(manifest))
    previous = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    lines = []
    for row in rows:
        if row["kind"] == "end":
            row["rows"] = sum(other["kind"] == "episode" for other in rows)
        body = canonical({**row, "prev": previous})
        previous = hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()
        lines.append(body + "\n")
    (folder / ROWS).write_text("".join(lines))


def forge_blob(folder: Path, index: int, change: Callable[[dict[str, Any]], Any]) -> None:
    """Replaces an episode's actions, rewards and ticks."""

    def edit(rows: list[dict[str, Any]], manifest: Any) -> None:
        row = next(row for row in rows if row.get("index") == index)
        data = (folder / BLOBS).read_bytes()
        arrays = {k: v.copy() for k, v in unpack(data[row["blob"][0] :][: row["blob"][1]]).items()}
        change(arrays)
        blob = pack(arrays)
        (folder / BLOBS).write_bytes(data + blob)
        row["blob"] = [len(data), len(blob), hashlib.sha256(blob).hexdigest()]

    forge(folder, edit)


def problems(folder: Path) -> str:
    (report,) = arena.verify(folder, workers=0)
    assert not report.is_verified and report.level == "reported"
    return "\n".join(report.problems)


def test_an_honest_run_replays_to_the_bit(folder):
    before = (folder / ROWS).read_bytes()
    seen = []
    (report,) = arena.verify(folder, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert report.is_verified and report.level == "replayed" and report.n_verified == report.n_measured == 12
    assert seen[-1] == (12, 12) and arena.load_run(folder).level == "replayed"
    assert (folder / ROWS).read_bytes() == before
    arena.verify(folder, workers=0)
    assert len((folder / VERIFICATIONS).read_text().splitlines()) == 1  # the same finding is told once
    forge(folder, lambda rows, manifest: None)
    assert arena.load_run(folder).level == "replayed"  # nothing was changed, so the head is the same


def edit_row(index: int, /, **fields: Any) -> Callable[[Any, Any], None]:
    def edit(rows: list[dict[str, Any]], manifest: Any) -> None:
        next(row for row in rows if row.get("index") == index).update(fields)

    return edit


@pytest.mark.parametrize(
    "index, fields, told",
    [
        (
            3,
            {"returns": [99.0]},
            r"episode 3 \(toy/Counter-v0, seed \d+\) diverged at step 5: the recorded returns",
        ),
        (3, {"scores": [99.0]}, "episode 3 .* the recorded scores are"),
        (6, {"metrics": [{"steps": 6.0}]}, "episode 6 .* the recorded metrics are"),
        (6, {"scores": [6.0]}, "episode 6 .* the recorded scores are"),
        (3, {"length": 6}, "episode 3 .* the recorded length are"),
        (3, {"digest": "00" * 32}, "episode 3 .* diverged"),
        (3, {"seed": 17}, "episode 3 .* is not what was scheduled there"),
        (3, {"seating": [1]}, "episode 3 .* is not what was scheduled there"),
        (3, {"index": 2}, "episode 2 .* is not what was scheduled there"),
        (3, {"cause": "agent_exception", "at_fault": 0}, "episode 3 .* had ended"),
        (3, {"cause": "agent_exception"}, "episode 3 .* diverged"),
        (3, {"cause": "env_exception", "attempt": 3}, ""),
        (3, {"cause": "cancelled"}, "1 of 12 scheduled episodes are missing"),
    ],
)
def test_an_edited_outcome_is_found_though_the_chain_was_forged(folder, index, fields, told):
    forge(folder, edit_row(index, **fields))
    if not told:  # claiming a broken environment only takes a measurement away: the row is then incomplete
        (report,) = arena.verify(folder, workers=0)
        assert report.n_measured == 11 and arena.load_run(folder).counts.n_infra.sum() == 1
        return
    assert re.search(told, problems(folder)), problems(folder)


def test_an_edited_action_is_found_and_its_step_named(folder):
    def other_action(arrays: dict[str, Any]) -> None:
        paid = 3 % 3  # the action that pays in the third step
        arrays["actions0"][2] = (paid + 1) % 3 if arrays["actions0"][2] == paid else paid

    forge_blob(folder, 4, other_action)
    assert "diverged at step 3: the recorded returns are" in problems(folder)


def test_an_action_that_the_harness_would_have_refused_is_found(folder):
    def outside(arrays: dict[str, Any]) -> None:
        arrays["actions0"][1] = 50.0

    index = next(r.index for r in arena.load_run(folder).records if r.env_id == "toy/Box-v0")
    forge_blob(folder, index, outside)
    assert "diverged at step 2: an action may not be played: out of range" in problems(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.update(actions0=arrays["actions0"][:-1]),
        lambda arrays: arrays.update(actions0=np.frombuffer(b"junk", np.uint8)),
        lambda arrays: arrays.pop("actions0"),
        lambda arrays: arrays.pop("ticks"),
        lambda arrays: arrays.update(rewards=arrays["rewards"][:3]),
    ],
)
def test_a_malformed_blob_is_found(folder, change):
    forge_blob(folder, 4, change)
    assert "episode 4" in problems(folder)


def test_rows_dropped_swapped_or_doubled_are_found(folder, tmp_path):
    for number, (edit, told) in enumerate((
        (lambda rows, manifest: rows[:4] + rows[5:], "1 of 12 scheduled episodes are missing"),
        (lambda rows, manifest: rows[:-1], "the closing line is missing"),
        (lambda rows, manifest: [*rows[:4], rows[3], *rows[4:]], "was played again after it had been settled"),
    )):  # fmt: skip
        copy = Path(shutil.copytree(folder, tmp_path / str(number)))
        forge(copy, edit)
        assert told in problems(copy)
    lines = (folder / ROWS).read_bytes().splitlines(keepends=True)
    for name, some in (("drop", lines[:3] + lines[4:]), ("swap", [lines[1], lines[0], *lines[2:]])):
        copy = Path(shutil.copytree(folder, tmp_path / name))
        (copy / ROWS).write_bytes(b"".join(some))
        assert "the chain is broken" in problems(copy)


@pytest.mark.parametrize(
    "edit, told",
    [
        (lambda m: m["agent"].update(name="champion"), "does not match its run id"),
        (lambda m: m["schedule"][2].update(seed=5), "the schedule is not the one"),
        (lambda m: m["suite"]["tasks"].pop(), "the schedule is not the one"),
        (lambda m: m.update(split="test"), "does not match its run id"),
        (lambda m: m["specs"]["toy/Counter-v0"].update(failure_score=-0.5), "its definition here differs"),
        (lambda m: m["specs"]["toy/Counter-v0"].update(id="nonsense"), "malformed manifest"),
        (lambda m: m["specs"]["toy/Counter-v0"].update(colour="red"), "malformed manifest"),
        (lambda m: m.pop("fixed"), "malformed manifest"),
        (lambda m: m.pop("packages"), "malformed manifest"),
        (lambda m: m.update(schedule=[1, 2]), "malformed manifest"),
        (lambda m: m.update(schedule="x", specs=[]), "malformed manifest"),
        (lambda m: m["suite"].update(tasks=[]), "malformed manifest"),
    ],
)
def test_an_edited_manifest_is_found_though_the_chain_was_forged(folder, edit, told):
    forge(folder, lambda rows, manifest: edit(manifest) and None)
    assert told in problems(folder)


def test_cut_and_missing_blobs_are_found_and_the_others_replay(folder):
    blobs = folder / BLOBS
    blobs.write_bytes(blobs.read_bytes()[:-1])
    (report,) = arena.verify(folder, workers=0)
    assert report.n_verified == 11 and "missing or were edited" in report.problems[0]
    blobs.unlink()
    assert "cannot be read" in problems(folder)


def test_damaged_findings_are_told_and_nothing_is_lost(folder):
    (folder / VERIFICATIONS).write_text("{")
    (report,) = arena.verify(folder, workers=0)
    assert report.is_verified and "damaged" in report.notes[-1]


def test_an_environment_that_is_not_here_is_a_problem(folder):
    def edit(rows: Any, manifest: Any) -> None:
        manifest["specs"]["toy/Gone-v0"] = {**manifest["specs"].pop("toy/Steps-v0"), "id": "toy/Gone-v0"}
        for row in rows:
            if row.get("env_id") == "toy/Steps-v0":
                row["env_id"] = "toy/Gone-v0"

    forge(folder, edit)
    assert "2 episodes not replayed: unknown environment 'toy/Gone-v0'" in problems(folder)


def test_a_failed_episode_is_verified_up_to_its_failure(tmp_path, toy):
    run = arena.evaluate(f"{toy}:Faulty?kind=raise", "toy/Counter-v0", episodes=3, workers=0, out=tmp_path)
    (report,) = arena.verify(run.path, workers=0)
    assert report.level == "replayed" and report.n_verified == 3
    forge(run.path, edit_row(1, scores=[0.5]))
    assert "the recorded scores are" in problems(run.path)


def test_a_win_by_forfeit_is_replayed_but_stays_a_claim(tmp_path, toy):
    run = arena.evaluate("random", "toy/Turns-v0", opponents=[f"{toy}:Faulty?kind=begin"], episodes=2, workers=0,
                         out=tmp_path)  # fmt: skip
    (report,) = arena.verify(run.path, workers=0)
    assert report.is_verified and report.level == "reported" and "opponent failed" in report.notes[0]
    forge(run.path, edit_row(1, scores=[5.0, -5.0]))
    assert "the recorded scores are" in problems(run.path)


def test_a_crash_that_left_no_actions_is_scored_by_rule(tmp_path, toy):
    run = arena.evaluate(f"{toy}:Faulty?kind=exit", "toy/Counter-v0", episodes=1, workers=1, out=tmp_path)
    (report,) = arena.verify(run.path, workers=0)
    assert run.episodes.cause.tolist() == ["agent_crash"] and report.level == "replayed"
    forge(run.path, edit_row(0, scores=[3.0]))
    assert "the rule gives" in problems(run.path)


def test_no_run_is_an_error_and_many_are_verified_at_once(played, tmp_path):
    with pytest.raises(ArenaError, match="no run at or below"):
        arena.verify(tmp_path)
    for name in ("a", "b"):
        shutil.copytree(played, tmp_path / name)
    (tmp_path / "b" / MANIFEST).write_text("{")
    reports = arena.verify(tmp_path, workers=0)
    assert [report.is_verified for report in reports] == [True, False]
