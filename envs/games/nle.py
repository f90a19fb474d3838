"""The NetHack Learning Environment's tasks, seeded so that every game can be played again."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.views import View, parse_choice

KEYS = ("glyphs", "blstats", "message", "inv_letters", "inv_strs", "tty_chars", "tty_cursor")
OPTIONS = {  # of every game, MiniHack's too
    "max_episode_steps": 10**9,  # never: NLE would report its own time limit as a death
    "save_ttyrec_every": 0,
    "fix_moon_phase": True,  # else it is the wall clock's
}
_LEDGERS = ("record", "logfile", "xlogfile")  # NetHack's memory of earlier games: the last screen shows the high scores


class NetHack(gymnasium.Env[Any, Any]):
    """One of NLE's tasks, with games that the reset seed alone determines.

    Observation:
        Dict: `glyphs` (21, 79) int16, `blstats` (27,) int64, `message` (256,) uint8, `inv_letters` (55,) uint8,
        `inv_strs` (55, 80) uint8, `tty_chars` (24, 80) uint8, `tty_cursor` (2,) uint8.
    Action:
        Discrete(23): `action_names`: more, eight steps, eight runs, up, down, wait, kick, eat, search.
    Reward:
        The task's own (score won, stairs reached, gold, food, map seen), and -0.01 per step in which no time passes.
    Episode end:
        Terminated by death or success; truncated by the spec's limit of steps.
    Start:
        A human monk on the first level of a dungeon generated from the seed; moon phase and hour follow the seed too.
    Score:
        Return. No published human figure for this protocol; random is measured.
    Versions:
        v0: nle 1.3.0, core and display generators seeded before each reset, anti-TAS reseeding off.
    Source:
        Kuettler et al. 2020, "The NetHack Learning Environment", https://github.com/NetHack-LE/nle
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 10}

    def __init__(self, task: str, render_mode: str | None = None) -> None:
        self._keys = KEYS if render_mode is None else (*KEYS, "tty_colors")
        self._env = self._build(task)
        self.actions = self._env.actions  # NLE's, each the code of a key
        self.action_names = [_action_name(action) for action in self.actions]
        self.observation_space = spaces.Dict({key: self._env.observation_space[key] for key in KEYS})
        self.action_space = self._env.action_space
        self.render_mode = render_mode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        state = np.random.SeedSequence(int(self.np_random.integers(1 << 32)) if seed is None else seed)
        core, display = (int(word) for word in state.generate_state(2))
        for name in _LEDGERS:
            os.truncate(os.path.join(self._env.nethack._vardir, name), 0)
        self._seed(core, display)
        observation, _ = self._env.reset()
        return self._copy(observation), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, _, info = self._env.step(int(action))
        return self._copy(observation), float(reward), bool(terminated), False, self._report(info)

    def render(self) -> Any:
        """Returns the terminal's 24 lines, with ANSI's codes of its colours."""
        chars, colours = (
            self._env.last_observation[self._env._observation_keys.index(key)] for key in ("tty_chars", "tty_colors")
        )
        return "\n".join(map(_coloured, chars, colours))

    def close(self) -> None:
        self._env.close()

    def _build(self, task: str) -> Any:
        """Makes the game of a task; MiniHack has its own."""
        from nle.env import tasks

        return getattr(tasks, task)(observation_keys=self._keys, render_mode="ansi", **OPTIONS)

    def _seed(self, core: int, display: int) -> None:
        """Seeds the game that the next reset begins."""
        self._env.seed(core=core, disp=display, reseed=False)

    def _report(self, info: dict[str, Any]) -> dict[str, Any]:
        """Returns what of NLE's info of a step is passed on."""
        return {}

    @staticmethod
    def _copy(observation: dict[str, Any]) -> dict[str, Any]:
        return {key: observation[key].copy() for key in KEYS}  # NLE writes into the same arrays again


