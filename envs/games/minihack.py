"""MiniHack: small tasks in NetHack's world (navigation, skills, ported puzzles), seeded so that all can be replayed.

Left out of minihack 1.0.2: the ten `LavaCrossing` and `SimpleCrossing` levels, which hand minigrid 3.2.0 a size twice
(AssertionError in MiniGridEnv.__init__); the three `Boxoban` ones, whose levels have to be downloaded.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

from arena import EnvSpec, Needs, Reference, register
from arena.envs.games.nle import OPTIONS, NetHack
from arena.envs.references import measured


class MiniHack(NetHack):
    """One of MiniHack's tasks, with levels and games that the reset seed alone determines.

    Observation:
        Dict: `glyphs` (21, 79) int16, `blstats` (27,) int64, `message` (256,) uint8, `inv_letters` (55,) uint8,
        `inv_strs` (55, 80) uint8, `tty_chars` (24, 80) uint8, `tty_cursor` (2,) uint8.
    Action:
        Discrete: `action_names`: 8 steps in most navigation tasks, up to 16 actions in a `Restricted` skill task, else
        all 85 keys of NetHack. A prompt is answered by the action whose key it asks for.
    Reward:
        1 on success, and -0.01 per step in which no time passes; Memento pays -1 for the wrong door, ExploreMaze 0.5
        for each apple eaten, Sokoban 0.1 for each pit filled and -0.001 per step.
    Episode end:
        Terminated by death or success; truncated by the spec's limit of steps.
    Start:
        A level generated from the seed, or a fixed one with the game's own chances from the seed.
    Score:
        Return, 1 at best in most tasks. `info["metrics"]["success"]` tells whether the task was solved.
    Versions:
        v0: minihack 1.0.2 on nle 1.3.0; core, display and level generators and MiniGrid's layouts are seeded before
        each reset (the package seeds none of them), anti-TAS reseeding is off. Sokoban is v1, as there.
    Source:
        Samvelyan et al. 2021, "MiniHack the Planet", https://github.com/samvelyan/minihack
    """

    def _build(self, task: str) -> Any:
        from importlib import import_module

        module, name = task.split(":")
        with warnings.catch_warnings():  # pkg_resources is old, and so is MultiRoom-N4-S5-v0
            warnings.simplefilter("ignore")
            task_class = getattr(import_module(f"minihack.envs.{module}"), name)
            return task_class(observation_keys=self._keys, **OPTIONS)

    def _seed(self, core: int, display: int) -> None:
        self._env.nethack.set_initial_seeds(core, display, False, core)  # the last one is the level generator's
        if hasattr(self._env, "minigrid_env"):  # lays out the rooms, and goes on from here in the game's own reset
            self._env.minigrid_env.reset(seed=core)

    def _report(self, info: dict[str, Any]) -> dict[str, Any]:
        success = info["end_status"] == self._env.StepStatus.TASK_SUCCESSFUL
        return {"metrics": {"success": float(success)}}  # in each step: a truncated episode ends in any


class _Task(NamedTuple):
    name: str
    task_class: str
    max_steps: int  # MiniHack's own limit


class _Group(NamedTuple):
    """Tasks of one module; `low` and `high` bound the reward apart from the -0.01 that any step may cost."""

    module: str
    description: str
    tasks: tuple[_Task, ...]
    low: float = 0.0
    high: float = 1.0


_GROUPS = (
    _Group(
        "room",
        "Reach the stairs down in a room, which may be dark or hold monsters, traps or both.",
        (
            _Task("Room-5x5-v0", "MiniHackRoom5x5", 100),
            _Task("Room-Random-5x5-v0", "MiniHackRoom5x5Random", 100),
            _Task("Room-Dark-5x5-v0", "MiniHackRoom5x5Dark", 100),
            _Task("Room-Monster-5x5-v0", "MiniHackRoom5x5Monster", 100),
            _Task("Room-Trap-5x5-v0", "MiniHackRoom5x5Trap", 100),
            _Task("Room-Ultimate-5x5-v0", "MiniHackRoom5x5Ultimate", 100),
            _Task("Room-15x15-v0", "MiniHackRoom15x15", 300),
            _Task("Room-Random-15x15-v0", "MiniHackRoom15x15Random", 300),
            _Task("Room-Dark-15x15-v0", "MiniHackRoom15x15Dark", 300),
            _Task("Room-Monster-15x15-v0", "MiniHackRoom15x15Monster", 300),
            _Task("Room-Trap-15x15-v0", "MiniHackRoom15x15Trap", 300),
            _Task("Room-Ultimate-15x15-v0", "MiniHackRoom15x15Ultimate", 300),
        ),
    ),
    _Group(
        "corridor",
        "Find the stairs down in the last of several rooms joined by corridors.",
        (
            _Task("Corridor-R2-v0", "MiniHackCorridor2", 1000),
            _Task("Corridor-R3-v0", "MiniHackCorridor3", 1000),
            _Task("Corridor-R5-v0", "MiniHackCorridor5", 1000),
        ),
    ),
    _Group(
        "keyroom",
        "Take the key, unlock the door of a closet and reach the stairs in it.",
        (
            _Task("KeyRoom-Fixed-S5-v0", "MiniHackKeyRoom5x5Fixed", 200),
            _Task("KeyRoom-S5-v0", "MiniHackKeyRoom5x5", 200),
            _Task("KeyRoom-S15-v0", "MiniHackKeyRoom15x15", 400),
            _Task("KeyRoom-Dark-S5-v0", "MiniHackKeyRoom5x5Dark", 200),
            _Task("KeyRoom-Dark-S15-v0", "MiniHackKeyRoom15x15Dark", 400),
        ),
    ),
    _Group(
        "mazewalk",
        "Reach the stairs down through a maze, shown from the start where it is `Mapped`.",
        (
            _Task("MazeWalk-9x9-v0", "MiniHackMazeWalk9x9", 200),
            _Task("MazeWalk-Mapped-9x9-v0", "MiniHackMazeWalk9x9Premapped", 200),
            _Task("MazeWalk-15x15-v0", "MiniHackMazeWalk15x15", 1000),
            _Task("MazeWalk-Mapped-15x15-v0", "MiniHackMazeWalk15x15Premapped", 1000),
            _Task("MazeWalk-45x19-v0", "MiniHackMazeWalk45x19", 1000),
            _Task("MazeWalk-Mapped-45x19-v0", "MiniHackMazeWalk45x19Premapped", 1000),
        ),
    ),
    _Group(
        "fightcorridor",
        "Draw a horde of rats into a corridor, fight them one by one and reach the stairs.",
        (
            _Task("CorridorBattle-v0", "MiniHackFightCorridor", 350),
            _Task("CorridorBattle-Dark-v0", "MiniHackFightCorridorDark", 350),
        ),
    ),
    _Group(
        "minigrid",
        "Pass through MiniGrid's chain of rooms to the stairs, past locked doors, walls of lava or monsters.",
        (
            _Task("MultiRoom-N2-v0", "MiniHackMultiRoomN2", 40),
            _Task("MultiRoom-N4-v0", "MiniHackMultiRoomN4", 120),
            _Task("MultiRoom-N6-v0", "MiniHackMultiRoomN6", 240),
            _Task("MultiRoom-N10-v0", "MiniHackMultiRoomN10", 360),
            _Task("MultiRoom-N6-OpenDoor-v0", "MiniHackMultiRoomN6OpenDoor", 240),
            _Task("MultiRoom-N10-OpenDoor-v0", "MiniHackMultiRoomN10OpenDoor", 360),
            _Task("MultiRoom-N2-Locked-v0", "MiniHackMultiRoomN2Locked", 40),
            _Task("MultiRoom-N4-Locked-v0", "MiniHackMultiRoomN4Locked", 120),
            _Task("MultiRoom-N6-Locked-v0", "MiniHackMultiRoomN6Locked", 240),
            _Task("MultiRoom-N2-Lava-v0", "MiniHackMultiRoomN2Lava", 40),
            _Task("MultiRoom-N4-Lava-v0", "MiniHackMultiRoomN4Lava", 120),
            _Task("MultiRoom-N6-Lava-v0", "MiniHackMultiRoomN6Lava", 240),
            _Task("MultiRoom-N10-Lava-v0", "MiniHackMultiRoomN10Lava", 360),
            _Task("MultiRoom-N6-Lava-OpenDoor-v0", "MiniHackMultiRoomN6LavaOpenDoor", 240),
            _Task("MultiRoom-N10-Lava-OpenDoor-v0", "MiniHackMultiRoomN10LavaOpenDoor", 360),
            _Task("MultiRoom-N2-Monster-v0", "MiniHackMultiRoomN2Monster", 40),
            _Task("MultiRoom-N4-Monster-v0", "MiniHackMultiRoomN4Monster", 120),
            _Task("MultiRoom-N6-Monster-v0", "MiniHackMultiRoomN6Monster", 240),
            _Task("MultiRoom-N2-Extreme-v0", "MiniHackMultiRoomN2Extreme", 40),
            _Task("MultiRoom-N4-Extreme-v0", "MiniHackMultiRoomN4Extreme", 120),
            _Task("MultiRoom-N6-Extreme-v0", "MiniHackMultiRoomN6Extreme", 240),
            _Task("MultiRoom-N2-LavaMonsters-v0", "MiniHackMultiRoomN2LavaMonsters", 40),
            _Task("MultiRoom-N4-LavaMonsters-v0", "MiniHackMultiRoomN4LavaMonsters", 120),
            _Task("MultiRoom-N6-LavaMonsters-v0", "MiniHackMultiRoomN6LavaMonsters", 240),
        ),
    ),
    _Group(
        "memento",
        "Remember a sign at the start and choose by it at the corridor's far end: all ways but one are traps.",
        (
            _Task("Memento-Short-F2-v0", "MiniHackMementoShortF2", 5000),
            _Task("Memento-F2-v0", "MiniHackMementoF2", 5000),
            _Task("Memento-F4-v0", "MiniHackMementoF4", 5000),
        ),
        low=-1.0,  # the trap
    ),
    _Group(
        "river",
        "Push boulders into a river, of water or of lava, to cross it.",
        (
            _Task("River-v0", "MiniHackRiver", 350),
            _Task("River-Monster-v0", "MiniHackRiverMonster", 350),
            _Task("River-Lava-v0", "MiniHackRiverLava", 350),
            _Task("River-MonsterLava-v0", "MiniHackRiverMonsterLava", 350),
            _Task("River-Narrow-v0", "MiniHackRiverNarrow", 350),
        ),
    ),
    _Group(
        "hidenseek",
        "Reach the stairs down past a powerful monster, hidden by trees and clouds.",
        (
            _Task("HideNSeek-Mapped-v0", "MiniHackHideAndSeekMapped", 200),
            _Task("HideNSeek-v0", "MiniHackHideAndSeek", 200),
            _Task("HideNSeek-Lava-v0", "MiniHackHideAndSeekLava", 200),
            _Task("HideNSeek-Big-v0", "MiniHackHideAndSeekBig", 400),
        ),
    ),
    _Group(
        "lab",
        "Find the way through a large labyrinth.",
        (
            _Task("Labyrinth-Big-v0", "MiniHackLabyrinth", 1000),
            _Task("Labyrinth-Small-v0", "MiniHackLabyrinthSmall", 400),
        ),
    ),
    _Group(
        "exploremaze",
        "Eat the apples of a maze on the way to the stairs.",
        (
            _Task("ExploreMaze-Easy-v0", "MiniHackExploreMazeEasy", 500),
            _Task("ExploreMaze-Hard-v0", "MiniHackExploreMazeHard", 500),
            _Task("ExploreMaze-Easy-Mapped-v0", "MiniHackExploreMazeEasyMapped", 500),
            _Task("ExploreMaze-Hard-Mapped-v0", "MiniHackExploreMazeHardMapped", 500),
        ),
        high=float("inf"),  # 0.5 an apple
    ),
    _Group(
        "skills_simple",
        "Do one thing that NetHack can ask of a hero: eat, pray, wield, wear, put on, zap, read, open.",
        (
            _Task("Eat-v0", "MiniHackEat", 250),
            _Task("Pray-v0", "MiniHackPray", 250),
            _Task("Sink-v0", "MiniHackSink", 250),
            _Task("Wield-v0", "MiniHackWield", 250),
            _Task("Wear-v0", "MiniHackWear", 250),
            _Task("PutOn-v0", "MiniHackPutOn", 250),
            _Task("Zap-v0", "MiniHackZap", 250),
            _Task("Read-v0", "MiniHackRead", 250),
            _Task("Eat-Fixed-v0", "MiniHackEatFixed", 250),
            _Task("Pray-Fixed-v0", "MiniHackPrayFixed", 250),
            _Task("Sink-Fixed-v0", "MiniHackSinkFixed", 250),
            _Task("Wield-Fixed-v0", "MiniHackWieldFixed", 250),
            _Task("Wear-Fixed-v0", "MiniHackWearFixed", 250),
            _Task("PutOn-Fixed-v0", "MiniHackPutOnFixed", 250),
            _Task("Zap-Fixed-v0", "MiniHackZapFixed", 250),
            _Task("Read-Fixed-v0", "MiniHackReadFixed", 250),
            _Task("Eat-Distr-v0", "MiniHackEatDistr", 250),
            _Task("Pray-Distr-v0", "MiniHackPrayDistr", 250),
            _Task("Sink-Distr-v0", "MiniHackSinkDistr", 250),
            _Task("Wield-Distr-v0", "MiniHackWieldDistr", 250),
            _Task("Wear-Distr-v0", "MiniHackWearDistr", 250),
            _Task("PutOn-Distr-v0", "MiniHackPutOnDistr", 250),
            _Task("Zap-Distr-v0", "MiniHackZapDistr", 250),
            _Task("Read-Distr-v0", "MiniHackReadDistr", 250),
            _Task("ClosedDoor-v0", "MiniHackClosedDoor", 250),
            _Task("LockedDoor-v0", "MiniHackLockedDoor", 250),
            _Task("LockedDoor-Fixed-v0", "MiniHackLockedDoorFixed", 250),
        ),
    ),
    _Group(
        "skills_wod",
        "Zap a wand of death at a minotaur, after finding the wand in the harder ones.",
        (
            _Task("WoD-Easy-Full-v0", "MiniHackWoDEasy", 50),
            _Task("WoD-Easy-Restricted-v0", "MiniHackWoDEasyRestrictedActions", 50),
            _Task("WoD-Medium-Full-v0", "MiniHackWoDMedium", 150),
            _Task("WoD-Medium-Restricted-v0", "MiniHackWoDMediumRestrictedActions", 150),
            _Task("WoD-Hard-Full-v0", "MiniHackWoDHard", 400),
            _Task("WoD-Hard-Restricted-v0", "MiniHackWoDHardRestrictedActions", 400),
            _Task("WoD-Pro-Full-v0", "MiniHackWoDPro", 1000),
            _Task("WoD-Pro-Restricted-v0", "MiniHackWoDProRestrictedActions", 1000),
        ),
    ),
    _Group(
        "skills_levitate",
        "Float by boots, ring or potion, whichever the level offers.",
        (
            _Task("Levitate-Boots-Full-v0", "MiniHackLevitateBoots", 250),
            _Task("Levitate-Boots-Restricted-v0", "MiniHackLevitateBootsRestrictedActions", 250),
            _Task("Levitate-Ring-Full-v0", "MiniHackLevitateRing", 250),
            _Task("Levitate-Ring-Restricted-v0", "MiniHackLevitateRingRestrictedActions", 250),
            _Task("Levitate-Potion-Full-v0", "MiniHackLevitatePotion", 250),
            _Task("Levitate-Potion-Restricted-v0", "MiniHackLevitatePotionRestrictedActions", 250),
            _Task("Levitate-Random-Full-v0", "MiniHackLevitateRandom", 400),
            _Task("Levitate-Boots-Fixed-v0", "MiniHackLevitateBootsFixed", 250),
            _Task("Levitate-Ring-Fixed-v0", "MiniHackLevitateRingFixed", 250),
            _Task("Levitate-Potion-Fixed-v0", "MiniHackLevitatePotionFixed", 250),
        ),
    ),
    _Group(
        "skills_freeze",
        "Freeze by wand or by horn, in one task the lava that is in the way.",
        (
            _Task("Freeze-Wand-Full-v0", "MiniHackFreezeWand", 250),
            _Task("Freeze-Wand-Restricted-v0", "MiniHackFreezeWandRestrictedActions", 250),
            _Task("Freeze-Horn-Full-v0", "MiniHackFreezeHorn", 250),
            _Task("Freeze-Horn-Restricted-v0", "MiniHackFreezeHornRestrictedActions", 250),
            _Task("Freeze-Random-Full-v0", "MiniHackFreezeRandom", 250),
            _Task("Freeze-Random-Restricted-v0", "MiniHackFreezeRandomRestrictedActions", 250),
            _Task("Freeze-Lava-Full-v0", "MiniHackFreezeLava", 250),
            _Task("Freeze-Lava-Restricted-v0", "MiniHackFreezeLavaRestrictedActions", 250),
        ),
    ),
    _Group(
        "skills_lava",
        "Cross a river of lava by floating or by freezing it.",
        (
            _Task("LavaCross-Levitate-Potion-Pickup-Full-v0", "MiniHackLCLevitatePotionPickup", 400),
            _Task(
                "LavaCross-Levitate-Potion-Pickup-Restricted-v0", "MiniHackLCLevitatePotionPickupRestrictedActions", 400
            ),
            _Task("LavaCross-Levitate-Potion-Inv-Full-v0", "MiniHackLCLevitatePotionInv", 400),
            _Task("LavaCross-Levitate-Potion-Inv-Restricted-v0", "MiniHackLCLevitatePotionInvRestrictedActions", 400),
            _Task("LavaCross-Levitate-Ring-Pickup-Full-v0", "MiniHackLCLevitateRingPickup", 400),
            _Task("LavaCross-Levitate-Ring-Pickup-Restricted-v0", "MiniHackLCLevitateRingPickupRestrictedActions", 400),
            _Task("LavaCross-Levitate-Ring-Inv-Full-v0", "MiniHackLCLevitateRingInv", 400),
            _Task("LavaCross-Levitate-Ring-Inv-Restricted-v0", "MiniHackLCLevitateRingInvRestrictedActions", 400),
            _Task("LavaCross-Levitate-Full-v0", "MiniHackLCLevitate", 400),
            _Task("LavaCross-Levitate-Restricted-v0", "MiniHackLCLevitateRestrictedActions", 400),
            _Task("LavaCross-Full-v0", "MiniHackLC", 250),
            _Task("LavaCross-Restricted-v0", "MiniHackLCRestrictedActions", 250),
        ),
    ),
    _Group(
        "skills_quest",
        "Cross lava, then beat a monster with a wand of death: a quest of several skills.",
        (
            _Task("Quest-Easy-v0", "MiniHackQuestEasy", 500),
            _Task("Quest-Medium-v0", "MiniHackQuestMedium", 1000),
            _Task("Quest-Hard-v0", "MiniHackQuestHard", 1000),
        ),
    ),
    _Group(
        "sokoban",
        "Fill every pit with a boulder, in NetHack's own Sokoban levels.",
        (
            _Task("Sokoban4a-v1", "MiniHackSokoban4a", 2000),
            _Task("Sokoban4b-v1", "MiniHackSokoban4b", 2000),
            _Task("Sokoban3a-v1", "MiniHackSokoban3a", 2000),
            _Task("Sokoban3b-v1", "MiniHackSokoban3b", 2000),
            _Task("Sokoban2a-v1", "MiniHackSokoban2a", 2000),
            _Task("Sokoban2b-v1", "MiniHackSokoban2b", 2000),
            _Task("Sokoban1a-v1", "MiniHackSokoban1a", 2000),
            _Task("Sokoban1b-v1", "MiniHackSokoban1b", 2000),
        ),
        low=-2.0,  # 0.001 a step
        high=2.8,  # 18 pits in level 4b
    ),
)

for _group in _GROUPS:
    for _task in _group.tasks:
        _low = _group.low - 0.01 * _task.max_steps
        register(
            EnvSpec(
                id=f"minihack/{_task.name}",
                random=measured(f"minihack/{_task.name}"),
                expert=Reference(1.0, "optimum: the task solved") if _group.high == 1.0 else None,
                entry_point=f"{__name__}:MiniHack",
                kwargs={"task": f"{_group.module}:{_task.task_class}"},
                domain="games",
                max_steps=_task.max_steps,
                lanes=16,
                score_range=(_low, _group.high),
                failure_score=_low,
                views={"array": "arena.envs.games.nle:NetHackArray", "text/v1": "arena.envs.games.nle:NetHackText"},
                needs=Needs(modules=("minihack", "nle"), get="pip install 'arena-bench[quick,games]'"),
                packages=("minihack", "nle", "minigrid", "gymnasium", "numpy"),
                tags=("roguelike", "partially-observed", "procedural"),
                description=_group.description,
                observation="NetHack's map (21, 79) int16 of glyphs, 27 numbers of status, message, inventory, screen.",
                action="One of 8 to 85 keys of NetHack: steps, and in skill tasks also what is done with things.",
                reward="1 on success, -0.01 in each step in which no time passes; three groups pay more or less.",
                source="Samvelyan et al. 2021, https://github.com/samvelyan/minihack",
            )
        )
