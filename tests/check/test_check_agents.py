"""check_agent finds what an agent does wrong, each by the check meant for it; the shipped agents pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena.check import check_agent
from arena.errors import UnknownNameError
from arena.loading import import_file

agents = import_file(Path(__file__).with_name("agents.py"))

WHERE = ["boardgames/TicTacToe-v0", "classic/CartPole-v1"]
CASES = [(check, fault) for check, faults in agents.FAULTS.items() for fault in faults]


def named(fault: str) -> str:
    return f'{agents.HERE}:Sound?fault="{fault}"'


def test_a_sound_agent_passes_all() -> None:
    report = check_agent(f"{agents.HERE}:Sound", WHERE, budget=1.0)
    assert report.passed, [finding.text for finding in report.failures]
    assert report.figure("plays", "environments") == 2
    assert 0 < report.figure("time", "classic/CartPole-v1 ms") < 1000


@pytest.mark.parametrize(("check", "fault"), CASES)
def test_a_fault_is_found_by_the_check_meant_for_it_alone(check: str, fault: str) -> None:
    where = ["boardgames/LeducPoker-v0"] if check == "one legal action" else WHERE  # there are always two or three
    report = check_agent(named(fault), where, budget=1.0)
    assert [finding.check for finding in report.failures] == [check], [finding.text for finding in report.failures]
    assert report.failures[0].do


def test_an_agent_that_plays_none_of_them_is_told_so() -> None:
    report = check_agent(named("plays nothing"), WHERE)
    assert [(finding.check, finding.outcome) for finding in report.findings] == [("plays", "skipped")]


@pytest.mark.parametrize("agent", ["random", "scripted"])
def test_the_shipped_agents_conform(agent: str) -> None:
    report = check_agent(agent, [*WHERE, "text/Quest-v0"], budget=1.0)
    assert report.passed, [finding.text for finding in report.failures]


def test_an_unknown_agent_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'random'"):
        check_agent("rando")
