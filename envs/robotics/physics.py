"""The physics of a simulated world as factors on what it was built with: gravity, mass, length, friction, force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from arena.errors import SpecError

__all__ = ["Physics"]

_MUJOCO = {  # parameter -> arrays of the model
    "gravity": ("opt.gravity",),
    "mass": ("body_mass", "body_inertia"),
    "friction": ("geom_friction",),
    "damping": ("dof_damping",),
    "force": ("actuator_gear",),
}
_CLASSIC = {  # Gymnasium's class -> parameter -> its attribute
    "CartPoleEnv": {"gravity": "gravity", "mass": "masspole", "length": "length", "force": "force_mag"},
    "PendulumEnv": {"mass": "m", "length": "l"},
}


class Physics:
    """Sets parameters of one world (Gymnasium's MuJoCo, the DeepMind Control Suite, CartPole, Pendulum) by factors."""

    def __init__(self, env: Any) -> None:
        world = env.unwrapped
        if hasattr(world, "suite_env"):
            self._set: _MuJoCo | _Classic = _MuJoCo(world.suite_env.physics.model.ptr)
        elif hasattr(world, "model"):
            self._set = _MuJoCo(world.model)
        elif type(world).__name__ in _CLASSIC:
            self._set = _Classic(world)
        else:
            raise SpecError(f"{type(world).__name__} has no known physics; expected MuJoCo or one of {list(_CLASSIC)}")

    def scale(self, factors: Mapping[str, float]) -> None:
        """Makes each parameter named its factor times what it was at first; a factor of 1 is the world as built.

        Raises:
            SpecError: this world has no such parameter.
        """
        if unknown := sorted(set(factors) - set(self._set.parameters)):
            raise SpecError(f"no physical parameters {unknown} here; there are {', '.join(self._set.parameters)}")
        self._set(factors)


class _MuJoCo:
    """Scales arrays of a MuJoCo model, and has it work out again what follows from masses."""

    parameters = tuple(_MUJOCO)

    def __init__(self, model: Any) -> None:
        import mujoco

        self._model = model
        self._arrays = {
            name: [(array, array.copy()) for array in (_attribute(model, path) for path in paths)]
            for name, paths in _MUJOCO.items()
        }
        self._follow = mujoco.mj_setConst
        self._scratch = mujoco.MjData(model)  # the running state must not be touched

    def __call__(self, factors: Mapping[str, float]) -> None:
        for name, factor in factors.items():
            for array, nominal in self._arrays[name]:
                np.multiply(nominal, factor, out=array)
        if "mass" in factors:
            self._follow(self._model, self._scratch)


class _Classic:
    """Scales attributes of a classic control task, and works out what CartPole derives from them."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._names = _CLASSIC[type(world).__name__]
        self.parameters = tuple(self._names)
        self._nominal = {name: getattr(world, attribute) for name, attribute in self._names.items()}

    def __call__(self, factors: Mapping[str, float]) -> None:
        world = self._world
        for name, factor in factors.items():
            setattr(world, self._names[name], self._nominal[name] * factor)
        if hasattr(world, "polemass_length"):
            world.total_mass = world.masspole + world.masscart
            world.polemass_length = world.masspole * world.length


def _attribute(model: Any, path: str) -> Any:
    for name in path.split("."):
        model = getattr(model, name)
    return model
