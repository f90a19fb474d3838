"""What a board holds: plain, frozen rows and tables, and how they become JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.leaderboard.intervals import Interval

__all__ = ["Board", "Cost", "EnvRow", "EnvTable", "LeftOut", "SuiteBoard", "SuiteRow", "plain"]


@dataclass(frozen=True)
class Cost:
    """What the measured episodes took; None where the record does not say, since unknown is not zero.

    Fields:
        wall_s: wall time summed over episodes, which overlap when several are played at once.
        agent_s_per_step: the agent's own time for a step, its share where it answers a batch.
        episodes_per_s: episodes in a second of the agent's and the environment's own time, so on about one core.
        tokens, money: of model calls; money in the unit of the record's price table.
    """

    env_steps: int
    wall_s: float | None
    agent_s_per_step: float | None
    episodes_per_s: float | None
    tokens: float | None
    money: float | None


@dataclass(frozen=True)
class EnvRow:
    """One agent on one environment; scores in the environment's own unit.

    `score` is the mean and `median` the median, each with its 95 % interval.
    """

    agent: str
    run: str
    n: int
    score: Interval
    median: Interval
    normalized_score: float | None
    counts: dict[str, int]
    cost: Cost
    level: str
    is_oracle: bool
    is_best: bool = False


@dataclass(frozen=True)
class EnvTable:
    """All agents on one environment, best first, oracles last. `excluded`: why it does not count in the suite score."""

    env_id: str
    domain: str
    metric: str
    higher_is_better: bool
    random: float | None
    expert: float | None
    excluded: str
    rows: tuple[EnvRow, ...]


@dataclass(frozen=True)
class SuiteRow:
    """One agent on one suite.

    Fields:
        agent: label: the name, with @ and the digest's beginning where another row has the same name.
        attempts: runs of this name on this board; the latest of each digest is shown.
        position, rank_low, rank_high: None where unranked; a tie group shares its first position.
        iqm, mean, median, optimality_gap: None where the run lacks scores of a task that counts; domains: absent
            likewise.
        other_tasks: the IQM's interval with tasks drawn again too ("other tasks like these"); None where no domain has
            two tasks to draw from.
        missing: why it is incomplete, or "".
        isolation: how the agent was kept apart from the environment, or "" where the record does not say.
        is_provisional: some task has fewer than 100 episodes.
    """

    agent: str
    name: str
    digest: str
    run: str
    created: str
    attempts: int
    position: int | None
    rank_low: int | None
    rank_high: int | None
    iqm: Interval | None
    other_tasks: Interval | None
    domains: dict[str, Interval]
    mean: float | None
    median: float | None
    optimality_gap: float | None
    counts: dict[str, int]
    cost: Cost
    level: str
    isolation: str
    missing: str
    is_oracle: bool
    is_provisional: bool


@dataclass(frozen=True)
class LeftOut:
    """The ranking when one task is left out: tie groups of agents, best first, and whether they are other groups."""

    task: str
    is_other_order: bool
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class SuiteBoard:
    """One suite and split: complete rows by rank, then what is not ranked. `older` lists runs that are not shown."""

    suite: str
    digest: str
    split: str
    tasks: dict[str, int]
    domains: tuple[str, ...]
    rows: tuple[SuiteRow, ...]
    incomplete: tuple[SuiteRow, ...]
    oracles: tuple[SuiteRow, ...]
    environments: tuple[EnvTable, ...]
    sensitivity: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    older: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """Every suite that was played. `version` says which frozen references normalise its scores."""

    suites: tuple[SuiteBoard, ...]
    version: int
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Returns plain data in one order; NaN and infinities are None, other numbers have 10 significant digits."""
        data: dict[str, Any] = plain(self)
        return data


def plain(value: Any) -> Any:
    """Returns dataclasses, tuples and numbers as plain JSON data; NaN and infinities as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    return value