class Challenge(NetHack):
    """The NetHack Challenge of NeurIPS 2021: any character, the whole keyboard, no menu skipped, and no seed.

    NLE lets nobody seed it (RuntimeError: Should not try changing seeds), so that no episode can be played again. What
    can be compared of two runs is the mean of their scores over many games, as the challenge did.

    Observation:
        As NetHack.
    Action:
        Discrete(121): `action_names`, every key that NetHack knows.
    Reward:
        The score won in the step.
    Episode end:
        Terminated by death, or after 10000 steps without a turn of the game; truncated by the spec's limit of steps.
    Start:
        A random hero on the first level of a random dungeon, whatever the seed.
    Score:
        Return; the challenge's APPO baseline reached 700 to 800; random is measured.
    Versions:
        v0: nle 1.3.0.
    Source:
        Hambro et al. 2022, "Insights From the NeurIPS 2021 NetHack Challenge"
    """

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__("NetHackChallenge", render_mode)

    def _seed(self, core: int, display: int) -> None:
        pass  # it would raise


def _action_name(action: Any) -> str:
    """Returns NLE's name of an action in words: "north", "run north", "eat"."""
    points = {"N": "north", "S": "south", "E": "east", "W": "west"}
    group = type(action).__name__
    if group.startswith("CompassDirection"):
        direction = "".join(points[letter] for letter in action.name)
        return f"run {direction}" if group.endswith("Longer") else direction
    return str(action.name).lower()


def _coloured(chars: npt.NDArray[np.uint8], colours: npt.NDArray[np.int8]) -> str:
    """Returns a line of the terminal; NetHack's 16 colours are ANSI's, dark ones first."""
    line, before = "", 0
    for char, colour in zip(bytes(chars).decode("latin-1"), colours.tolist(), strict=True):
        if colour != before and char != " ":
            line += f"\x1b[{30 + colour if colour < 8 else 82 + colour}m" if colour else "\x1b[0m"
            before = colour
        line += char
    return f"{line}\x1b[0m" if before else line


