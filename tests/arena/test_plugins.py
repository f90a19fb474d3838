"""A third party's package: what it registers appears and runs with no edit here; a broken one harms nobody."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "fixtures/plugin_package"


def arena_command(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "arena.cli", *words], cwd=place, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(place)}, timeout=120,
    )  # fmt: skip


def install(place: Path, name: str, entry_points: str) -> None:
    """Does what an installer does: metadata beside the module, found by importlib.metadata on the path."""
    info = place / f"{name}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(entry_points)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Installed: the example package, one whose modules are broken, and one that uses a name of ours."""
    place = tmp_path_factory.mktemp("site")
    shutil.copy(PACKAGE / "arena_plugin_example.py", place)
    install(place, "arena_plugin_example", "[arena.environments]\nplugin = arena_plugin_example\n")
    (place / "broken_module.py").write_text("raise RuntimeError('boom')\n")
    (place / "leaving_module.py").write_text("import sys\nsys.exit(3)\n")
    install(
        place, "broken",
        "[arena.environments]\nbroken = broken_module\nabsent = no_such_module\nleaving = leaving_module\n"
        "[arena.agents]\nbroken_agent = broken_module:Agent\n[arena.suites]\nbroken_suite = broken_module\n"
        "[arena.commands]\nbroken_command = broken_module:command\nrun = broken_module:command\n",
    )  # fmt: skip
    (place / "second_classic.py").write_text(
        "import arena\narena.register(arena.EnvSpec('second/Pole-v0', "
        "'gymnasium.envs.classic_control.cartpole:CartPoleEnv', 'games', max_steps=9))\n"
    )
    install(place, "second", "[arena.environments]\nclassic = second_classic\n")
    return place


def test_its_environments_are_listed_beside_ours_and_broken_ones_with_their_reason(place):
    listed = arena_command(place, "envs", "--json")
    assert listed.returncode == 0
    ids = [card["id"] for card in json.loads(listed.stdout)]
    assert {"plugin/Guess-v0", "plugin/Agree-v0", "second/Pole-v0", "classic/CartPole-v1"} <= set(ids)
    for told in ("broken: RuntimeError: boom", "absent: ModuleNotFoundError", "leaving: SystemExit: 3"):
        assert f"arena: broken plugin {told}" in listed.stderr
    table = arena_command(place, "envs").stdout
    assert " plugin " in table and "broken plugin broken: RuntimeError: boom" in table
    assert "plugin/Guess-v0" in arena_command(place, "envs", "plugin").stdout


def test_its_environments_run_and_verify(place, tmp_path):
    for env_id in ("plugin/Guess-v0", "plugin/Agree-v0", "second/Pole-v0"):
        run = arena_command(
            place, "run", "--agents", "random", "--env", env_id, "--episodes", "3", "--workers", "1",
            "--out", str(tmp_path), "--json",
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        assert json.loads(run.stdout)[0]["counts"][env_id]["n_ok"] == 3
    verified = arena_command(place, "verify", str(tmp_path), "--workers", "0", "--json")
    assert [report["level"] for report in json.loads(verified.stdout)] == ["replayed"] * 3


def test_what_is_broken_says_so_when_it_is_asked_for_and_only_then(place):
    for words, told in (
        (("envs", "broken/X-v0"), "plugin 'broken' is broken: RuntimeError: boom"),
        (("run", "--agents", "broken_agent", "--env", "plugin/Guess-v0"), "cannot be loaded: RuntimeError: boom"),
        (("broken_command",), "command 'broken_command' cannot be loaded: RuntimeError: boom"),
    ):
        answer = arena_command(place, *words)
        assert answer.returncode == 1 and told in answer.stderr and "Traceback" not in answer.stderr
    agents = arena_command(place, "agents", "--json")
    assert "broken: RuntimeError: boom" in json.loads(agents.stdout)["broken_agent"]
    suites = arena_command(place, "suites")
    assert suites.returncode == 0 and "quick" in suites.stdout and "broken_suite: RuntimeError: boom" in suites.stderr


@pytest.mark.slow
def test_it_installs_with_pip(tmp_path):
    source = shutil.copytree(PACKAGE, tmp_path / "source")
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet",
         "--target", str(site), str(source)],
        check=True,
    )  # fmt: skip
    listed = arena_command(site, "envs", "plugin/Guess-v0", "--json")
    assert json.loads(listed.stdout)["available"]
