"""Suites are data: tasks (environment, episodes, opponents) in a TOML file, found through entry points."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.resources
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from arena.errors import ArenaError, SpecError, unknown
from arena.registry import find
from arena.seeding import episode_seeds
from arena.spec import EnvSpec

__all__ = [
    "Scheduled",
    "Suite",
    "Task",
    "broken_suites",
    "dynamics_digest",
    "load_suite",
    "schedule",
    "single_task",
    "suites",
]

GROUP = "arena.suites"  # entry point: any name -> package whose *.toml files are suites

_broken: dict[str, str] = {}


@dataclass(frozen=True)
class Task:
    """One environment of a suite.

    Fields:
        env: environment id.
        episodes: scheduled episodes; with opponents, seats rotate on shared seeds, so use a multiple of the seats.
        opponents: agent strings that fill the other seats, in order, again and again; none: the agent sits everywhere.
    """

    env: str
    episodes: int
    opponents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """A named list of tasks."""

    name: str
    tasks: tuple[Task, ...]
    description: str = ""

    def __post_init__(self) -> None:
        envs = [task.env for task in self.tasks]
        if not envs or len(set(envs)) < len(envs):
            raise SpecError(f"suite {self.name!r}: expected at least one task and each environment once, got {envs}")

    @property
    def digest(self) -> str:
        """16 hex digits of the tasks: two suites of one name but other tasks are two suites."""
        text = json.dumps([asdict(task) for task in self.tasks], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def with_episodes(self, episodes: int) -> Suite:
        """Returns the suite with another number of episodes for every task."""
        return Suite(self.name, tuple(Task(t.env, episodes, t.opponents) for t in self.tasks), self.description)


@dataclass(frozen=True)
class Scheduled:
    """One scheduled episode; the whole schedule is fixed before anything runs.

    `lane` is its row in the fixed-shape batches agents see, so that its result does not depend on its neighbours.
    """

    index: int
    key: str
    env_id: str
    seed: int
    lane: int
    seating: tuple[int, ...]


@cache
def _suite_files() -> dict[str, Any]:
    files = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        try:
            found = list(importlib.resources.files(entry.value).iterdir())
        except (Exception, SystemExit) as error:  # a stranger's package may raise anything; `arena suites` shows it
            _broken[entry.name] = f"{type(error).__name__}: {error}"
            continue
        files.update({file.name.removesuffix(".toml"): file for file in found if file.name.endswith(".toml")})
    return files


def broken_suites() -> dict[str, str]:
    """Returns the plugins whose suites cannot be found, and the suites that cannot be read, with the reason."""
    for name in suites():
        try:
            load_suite(name)
        except ArenaError as error:
            _broken[name] = str(error)
    return dict(_broken)


def suites() -> list[str]:
    """Returns the names of all suites."""
    return sorted(_suite_files())


def load_suite(name: str) -> Suite:
    """Reads a suite by name, or from a path that ends in `.toml`.

    Raises:
        UnknownNameError: no such suite; names the nearest.
        SpecError: the file is not a suite.
    """
    if name.endswith(".toml"):
        file: Any = Path(name)
        if not file.is_file():
            raise SpecError(f"no such suite file: {name!r}")
    elif name in _suite_files():
        file = _suite_files()[name]
    else:
        raise unknown("suite", name, suites(), "or give a path to a .toml file")
    try:
        data = tomllib.loads(file.read_text())
        suite = Suite(data.pop("name"), tuple(map(_task, data.pop("tasks"))), data.pop("description", ""))
        if data:
            raise SpecError(f"suite {name!r}: unknown keys {sorted(data)}; expected name, description, tasks")
    except SpecError:
        raise
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SpecError(f"suite {name!r}: {type(error).__name__}: {error}") from error
    for task in suite.tasks:
        _check(task, find(task.env))
    return suite


def _task(data: dict[str, Any]) -> Task:
    if extra := sorted(set(data) - {"env", "episodes", "opponents"}):
        raise SpecError(f"a task has unknown keys {extra}; expected env, episodes, opponents")
    opponents = data.get("opponents", [])
    if not isinstance(opponents, list):
        raise SpecError(f"opponents must be a list of agents, got {opponents!r}")
    return Task(data["env"], int(data["episodes"]), tuple(opponents))


def single_task(env_id: str, episodes: int, opponents: Sequence[str] = ()) -> Suite:
    """Returns the suite of one environment, named by its id."""
    task = Task(env_id, episodes, tuple(opponents))
    _check(task, find(env_id))
    return Suite(env_id, (task,), f"{env_id} alone")


def _check(task: Task, spec: EnvSpec) -> None:
    if task.episodes < 1:
        raise SpecError(f"{task.env}: {task.episodes} episodes; expected at least one")
    if len(task.opponents) >= spec.seats:
        raise SpecError(f"{task.env} has {spec.seats} seat(s); opponents {list(task.opponents)} have nowhere to sit")
    if spec.payoff == "zero-sum" and not task.opponents:
        raise SpecError(
            f"{task.env} is zero-sum: an agent that sits everywhere always scores 0 on average; "
            "name opponents, say opponents = ['random']"
        )


def schedule(
    suite: Suite, specs: dict[str, EnvSpec], split: str, lanes: Mapping[str, int], identities: dict[str, list[str]]
) -> list[Scheduled]:
    """Returns every episode of a suite, in order, restricted to the environments in `specs`.

    Args:
        specs: environment id -> spec, for the tasks that are played.
        split: "dev" or "test" seeds.
        lanes: environment id -> rows of the batches agents see.
        identities: environment id -> digests of the agents at its table, the evaluated one first.
    """
    entries: list[Scheduled] = []
    for task in suite.tasks:
        if task.env not in specs:
            continue
        spec, digests = specs[task.env], identities[task.env]
        dynamics = dynamics_digest(spec)
        rotations = spec.seats if len(digests) > 1 else 1
        seeds = episode_seeds(task.env, -(-task.episodes // rotations), split)
        for k in range(task.episodes):
            seating = _seating(spec.seats, k % rotations, len(digests) - 1)
            seed, lane = seeds[k // rotations], k % lanes[task.env]
            parts = [dynamics, seed, lane, lanes[task.env], [digests[agent] for agent in seating], k]
            key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
            entries.append(Scheduled(len(entries), key, task.env, seed, lane, seating))
    return entries


def _seating(seats: int, own: int, opponents: int) -> tuple[int, ...]:
    """Returns the agent by seat: 0 at its own seat, opponents 1.. around the table; 0 everywhere without opponents."""
    if not opponents:
        return (0,) * seats
    seating = [0] * seats
    for step in range(1, seats):
        seating[(own + step) % seats] = 1 + (step - 1) % opponents
    return tuple(seating)


def dynamics_digest(spec: EnvSpec) -> str:
    """Returns a digest of what decides how an environment plays and scores; references may be measured again freely."""
    data = spec.to_json()
    names = ("id", "entry_point", "kwargs", "wrappers", "max_steps", "metric", "seats", "failure_score")
    return hashlib.sha256(json.dumps([data[n] for n in names], sort_keys=True).encode()).hexdigest()
