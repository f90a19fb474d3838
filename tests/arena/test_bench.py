"""`arena bench` measures what it says; how fast is no test's matter."""

import json
import subprocess
import sys

import pytest

from arena.bench.memory import resident
from arena.bench.raw import Raw, RawCores
from arena.registry import find


@pytest.mark.slow
def test_the_table_as_data_has_every_mode_and_its_share_of_the_raw_loop():
    command = ["bench", "--env", "classic/CartPole-v1", "--rounds", "1", "--workers", "1", "--central", "--isolation"]
    printed = subprocess.run(
        [sys.executable, "-m", "arena.cli", *command, "--no-start", "--json"], check=True, stdout=subprocess.PIPE
    ).stdout
    plain, native = json.loads(printed)["subjects"]
    assert (plain["native"], native["native"]) == (False, True)
    for subject in (plain, native):
        assert list(subject["steps_per_s"]) == ["one", "replica", "central", "boxed"]
        for mode, rate in subject["steps_per_s"].items():
            raw = rate / subject["ratio"][mode]  # as measured beside it
            assert subject["raw_steps_per_s"] / 10 < raw < 10 * subject["raw_steps_per_s"]
        assert subject["raw_cores_steps_per_s"] > 0


@pytest.mark.parametrize("env_id", ["classic/CartPole-v1", "boardgames/TicTacToe-v0", "mpe/SimpleSpread-v0"])
def test_the_raw_loop_runs_whatever_the_interface(env_id):
    raw = Raw(find(env_id))
    assert raw.steps_per_s(0.05) > 0
    raw.close()


def test_raw_loops_on_several_cores_end_with_what_started_them():
    cores = RawCores(find("classic/CartPole-v1"), 2)
    assert cores.steps_per_s(0.05) > 0
    cores.close()
    assert not any(process.is_alive() for process in cores._processes)


@pytest.mark.slow
def test_memory_stays_flat_over_ten_thousand_episodes():
    first, last = resident()["CartPole after 1,000 and after 10,000 episodes"]
    assert 0 < last < first + 10
