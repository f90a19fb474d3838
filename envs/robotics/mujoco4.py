"""Gymnasium's MuJoCo tasks (v5) under MuJoCo 4: other physics to the last bit, so other environments."""

from __future__ import annotations

from arena import EnvSpec, register
from arena.envs.references import measured
from arena.envs.robotics.mujoco import TASKS

for _task in TASKS:
    register(
        EnvSpec(
            id=f"mujoco4/{_task.name}",
            random=measured(f"mujoco4/{_task.name}"),
            entry_point=f"gymnasium.envs.mujoco.{_task.entry_point}",
            domain="robotics",
            expert=_task.expert,
            max_steps=_task.max_steps,
            score_range=_task.score_range,
            failure_score=_task.worst,
            tolerance=1e-6,
            packages=("mujoco", "gymnasium", "numpy"),
            runtime="mujoco4",
            tags=("continuous", "physics"),
            description=_task.description,
            observation="Joint positions and velocities (by task also forces or a target), SI units, a float64 vector.",
            action="Torques or forces of the joints, a vector of float32 within the actuators' limits.",
            reward="Per step: progress or uprightness, minus control costs, as the task defines it.",
            source="https://gymnasium.farama.org/environments/mujoco/ ; Todorov et al. 2012",
        )
    )
