"""Text adventures in their runtime: walkthroughs win, what is not understood costs a step, games by path."""

import os
import shutil
import subprocess
import sys

import pytest

import arena
from arena.errors import UnavailableError, UnparsableError
from arena.loading import load_symbol
from arena.registry import missing
from arena.runtimes.locks import cache_folder

COMMANDS = "arena.envs.text.commands"  # loaded after the families: imported first, it would be imported twice over
LACKING = missing(arena.find("textworld-express/Sorting-v0")) or ("" if shutil.which("java") else "there is no Java")
in_runtime = pytest.mark.skipif(bool(LACKING), reason=LACKING or "the runtime is there")


@pytest.fixture
def game():
    made = []

    def make(env_id, **kwargs):
        made.append(arena.make(env_id, **kwargs))
        return made[-1]

    yield make
    for env in made:
        env.close()


@in_runtime
def test_the_walkthrough_of_a_game_wins_it(game):
    env = game("textworld-express/Sorting-v0")
    _, info = env.reset(seed=3)
    rewards = []
    for command in info["walkthrough"]:
        _, reward, terminated, _, info = env.step(command)
        rewards.append(reward)
    assert terminated and info["metrics"] == {"score": 1.0, "success": 1.0}
    assert sum(rewards) == pytest.approx(1.0)


@in_runtime
def test_a_command_that_does_not_work_costs_a_step_and_nothing_else(game):
    env = game("textworld-express/SimonSays-v0")
    told, info = env.reset(seed=1)
    again, reward, terminated, truncated, after = env.step("dance wildly")
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert after["valid_actions"] == info["valid_actions"] and 'You cannot do "dance wildly"' in again
    said = told.split("Simon says, '")[1].split("'")[0]
    assert env.step(said)[1] > 0


@in_runtime
def test_folds_hold_other_games(game):
    told = [game(f"textworld-express/Arithmetic{fold}-v0").reset(seed=5)[0] for fold in ("", "-test")]
    assert told[0] != told[1]


@in_runtime
def test_science_knows_the_way_only_when_asked(game):
    env = game("scienceworld/LifespanLongestLived-v0")
    _, info = env.reset(seed=2)
    assert "walkthrough" not in info
    *_, info = env.step("walkthrough")
    for command in info["walkthrough"]:
        _, _, terminated, _, info = env.step(command)
    assert terminated and info["metrics"]["score"] == 1.0


@in_runtime
def test_science_plays_the_variations_of_its_fold(game):
    goals = {fold: game("scienceworld/Boil-v0", fold=fold).reset(seed=0)[1]["goal"] for fold in ("train", "test")}
    assert goals["train"].startswith("Your task is to boil") and goals["train"] != goals["test"]


def test_commands_are_made_of_templates_things_and_rooms():
    info = {"templates": ["look around", "go OBJ", "teleport OBJ", "move OBJ to OBJ"], "objects": ["cup", "orange"]}
    found = load_symbol("arena.envs.text.scienceworld:_commands")({**info, "carried": ["orange"]})
    assert found[:2] == ["look around", "teleport to art studio"]
    assert found[-3:] == ["go to cup", "go to orange", "move orange to cup"]


def test_a_free_command_is_the_last_line_or_nothing():
    class Env:
        observation_space = action_space = None

    view = load_symbol(f"{COMMANDS}:FreeCommand")(Env(), None)
    assert view.parse("I should look.\n> open door\n") == "open door"
    for wrong in ("", " \n", "x" * 201, "ouvre la fenêtre"):
        with pytest.raises(UnparsableError):
            view.parse(wrong)


def test_a_games_text_is_ascii_with_single_gaps():
    assert load_symbol(f"{COMMANDS}:printable")("It’s\t5°\n\n\n\nhot  \n") == "It's 5?\n\nhot"


@in_runtime
@pytest.mark.slow  # generates a game: a second, or ten on a busy machine
def test_a_generated_game_is_won_by_its_walkthrough(game):
    env = game("textworld/CoinCollector-Easy-v0")
    told, info = env.reset(seed=4)
    assert "coin" in told and "north" not in told.split("\n")[0]  # the objective does not tell the way
    for command in info["walkthrough"]:
        _, reward, terminated, _, info = env.step(command)
    assert terminated and reward == 1.0 and info["metrics"]["success"] == 1.0


FICTION = """
import arena

env = arena.make("jericho/mine-v0")
told, info = env.reset(seed=1)
answer, reward, terminated, truncated, _ = env.step("look")
refused, *_ = env.step("restart")
print("coin" in told, "-=" in answer, reward, terminated, refused, info["metrics"]["score"])
env.close()
"""


@in_runtime
@pytest.mark.slow
def test_a_file_in_the_users_folder_is_played(game, tmp_path):
    """Jericho plays a game that TextWorld compiled as it plays any other."""
    game("textworld/CoinCollector-Easy-v0").reset(seed=4)
    compiled = next((cache_folder().parent / "textworld").glob("*/game.z8"))
    shutil.copy(compiled, tmp_path / "mine.z8")
    printed = subprocess.run(
        [sys.executable, "-c", FICTION],
        env={**os.environ, "ARENA_JERICHO": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == "True True 0.0 False Nothing happens. 0.0\n"


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("ARENA_JERICHO", str(tmp_path))
    assert missing(arena.find("jericho/zork1-v0"))
    with pytest.raises(UnavailableError, match="set ARENA_JERICHO to a folder that holds it"):
        load_symbol("arena.envs.text.jericho:Jericho")("zork1.z5")
