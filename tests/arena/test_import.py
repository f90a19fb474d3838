"""`import arena` is cheap, and what is heavy is imported where it is used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "torch", "pandas", "scipy", "gymnasium", "pettingzoo", "mujoco", "minigrid",
    "nle", "crafter", "pyspiel", "pygame", "rich",
}  # fmt: skip


def fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def modules_after(code: str) -> set[str]:
    return set(json.loads(fresh(f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))")))


@pytest.mark.parametrize("code", ["import arena", "import arena.cli"])
def test_nothing_heavy_is_loaded(code):
    assert not HEAVY & modules_after(code)


def test_the_catalogue_is_read_without_the_packages_of_its_environments():
    assert not (HEAVY - {"gymnasium", "pettingzoo"}) & modules_after("import arena; assert arena.specs()")


def test_import_takes_under_three_tenths_of_a_second():
    code = "import time; t = time.perf_counter(); import arena; print(time.perf_counter() - t)"
    assert min(float(fresh(code)) for _ in range(3)) < 0.3


def test_every_public_name_is_there():
    import arena

    assert all(getattr(arena, name) is not None for name in arena.__all__)
    assert set(arena.__all__) <= set(dir(arena))
    with pytest.raises(AttributeError, match="no attribute 'evalute'"):
        _ = arena.evalute


def test_a_worker_does_not_load_what_it_does_not_step():
    assert not (HEAVY - {"gymnasium", "pettingzoo"}) & modules_after("import arena.vector.worker")
