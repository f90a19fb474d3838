"""What is left when the harness is stopped: no worker, and a record that the same command completes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import arena
from arena.record import ROWS
from arena.run import Run, load_run

_EPISODES = 24


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # dead, and only not yet buried


def wait_until(true: Callable[[], Any], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def rows(out: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in out.glob(f"*/{ROWS}"))


@pytest.fixture
def running(tmp_path, toy) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A run on the command line that has finished some episodes, and its workers."""
    command = [
        sys.executable, "-m", "arena.cli", "--plugin", toy, "run", "--agents", f"{toy}:Slow", "--env", "toy/Long-v0",
        "--episodes", str(_EPISODES), "--workers", "2", "--out", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env={**os.environ, "TOY_SLEEP": "0.004"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )  # fmt: skip
    try:
        assert wait_until(lambda: rows(tmp_path) >= 1 or process.poll() is not None, 60)
        assert process.poll() is None
        workers = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        assert len(workers) == 2 and all(map(alive, workers))
        yield process, workers
    finally:
        process.kill()
        process.wait()


def content(run: Run) -> list[Any]:
    settled = [run.settled[index] for index in sorted(run.settled)]
    return [(r.key, r.seed, r.cause, r.scores, r.length, r.digest, run.blob(r)) for r in settled]


def assert_resumes(out: Path, toy: str, kept: int) -> None:
    """The same evaluation goes on from what was kept and ends as one that nobody stopped."""
    counted = []
    resumed = arena.evaluate(
        f"{toy}:Slow", "toy/Long-v0", episodes=_EPISODES, workers=2, out=out,
        progress=lambda done, total, record: counted.append(done),
    )  # fmt: skip
    assert counted[0] == kept and resumed.is_complete and len(resumed.records) == _EPISODES
    whole = arena.evaluate(f"{toy}:Slow", "toy/Long-v0", episodes=_EPISODES, workers=0, out=out / "whole")
    assert content(resumed) == content(whole) and resumed.id == whole.id
    assert arena.verify(resumed.path, workers=0)[0].level == "replayed"


def test_ctrl_c_says_so_leaves_no_worker_and_the_run_goes_on(running, tmp_path, toy):
    process, workers = running
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, told = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "interrupted; what was finished is kept" in told and "Traceback" not in told
    assert wait_until(lambda: not any(map(alive, workers)), 2.0)
    kept = rows(tmp_path)
    assert 1 <= kept < _EPISODES
    assert_resumes(tmp_path, toy, kept)


def test_a_killed_harness_takes_its_workers_along_and_the_run_goes_on(running, tmp_path, toy):
    process, workers = running
    process.kill()
    process.wait()
    assert wait_until(lambda: not any(map(alive, workers)), 2.0)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    kept = len(load_run(folder).records)
    assert 1 <= kept < _EPISODES
    assert_resumes(tmp_path, toy, kept)


def test_a_second_process_on_the_same_run_is_told_so(running, tmp_path, toy):
    with pytest.raises(arena.errors.RecordError, match="being written by another process"):
        arena.evaluate(f"{toy}:Slow", "toy/Long-v0", episodes=_EPISODES, workers=0, out=tmp_path)
