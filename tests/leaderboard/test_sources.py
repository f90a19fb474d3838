import hashlib
import json
import math
import shutil

import pytest

from arena.errors import ArenaError
from arena.leaderboard.board import build_board
from arena.leaderboard.compare import compare_agents
from arena.leaderboard.sources import load_runs


@pytest.fixture
def task(spec):
    return spec("a/One-v0")


def forge(folder, **changes):
    """Rewrites a run's manifest and its whole chain: it holds, but who says that the content is true?"""
    manifest = json.loads((folder / "manifest.json").read_text())
    for key, value in changes.items():
        if value is None:
            del manifest[key]
        else:
            manifest[key] = value
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    (folder / "manifest.json").write_text(text)
    head, lines = hashlib.sha256(text.encode()).hexdigest(), []
    for line in (folder / "rows.jsonl").read_text().splitlines():
        body = json.dumps({**json.loads(line), "prev": head}, sort_keys=True, separators=(",", ":"))
        head = hashlib.sha256(f"{head}\n{body}".encode()).hexdigest()
        lines.append(f"{body}\n")
    (folder / "rows.jsonl").write_text("".join(lines))


def test_a_run_in_two_folders_counts_once(record, task, tmp_path):
    folder = record("x", "x", {task.id: [0.0, 1.0]}, [task])
    alone, _ = load_runs([str(tmp_path)])
    shutil.copytree(folder, tmp_path / "runs" / "copy")
    both, left_out = load_runs([str(tmp_path), str(folder)])
    assert len(both) == 1 and left_out == []
    assert build_board(both).to_json() == build_board(alone).to_json()
    assert build_board(both).suites[0].rows[0].attempts == 1


def test_of_two_records_of_one_run_the_fuller_is_read_and_the_other_named(record, task, tmp_path):
    record("full", "x", {task.id: [0.0, 1.0, 0.5]}, [task])
    record("part", "x", {task.id: [0.0, 1.0, 0.5]}, [task], written=2)
    (run,), left_out = load_runs([str(tmp_path)])
    assert len(run.records) == 3
    assert len(left_out) == 1 and "part holds less of run" in left_out[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": 99}, "record schema 99"),
        ({"schedule": None}, "lacks schedule"),
        ({"split": None}, "'split'"),
        ({"skipped": []}, "AttributeError"),
        ({"created": 7}, "expected texts"),
        ({"suite": {"name": "quick", "digest": "s"}}, "'tasks'"),
        ({"agent": {"name": "x"}}, "'digest'"),
        ({"specs": {}}, "no spec of a/One-v0"),
        ({"specs": {"a/One-v0": {"id": "a/One-v0", "trick": 1}}}, "unknown spec fields"),
        ({"schedule": []}, "nothing was scheduled"),
        ({"schedule": [{"index": 0, "env_id": "a/One-v0", "seed": 0}]}, "something else than what the rows hold"),
    ],
)
def test_a_forged_or_foreign_record_is_left_out_by_name_and_the_others_are_shown(
    record, task, tmp_path, changes, words
):
    record("good", "good", {task.id: [0.0, 1.0]}, [task])
    forge(record("bad", "bad", {task.id: [1.0, 1.0]}, [task]), **changes)
    runs, left_out = load_runs([str(tmp_path)])
    assert [run.manifest["agent"]["name"] for run in runs] == ["good"]
    assert len(left_out) == 1 and "runs/bad" in left_out[0] and words in left_out[0]


def test_damaged_verifications_leave_a_run_out(record, task, tmp_path):
    record("good", "good", {task.id: [0.0, 1.0]}, [task])
    (record("bad", "bad", {task.id: [1.0, 1.0]}, [task]) / "verifications.jsonl").write_text('{"level":"replayed"}\n')
    runs, left_out = load_runs([str(tmp_path)])
    assert len(runs) == 1 and "verifications.jsonl is damaged" in left_out[0]


def test_only_broken_records_are_an_error_that_names_them(record, task, tmp_path):
    folder = record("bad", "bad", {task.id: [1.0, 1.0]}, [task])
    (folder / "rows.jsonl").write_text("nonsense\n")
    with pytest.raises(ArenaError, match=r"(?s)no runs in .*runs/bad.*not a row"):
        load_runs([str(tmp_path)])


def test_an_empty_source_among_others_is_said(record, task, tmp_path):
    record("good", "good", {task.id: [0.0, 1.0]}, [task])
    assert load_runs([str(tmp_path), "nowhere"])[1] == ["no runs in 'nowhere'"]


@pytest.mark.parametrize("scores", [[0.5] * 40, [0.5], [0.5, 0.5]])
def test_zero_variance_and_one_episode_crash_nothing(run, spec, scores):
    tasks = [spec("a/One-v0"), spec("b/Two-v0", domain="text")]
    runs = [run(name, {t.id: scores for t in tasks}, tasks) for name in "xyz"]
    data = build_board(runs).to_json()
    json.dumps(data, allow_nan=False)
    (suite,) = data["suites"]
    if len(scores) == 1:
        assert len(suite["incomplete"]) == 3
    else:
        assert [row["position"] for row in suite["rows"]] == [1, 1, 1]
        assert suite["rows"][0]["iqm"] == {"value": 0.5, "low": 0.5, "high": 0.5, "kind": "bootstrap"}
        assert not any(row["is_other_order"] for row in suite["sensitivity"])
    assert compare_agents(runs[0], runs[1]).environments[0].verdict == "identical"


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_numbers_leave_a_run_out_and_are_said(run, spec, score):
    task = spec("a/One-v0")
    board = build_board([run("bad", {task.id: [score, 1.0]}, [task]), run("good", {task.id: [0.0, 1.0]}, [task])])
    assert [row.agent for row in board.suites[0].rows] == ["good"]
    assert "bad is left out: 1 measured scores are not finite" in board.notes[0]