class NetHackArray(View):
    """What lies in the 9x9 cells around the player, one-hot by kind, and the status line as numbers: 1313 float32.

    Kinds: see `_KINDS`. Status: attributes, hit points, depth, gold and so on, each scaled to about 0 to 1.
    """

    options = {"crop": 9}
    _KINDS = (
        "unknown", "wall", "floor", "doorway", "closed door", "up", "down", "feature", "hazard", "trap", "object",
        "body", "monster", "pet", "unseen monster", "effect",
    )  # fmt: skip
    # (index in blstats, what is about 1): strength, dexterity, constitution, intelligence, wisdom, charisma, score,
    # hit points, their maximum, depth, gold, energy, armour class, level, time, hunger state, load
    _STATS = (
        (3, 25), (4, 25), (5, 25), (6, 25), (7, 25), (8, 25), (9, 1000), (10, 50), (11, 50), (12, 10), (13, 1000),
        (14, 50), (16, 10), (18, 10), (20, 5000), (21, 6), (22, 5),
    )  # fmt: skip

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._reach = self.options["crop"] // 2
        self._kind = self._kinds_of_glyphs()
        nothing = int(np.argmin(self._kind))  # a glyph of kind 0, "unknown"
        rows, columns = env.observation_space["glyphs"].shape
        self._framed = np.full((rows + 2 * self._reach, columns + 2 * self._reach), nothing, np.int16)
        self._one_hot = np.eye(len(self._KINDS), dtype=np.float32)
        self._index = np.array([index for index, _ in self._STATS])
        self._scale = np.array([1.0 / scale for _, scale in self._STATS], np.float32)
        size = self.options["crop"] ** 2 * len(self._KINDS) + len(self._STATS)
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        stats, reach = observation["blstats"], self._reach
        self._framed[reach:-reach, reach:-reach] = observation["glyphs"]
        column, row = int(stats[0]), int(stats[1])
        crop = self._framed[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
        numbers = stats[self._index].astype(np.float32) * self._scale
        return np.concatenate([self._one_hot[self._kind[crop]].ravel(), numbers]), mask

    def _kinds_of_glyphs(self) -> npt.NDArray[np.int64]:
        """Returns the kind of every glyph, by NetHack's offsets and the order of its map symbols (defsym.h)."""
        from nle import nethack as nh

        kind = np.zeros(nh.MAX_GLYPH + 1, np.int64)
        number = {name: index for index, name in enumerate(self._KINDS)}
        for start, name in (
            (nh.GLYPH_MON_OFF, "monster"),
            (nh.GLYPH_PET_OFF, "pet"),
            (nh.GLYPH_INVIS_OFF, "unseen monster"),
            (nh.GLYPH_BODY_OFF, "body"),
            (nh.GLYPH_RIDDEN_OFF, "monster"),
            (nh.GLYPH_OBJ_OFF, "object"),
            (nh.GLYPH_CMAP_OFF, "unknown"),
            (nh.GLYPH_CMAP_OFF + 1, "wall"),
            (nh.GLYPH_CMAP_OFF + 12, "doorway"),  # no door, broken door, open doors
            (nh.GLYPH_CMAP_OFF + 15, "closed door"),
            (nh.GLYPH_CMAP_OFF + 17, "wall"),  # iron bars, tree
            (nh.GLYPH_CMAP_OFF + 19, "floor"),  # lit and dark room and corridor
            (nh.GLYPH_CMAP_OFF + 23, "up"),
            (nh.GLYPH_CMAP_OFF + 24, "down"),
            (nh.GLYPH_CMAP_OFF + 25, "up"),  # ladders
            (nh.GLYPH_CMAP_OFF + 26, "down"),
            (nh.GLYPH_CMAP_OFF + 27, "feature"),  # altar, grave, throne, sink, fountain
            (nh.GLYPH_CMAP_OFF + 32, "hazard"),  # pool, ice, lava
            (nh.GLYPH_CMAP_OFF + 35, "doorway"),  # drawbridges
            (nh.GLYPH_CMAP_OFF + 39, "hazard"),  # air, cloud, water
            (nh.GLYPH_CMAP_OFF + 42, "trap"),
            (nh.GLYPH_CMAP_OFF + 65, "effect"),
            (nh.GLYPH_WARNING_OFF, "unseen monster"),
            (nh.GLYPH_STATUE_OFF, "object"),
        ):
            kind[start:] = number[name]
        return kind


class NetHackText(View):
    """Message, status, inventory and the map as the terminal draws it; the answer names an action.

    Where the whole keyboard may be used, it also says which action has which key, since prompts ask for keys.
    """

    options = {"actions_shown": True, "map": "terminal", "inventory": True, "keys": "with more than 40 actions"}
    _HUNGER = ("satiated", "not hungry", "hungry", "weak", "fainting", "fainted", "starved")

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._actions: list[str] = env.unwrapped.action_names
        self._keys: list[str] = []
        if len(self._actions) > 40:
            codes = zip(map(int, env.unwrapped.actions), self._actions, strict=True)
            keys = ", ".join(f"{chr(code)} is {name}" for code, name in codes if 32 < code < 127)
            self._keys = [f"To press a key that a prompt asks for, name its action: {keys}."]
        charset = "".join(map(chr, range(32, 127))) + "\n"
        self.observation_space = spaces.Text(16_000, charset=charset)
        self.action_space = spaces.Text(200, charset=charset)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        stats = [int(value) for value in observation["blstats"]]
        screen = [self._text(line) for line in observation["tty_chars"]]
        held = [
            f"{chr(letter)}: {self._text(line)}"
            for letter, line in zip(observation["inv_letters"], observation["inv_strs"], strict=True)
            if letter
        ]
        lines = [
            f"Message: {self._text(observation['message']) or 'none'}",
            f"Level {stats[18]}, hit points {stats[10]} of {stats[11]}, armour class {stats[16]}, "
            f"{self._HUNGER[stats[21]]}, gold {stats[13]}, score {stats[9]}, turn {stats[20]}, depth {stats[12]}.",
            f"Inventory: {'; '.join(held) or 'empty'}.",
            f"Map, each line after its row number (you are at row {stats[1] + 1}, column {stats[0]}, counted from 0):",
            *(f"{row:2d} {line}" for row, line in enumerate(screen[:22]) if row and line),
            *self._keys,
            f"Actions: {', '.join(self._actions)}. Answer with one of them.",
        ]
        return "\n".join(lines), mask

    def parse(self, answer: Any) -> Any:
        return parse_choice(answer, self._actions)

    @staticmethod
    def _text(codes: npt.NDArray[np.uint8]) -> str:
        """Returns a line of the game as printable ASCII, up to its first zero byte."""
        line = bytes(codes).split(b"\0", 1)[0]
        return "".join(chr(code) if 32 <= code < 127 else "?" for code in line).rstrip()


class _Task(NamedTuple):
    name: str
    score_range: tuple[float, float]  # the floor is -0.01 in each of 5000 steps
    reward: str
    description: str


_INF = float("inf")
_TASKS = (
    _Task("Score", (-50.0, _INF), "The in-game score won", "Play NetHack for its in-game score."),
    _Task("Staircase", (-50.0, 1.0), "1 on arrival", "Find the stairs that lead down; 1 on arrival."),
    _Task(
        "StaircasePet",
        (-50.0, 1.0),
        "1 on arrival with the pet",
        "Find the stairs that lead down, with the pet beside; 1 on arrival.",
    ),
    _Task("Oracle", (-50.0, 1.0), "1 on arrival", "Find the Oracle some levels down; 1 on arrival."),
    _Task("Gold", (-_INF, _INF), "The gold won or lost", "Collect gold."),
    _Task("Eat", (-50.0, _INF), "The nutrition won", "Eat; the reward is the nutrition won."),
    _Task("Scout", (-_INF, _INF), "The squares seen for the first time", "See as much of the dungeon as possible."),
)
_VIEWS = {"array": f"{__name__}:NetHackArray", "text/v1": f"{__name__}:NetHackText"}
_NEEDS = Needs(modules=("nle",), get="pip install 'arena-bench[quick]'")
_PACKAGES = ("nle", "gymnasium", "numpy")
_TAGS = ("roguelike", "partially-observed", "procedural")
_SEEN = "NetHack's map (21, 79) int16 of glyphs, 27 numbers of status, message, inventory and screen."
_SOURCE = "Kuettler et al. 2020, https://github.com/NetHack-LE/nle"
_APPO = "middle of 700 to 800, Sample Factory's APPO baseline of the NetHack 2021 challenge after 2e9 steps"

_EXPERT = {"Score": Reference(750.0, f"{_APPO} (there any character and longer games)")}

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"nle/{_task.name}-v0",
            random=measured(f"nle/{_task.name}-v0"),
            expert=_EXPERT.get(_task.name),
            entry_point=f"{__name__}:NetHack",
            kwargs={"task": f"NetHack{_task.name}"},
            domain="games",
            max_steps=5000,  # NLE's own default
            lanes=16,
            score_range=_task.score_range,
            failure_score=-50.0,
            views=_VIEWS,
            needs=_NEEDS,
            packages=_PACKAGES,
            tags=_TAGS,
            description=_task.description,
            observation=_SEEN,
            action="One of 23 keys: eight steps, eight runs, up, down, wait, kick, eat, search, and more text.",
            reward=f"{_task.reward}, and -0.01 in each step in which no time passes.",
            source=_SOURCE,
        )
    )

register(
    EnvSpec(
        id="nle/Challenge-v0",
        random=measured("nle/Challenge-v0"),
        expert=Reference(750.0, _APPO),
        entry_point=f"{__name__}:Challenge",
        domain="games",
        max_steps=1_000_000,  # the challenge's
        lanes=16,
        score_range=(-_INF, _INF),  # robbed of gold, a hero loses score
        failure_score=0.0,
        verification="none",  # NLE refuses its seeds: what can be compared is the mean score of many games
        views=_VIEWS,
        needs=_NEEDS,
        packages=_PACKAGES,
        tags=_TAGS,
        description="Play the whole of NetHack with any hero and every key; unseeded: two runs compare by mean score.",
        observation=_SEEN,
        action="One of 121 keys, all that NetHack knows; prompts and menus are the agent's to answer.",
        reward="The in-game score won in the step.",
        source="Hambro et al. 2022, Insights From the NeurIPS 2021 NetHack Challenge",
    )
)
