"""What the tests of boxes ask an agent: batches of four rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from arena.agent import Batch
from arena.sandbox.limits import BoxLimits
from arena.seeding import RowRandom

ROWS = 4
QUICK = BoxLimits(move_s=0.2, begin_s=20.0, memory_bytes=512 << 20, output_bytes=256 << 10)


def batch(observations: Any = None, step: int = 0, **fields: Any) -> Batch:
    """Returns a batch in which every row wants an answer."""
    if observations is None:
        observations = np.arange(3 * ROWS, dtype=np.float32).reshape(ROWS, 3)
    everyone = np.ones(ROWS, dtype=bool)
    starts = everyone if step == 0 else ~everyone
    random = RowRandom(list(range(ROWS)), [step] * ROWS)
    given = Batch(observations, None, everyone, starts, np.zeros(ROWS, np.int64), random)
    return given._replace(**fields)
