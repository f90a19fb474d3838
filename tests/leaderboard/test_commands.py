import argparse
import json
import subprocess
import sys

import pytest

from arena.errors import ArenaError, UnknownNameError
from arena.leaderboard.commands import board, compare
from arena.leaderboard.store_commands import export, index
from arena.record import EpisodeRecord
from arena.recording import RunWriter


def call(command, *words):
    parser = argparse.ArgumentParser()
    run = command(parser)
    return run(parser.parse_args([str(word) for word in words]))


@pytest.fixture
def results(tmp_path, spec):
    """Two runs as the harness writes them, and a broken one."""
    task = spec("a/One-v0")
    for name, success in (("strong", 1.0), ("weak", 0.0)):
        schedule = [{"index": k, "key": f"{k}", "env_id": task.id, "seed": k} for k in range(30)]
        manifest = {
            "run_id": f"{name:0>16}",
            "created": "2025-01-01T00:00:00Z",
            "agent": {"name": name, "digest": name * 8, "view": {task.id: "array"}},
            "opponents": {},
            "suite": {
                "name": "quick",
                "digest": "s" * 16,
                "tasks": [{"env": task.id, "episodes": 30, "opponents": []}],
            },
            "skipped": {},
            "split": "dev",
            "specs": {task.id: task.to_json()},
            "schedule": schedule,
        }
        writer = RunWriter(tmp_path / "runs" / name, manifest)
        for entry in schedule:
            score = success if entry["index"] % 3 else 0.5
            writer.append(
                EpisodeRecord(**entry, lane=0, seating=[0], attempt=1, cause="completed", scores=[score]), b""
            )
        writer.end(len(schedule))
        writer.close()
    broken = tmp_path / "runs" / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text("{")
    return tmp_path / "runs"


def test_board_prints_the_table_and_names_broken_runs(results, capsys):
    assert call(board, "--from", results) == 0
    out, err = capsys.readouterr()
    assert out.index("strong") < out.index("weak")
    assert "0.83" in out and "0.17" in out
    assert "left out" in err and "broken" in err


def test_board_as_json_is_plain_and_says_what_was_left_out(results, capsys):
    assert call(board, "--from", results, "--from", results, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    (suite,) = data["suites"]
    assert [row["agent"] for row in suite["rows"]] == ["strong", "weak"]
    assert suite["rows"][0]["iqm"]["value"] == pytest.approx(25 / 30)
    assert len(data["broken"]) == 1


def test_compare_says_who_is_better(results, capsys):
    assert call(compare, "strong", "weak", "--from", results) == 0
    assert "strong is better than weak on quick" in capsys.readouterr().out
    assert call(compare, "strong", "weak", "--from", results, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["environments"][0]["verdict"] == "a" and data["environments"][0]["n"] == 30


def test_wrong_names_are_errors_that_help(results, tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'quick'"):
        call(board, "--from", results, "--suite", "quik")
    with pytest.raises(UnknownNameError, match="did you mean 'games'"):
        call(board, "--from", results, "--domain", "game")
    with pytest.raises(UnknownNameError, match="did you mean 'strong'"):
        call(compare, "strng", "weak", "--from", results)
    with pytest.raises(ArenaError, match=r"no runs in .*empty.*arena run"):
        call(board, "--from", tmp_path / "empty")
    with pytest.raises(ArenaError, match="nothing to show of domain 'web'"):
        call(board, "--from", results, "--domain", "web")


def test_declaring_the_commands_imports_no_statistics():
    code = (
        "import argparse, sys; from arena.leaderboard.commands import board, compare; "
        "board(argparse.ArgumentParser()); compare(argparse.ArgumentParser()); "
        "print(sorted({'numpy', 'scipy', 'pandas', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_index_refuses_what_is_broken_and_the_board_from_the_store_is_the_same(results, tmp_path, capsys):
    url = f"sqlite:///{tmp_path}/board.db"
    assert call(index, "--from", results, "--store", url, "--json") == 1
    first = json.loads(capsys.readouterr().out)
    assert (first["added"], len(first["refused"])) == (2, 1) and "broken" in first["refused"][0]
    assert call(index, "--from", results, "--store", url) == 1
    out, err = capsys.readouterr()
    assert "0 added, 0 updated, 2 unchanged, 0 superseded" in out and "refused:" in err
    assert call(board, "--from", results, "--json") == 0
    folders = json.loads(capsys.readouterr().out)
    assert call(board, "--from", url, "--json") == 0
    stored = json.loads(capsys.readouterr().out)
    assert len(folders.pop("broken")) == 1 and stored.pop("broken") == []
    assert stored == folders


def test_export_writes_every_episode(results, tmp_path, capsys):
    assert call(export, tmp_path / "x.csv", "--from", results) == 0
    assert "60 episodes" in capsys.readouterr().out
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 61


def test_a_metric_or_algorithms_that_the_runs_do_not_hold_are_errors_that_help(results):
    with pytest.raises(ArenaError, match=r"no run holds what crafter-score needs: episode metrics achievement/<name>"):
        call(board, "--from", results, "--metric", "crafter-score")
    with pytest.raises(UnknownNameError, match="did you mean 'crafter-score'"):
        call(board, "--from", results, "--metric", "crafter-scor")
    with pytest.raises(ArenaError, match="arena train ppo"):
        call(board, "--from", results, "--algorithms")
    with pytest.raises(ArenaError, match="give one"):
        call(board, "--from", results, "--algorithms", "--metric", "cost")
    with pytest.raises(ArenaError, match="no board version 99"):
        call(board, "--from", results, "--version", "99")


def test_a_board_says_its_version(results, capsys):
    assert call(board, "--from", results, "--version", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["version"] == 1
    assert call(board, "--from", results) == 0
    assert "version 1" in capsys.readouterr().out
