from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import arena
from arena.cli import main


def told(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out
    return captured.err


def test_the_catalogue_and_a_card(capsys):
    assert main(["envs"]) == 0
    text = capsys.readouterr().out
    assert " classic " in text and "missing no_such_module: pip install 'toy[absent]'" in text
    assert main(["envs", "classic"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Gymnasium's classic control tasks") and "classic/CartPole-v1" in text
    assert main(["envs", "--json", "--domain", "text"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert {card["domain"] for card in cards} == {"text"} and "toy/Echo-v0" in [card["id"] for card in cards]
    assert main(["envs", "--json", "--available"]) == 0
    assert "toy/Absent-v0" not in [card["id"] for card in json.loads(capsys.readouterr().out)]
    assert main(["envs", "toy/Counter-v0"]) == 0
    assert "Pays the square of a random number" in capsys.readouterr().out
    assert main(["envs", "toy/Absent-v0", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert not card["available"] and "pip install 'toy[absent]'" in card["missing"]


def test_every_card_can_be_shown(capsys):
    for spec in {spec.family: spec for spec in arena.specs()}.values():
        assert main(["envs", spec.id]) == 0
        assert spec.id in capsys.readouterr().out


def test_agents_and_suites(capsys):
    assert main(["agents"]) == 0 and "random" in capsys.readouterr().out
    assert main(["agents", "--json"]) == 0
    agents = json.loads(capsys.readouterr().out)
    assert {"random", "ppo", "oracle", "scripted"} <= set(agents)
    assert not [text for text in agents.values() if text.startswith("broken") or not text]
    assert main(["suites"]) == 0 and "quick: " in capsys.readouterr().out
    assert main(["suites", "--json"]) == 0 and json.loads(capsys.readouterr().out)[0]["tasks"]
    assert main(["suites", "quick", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "quick"


def test_run_verify_and_tamper(tmp_path, capsys, toy):
    words = ["run", "--agents", f"random,{toy}:Good", "--env", "toy/Counter-v0", "--episodes", "3", "--workers", "0"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    assert "3 ok + 0 agent failures + 0 infrastructure = 3 scheduled" in capsys.readouterr().out
    assert main([*words, "--out", str(tmp_path), "--json"]) == 0
    summaries = json.loads(capsys.readouterr().out)
    assert [summary["agent"]["name"] for summary in summaries] == ["random", "Good"] and summaries[0]["complete"]
    assert main(["verify", str(tmp_path), "--workers", "0"]) == 0
    assert capsys.readouterr().out.count("verified 3/3, replayed") == 2
    rows = next(tmp_path.glob("random*")) / "rows.jsonl"
    rows.write_bytes(rows.read_bytes().replace(b'"length":5', b'"length":6', 1))
    assert main(["verify", str(tmp_path), "--workers", "0", "--json"]) == 1
    reports = {report["path"]: report for report in json.loads(capsys.readouterr().out)}
    assert [report["is_verified"] for report in reports.values()].count(False) == 1


def test_a_run_with_a_broken_environment_exits_with_1_and_says_why(tmp_path, capsys):
    assert main(["run", "--agents", "random", "--env", "toy/Raise-v0", "--episodes", "1", "--workers", "0",
                 "--out", str(tmp_path)]) == 1  # fmt: skip
    out = capsys.readouterr().out
    assert "1 infrastructure = 1 scheduled" in out and "no step today" in out.replace("\n", " ")


@pytest.mark.parametrize(
    "words, expected",
    [
        (["envs", "toy/Conter-v0"], "unknown environment 'toy/Conter-v0'; did you mean 'toy/Counter-v0'"),
        (["suites", "quik"], "unknown suite 'quik'; did you mean 'quick'"),
        (["run", "--agents", "randm"], "unknown agent 'randm'; did you mean 'random'"),
        (["run", "--agents", "random,randm"], "did you mean 'random'"),
        (["run", "--agents", ","], "--agents names nobody"),
        (["run", "--agents", "x.py:Y"], "no such agent file: 'x.py'"),
        (["run", "--agents", "random", "--env", "toy/Absent-v0"], "pip install 'toy[absent]'"),
        (["run", "--agents", "random", "--env", "no-slash"], "unknown suite 'no-slash'"),
        (["run", "--agents", "random", "--env", "toy/Turns-v0"], "name opponents"),
        (["run", "--agents", "random", "--env", "toy/Counter-v0", "--opponents", "random"], "nowhere to sit"),
        (["run", "--agents", "random", "--env", "toy/Turns-v0", "--opponents", "randm"], "did you mean 'random'"),
        (["run", "--agents", "random", "--suite", "quick", "--opponents", "random"], "names its own opponents"),
        (["run", "--agents", "random", "--suite", "quick", "--env", "toy/Counter-v0"], "exclude each other"),
        (["run", "--agents", "random", "--env", "toy/Counter-v0", "--episodes", "0"], "expected at least one"),
        (["run", "--agents", "random", "--env", "toy/Counter-v0", "--workers", "-1"], "--workers -1"),
        (["run", "--agents", "random", "--env", "toy/Counter-v0", "--seeds", "test"], "ARENA_TEST_KEY"),
        (["run", "--agents", "random?x=1", "--env", "toy/Counter-v0"], "takes no configuration"),
        (["verify", "nowhere"], "no run at or below 'nowhere'"),
        (["--plugin", "nowhere.py", "envs"], "no such file"),
        (["--plugin", "broken.py", "envs"], "plugin 'broken.py' cannot be imported: SyntaxError"),
    ],
)
def test_errors_are_a_sentence_and_exit_code_1(tmp_path, monkeypatch, capsys, words, expected):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARENA_TEST_KEY", raising=False)
    (tmp_path / "broken.py").write_text("def broken(:")
    assert main(words) == 1
    error = told(capsys)
    assert error.startswith("arena: ") and expected in error
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("words", [[], ["rnu"], ["run"], ["envs", "--domain", "chess"], ["run", "--episodes", "x"]])
def test_usage_errors_exit_with_2(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and "usage: arena" in told(capsys)


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m arena.cli envs --json | head -n 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, env=os.environ)
    assert done.stdout.strip() == "[" and "Traceback" not in done.stderr and "Error" not in done.stderr


def test_run_replays_what_it_recorded_before_the_board(tmp_path, capsys):
    command = ["run", "--agents", "random", "--env", "classic/CartPole-v1", "--episodes", "4", "--verify"]
    assert main([*command, "--workers", "0", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert shown.index("verified 4/4, replayed") < shown.index("Environment, agent")
