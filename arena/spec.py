"""EnvSpec: what an environment is, as frozen data that serialises and is resolved again in every process."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from arena.errors import SpecError

__all__ = ["EnvSpec", "Needs", "Reference", "WrapperSpec"]

Domain = Literal["games", "robotics", "web", "text"]
Interface = Literal["gymnasium", "parallel", "aec"]
Payoff = Literal["single", "cooperative", "zero-sum", "general-sum"]
Verification = Literal["bits", "numeric", "statistical", "none"]

DOMAINS: tuple[str, ...] = ("games", "robotics", "web", "text")
INTERFACES: tuple[str, ...] = ("gymnasium", "parallel", "aec")
PAYOFFS: tuple[str, ...] = ("single", "cooperative", "zero-sum", "general-sum")
VERIFICATIONS: tuple[str, ...] = ("bits", "numeric", "statistical", "none")
_ID = re.compile(r"(?P<family>[a-z0-9][a-z0-9_-]*)/(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]*)-v(?P<version>\d+)")


@dataclass(frozen=True)
class Reference:
    """A score to hold others against: raw units of the environment's metric.

    `low` and `high` bound a 95 % interval of the mean where one was measured; `episodes` is how many it rests on;
    `source` is a command that measures it again, or the publication. `steps_per_s` is how fast it was played on one
    core, without an agent's time, where that was measured.
    """

    value: float
    source: str
    low: float | None = None
    high: float | None = None
    episodes: int | None = None
    steps_per_s: float | None = None


@dataclass(frozen=True)
class WrapperSpec:
    """One wrapper of a stack, as data: a name from `arena.wrappers` or `module:Class`, and its arguments."""

    name: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Needs:
    """What must be present, and the command or words (`get`) that make it so.

    Fields:
        modules: must be importable in the user's interpreter (what a runtime holds is its lock's business).
        files: paths that must exist, in which `$VARIABLE` and `~` stand for what they stand for in a shell.
    """

    modules: tuple[str, ...] = ()
    get: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnvSpec:
    """What an environment is.

    Fields:
        id: `family/Name-vN`. A change in dynamics, scoring or observations is a new N.
        entry_point: `module:callable` or `path/to/file.py:callable`; called with `kwargs` (and `render_mode` if given).
        interface: what the callable returns: a `gymnasium.Env`, a PettingZoo `ParallelEnv` or `AECEnv`.
        seats: number of seats at the table.
        payoff: how seats' scores relate; decides what a forfeit does to the other seats.
        max_steps: steps after which an episode is truncated; counted in joint steps for `parallel`, in moves for `aec`.
        metric: `"return"` (undiscounted sum of rewards per seat) or a key of the last step's `info["metrics"]`.
        higher_is_better: direction of the metric.
        score_range: lowest and highest possible score; infinite where unbounded.
        failure_score: what an episode counts that its agent failed (PROTOCOL section 6): the declared worst score.
            A seat that had already done worse keeps its own, worse score.
        random: the measured score of uniformly random legal actions.
        expert: the reference that normalises to 1: human, optimum or a named agent.
        verification: what replay compares: bits, numeric (rewards within `tolerance`), statistical or none.
        deterministic_start: true where the seed cannot matter because every episode begins and runs alike.
        views: view name -> `module:Class` (see `arena.views`); a family without an entry has the plain `array` view.
        oracle: agent string of a scripted agent that proves the environment solvable, or "".
        packages: distributions whose exact version replay depends on; recorded and compared by `arena verify`.
        native: `module:class` of `arena.native.Native`: steps many episodes at once, to the bit as `entry_point` does
            one at a time; called with the number of rows and `kwargs`. "" where there is none.
        lanes: how many episodes an agent is asked about at once, in batches of just that many rows: more where a step
            is so cheap that asking costs more. Part of every schedule, for a neural policy's bits depend on it.
        runtime: whose interpreter steps it: "local" is the user's own, else a name from `arena install --list`.
        observation, action, reward: what a seat sees, may do and is paid for, in a sentence each (shape, units, range).
        source: where the environment comes from: paper, repository.
    """

    id: str
    entry_point: str
    domain: Domain
    random: Reference | None = None
    expert: Reference | None = None
    interface: Interface = "gymnasium"
    seats: int = 1
    payoff: Payoff = "single"
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    wrappers: tuple[WrapperSpec, ...] = ()
    max_steps: int | None = None
    metric: str = "return"
    higher_is_better: bool = True
    score_range: tuple[float, float] = (float("-inf"), float("inf"))
    failure_score: float = 0.0
    verification: Verification = "bits"
    tolerance: float = 0.0
    deterministic_start: bool = False
    views: Mapping[str, str] = field(default_factory=dict)
    oracle: str = ""
    needs: Needs = Needs()
    packages: tuple[str, ...] = ()
    native: str = ""
    lanes: int = 8
    runtime: str = "local"
    tags: tuple[str, ...] = ()
    description: str = ""
    observation: str = ""
    action: str = ""
    reward: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise SpecError(f"environment id {self.id!r} is not of the form 'family/Name-v0' (lower-case family)")
        if not isinstance(self.entry_point, str) or ":" not in self.entry_point:
            raise SpecError(
                f"{self.id}: entry_point must be a string 'module:callable' or 'file.py:callable', "
                f"so that a worker process can resolve it; got {self.entry_point!r}"
            )
        for name, allowed in (
            ("domain", DOMAINS),
            ("interface", INTERFACES),
            ("payoff", PAYOFFS),
            ("verification", VERIFICATIONS),
        ):
            if getattr(self, name) not in allowed:
                raise SpecError(f"{self.id}: {name} is {getattr(self, name)!r}, expected one of {', '.join(allowed)}")
        if self.interface == "gymnasium" and self.seats != 1:
            raise SpecError(f"{self.id}: a gymnasium environment has one seat, not {self.seats}; use parallel or aec")
        if self.seats < 1 or (self.seats > 1) == (self.payoff == "single"):
            raise SpecError(f"{self.id}: {self.seats} seat(s) do not go with payoff {self.payoff!r}")
        low, high = self.score_range
        if not low <= self.failure_score <= high or math.isinf(self.failure_score):
            raise SpecError(
                f"{self.id}: failure_score {self.failure_score} is not finite or outside score_range {self.score_range}"
            )

    @property
    def family(self) -> str:
        """The part of the id before the slash; also the name of the entry point that provides it."""
        return self.id.split("/", 1)[0]

    def to_json(self) -> dict[str, Any]:
        """Returns plain JSON data (an infinite bound is None) that `from_json` reads back to an equal spec."""
        data = dataclasses.asdict(self)
        data["score_range"] = [bound if math.isfinite(bound) else None for bound in self.score_range]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EnvSpec:
        """Builds a spec from `to_json` data (lists in place of tuples are fine); unknown keys are an error."""
        known = {f.name for f in dataclasses.fields(cls)}
        if extra := sorted(set(data) - known):
            raise SpecError(f"{data.get('id')!r}: unknown spec fields {extra}; this Arena knows {sorted(known)}")
        values = dict(data)
        for name in ("random", "expert"):
            if values.get(name) is not None:
                values[name] = Reference(**values[name])
        values["wrappers"] = tuple(WrapperSpec(**w) for w in values.get("wrappers", ()))
        if "needs" in values:
            needs = values["needs"]
            values["needs"] = Needs(tuple(needs["modules"]), needs["get"], tuple(needs.get("files", ())))
        if "score_range" in values:
            low, high = values["score_range"]
            values["score_range"] = (-math.inf if low is None else low, math.inf if high is None else high)
        for name in ("packages", "tags"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)
