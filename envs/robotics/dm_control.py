"""The DeepMind Control Suite, every domain: from joint positions and speeds, and its usual tasks from pixels."""

from __future__ import annotations

import collections
import math
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.envs.robotics.renderers import choose_renderer, require_renderer

__all__ = ["ControlSuite", "ControlSuitePixels"]

STEPS = 1000  # of an episode; the suite's own time limits are as many control steps, but for lqr, which has none
FORCE = 10.0  # N; lqr's motors are unlimited in the suite
ACTION_REPEAT = 2  # of the pixel tasks, as DrQ-v2
STACKED = 3  # pictures an observation of the pixel tasks holds, as DrQ-v2
SIDE = 84  # pixels


class ControlSuite(gymnasium.Env[Any, Any]):
    """One task of the suite, from its physical state.

    Observation:
        Box (n,) float64: the task's named observations one after the other, in the suite's order, in SI units.
    Action:
        Box (m,) float32 within the actuators' limits, nearly always [-1, 1]; for lqr [-10, 10] in place of the
        suite's [-1e10, 1e10].
    Reward:
        The task's, in [0, 1] per step; for lqr 1 less the quadratic costs of state and control.
    Episode end:
        Truncated after 1000 steps. Terminated where lqr has come to rest (norm of the state below 1e-6), or where the
        simulation diverges, which pays nothing.
    Start:
        Drawn by the task from the seed. The springs of lqr, which the suite draws for each object, are those of seed 0.
    Score:
        Return, 0 to 1000; random is measured. Below 1 a step for lqr.
    Versions:
        v0: dm-control 1.0.41 under MuJoCo 3.8.1.
    Source:
        Tassa et al. 2018, "DeepMind Control Suite"; https://github.com/google-deepmind/dm_control
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}

    def __init__(self, domain: str, task: str, render_mode: str | None = None) -> None:
        choose_renderer()
        from dm_control import suite

        self.suite_env = suite.load(domain, task, {"random": np.random.RandomState(0), "time_limit": math.inf})
        self.render_mode = render_mode
        self._camera = 2 if domain == "quadruped" else 0  # camera 0 loses sight of it
        acts = self.suite_env.action_spec()
        limit = FORCE if domain == "lqr" else math.inf
        low, high = (np.clip(bound, -limit, limit).astype(np.float32) for bound in (acts.minimum, acts.maximum))
        self.action_space = spaces.Box(low, high, dtype=np.float32)
        self._low, self._high = np.maximum(acts.minimum, -limit), np.minimum(acts.maximum, limit)
        self._seen = self._flat(self.suite_env.reset())
        self.observation_space: spaces.Space[Any] = spaces.Box(-np.inf, np.inf, self._seen.shape, np.float64)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        # every task draws from this one generator
        self.suite_env.task._random = np.random.RandomState(int(self.np_random.integers(1 << 32)))
        self._seen = self._flat(self.suite_env.reset())
        return self._seen, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        from dm_control.rl.control import PhysicsError

        exact = np.clip(np.asarray(action, np.float64), self._low, self._high)  # float32 limits may lie outside
        try:
            step = self.suite_env.step(exact)
        except PhysicsError:
            return self._seen, 0.0, True, False, {}
        self._seen = self._flat(step)
        return self._seen, float(step.reward), step.last(), False, {}

    def render(self) -> Any:
        require_renderer()
        return self._drawn(240, 320)

    def close(self) -> None:
        self.suite_env.close()

    def _drawn(self, height: int, width: int) -> npt.NDArray[np.uint8]:
        return self.suite_env.physics.render(height, width, camera_id=self._camera)

    @staticmethod
    def _flat(step: Any) -> npt.NDArray[np.float64]:
        return np.concatenate([np.ravel(value) for value in step.observation.values()]).astype(np.float64)


class ControlSuitePixels(ControlSuite):
    """One task of the suite, seen through its camera.

    Observation:
        Box (84, 84, 9) uint8: the last three pictures in RGB, the oldest first; at the start three times the first.
    Action:
        As in `ControlSuite`, held for two control steps.
    Reward:
        The sum of both steps'.
    Episode end:
        Truncated after 500 decisions, 1000 control steps.
    Start:
        As in `ControlSuite`.
    Score:
        Return, 0 to 1000; random is measured.
    Versions:
        v0: dm-control 1.0.41 under MuJoCo 3.8.1. Two processes of one machine draw the same bytes; another renderer or
        driver may not, and then rewards are compared.
    Source:
        Tassa et al. 2018; size, stack and action repeat of Yarats et al. 2021, "Mastering Visual Continuous Control"
        (DrQ-v2).
    """

    def __init__(self, domain: str, task: str, render_mode: str | None = None) -> None:
        require_renderer()
        super().__init__(domain, task, render_mode)
        self._pictures: collections.deque[npt.NDArray[np.uint8]] = collections.deque(maxlen=STACKED)
        self.observation_space = spaces.Box(0, 255, (SIDE, SIDE, 3 * STACKED), np.uint8)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._pictures.extend([self._drawn(SIDE, SIDE)] * STACKED)
        return np.concatenate(self._pictures, axis=2), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        total, over = 0.0, False
        for _ in range(ACTION_REPEAT):
            if not over:
                _, reward, over, _, _ = super().step(action)
                total += reward
        self._pictures.append(self._drawn(SIDE, SIDE))
        return np.concatenate(self._pictures, axis=2), total, over, False, {}


class _Task(NamedTuple):
    """One row of the table; `seen` and `acts` are the sizes of observation and action."""

    domain: str
    task: str
    seen: int
    acts: int
    description: str
    from_pixels: bool = False
    extra: bool = False  # not of the suite's benchmarking set


_PIXELS, _EXTRA = {"from_pixels": True}, {"extra": True}
_TASKS = (
    _Task("acrobot", "swingup", 6, 1, "Swing up two links that are driven at the elbow.", **_PIXELS),
    _Task("acrobot", "swingup_sparse", 6, 1, "Swing up two links that are driven at the elbow; paid only upright."),
    _Task("ball_in_cup", "catch", 8, 2, "Swing a ball on a string into the cup it hangs from.", **_PIXELS),
    _Task("cartpole", "balance", 5, 1, "Keep a pole upright by moving its cart.", **_PIXELS),
    _Task("cartpole", "balance_sparse", 5, 1, "Keep a pole upright by moving its cart; 0 or 1 a step.", **_PIXELS),
    _Task("cartpole", "swingup", 5, 1, "Swing a pole up by moving its cart.", **_PIXELS),
    _Task("cartpole", "swingup_sparse", 5, 1, "Swing a pole up by moving its cart; 0 or 1 a step.", **_PIXELS),
    _Task("cartpole", "two_poles", 8, 1, "Swing up two linked poles by moving their cart.", **_EXTRA),
    _Task("cartpole", "three_poles", 11, 1, "Swing up three linked poles by moving their cart.", **_EXTRA),
    _Task("cheetah", "run", 17, 6, "Run at 10 m/s on two legs in the plane.", **_PIXELS),
    _Task("dog", "stand", 223, 38, "Stand on four legs, with 38 muscles.", **_EXTRA),
    _Task("dog", "walk", 223, 38, "Walk at 1 m/s on four legs.", **_EXTRA),
    _Task("dog", "trot", 223, 38, "Trot at 3 m/s on four legs.", **_EXTRA),
    _Task("dog", "run", 223, 38, "Run at 9 m/s on four legs.", **_EXTRA),
    _Task("dog", "fetch", 232, 38, "Fetch a thrown ball and bring it to the middle.", **_EXTRA),
    _Task("finger", "spin", 9, 2, "Keep a free body spinning with a finger of two joints.", **_PIXELS),
    _Task("finger", "turn_easy", 12, 2, "Turn a free body so that its tip lies on a large target.", **_PIXELS),
    _Task("finger", "turn_hard", 12, 2, "Turn a free body so that its tip lies on a small target.", **_PIXELS),
    _Task("fish", "upright", 21, 5, "Right oneself under water."),
    _Task("fish", "swim", 24, 5, "Swim to a target."),
    _Task("hopper", "stand", 15, 4, "Stand on one leg.", **_PIXELS),
    _Task("hopper", "hop", 15, 4, "Hop at 2 m/s on one leg.", **_PIXELS),
    _Task("humanoid", "stand", 67, 21, "Stand on two legs.", **_PIXELS),
    _Task("humanoid", "walk", 67, 21, "Walk at 1 m/s on two legs.", **_PIXELS),
    _Task("humanoid", "run", 67, 21, "Run at 10 m/s on two legs.", **_PIXELS),
    _Task("humanoid", "run_pure_state", 55, 21, "Run at 10 m/s on two legs, seen as bare state.", **_EXTRA),
    _Task("humanoid_CMU", "stand", 137, 56, "Stand, with a body for motion-capture data.", **_EXTRA),
    _Task("humanoid_CMU", "walk", 137, 56, "Walk at 1 m/s, with a body for motion-capture data.", **_EXTRA),
    _Task("humanoid_CMU", "run", 137, 56, "Run at 10 m/s, with a body for motion-capture data.", **_EXTRA),
    _Task("lqr", "lqr_2_1", 4, 1, "Bring two masses on springs to rest by pushing one.", **_EXTRA),
    _Task("lqr", "lqr_6_2", 12, 2, "Bring six masses on springs to rest by pushing two.", **_EXTRA),
    _Task("manipulator", "bring_ball", 44, 5, "Grasp a ball and hold it at a target."),
    _Task("manipulator", "bring_peg", 44, 5, "Grasp a peg and hold it at a target.", **_EXTRA),
    _Task("manipulator", "insert_ball", 44, 5, "Put a ball into a basket.", **_EXTRA),
    _Task("manipulator", "insert_peg", 44, 5, "Put a peg into a slot.", **_EXTRA),
    _Task("pendulum", "swingup", 3, 1, "Swing up a pendulum with a weak motor.", **_PIXELS),
    _Task("point_mass", "easy", 4, 2, "Move a point to the middle."),
    _Task("point_mass", "hard", 4, 2, "Move a point to the middle; gains are drawn anew in each episode.", **_EXTRA),
    _Task("quadruped", "walk", 78, 12, "Walk at 0.5 m/s on four legs.", from_pixels=True, extra=True),
    _Task("quadruped", "run", 78, 12, "Run at 5 m/s on four legs.", from_pixels=True, extra=True),
    _Task("quadruped", "escape", 101, 12, "Leave a bowl of rough ground on four legs.", **_EXTRA),
    _Task("quadruped", "fetch", 90, 12, "Push a ball to a target on four legs.", **_EXTRA),
    _Task("reacher", "easy", 6, 2, "Reach a large target with an arm of two joints.", **_PIXELS),
    _Task("reacher", "hard", 6, 2, "Reach a small target with an arm of two joints.", **_PIXELS),
    _Task("stacker", "stack_2", 49, 5, "Stack two boxes.", **_EXTRA),
    _Task("stacker", "stack_4", 63, 5, "Stack four boxes.", **_EXTRA),
    _Task("swimmer", "swimmer6", 25, 5, "Swim to a target with six links."),
    _Task("swimmer", "swimmer15", 61, 14, "Swim to a target with fifteen links."),
    _Task("walker", "stand", 24, 6, "Stand on two legs in the plane.", **_PIXELS),
    _Task("walker", "walk", 24, 6, "Walk at 1 m/s on two legs in the plane.", **_PIXELS),
    _Task("walker", "run", 24, 6, "Run at 8 m/s on two legs in the plane.", **_PIXELS),
)
_BEST = Reference(1000.0, "bound: 1000 steps of at most 1 (Tassa et al. 2018, section 2)")
_LQR_WORST = -20_000.0  # below random play; pushing in resonance at full force has no bound that is worth stating


def _register(task: _Task, pixels: bool) -> None:
    lqr = task.domain == "lqr"
    limits = f"[-{FORCE:g}, {FORCE:g}]" if lqr else "the actuators' limits, [-1, 1] for nearly all"
    held = f", held for {ACTION_REPEAT} control steps" if pixels else ""
    env_id = f"dm_control/{task.domain}-{task.task}{'-pixels' if pixels else ''}-v0"
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            expert=None if lqr else _BEST,
            entry_point=f"{__name__}:{'ControlSuitePixels' if pixels else 'ControlSuite'}",
            kwargs={"domain": task.domain, "task": task.task},
            domain="robotics",
            max_steps=STEPS // (ACTION_REPEAT if pixels else 1),
            score_range=(-math.inf, float(STEPS)) if lqr else (0.0, float(STEPS)),
            failure_score=_LQR_WORST if lqr else 0.0,
            tolerance=1e-6,
            needs=Needs(modules=("dm_control",), get="pip install 'arena-bench[robotics]'"),
            packages=("dm-control", "mujoco", "gymnasium", "numpy"),
            tags=("continuous", "physics", *(["pixels"] if pixels else []), *(["extra"] if task.extra else [])),
            description=task.description,
            observation="(84, 84, 9) uint8: the last three pictures, the oldest first."
            if pixels
            else f"({task.seen},) float64: positions, speeds and what else the task shows, in SI units.",
            action=f"({task.acts},) float32 within {limits}{held}.",
            reward="1 less half the squared positions and 0.05 times the squared forces."
            if lqr
            else "The task's, in [0, 1] per control step.",
            source="Tassa et al. 2018, https://github.com/google-deepmind/dm_control",
        )
    )


for _task in _TASKS:
    _register(_task, pixels=False)
for _task in _TASKS:
    if _task.from_pixels:
        _register(_task, pixels=True)
