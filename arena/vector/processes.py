"""`make_vec` over worker processes: a VectorEnv whose slices are stepped elsewhere."""

from __future__ import annotations

import dataclasses
import pickle
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array, iterate

from arena.errors import EnvError
from arena.spec import EnvSpec
from arena.vector.pool import Request, WorkerProcess
from arena.vector.stepping import Slots, make_one, read, write

__all__ = ["ProcessVectorEnv"]


class ProcessVectorEnv(VectorEnv[Any, Any, Any]):
    """Steps `num_envs` environments in `workers` processes; behaves like Gymnasium's SyncVectorEnv."""

    def __init__(self, spec: EnvSpec, num_envs: int, workers: int, view: str | None, kwargs: Mapping[str, Any]) -> None:
        self.num_envs = num_envs
        spec = dataclasses.replace(spec, kwargs={**spec.kwargs, **kwargs})
        probe = make_one(spec, view)
        self.metadata = {**probe.metadata, "autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space, self.single_action_space = probe.observation_space, probe.action_space
        probe.close()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._slots = Slots(self.single_observation_space, self.single_action_space, num_envs)
        edges = np.linspace(0, num_envs, workers + 1).astype(int).tolist()
        self._slices = list(zip(edges, np.diff(edges).tolist(), strict=False))
        shared = Path("/dev/shm")
        with tempfile.NamedTemporaryFile(dir=shared if shared.is_dir() else None) as file:
            file.truncate(self._slots.size)
            self._slots.attach(Path(file.name))
            self._workers = [WorkerProcess(sys.executable, captured=False) for _ in self._slices]
            for worker, (first, count) in zip(self._workers, self._slices, strict=True):
                header = {"do": "vector", "spec": spec.to_json(), "view": view}
                worker.give(
                    Request({**header, "first": first, "count": count, "num_envs": num_envs, "path": file.name})
                )
            self._hear_all()

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Resets all; `seed` is one number (environment i gets seed + i), a list with one per environment, or None."""
        seeds = [None] * self.num_envs if seed is None else seed
        if isinstance(seeds, (int, np.integer)):
            seeds = [int(seeds) + i for i in range(self.num_envs)]
        for worker, (first, count) in zip(self._workers, self._slices, strict=True):
            worker.give(Request({"do": "reset"}, pickle.dumps((list(seeds[first : first + count]), options))))
        return self._gather()

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Steps all; an environment whose episode ended is reset by this call (next-step autoreset)."""
        in_slots = self._slots.actions is not None
        if in_slots:
            write(self._slots.actions, 0, actions)
        each = [] if in_slots else list(iterate(self.action_space, actions))
        for worker, (first, count) in zip(self._workers, self._slices, strict=True):
            body = b"" if in_slots else pickle.dumps(tuple(each[first : first + count]))
            worker.give(Request({"do": "step"}, body))
        observations, infos = self._gather()
        flags = (self._slots.rewards, self._slots.terminations, self._slots.truncations)
        rewards, terminations, truncations = (flag.copy() for flag in flags)
        return observations, rewards, terminations, truncations, infos

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the workers."""
        for worker in getattr(self, "_workers", ()):  # Gymnasium closes what was never made whole, too
            worker.close()

    def _gather(self) -> tuple[Any, dict[str, Any]]:
        extras = [pickle.loads(body) if body else (None, {}) for body in self._hear_all()]
        infos: dict[str, Any] = {}
        for (first, count), (_, part) in zip(self._slices, extras, strict=True):
            self._merge(infos, part, first, count)
        if self._slots.observations is not None:
            return read(self._slots.observations, 0, self.num_envs), infos
        rows = [row for extra, _ in extras for row in extra]
        room = create_empty_array(self.single_observation_space, self.num_envs)
        return concatenate(self.single_observation_space, rows, room), infos

    def _merge(self, infos: dict[str, Any], part: Mapping[str, Any], first: int, count: int) -> None:
        """Puts one slice's infos (arrays over its environments) into arrays over all environments."""
        for key, value in part.items():
            if isinstance(value, dict):
                self._merge(infos.setdefault(key, {}), value, first, count)
            else:
                if key not in infos:
                    infos[key] = np.zeros((self.num_envs, *value.shape[1:]), dtype=value.dtype)
                    if value.dtype == object:
                        infos[key][:] = None
                infos[key][first : first + count] = value

    def _hear_all(self) -> list[bytes]:
        """Returns every worker's answer; hears all before it tells of a failure, so that none is left unread."""
        frames = [worker.frames.receive() for worker in self._workers]
        for worker, frame in zip(self._workers, frames, strict=True):
            if frame is None:
                raise EnvError(f"a worker of the vector ended with exit code {worker.process.wait()}")
            if frame[0]["is"] == "failed":
                raise EnvError(f"an environment of the vector raised {frame[0]['error']}")
        return [body for _, body in filter(None, frames)]
