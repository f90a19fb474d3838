"""Standard wrappers, one file each or Gymnasium's own; an environment's stack is data in its spec."""

from __future__ import annotations

from typing import Any

from arena.errors import SpecError, unknown
from arena.loading import load_symbol
from arena.spec import EnvSpec

__all__ = ["WRAPPERS", "wrap"]

WRAPPERS: dict[str, str] = {
    "action-delay": "arena.wrappers.action_delay:ActionDelay",
    "action-mask": "arena.wrappers.action_mask:ActionMask",
    "action-noise": "arena.wrappers.action_noise:ActionNoise",
    "action-repeat": "arena.wrappers.action_repeat:ActionRepeat",
    "dropped-action": "arena.wrappers.dropped_action:DroppedAction",
    "dropped-observation": "arena.wrappers.dropped_observation:DroppedObservation",
    "flatten-observation": "gymnasium.wrappers:FlattenObservation",
    "frame-stack": "gymnasium.wrappers:FrameStackObservation",
    "observation-delay": "arena.wrappers.observation_delay:ObservationDelay",
    "observation-noise": "arena.wrappers.observation_noise:ObservationNoise",
    "rescale-action": "gymnasium.wrappers:RescaleAction",
    "reset-counting": "arena.wrappers.reset_counting:ResetCounting",
    "resize-observation": "arena.wrappers.resize_observation:ResizeObservation",
    "sticky-action": "arena.wrappers.sticky_action:StickyAction",
    "stuck-observation": "arena.wrappers.stuck_observation:StuckObservation",
    "time-limit": "arena.wrappers.time_limit:TimeLimit",
}


def wrap(env: Any, spec: EnvSpec) -> Any:
    """Applies a spec's wrapper stack, innermost first, and then its time limit (one-seat environments).

    Raises:
        UnknownNameError: no such wrapper.
        SpecError: a wrapper would update its statistics while the environment is evaluated.
    """
    for entry in spec.wrappers:
        if entry.name not in WRAPPERS and ":" not in entry.name:
            raise unknown("wrapper", entry.name, WRAPPERS, hint="or give it as 'module:Class'")
        env = load_symbol(WRAPPERS.get(entry.name, entry.name))(env, **entry.kwargs)
        # Gymnasium's NormalizeObservation and NormalizeReward call it so; a score must not depend on what came before.
        if getattr(env, "update_running_mean", False):
            raise SpecError(
                f"{spec.id}: wrapper {entry.name!r} updates its statistics at evaluation time; freeze them "
                "(update_running_mean=False) and put the frozen values into its kwargs, or normalise inside the agent"
            )
    if spec.max_steps is not None and spec.interface == "gymnasium":
        from arena.wrappers.time_limit import TimeLimit

        env = TimeLimit(env, max_steps=spec.max_steps)
    return env
