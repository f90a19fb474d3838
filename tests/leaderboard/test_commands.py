import argparse
import json
import subprocess
import sys

import pytest

from arena.errors import ArenaError, UnknownNameError
from arena.leaderboard.commands import board, compare
from arena.record import EpisodeRecord, RunWriter


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
