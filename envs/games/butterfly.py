"""PettingZoo's butterfly environments: cooperative arcade games that are drawn and simulated by pygame and pymunk.

They are slow (tens of joint steps a second), for they draw. So Knights Archers Zombies shows its vectors, the
package's default, and the two games that only come as pictures keep their published limits, which end a random episode
of Cooperative Pong after some 40 steps and bound one of Pistonball at 125.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium  # noqa: F401  # before pettingzoo: it loads every family, and they import from pettingzoo
from pettingzoo.utils.wrappers import BaseParallelWrapper

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.spec import Payoff

__all__ = ["CooperativePong", "KnightsArchersZombies", "Pistonball"]


class KnightsArchersZombies(BaseParallelWrapper):
    """Two archers and two knights keep zombies from crossing the field, and themselves alive.

    Observation:
        Box (27, 5) float64 in [-1, 1]: a row for oneself, four fighters, two maces, ten arrows and ten zombies:
        distance, relative place (oneself: own place), heading; zeros for what is not there.
    Action:
        Discrete(6): forward, backward, turn counter-clockwise, turn clockwise, attack, nothing.
    Reward:
        +1 to who killed a zombie, paid before its next move, as in the package: what falls in the last step is lost.
    Episode end:
        Terminated for who touched a zombie, and for all when a zombie crossed or nobody lives; truncated after 900.
    Start:
        Always the same places; zombies come, and stagger, as the seed has it.
    Score:
        Return: kills, from 0 (45 zombies come at most). Random is measured.
    Versions:
        v11: PettingZoo 1.27.0. There the countdown to the next zombie goes on from episode to episode; here it starts
        anew, so that an episode depends on its seed alone.
    Source:
        https://pettingzoo.farama.org/environments/butterfly/knights_archers_zombies/
    """

    def __init__(self, render_mode: str | None = None) -> None:
        from pettingzoo.butterfly import knights_archers_zombies_v11

        super().__init__(knights_archers_zombies_v11.parallel_env(max_cycles=900, render_mode=render_mode))

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.unwrapped.zombie_spawn_interval.reset()
        return super().reset(seed=seed, options=options)


class Pistonball(BaseParallelWrapper):
    """Twenty pistons in a row move a ball to the left wall.

    Observation:
        Box (457, 120, 3) uint8: the picture of oneself, both neighbours and the space above.
    Action:
        Box (1,) in [-1, 1]: down to up, 4 pixels a step.
    Reward:
        Shared: the ball's way to the left in percent of the way at the start, and -0.1 a step.
    Episode end:
        Terminated when the ball reaches the wall; truncated after 125 steps.
    Start:
        Pistons' heights, the ball's place and spin drawn from the seed.
    Score:
        Return; at most 100. Random is measured.
    Versions:
        v6: PettingZoo 1.27.0, pymunk 7.3.1. The frame around the field is drawn anew at every step; the package does
        so only sometimes, and whenever somebody looks, which then shows in the observations.
    Source:
        Terry et al. 2021, "PettingZoo"; https://pettingzoo.farama.org/environments/butterfly/pistonball/
    """

    def __init__(self, render_mode: str = "rgb_array") -> None:
        from pettingzoo.butterfly import pistonball_v6

        # without a render mode the package does not draw, and shows the same picture for ever
        super().__init__(pistonball_v6.parallel_env(max_cycles=125, render_mode=render_mode))
        game = self.unwrapped
        draw = game.draw

        def draw_all() -> None:
            game.draw_background()
            draw()

        game.draw = draw_all


class CooperativePong(BaseParallelWrapper):
    """Two paddles keep a ball in play; the right one is shaped like a tiered cake.

    Observation:
        Box (280, 480, 3) uint8: the screen, the same for both.
    Action:
        Discrete(3): nothing, up, down.
    Reward:
        Shared: 100 / 900 per step in play, -10 when the ball is out.
    Episode end:
        Terminated when the ball is out; truncated after 900 steps.
    Start:
        The ball's direction drawn from the seed.
    Score:
        Return, -10 to 100. Random is measured.
    Versions:
        v6: PettingZoo 1.27.0.
    Source:
        Terry et al. 2021, "PettingZoo"; https://pettingzoo.farama.org/environments/butterfly/cooperative_pong/
    """

    def __init__(self, render_mode: str = "rgb_array") -> None:
        from pettingzoo.butterfly import cooperative_pong_v6

        # without a render mode the package does not draw, and shows black
        super().__init__(cooperative_pong_v6.parallel_env(max_cycles=900, render_mode=render_mode))


class _Task(NamedTuple):
    name: str
    entry_point: str
    seats: int
    payoff: Payoff
    max_steps: int
    score_range: tuple[float, float]
    expert: Reference | None
    needs: str
    description: str
    observation: str
    action: str
    reward: str


_TASKS = (
    _Task(
        "KnightsArchersZombies-v11",
        "KnightsArchersZombies",
        4,
        "general-sum",  # each is paid for its own kills, and plays on when others fail
        900,
        (0.0, 45.0),  # one zombie in 20 steps
        None,
        "pygame",
        "Two archers and two knights keep zombies from crossing the field.",
        "(27, 5) float64 in [-1, 1]: distance, place and heading of self, fighters, weapons and zombies.",
        "Discrete(6): forward, backward, turn left, turn right, attack, nothing.",
        "+1 per own kill.",
    ),
    _Task(
        "Pistonball-v6",
        "Pistonball",
        20,
        "cooperative",
        125,
        # worst: the ball, at most 60 pixels off the right wall, rolls back there (a tenth of its way); 12.5 for time
        (-25.0, 100.0),
        Reference(100.0, "bound: all of the way in no time"),
        "pymunk",
        "Twenty pistons in a row move a ball to the left wall.",
        "(457, 120, 3) uint8: picture of oneself, both neighbours and the space above.",
        "Box (1,) in [-1, 1]: down to up, 4 pixels a step.",
        "Shared: percent of the ball's way to the left, -0.1 a step.",
    ),
    _Task(
        "CooperativePong-v6",
        "CooperativePong",
        2,
        "cooperative",
        900,
        (-10.0, 100.0),
        Reference(100.0, "optimum: in play for all 900 steps"),
        "pygame",
        "Two paddles, one shaped like a cake, keep a ball in play.",
        "(280, 480, 3) uint8: the screen.",
        "Discrete(3): nothing, up, down.",
        "Shared: 100 / 900 per step in play, -10 when the ball is out.",
    ),
)

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"butterfly/{_task.name}",
            random=measured(f"butterfly/{_task.name}"),
            expert=_task.expert,
            entry_point=f"{__name__}:{_task.entry_point}",
            domain="games",
            interface="parallel",
            seats=_task.seats,
            payoff=_task.payoff,
            max_steps=_task.max_steps,
            score_range=_task.score_range,
            failure_score=_task.score_range[0],
            needs=Needs(modules=("pettingzoo", _task.needs), get="pip install 'arena-bench[games]'"),
            packages=("pettingzoo", "pygame-ce", "pymunk", "numpy"),
            tags=("multi-agent", "simultaneous", "cooperative"),
            description=_task.description,
            observation=_task.observation,
            action=_task.action,
            reward=_task.reward,
            source="Terry et al. 2021, https://pettingzoo.farama.org/environments/butterfly/",
        )
    )
