"""Craftax and Craftax-Classic: Crafter's survival game written in JAX, and its long continuation underground."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.games.compiled import Alone, Frame, Program, box, load_jax, quiet
from arena.envs.references import measured

__all__ = ["Craftax"]


class Craftax(Alone):
    """Craftax or Craftax-Classic, seen as symbols or as pixels.

    Observation:
        Box float32: symbols 0 to 1, Craftax (8268,), Classic (1345,): a one-hot map of what lies around the player,
        then inventory and attributes; or pixels 0 to 1, Craftax (130, 110, 3), Classic (63, 63, 3).
    Action:
        Discrete: Craftax 43, Classic 17, in the order of `action_names`; one that is impossible does nothing.
    Reward:
        For the first time of each achievement Craftax pays 1, 3, 5 or 8 by its tier, Classic 1; and 0.1 per point of
        health won or lost.
    Episode end:
        Terminated by death or (Craftax) by defeating the necromancer; truncated after 100,000 steps, Classic 10,000.
    Start:
        A world generated from the seed.
    Score:
        `reward_percent`: the return as a percentage of the largest sum of achievements (226; Classic 22), as the
        field reports it. `achievements` and `achievement/NAME` are given beside it.
    Versions:
        v0: craftax 1.6.1 without its automatic reset.
    Source:
        Matthews et al. 2024, "Craftax: A Lightning-Fast Benchmark for Open-Ended Reinforcement Learning",
        https://github.com/MichaelTMatthews/Craftax
    """

    def __init__(self, game: str, render_mode: str | None = None) -> None:
        program = _program(game)
        super().__init__(program)
        self.action_names: list[str] = program.model.action_names  # type: ignore[attr-defined]


@cache
def _program(game: str) -> Program:
    return Program(_Model(game))


class _Model:
    seats = 1
    has_mask = False

    def __init__(self, game: str) -> None:
        load_jax()
        is_classic = "Classic" in game
        constants = import_module(f"craftax.{'craftax_classic' if is_classic else 'craftax'}.constants")
        constants.load_all_textures = _small_textures(constants)  # type: ignore[attr-defined]  # before the renderer asks
        with quiet():
            from craftax.craftax_env import make_craftax_env_from_name

            self._env = make_craftax_env_from_name(game, auto_reset=False)
        self._params = self._env.default_params
        self._achievements = [achievement.name.lower() for achievement in constants.Achievement]
        self._percent = 100.0 / (22 if is_classic else 226)
        self.action_names = [action.name.lower() for action in constants.Action]
        self.action_space: spaces.Space[Any] = spaces.Discrete(len(constants.Action))
        self.observation_space: spaces.Space[Any] = box(
            tuple(self._env.observation_space(self._params).shape), 0.0, 1.0
        )

    def reset(self, key: Any) -> tuple[Any, Frame]:
        observation, state = self._env.reset_env(key, self._params)
        return (state, 0.0), Frame(observation, 0.0, False, False)

    def step(self, key: Any, carried: Any, action: Any) -> tuple[Any, Frame]:
        state, total = carried
        observation, state, reward, done, _ = self._env.step_env(key, state, action, self._params)
        ended = self._env.is_terminal(state.replace(timestep=0), self._params)  # whatever the clock says
        total = total + reward
        return (state, total), Frame(observation, reward, ended, done & ~ended, metrics=self._metrics(state, total))

    def _metrics(self, state: Any, total: Any) -> dict[str, Any]:
        had = {f"achievement/{name}": state.achievements[i] for i, name in enumerate(self._achievements)}
        return {"reward_percent": total * self._percent, "achievements": state.achievements.sum(), **had}


def _small_textures(constants: Any) -> Callable[[], dict[int, Any]]:
    """Returns Craftax's loader of textures, of the size for agents only: those for people take minutes and 500 MB."""
    size = constants.BLOCK_PIXEL_SIZE_AGENT
    return cache(lambda: {size: constants.load_all_textures_given_size(size)})


class _Task(NamedTuple):
    name: str
    max_steps: int  # Craftax's own limit
    score_range: tuple[float, float]  # per cent; the most health, 13 and 9, and blows that leave it below 0
    expert: Reference
    observation: str
    description: str


_LONG = "Collect, craft, fight and descend through nine floors; 67 achievements worth 226."
_SHORT = "Crafter's world and 22 achievements: collect, craft, fight and survive."
_LONG_EXPERT = "PPO-GTrXL after 1e9 steps from symbols, the best of Craftax's scoreboard; PPO 11.9"
_SHORT_EXPERT = "Crafter's human experts, 14.3 of 22 (Hafner 2021), on pixels there"
_TASKS = (
    _Task(
        "Craftax-Symbolic",
        100_000,
        (-5.0, 100.3),
        Reference(18.3, _LONG_EXPERT),
        "8268 float32 from 0 to 1: a one-hot map of 9x11 cells, then inventory, attributes and light.",
        _LONG,
    ),
    _Task(
        "Craftax-Pixels",
        100_000,
        (-5.0, 100.3),
        Reference(18.3, _LONG_EXPERT),
        "A 130x110x3 float32 picture from 0 to 1: 9x11 cells around the player and the inventory below.",
        _LONG,
    ),
    _Task(
        "Craftax-Classic-Symbolic",
        10_000,
        (-5.0, 100.3),
        Reference(65.0, _SHORT_EXPERT),
        "1345 float32 from 0 to 1: a one-hot map of 7x9 cells, then inventory, attributes and light.",
        _SHORT,
    ),
    _Task(
        "Craftax-Classic-Pixels",
        10_000,
        (-5.0, 100.3),
        Reference(65.0, _SHORT_EXPERT),
        "A 63x63x3 float32 picture from 0 to 1: 7x9 cells around the player and the inventory below.",
        _SHORT,
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"craftax/{_task.name}-v0",
            random=measured(f"craftax/{_task.name}-v0"),
            expert=_task.expert,
            entry_point=f"{__name__}:Craftax",
            kwargs={"game": f"{_task.name}-v1"},
            domain="games",
            max_steps=_task.max_steps,
            metric="reward_percent",
            score_range=_task.score_range,
            failure_score=_task.score_range[0],
            tolerance=1e-5,
            runtime="jax",
            packages=("craftax", "jax", "jaxlib", "numpy"),
            tags=("survival", "procedural", "partially-observed", "open-ended"),
            description=_task.description,
            observation=_task.observation,
            action=f"One of {17 if 'Classic' in _task.name else 43} named actions; an impossible one does nothing.",
            reward="The worth of each achievement at its first time, and 0.1 per point of health won or lost.",
            source="Matthews et al. 2024, https://github.com/MichaelTMatthews/Craftax",
        )
    )
