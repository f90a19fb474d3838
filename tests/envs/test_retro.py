"""Console games in their runtime: the free one plays, others are found in the user's folder, two can fight."""

import json
import os
import subprocess
from pathlib import Path

import pytest

import arena
from arena.envs.games import retro
from arena.episode import Episode
from arena.registry import build, missing
from arena.runtimes.locks import find_runtime

FREE = arena.find("retro/Airstriker-Genesis-v0")
needs_runtime = pytest.mark.skipif(bool(missing(FREE)), reason=missing(FREE) or "the runtime is there")


@needs_runtime
def test_a_missing_rom_is_named(monkeypatch):
    monkeypatch.delenv("ARENA_RETRO_ROMS", raising=False)
    lacking = missing(arena.find("retro/StreetFighterIISpecialChampionEdition-Genesis-v0"))
    assert "$ARENA_RETRO_ROMS/StreetFighterIISpecialChampionEdition-Genesis-v0/rom.md: ROM missing" in lacking


def test_games_of_the_users_folder_are_found(monkeypatch, tmp_path):
    for file in ("Mine-Nes-v0/rom.nes", "Mine-Nes-v0/rom.sha", "Airstriker-Genesis-v0/rom.md", "not a game/rom.md"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.setenv("ARENA_RETRO_ROMS", str(tmp_path))
    assert list(retro._own_games()) == [("Mine-Nes-v0", "$ARENA_RETRO_ROMS/Mine-Nes-v0/rom.nes")]


@needs_runtime
def test_two_games_run_at_once_and_sticky_actions_follow_the_seed():
    first, second = (Episode(FREE, build(FREE)) for _ in range(2))
    digests = []
    for episode, seed in ((first, 1), (second, 2), (second, 1)):
        episode.start(seed)
        for step in range(20):
            episode.step([step % 126])
        digests.append(episode.digest)
    assert digests[0] == digests[2] != digests[1]
    first.close()
    second.close()


FIGHT = """
import numpy as np
from arena.envs.games.retro import RetroFight

env = RetroFight("MortalKombatII-Genesis-v0", "Level1.LiuKangVsJax.2P", lowest={lowest})
observations, infos = env.reset(seed=1)
assert (observations["player_0"] == observations["player_1"]).all()
_, rewards, terminations, _, infos = env.step({{"player_0": 0, "player_1": 100}})
print(rewards, terminations, infos["player_1"]["metrics"], env.agents)
env.close()
"""


@needs_runtime
@pytest.mark.parametrize(
    ("lowest", "told"),
    [
        (3, "{'player_0': 0.0, 'player_1': 0.0} {'player_0': False, 'player_1': False}"),
        (4, "{'player_0': -1.0, 'player_1': 1.0} {'player_0': True, 'player_1': True}"),
    ],
)
def test_a_fight_ends_when_one_is_knocked_out(tmp_path, lowest, told):
    """The free game stands in for the ROM: health is its lives (3), the enemy's its game-over counter (9)."""
    runtime = find_runtime("retro")
    (free,) = runtime.folder.glob("lib/*/site-packages/stable_retro/data/stable/Airstriker-Genesis-v0")
    game = tmp_path / "MortalKombatII-Genesis-v0"
    game.mkdir()
    (game / "rom.md").write_bytes((free / "rom.md").read_bytes())
    (game / "Level1.LiuKangVsJax.2P.state").write_bytes((free / "Level1.state").read_bytes())
    values = json.loads((free / "data.json").read_text())["info"]
    (game / "data.json").write_text(
        json.dumps({"info": {"health": values["lives"], "enemy_health": values["gameover"]}})
    )
    (game / "scenario.json").write_text(json.dumps({"done": {}, "reward": {}}))
    root = Path(arena.__file__).resolve().parents[1]
    finished = subprocess.run(
        [runtime.interpreter, "-c", FIGHT.format(lowest=lowest)],
        env={**os.environ, "PYTHONPATH": str(root), "ARENA_RETRO_ROMS": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert told in finished.stdout, finished.stderr[-2000:]
