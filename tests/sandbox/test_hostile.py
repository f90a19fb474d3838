"""What a box refuses, at every level that this machine reaches; and that without it the same attempts succeed."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arena.actions import BadAction
from arena.loading import import_file
from arena.sandbox.limits import BoxLimits, usage
from arena.sandbox.process import Stopped
from tests.sandbox.batches import QUICK, ROWS, batch

HOSTILE = Path(__file__).with_name("hostile")
ATTEMPTS = [
    name
    for name, attempt in vars(import_file(HOSTILE / "attempts.py").Attempts).items()
    if callable(attempt) and not name.startswith("_") and name != "act_one"
]
FILES = ATTEMPTS[: ATTEMPTS.index("watch_results")]
LEFT = {  # what a level leaves open, as docs/sandbox.md says
    "full": set(),
    "full-nocgroup": set(),
    "partial": {"stat_results"},
    "seccomp-only": {  # for an ordinary user also the harness's own memory: it is the same user
        "read_results",
        "stat_results",
        "list_results",
        "read_by_dots",
        "read_passwd",
        "list_processes",
        "parent_environ",
        "parent_memory",
        "parent_files",
        "parent_root",
        "own_memory_files",
    },
}
CONTROL = [
    "read_results", "stat_results", "list_results", "chmod_results", "touch_results", "remove_results", "make_file",
    "watch_results", "parent_environ", "parent_files", "list_processes", "signal_parent", "kill_other", "sigio_parent",
    "limit_parent", "survive_parent", "fork", "fork_bomb", "daemon", "subprocess", "spawn", "shared_memory",
    "memory_file", "tcp", "udp", "listen", "abstract_socket",
]  # fmt: skip


def said_by(put_in_box: Any, capsys: Any, target: Any, level: str, names: list[str]) -> dict[str, str]:
    """Returns by attempt what an agent could do, "could" or "refused" and why."""
    agent = put_in_box("attempts.py:Attempts", level, names=names, **target.options)
    assert list(agent.act(batch())) == [0] * ROWS  # it was held, and plays on
    agent.close()
    lines = [line.partition(" ") for line in capsys.readouterr().out.splitlines()]
    return {rest.partition(":")[0]: word for word, _, rest in lines if word in ("could", "refused")}


@pytest.mark.parametrize("level", LEFT)
def test_attempts_are_refused(levels, put_in_box, capsys, target, level):
    if level not in levels:
        pytest.skip(f"this machine does not reach {level}")
    names = [name for name in ATTEMPTS if level != "seccomp-only" or name in LEFT[level] or name not in FILES]
    said = said_by(put_in_box, capsys, target, level, names)
    assert set(said) == set(names)
    assert {name for name, word in said.items() if word == "could"} <= LEFT[level]
    assert target.is_untouched and target.other.poll() is None


def test_without_a_box_the_same_attempts_succeed(put_in_box, capsys, target):
    said = said_by(put_in_box, capsys, target, "process", CONTROL)
    assert [name for name in CONTROL if said[name] != "could"] == []
    assert not target.is_untouched and target.other.wait(5) == -9


@pytest.mark.parametrize(
    "kind, cause, told",
    [
        ("sleep", "move_timeout", "no answer for"),
        ("loop", "move_timeout", "no answer for"),
        ("hold_the_interpreter", "move_timeout", "no answer for"),
        ("backtrack", "move_timeout", "no answer for"),
        ("decompress", "move_timeout", "no answer for"),
        ("ignore_signals", "move_timeout", "no answer for"),
        ("print", "output_limit", "printed over 262144 bytes"),
        ("segfault", "agent_crash", "SIGSEGV"),
        ("abort", "agent_crash", "SIGABRT"),
        ("exit", "agent_crash", "exit code 7"),
        ("forbidden_machine", "agent_crash", "SIGSYS"),
    ],
)
def test_a_process_is_ended_for_a_reason(put_in_box, kind, cause, told):
    agent = put_in_box("endings.py:Ending", kind=kind)
    assert list(agent.act(batch())) == [0] * ROWS
    pid, began = agent._box.process.pid, time.monotonic()
    with pytest.raises(Stopped, match=told) as stopped:
        agent.act(batch(step=1))
    assert stopped.value.cause == cause
    assert time.monotonic() - began < QUICK.move_s * ROWS + 2.0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


RAISED = {
    "memory": ("memory_limit", "MemoryError"),
    "raise_long": ("agent_exception", "RuntimeError: xxx"),
    "raise_surrogate": ("agent_exception", "I give up"),
    "raise_unshowable": ("agent_exception", "its text raised RuntimeError"),
    "interrupt": ("agent_exception", "KeyboardInterrupt"),
    "leave": ("agent_exception", "SystemExit"),
    "too_few": ("agent_exception", "1 answers for 4 rows"),
}


def test_an_exception_is_told_and_the_process_lives(put_in_box):
    agent = put_in_box("endings.py:Ending", kind=",".join(RAISED), limits=replace(QUICK, move_s=2.0))
    agent.act(batch())
    for step, (cause, told) in enumerate([*RAISED.values(), *RAISED.values()], 1):
        with pytest.raises(BadAction, match=told) as raised:
            agent.act(batch(step=step))
        assert raised.value.cause == cause and len(str(raised.value)) <= 4096
        assert not isinstance(raised.value, Stopped)


def test_an_answer_that_is_none_is_an_invalid_action(put_in_box):
    kinds = ["shape", "floats", "not_a_number", "huge", "flags", "objects", "text"]
    agent = put_in_box("endings.py:Ending", kind=",".join(kinds))
    agent.act(batch())
    for step, kind in enumerate(kinds, 1):
        causes = [answer.cause for answer in agent.act(batch(step=step))]
        assert causes == ["invalid_action"] * ROWS, kind
    assert agent._box is not None


def test_one_row_may_fail_alone(put_in_box):
    agent = put_in_box("endings.py:Ending", kind="raise_by_row")
    agent.act(batch())
    first, *others = agent.act(batch(step=1))
    assert (first.cause, str(first)) == ("agent_exception", "RuntimeError: this row") and others == [0, 0, 0]


@pytest.mark.parametrize(
    "kind, cause, told",
    [
        ("pickle_bomb", "protocol", "a message"),
        ("garbage", "protocol", "answers nothing"),
        ("too_short", "protocol", "a message of 1 bytes"),
        ("too_long", "protocol", "a message of 4121 bytes"),
        ("forged_nonce", "protocol", "answers nothing"),
        ("huge_claim", "protocol", "announces 4294967295"),
        ("wrong_kind", "protocol", "answers nothing"),
        ("send_files", "protocol", "answers nothing"),
        ("close_everything", "agent_crash", "closed the connection"),
    ],
)
def test_a_forged_message_ends_the_process(put_in_box, tmp_path, kind, cause, told):
    agent = put_in_box("forgeries.py:Forger", kind=kind, path=str(tmp_path / "made"))
    files = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Stopped, match=told) as stopped:
        agent.act(batch())
    assert stopped.value.cause == cause
    assert not (tmp_path / "made").exists()
    assert len(os.listdir("/proc/self/fd")) < files  # of the box's own two, none is left


def test_an_answer_given_twice_is_found_at_the_next_question(put_in_box):
    agent = put_in_box("forgeries.py:Forger", kind="answer_twice")
    agent.act(batch())
    with pytest.raises(Stopped, match="answers nothing"):
        agent.act(batch(step=1))


@pytest.mark.parametrize("kind", ["raw_flag", "raw_length"])
def test_what_stands_in_shared_memory_is_checked(put_in_box, kind):
    agent = put_in_box("forgeries.py:Forger", kind=kind)
    assert [answer.cause for answer in agent.act(batch())] == ["protocol"] * ROWS


def test_answers_are_copied_before_they_are_looked_at(put_in_box):
    agent = put_in_box("forgeries.py:Forger", kind="change_after_the_check")
    for step in range(40):
        answers = agent.act(batch(step=step))
        kept = [int(answer) for answer in answers]
        time.sleep(0.0005)
        assert [int(answer) for answer in answers] == kept  # the agent writes on; what was read does not move


@pytest.mark.parametrize("kind, refused", [("shrink", 1), ("write_observations", 2)])
def test_shared_memory_keeps_its_size_and_its_owner(put_in_box, capsys, kind, refused):
    agent = put_in_box("forgeries.py:Forger", kind=kind)
    seen = np.arange(3 * ROWS, dtype=np.float32).reshape(ROWS, 3)
    assert list(agent.act(batch(seen))) == [0] * ROWS
    out = capsys.readouterr().out
    assert "could" not in out and out.count("refused") == refused
    assert np.array_equal(agent.room, seen)


def test_threads_that_spin_between_moves_are_charged(put_in_box):
    agent = put_in_box("endings.py:Ending", kind="spin_behind", limits=replace(QUICK, move_s=2.0))
    agent.act(batch())
    box = agent._box
    used_s = usage(box.process.pid)[1]
    box.limits = replace(box.limits, begin_s=used_s + 0.3, cpu_share=0.1)  # so that the test is short
    with pytest.raises(Stopped, match="of processor time") as stopped:
        for step in range(1, 100):
            agent.act(batch(step=step))
            time.sleep(0.2)
    assert stopped.value.cause == "cpu_limit"


def test_an_agent_that_never_takes_its_seat_is_ended(put_in_box):
    with pytest.raises(Stopped, match="no answer for") as stopped:
        put_in_box("endings.py:Ending", kind="load_sleep", limits=BoxLimits(begin_s=3.0))
    assert stopped.value.cause == "move_timeout"


@pytest.mark.parametrize("kind, cause", [("loop", "move_timeout"), ("exit", "agent_crash"), ("print", "output_limit")])
def test_the_weakest_box_keeps_time_and_order_too(put_in_box, kind, cause):
    agent = put_in_box("endings.py:Ending", "process", kind=kind)
    agent.act(batch())
    with pytest.raises(Stopped) as stopped:
        agent.act(batch(step=1))
    assert stopped.value.cause == cause


def test_what_is_printed_is_kept_in_part_and_without_its_spells(put_in_box, capsys):
    agent = put_in_box("endings.py:Ending", kind="print_a_little")
    agent.act(batch())
    agent.act(batch(step=1))
    agent.close()
    out = capsys.readouterr().out
    assert len(out) == 64 << 10 and out.startswith("?[2Jxxx") and "\x1b" not in out
