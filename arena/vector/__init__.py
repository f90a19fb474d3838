"""Many environments at once: in this process, or in worker processes over shared memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.errors import ArenaError

if TYPE_CHECKING:
    from gymnasium.vector import VectorEnv

__all__ = ["make_vec"]


def make_vec(
    env_id: str, num_envs: int, workers: int = 0, *, view: str | None = None, **kwargs: Any
) -> VectorEnv[Any, Any, Any]:
    """Makes `num_envs` copies of a one-seat environment as one `gymnasium.vector.VectorEnv`.

    With `workers` 0 they are stepped in this process by Gymnasium's own SyncVectorEnv; else in that many processes,
    which resolve the environment by themselves and exchange arrays through shared memory. Both behave alike:
    Gymnasium's next-step autoreset, and `reset(seed=s)` seeds environment i with s + i.

    Raises:
        ArenaError: not a one-seat environment, or numbers that make no sense.
        UnknownNameError, UnavailableError: as `arena.make`.
    """
    from gymnasium.vector import SyncVectorEnv

    from arena.registry import find, make

    spec = find(env_id)
    if spec.interface != "gymnasium":
        raise ArenaError(f"{env_id} has {spec.seats} seats; make_vec takes one-seat environments")
    if num_envs < 1 or not 0 <= workers <= num_envs:
        raise ArenaError(
            f"got num_envs={num_envs}, workers={workers}; expected 0 <= workers <= num_envs and num_envs >= 1"
        )
    if workers == 0:
        return SyncVectorEnv([lambda: make(env_id, view=view, **kwargs)] * num_envs)
    from arena.vector.processes import ProcessVectorEnv

    return ProcessVectorEnv(spec, num_envs, workers, view, kwargs)
