import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from arena.errors import ArenaError
from arena.leaderboard.match import match as command
from arena.leaderboard.match import pair_points
from arena.record import EpisodeRecord
from arena.verification import verify

RPS = "boardgames/RockPaperScissors-v0"


@pytest.fixture
def players(tmp_path):
    """A file of agents that always play the same move."""
    file = tmp_path / "players.py"
    file.write_text(
        "".join(f"def {name}(seen, mask):\n    return {move}\n\n" for move, name in enumerate(("rock", "paper")))
    )
    return [f"{file}:rock", f"{file}:paper"]


def call(*words):
    parser = argparse.ArgumentParser()
    run = command(parser)
    return run(parser.parse_args([str(word) for word in words]))


def games(points, missing=()):
    """Records of two seat-swapped seats with these points of agent 0."""
    return [
        EpisodeRecord(
            k,
            f"{k}",
            "x/X-v0",
            k // 2,
            0,
            [k % 2, 1 - k % 2],
            1,
            "completed",
            scores=[2 * p - 1, 1 - 2 * p] if k % 2 == 0 else [1 - 2 * p, 2 * p - 1],
        )
        for k, p in enumerate(points)
        if k not in missing
    ]


def test_pair_points_follow_the_schedule_whoever_was_first():
    records = games([1, 0.5, 0, 0, 1, 1])
    assert pair_points(records, True) == [1.5, 0.0, 2.0]
    assert pair_points(records[::-1], True) == [1.5, 0.0, 2.0]
    assert pair_points(records, False) == [0.5, 2.0, 0.0]
    assert pair_points(games([1, 0.5, 0, 0, 1, 1], missing=[2]), True) == [1.5]


def test_it_plays_rates_and_the_records_verify(players, tmp_path, capsys):
    agents = ",".join([*players, "random"])
    assert call("--agents", agents, "--env", RPS, "--games", 24, "--workers", 0, "--out", tmp_path / "runs") == 0
    out = capsys.readouterr().out
    assert "rock" in out and "paper" in out and "Cycles" in out and "arena verify" in out
    assert all(report.is_verified and report.n_verified == 24 for report in verify(tmp_path / "runs", workers=0))
    assert call("--from", tmp_path / "runs", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["tournaments"]
    assert found["env_id"] == RPS and len(found["agents"]) == 3
    paper = next(agent for agent in found["agents"] if agent["agent"] == "paper")
    place, rock = found["agents"].index(paper), [a["agent"] for a in found["agents"]].index("rock")
    assert found["scores"][place][rock] == 1.0 and found["games"][place][rock] == 24


def test_the_order_of_agents_is_the_same_tournament(players, tmp_path, capsys):
    for number, agents in enumerate((players, players[::-1])):
        out = tmp_path / f"runs{number}"
        call("--agents", ",".join(agents), "--env", RPS, "--games", 4, "--workers", 0, "--out", out, "--json")
    first, second = capsys.readouterr().out.split("\n}\n")[:2]
    assert first == second
    assert [path.name for path in (tmp_path / "runs0").iterdir()] == [
        path.name for path in (tmp_path / "runs1").iterdir()
    ]


def test_until_settled_stops_early_goes_on_from_there_and_verifies(players, tmp_path, capsys):
    words = ["--env", RPS, "--until-settled", "--workers", 0, "--out", tmp_path / "runs", "--games", 1000, "--json"]
    assert call("--agents", ",".join(players[::-1]), *words) == 0
    found = json.loads(capsys.readouterr().out)["sequential"]
    assert found["verdict"] == "stronger" and found["pairs"] < 100
    assert call("--agents", ",".join(players[::-1]), *words) == 0  # nothing is left to play
    assert json.loads(capsys.readouterr().out)["sequential"] == found
    (report,) = verify(tmp_path / "runs", workers=0)
    assert report.is_verified and report.n_verified == 2 * found["pairs"] and "ended early" in report.notes[0]
    assert call("--agents", ",".join(players), *words) == 0  # the other way round, from the same games
    assert json.loads(capsys.readouterr().out)["sequential"]["verdict"] == "not stronger"


def test_nash_conv_of_random_kuhn_poker(capsys):
    assert call("--agents", "random", "--env", "boardgames/KuhnPoker-v0", "--nashconv", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["nash_conv"]
    assert found["states"] == 12 and found["value"] == pytest.approx(11 / 12, abs=0.1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--agents", "random,scripted"], "--env is missing"),
        (["--env", RPS], "--agents is missing"),
        ([], "say what is played"),
        (["--agents", "random", "--env", RPS], "alone meets nobody"),
        (["--agents", "random,random", "--env", RPS], "named twice: random"),
        (["--agents", "random,ppo", "--env", RPS], "ppo cannot play"),
        (["--agents", "random,rndom", "--env", RPS], "did you mean 'random'"),
        (["--agents", "random,scripted", "--env", "classic/CartPole-v1"], "has one seat"),
        (["--agents", "random,scripted", "--env", RPS, "--games", "0"], "--games 0: expected at least 1"),
        (["--agents", "a,b,c", "--env", RPS, "--until-settled"], "compares two agents, got 3"),
        (["--agents", "random", "--env", "boardgames/Hex5-v0", "--nashconv"], "too many for an exact NashConv"),
    ],
)
def test_bad_input_is_told_before_anything_is_played(words, said, tmp_path):
    with pytest.raises(ArenaError, match=said.replace("(", r"\(")):
        call(*words, "--out", tmp_path / "runs", "--workers", 0)
    assert not (tmp_path / "runs").exists()


def test_declaring_the_command_imports_no_statistics_and_no_player():
    code = (
        "import argparse, sys; from arena.leaderboard.match import match; match(argparse.ArgumentParser()); "
        "print(sorted({'numpy', 'scipy', 'pandas', 'rich', 'arena.evaluation'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"
