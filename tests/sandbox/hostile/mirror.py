"""An honest agent: prints what it sees, and plays what it was told to."""

from __future__ import annotations

from typing import Any

import numpy as np

from arena.agent import Agent, Batch, take_row


class Mirror(Agent):
    """Plays `actions`, one per row (in the action space's JSON)."""

    def __init__(self, *, actions: Any, **given: Any) -> None:
        super().__init__(**given)
        self._actions = actions

    def act(self, batch: Batch) -> Any:
        for row in range(len(batch.active)):
            print(repr(_plain(take_row(batch.observations, row))))
        return self.seating.action_space.from_jsonable(self._actions)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, str) else np.asarray(value).tolist()
