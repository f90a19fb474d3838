from __future__ import annotations

import json
from pathlib import Path

import pytest

import arena
from arena.cli import main
from arena.loading import import_file

broken = import_file(Path(__file__).with_name("broken.py"))
for _spec in (broken.walk(), broken.walk("NaN reward"), broken.duel(), broken.table()):
    arena.register(_spec)

QUICKLY = ["--budget", "0.5"]


def test_a_sound_environment_exits_with_0_and_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "broken/Walk-sound-v0", *QUICKLY]) == 0
    text = capsys.readouterr().out
    assert "broken/Walk-sound-v0  conforms" in text and "steps/s" in text


def test_a_failure_exits_with_1_and_names_the_step_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "broken/Walk-NaN-reward-v0", *QUICKLY]) == 1
    text = capsys.readouterr().out
    assert "1 check failed" in text
    assert "failed rewards at seed" in text and ", step 2" in text
    assert "came     the reward nan" in text and "do       Mend the division" in text


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "broken/Walk-NaN-reward-v0", "broken/Duel-sound-v0", "--json", *QUICKLY]) == 1
    bad, good = json.loads(capsys.readouterr().out)
    assert (bad["subject"], bad["passed"], good["passed"]) == ("broken/Walk-NaN-reward-v0", False, True)
    (found,) = [finding for finding in bad["findings"] if finding["outcome"] == "failed"]
    assert found["check"] == "rewards" and found["came"] == "the reward nan" and found["expected"] == "a finite number"
    assert {finding["check"] for finding in good["findings"]} >= {"replay", "repeat", "neighbours", "memory", "speed"}


def test_a_family_is_told_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--family", "broken", "--workers", "2", *QUICKLY]) == 1
    text = capsys.readouterr().out
    assert "4 checked" in text and "3 conform, 1 failed" in text and "broken/Walk-NaN-reward-v0 rewards" in text


def test_an_agent(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "random", "--env", "classic/CartPole-v1", "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert report["subject"] == "random" and report["passed"]


def test_what_cannot_be_checked_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1 and "check what?" in capsys.readouterr().err
    assert main(["check", "classic/CartPol-v1"]) == 1 and "'classic/CartPole-v1'" in capsys.readouterr().err
    assert (
        main(["check", "--family", "nowhere"]) == 1 and "no environment of family 'nowhere'" in capsys.readouterr().err
    )
