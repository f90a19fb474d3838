"""What a worker is given to play, and a lane in which it plays: scheduled episodes of one environment and line-up."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from arena.agent import Agent, AgentRef
from arena.batching import FAULTS, Group
from arena.episode import Episode
from arena.errors import explain
from arena.record import EpisodeRecord
from arena.spec import EnvSpec
from arena.views import View, seat_spaces

__all__ = ["Entry", "Job", "Lane", "Played", "close", "cut"]


@dataclass(frozen=True)
class Entry:
    """One scheduled episode on its way into a lane (fields as in arena.suite.Scheduled)."""

    index: int
    key: str
    seed: int
    lane: int
    seating: tuple[int, ...]
    attempt: int = 1


@dataclass(frozen=True)
class Job:
    """Episodes of one environment with one line-up: the unit of work that is handed to a worker.

    Fields:
        hosts: processes beside the worker's own that step the environments; 0: it steps them itself.
    """

    spec: EnvSpec
    lineup: tuple[AgentRef, ...]
    lanes: int
    device: str
    entries: tuple[Entry, ...]
    hosts: int = 0

    def to_json(self) -> dict[str, Any]:
        """Returns plain data that `from_json` reads in another process."""
        return {
            "spec": self.spec.to_json(),
            "lineup": [asdict(ref) for ref in self.lineup],
            "lanes": self.lanes,
            "device": self.device,
            "hosts": self.hosts,
            "entries": [dict(vars(entry)) for entry in self.entries],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        """Reads what `to_json` wrote."""
        return cls(
            EnvSpec.from_json(data["spec"]),
            tuple(AgentRef(**ref) for ref in data["lineup"]),
            data["lanes"],
            data["device"],
            tuple(Entry(**{**entry, "seating": tuple(entry["seating"])}) for entry in data["entries"]),
            data["hosts"],
        )


def cut(entries: Sequence[Entry], lanes: int, processes: int) -> Iterator[tuple[Entry, ...]]:
    """Cuts episodes, in order, into jobs of a few per lane and alike in size, as many for each process."""
    most = max(lanes, min(4 * lanes, len(entries) // 4))
    rounds = math.ceil(len(entries) / (processes * most))
    size = math.ceil(len(entries) / (processes * rounds)) if entries else 1
    for at in range(0, len(entries), size):
        yield tuple(entries[at : at + size])


class Played(NamedTuple):
    """An attempt that ended, its packed actions, and the contents of its model calls."""

    record: EpisodeRecord
    blob: bytes
    calls: tuple[bytes, ...] = ()


class Lane:
    """One row of the stage: an environment that plays one episode after the other."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.episode: Episode | None = None
        self.entry: Entry | None = None
        self.queue: deque[Entry] = deque()
        self.places: list[tuple[Group, View, int]] = []  # by seat: who acts there, by which view, in which row
        self.answers: list[Any] = []  # of the seats whose turn it is

    def start(self, spec: EnvSpec, entry: Entry, env: Any) -> None:
        """Makes ready for an episode; `env` is taken where there is none yet."""
        self.entry = entry
        if self.episode is None:
            self.episode = Episode(spec, env)
            self.step = self.episode.env_step  # looked up once: the hot path
            self.action_spaces = [seat_spaces(self.episode.env, agent)[1] for agent in self.episode.agents]
        self.actions: list[list[Any]] = [[] for _ in range(self.episode.seats)]
        self.order: list[int] = []
        self.retried = self.defaulted = 0
        self.agent_s = self.env_s = 0.0
        self.began = time.perf_counter()

    @property
    def playing(self) -> Episode:
        """The episode that runs in it."""
        assert self.episode is not None
        return self.episode

    def drop(self) -> None:
        """Forgets an environment that raised: its state cannot be trusted."""
        if self.episode is not None:
            close(self.episode)
            self.episode = None


def close(what: Episode | Agent) -> None:
    """Closes an environment or an agent, whose results are in: what it raises must not take the others' down."""
    try:
        what.close()
    except FAULTS as error:
        print(f"closing {type(what).__name__} raised {explain(error)}")
