"""The box as a process: nothing of it is left behind, whoever ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arena.sandbox.levels import reach
from arena.sandbox.limits import BoxLimits, Cgroup, cgroup_version, remove_stale_groups, usage
from tests.sandbox.batches import batch

GROUPS = Path("/sys/fs/cgroup")
HARNESS = """
import time
from arena.agent import AgentRef
from arena.sandbox.agent import SandboxedAgent
from arena.sandbox.levels import boxed
from arena.registry import find

def main():
    agent = SandboxedAgent(boxed(AgentRef("busy", {target!r}), asked={level!r}, is_trusted=True))
    agent._loaded()
    print(agent._box.process.pid, flush=True)
    try:
        agent.plays(find("classic/CartPole-v1"))
    finally:
        time.sleep(60)

main()
"""
BUSY = """
from arena import Agent

class Busy(Agent):
    def plays(self, spec):
        while True:
            pass
"""


def groups() -> set[str]:
    return {str(path) for path in GROUPS.glob(f"**/arena-{os.getpid()}-*")}


def test_boxes_leave_no_process_no_file_and_no_group(put_in_box):
    put_in_box("endings.py:Ending", kind="print_a_little").close()  # what is loaded once
    files, pids = len(os.listdir("/proc/self/fd")), []
    for at in range(4):
        agent = put_in_box("endings.py:Ending", kind="print_a_little")
        agent.act(batch())
        pids.append(agent._box.process.pid)
        if at % 2:
            os.kill(pids[-1], signal.SIGKILL)
        agent.close()
        agent.close()
    assert len(os.listdir("/proc/self/fd")) <= files and groups() == set()
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


@pytest.mark.parametrize("level", ["partial", "process"])
def test_a_busy_box_dies_with_its_harness(levels, tmp_path, level):
    if level not in levels:
        pytest.skip(f"this machine does not reach {level}")
    (tmp_path / "busy.py").write_text(BUSY)
    code = HARNESS.format(target=f"{tmp_path / 'busy.py'}:Busy", level=level)
    root = str(Path(__file__).parents[2])
    harness = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=root, text=True)
    assert harness.stdout is not None
    pid = int(harness.stdout.readline())
    assert Path(f"/proc/{pid}").exists()
    harness.kill()
    harness.wait()
    harness.stdout.close()
    until = time.monotonic() + 2.0
    while _is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _is_alive(pid)
    remove_stale_groups()  # a killed harness cannot remove its own
    assert list(GROUPS.glob(f"**/arena-{harness.pid}-*")) == []


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_boxed_process_is_a_user_without_powers(put_in_box):
    agent = put_in_box("endings.py:Ending", kind="print_a_little")
    lines = Path(f"/proc/{agent._box.process.pid}/status").read_text().splitlines()
    status = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    reading = 1 << 2  # CAP_DAC_READ_SEARCH, kept only by root's boxes: Landlock says which files
    assert int(status["CapEff"][0], 16) in (0, reading) and int(status["CapAmb"][0], 16) == 0
    assert status["NoNewPrivs"] == ["1"] and status["Seccomp"] == ["2"]
    if os.getuid() == 0:
        assert len(set(status["Uid"])) == 1 and int(status["Uid"][0]) > 400_000 and status.get("Groups") in ([], None)


def test_a_control_group_ends_what_takes_too_much():
    if not cgroup_version():
        pytest.skip("no control group can be made here")
    group = Cgroup(BoxLimits(memory_bytes=16 << 20))
    doors = group.doors()
    hog = f"import os\nfor fd in {doors}: os.write(fd, b'0')\nx = bytearray(300 << 20)\n"
    try:
        assert not group.has_killed()
        ended = subprocess.run([sys.executable, "-c", hog], pass_fds=doors, timeout=30)
        assert ended.returncode == -signal.SIGKILL and group.has_killed()
    finally:
        for door in doors:
            os.close(door)
        group.remove()
    assert groups() == set()


def test_a_tool_that_only_claims_to_isolate_is_found_out(tmp_path, monkeypatch):
    log = tmp_path / "options"
    (tmp_path / "bwrap").write_text(
        f"#!{sys.executable}\nimport os, sys\nfd = int(sys.argv[2])\noptions = os.pread(fd, 1 << 20, 0)\n"
        f"open({str(log)!r}, 'wb').write(options)\nos.close(fd)\nos.execv(sys.argv[3], sys.argv[3:])\n"
    )
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    reach.cache_clear()
    try:
        assert reach("full-nocgroup").missing == "the self-test could stat where it must not"
    finally:
        reach.cache_clear()
    options = log.read_bytes().decode().split("\0")
    assert {"--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"} <= set(options)
    assert "--clearenv" not in options and "--bind" not in options  # its own environment stays readable in the box
    bound = [options[at + 1] for at, word in enumerate(options) if word == "--ro-bind"]
    assert any(Path(os.__file__).is_relative_to(path) for path in bound)  # Python itself, also where that is /usr
    assert "/tmp" not in bound and "/" not in bound


def test_usage_counts_memory_and_time():
    memory, seconds = usage(os.getpid())
    block = bytearray(os.urandom(1 << 20) * 64)
    spent = time.process_time()
    while time.process_time() - spent < 0.1:
        pass
    more, later = usage(os.getpid())
    assert more - memory > 50 << 20 and later - seconds >= 0.08 and len(block) == 64 << 20
    assert usage(2**22 - 1) == (0, 0.0)
