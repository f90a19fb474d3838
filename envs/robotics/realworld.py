"""Real-world challenges: DeepMind's control tasks with slow links, noisy motors, failing sensors and changed bodies."""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Needs, Reference, WrapperSpec, register
from arena.envs.references import measured

_STEPS = 1000  # of an episode


class _Level(NamedTuple):
    """One combined challenge of the suite: `get_combined_challenge` in its environments/realworld_env.py.

    Left out of it: late rewards (a score must not lose its last ones), repeated actions (the family `frequency`) and
    observations that are pure noise. The suite changes lengths of cartpole and walker, here it is their masses.
    """

    delay: int  # steps, of actions and again of observations
    noise: float  # standard deviation, of actions and of observations
    fault: float  # probability, of a number to drop out and again to get stuck
    fault_steps: int
    mass: tuple[float, float]  # factor, drawn for each episode: the suite's range of a 1 m pole's length
    friction: tuple[float, float]  # factor: the suite's range of the humanoid's friction over its nominal 0.7


_LEVELS = {
    "easy": _Level(3, 0.1, 0.01, 1, (0.9, 1.1), (0.6 / 0.7, 0.8 / 0.7)),
    "medium": _Level(6, 0.3, 0.05, 5, (0.7, 1.7), (0.5 / 0.7, 0.9 / 0.7)),
    "hard": _Level(9, 1.0, 0.1, 10, (0.5, 2.3), (0.4 / 0.7, 1.0 / 0.7)),
}


class _Task(NamedTuple):
    """One row of the table; `seen` and `acts` are the sizes of observation and action."""

    domain: str
    task: str
    seen: int
    acts: int
    changed: str
    description: str


_TASKS = (
    _Task("cartpole", "swingup", 5, 1, "mass", "Swing a pole up by moving its cart"),
    _Task("walker", "walk", 24, 6, "mass", "Walk at 1 m/s on two legs in the plane"),
    _Task("humanoid", "walk", 67, 21, "friction", "Walk at 1 m/s on two legs"),
)


def _stack(level: _Level, changed: str) -> tuple[WrapperSpec, ...]:
    """Innermost first: an action waits before noise is added, and an observation after everything else."""
    physics = {"parameters": [changed], "ranges": [list(getattr(level, changed))], "visible": False}
    faults = {"probability": level.fault, "steps": level.fault_steps}
    return (
        WrapperSpec("arena.envs.robotics.contextual:Contextual", physics),
        WrapperSpec("action-noise", {"scale": level.noise}),
        WrapperSpec("action-delay", {"delay": level.delay, "initial": 0.0}),
        WrapperSpec("observation-noise", {"scale": level.noise}),
        WrapperSpec("dropped-observation", faults),
        WrapperSpec("stuck-observation", faults),
        WrapperSpec("observation-delay", {"delay": level.delay}),
    )


def _register(task: _Task, name: str, level: _Level) -> None:
    env_id = f"realworld/{task.domain}-{task.task}-{name}-v0"
    low, high = getattr(level, task.changed)
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            expert=Reference(float(_STEPS), "bound: 1000 steps of at most 1 (Tassa et al. 2018, section 2)"),
            entry_point="arena.envs.robotics.dm_control:ControlSuite",
            kwargs={"domain": task.domain, "task": task.task},
            wrappers=_stack(level, task.changed),
            domain="robotics",
            max_steps=_STEPS,
            score_range=(0.0, float(_STEPS)),
            tolerance=1e-6,
            needs=Needs(modules=("dm_control",), get="pip install 'arena-bench[robotics]'"),
            packages=("dm-control", "mujoco", "gymnasium", "numpy"),
            tags=("continuous", "physics", "robustness", name),
            description=f"{task.description}, in spite of the {name} real-world challenges: actions and observations "
            f"each {level.delay} steps late, {task.changed} {low:.2f} to {high:.2f} times the nominal.",
            observation=f"({task.seen},) float64: positions and speeds in SI units, with noise of {level.noise:g}, "
            f"numbers that drop out or get stuck ({level.fault:g} a step each, for {level.fault_steps}), late.",
            action=f"({task.acts},) float32 in [-1, 1], executed late and with noise of {level.noise:g}.",
            reward="The task's, in [0, 1] per step, of what truly happened.",
            source="Dulac-Arnold et al. 2020, https://github.com/google-research/realworldrl_suite; "
            "Tassa et al. 2018, https://github.com/google-deepmind/dm_control",
        )
    )


for _task in _TASKS:
    for _name, _level in _LEVELS.items():
        _register(_task, _name, _level)
