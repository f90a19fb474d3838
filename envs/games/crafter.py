"""Crafter: survive and unlock achievements in a world of one's own; made replayable and brought to Gymnasium's API.

The paper's random agent has reward 2.1 +- 1.3 and score 1.6 %. That reward is a mean of ten episodes: the paper's
script (analysis/print_reward.py) takes of each of ten runs one episode, the first of the last 100000 steps. In the
paper's own data (scores/crafter_noreward-random.json) the first 311 episodes have the mean 1.40 +- 0.13; 1000 episodes
played here have 1.41 +- 0.07. The score of 200 episodes played here is 1.44 % (bootstrap 1.30 to 1.53). The paper's is
of a million steps, 5800 episodes; fewer give less on average, since they miss what is unlocked once in a thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.views import View, parse_choice

LENGTH = 10_000  # steps, the limit of Hafner 2022


class Crafter(gymnasium.Env[Any, Any]):
    """Crafter with episodes that the reset seed alone determines.

    Observation:
        (64, 64, 3) uint8: the 9x7 cells around the player and the inventory below, with noise in the dark.
    Action:
        Discrete(17): `action_names`, beginning with noop; an impossible action does nothing.
    Reward:
        +1 on a step that unlocks an achievement for the first time, +0.1 and -0.1 per point of health won and lost;
        always 0 where `reward` is false.
    Episode end:
        Terminated when health reaches 0, truncated after 10000 steps.
    Start:
        A new 64x64 world from the seed, the player in its middle with full health.
    Score:
        Return, -0.9 to 22; human expert 14.3, best agent known 12.6 after 1M steps. `info["metrics"]` of the last step
        counts `achievements` and gives 1 or 0 for each as `achievement/<name>`: see `crafter_score`.
    Versions:
        v0: crafter 1.8.3, whose sets of objects, iterated in order of address, are replaced by insertion-ordered
        ones, and whose worlds are seeded by the reset seed in place of a hash of seed and episode number.
    Source:
        Hafner 2022, "Benchmarking the Spectrum of Agent Capabilities", https://github.com/danijar/crafter
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, reward: bool = True, render_mode: str | None = None) -> None:
        import crafter

        _use_plain_numbers_for_noise()
        self.game = crafter.Env(reward=reward, length=LENGTH, seed=0)
        world_class, view_class = _replayable_world_class(), _quick_view_class()
        self.game._world.__class__ = world_class  # its views hold on to this very object, so it cannot be replaced
        self.game._local_view.__class__ = view_class
        self.game._sem_view = lambda: None  # the whole map, drawn at every step for an info that nobody may read
        self.action_names: list[str] = list(self.game.action_names)
        self.observation_space = spaces.Box(0, 255, (64, 64, 3), np.uint8)
        self.action_space = spaces.Discrete(len(self.action_names))
        self.render_mode = render_mode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.game._world.episode_seed = int(self.np_random.integers(1 << 32)) if seed is None else seed % (1 << 32)
        return self.game.reset(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, done, _ = self.game.step(int(action))
        terminated = self.game._player.health <= 0
        info = {"metrics": self._metrics()} if done else {}
        return observation, float(reward), bool(terminated), bool(done and not terminated), info

    def render(self) -> Any:
        """Returns a (512, 512, 3) picture; the noise it draws is taken back, so that looking changes nothing."""
        random = self.game._world.random
        state = random.get_state()
        picture: npt.NDArray[np.uint8] = self.game.render((512, 512))
        random.set_state(state)
        return picture

    def _metrics(self) -> dict[str, float]:
        unlocked = {name: float(count > 0) for name, count in self.game._player.achievements.items()}
        return {
            "achievements": sum(unlocked.values()),
            **{f"achievement/{name}": value for name, value in unlocked.items()},
        }


def crafter_score(episodes: Iterable[Mapping[str, float]]) -> float:
    """Returns the Crafter score of a run's episodes in percent, 0 to 100, from the metrics that their records hold.

    The geometric mean, with an offset of 1 %, of the shares of episodes that unlocked each of the 22 achievements
    (Hafner 2022, equation 1). The paper takes all episodes of a million steps of training.
    """
    unlocked = [[m[name] for name in sorted(m) if name.startswith("achievement/")] for m in episodes]
    percent = 100.0 * np.mean(unlocked, axis=0)
    return float(np.expm1(np.log1p(percent).mean()))


def _replayable_world_class() -> type[Any]:
    from crafter import engine

    class World(engine.World):
        """A world whose objects are visited in the order in which they came, seeded by `episode_seed`."""

        episode_seed = 0

        def reset(self, seed: int | None = None) -> None:
            super().reset(self.episode_seed)
            self._chunks: dict[Any, _OrderedSet] = defaultdict(_OrderedSet)

    return World


def _quick_view_class() -> type[Any]:
    from crafter import engine

    class LocalView(engine.LocalView):
        """The cells around the player, gathered in one go instead of drawn one by one: the same bits, twice as soon."""

        def __call__(self, player: Any, unit: npt.NDArray[np.int64]) -> Any:
            world, (columns, rows), (left, top) = self._world, self._grid, player.pos - self._offset
            materials, objects = np.full((columns, rows), -1), np.zeros((columns, rows), int)  # -1: beyond the map
            x, y = slice(max(left, 0), left + columns), slice(max(top, 0), top + rows)
            inside = world._mat_map[x, y]
            (i, j), (wide, high) = (x.start - left, y.start - top), inside.shape
            materials[i : i + wide, j : j + high] = inside
            objects[i : i + wide, j : j + high] = world._obj_map[x, y]
            tiles = [self._textures.get(name, unit)[..., :3] for name in world._mat_names.values()]  # by number
            tiles.append(np.full_like(tiles[0], 127))
            canvas = np.stack(tiles)[materials].transpose(0, 2, 1, 3, 4).reshape(columns * unit[0], rows * unit[1], 3)
            for place in np.argwhere(objects):
                texture = self._textures.get(world._objects[objects[tuple(place)]].texture, unit)
                engine._draw_alpha(canvas, place * unit, texture)
            canvas = self._light(canvas, world.daylight)
            return self._sleep(canvas) if player.sleeping else canvas

    return LocalView


class _OrderedSet(dict[Any, None]):
    """A set that is iterated in the order of insertion, as far as Crafter's world uses one."""

    def add(self, item: Any) -> None:
        self[item] = None

    def remove(self, item: Any) -> None:
        del self[item]


def _use_plain_numbers_for_noise() -> None:
    """Has opensimplex index lists, not arrays, where numba does not compile it: same bits, worlds six times sooner."""
    from opensimplex import api, internals

    if internals.prange is not range or isinstance(internals.GRADIENTS3, list):
        return  # compiled by numba, or done already
    internals.GRADIENTS3 = internals.GRADIENTS3.tolist()
    arrays_of = internals._init
    api._init = lambda seed: tuple(array.tolist() for array in arrays_of(seed))


class CrafterText(View):
    """Status, inventory and surroundings in words, in the manner of BALROG's Crafter text; the answer names an action.

    Of every material in the 9x7 cells of the picture the nearest is named, and every creature. Darkness hides nothing.
    """

    options = {"actions_shown": True, "materials": "nearest of each", "creatures": "all"}
    _REACH = (4, 3)  # cells seen to either side and up or down of the player

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self._game = env.unwrapped.game
        self._actions = [name.replace("_", " ") for name in env.unwrapped.action_names]
        charset = "".join(map(chr, range(32, 127))) + "\n"
        self.observation_space = spaces.Text(8000, charset=charset)
        self.action_space = spaces.Text(200, charset=charset)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        player = self._game._player
        status = ("health", "food", "drink", "energy")
        held = [f"{name.replace('_', ' ')} {n}" for name, n in player.inventory.items() if n and name not in status]
        done = [name.replace("_", " ") for name, count in player.achievements.items() if count]
        lines = [
            "Status (9 is best, 0 is worst): " + ", ".join(f"{name} {player.inventory[name]}" for name in status) + ".",
            f"Inventory: {', '.join(held) or 'empty'}.",
            f"Achievements so far: {', '.join(done) or 'none'}.",
            *(["You are asleep."] if player.sleeping else []),
            f"You face {self._facing(player)}. You stand on {self._game._world[player.pos][0]}.",
            "You see:",
            *(f"- {line}" for line in self._surroundings(player)),
            f"Actions: {', '.join(self._actions)}. Answer with one of them.",
        ]
        return "\n".join(lines), mask

    def parse(self, answer: Any) -> Any:
        return parse_choice(answer, self._actions)

    def _facing(self, player: Any) -> str:
        material, thing = self._game._world[(player.pos[0] + player.facing[0], player.pos[1] + player.facing[1])]
        direction = {(-1, 0): "left", (1, 0): "right", (0, -1): "up", (0, 1): "down"}[tuple(player.facing)]
        what = self._name(thing) if thing is not None else material
        return f"{direction}, towards {what or 'the edge of the world'}"

    def _surroundings(self, player: Any) -> list[str]:
        nearest: dict[str, tuple[int, int, int]] = {}
        creatures: list[tuple[tuple[int, int, int], str]] = []
        for right in range(-self._REACH[0], self._REACH[0] + 1):
            for down in range(-self._REACH[1], self._REACH[1] + 1):
                material, thing = self._game._world[(player.pos[0] + right, player.pos[1] + down)]
                place = (abs(right) + abs(down), right, down)
                if material is not None and place[0] and place < nearest.get(material, (99, 0, 0)):
                    nearest[material] = place
                if thing is not None and thing is not player:
                    creatures.append((place, self._name(thing)))
        found = sorted(creatures) + sorted((place, name) for name, place in nearest.items())
        return [f"{name}, {self._place(right, down)}" for (_, right, down), name in found]

    @staticmethod
    def _name(thing: Any) -> str:
        name = type(thing).__name__.lower()
        return f"ripe {name}" if name == "plant" and thing.ripe else name

    @staticmethod
    def _place(right: int, down: int) -> str:
        parts = []
        if right:
            parts.append(f"{abs(right)} {'right' if right > 0 else 'left'}")
        if down:
            parts.append(f"{abs(down)} {'down' if down > 0 else 'up'}")
        return " and ".join(parts)


class _Task(NamedTuple):
    name: str
    reward: bool
    metric: str
    score_range: tuple[float, float]
    expert: Reference | None
    description: str


_README = "Crafter README, human expert, 14.3 +- 2.3"
_TASKS = (
    _Task(
        "Reward-v0",
        True,
        "return",
        (-0.9, 22.0),  # all health lost and nothing unlocked; all achievements at full health
        Reference(14.3, _README),
        "Survive in an open world and unlock its 22 achievements; +1 for each.",
    ),
    _Task(
        "NoReward-v0",
        False,
        "achievements",
        (0.0, 22.0),
        None,
        "Explore an open world without any reward; the score counts the achievements unlocked.",
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"crafter/{_task.name}",
            random=measured(f"crafter/{_task.name}"),
            entry_point=f"{__name__}:Crafter",
            kwargs={"reward": _task.reward},
            domain="games",
            expert=_task.expert,
            max_steps=LENGTH,
            metric=_task.metric,
            score_range=_task.score_range,
            failure_score=_task.score_range[0],
            views={"text/v1": f"{__name__}:CrafterText"},
            needs=Needs(modules=("crafter",), get="pip install 'arena-bench[quick]'"),
            packages=("crafter", "opensimplex", "numpy", "pillow"),
            tags=("survival", "open-world", "pixels"),
            description=_task.description,
            observation="The 9x7 cells around the player and the inventory, (64, 64, 3) uint8, with noise in the dark.",
            action="One of 17: noop, four moves, do, sleep, place and make things.",
            reward="1 for an achievement's first time, 0.1 a point of health won, -0.1 a point lost."
            if _task.reward
            else "Always 0; the score counts achievements.",
            source="Hafner 2022, https://github.com/danijar/crafter",
        )
    )
