"""Paired measurements: in every round each way to run the harness, between two measurements of the raw loop."""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from arena.agent import resolve_agent
from arena.bench.raw import Raw, RawCores
from arena.errors import ArenaError
from arena.job import Entry, Job, cut
from arena.record import EpisodeRecord
from arena.recording import RunWriter
from arena.registry import find, missing
from arena.sandbox.levels import boxed
from arena.spec import EnvSpec
from arena.vector.pool import Pool, Request

__all__ = ["SUBJECTS", "Measured", "Runner", "Subject", "measure"]

_CHUNK_S = 2.0  # of each measurement in a round


class Subject(NamedTuple):
    """An environment and an agent whose throughput is measured; `native`: by its native twin."""

    name: str
    env_id: str
    agent: str
    native: bool = False


SUBJECTS = (
    Subject("CartPole, 64x64 MLP", "classic/CartPole-v1", "ppo"),
    Subject("CartPole, 64x64 MLP, native", "classic/CartPole-v1", "ppo", native=True),
    Subject("HalfCheetah, 64x64 MLP", "mujoco/HalfCheetah-v5", "ppo"),
    Subject("HalfCheetah, 64x64 MLP, native", "mujoco/HalfCheetah-v5", "ppo", native=True),
    Subject("DoorKey, random", "minigrid/DoorKey-5x5-v0", "random"),
    Subject("Crafter, random", "crafter/Reward-v0", "random"),
    Subject("NetHack, random", "nle/Score-v0", "random"),
    Subject("ConnectFour, two random", "boardgames/ConnectFour-v0", "random"),
    Subject("ConnectFour, two random, native", "boardgames/ConnectFour-v0", "random", native=True),
    Subject("SimpleSpread, three random", "mpe/SimpleSpread-v0", "random"),
    Subject("Shop, random", "web/Shop-v0", "random"),
    Subject("Quest, random", "text/Quest-v0", "random"),
)


class Measured(NamedTuple):
    """What was measured of a subject: medians over the rounds.

    Fields:
        raw: steps a second of one core that only steps the environment.
        raw_cores: of as many as there are workers, each with such a loop, at the same time.
        rates: steps a second of the harness (records, actions and digests on) by mode.
        ratios: by mode, the median over rounds of the rate divided by the raw rate just before and after it (their
            mean) times the cores it has: the machine's speed may drift within seconds.
        lanes: rows of the agent's batches.
    """

    subject: Subject
    lanes: int
    raw: float
    raw_cores: float
    rates: dict[str, float]
    ratios: dict[str, float]


def measure(
    subject: Subject, modes: Sequence[str], workers: int, rounds: int, progress: Callable[[], None] = lambda: None
) -> Measured:
    """Measures one subject.

    Args:
        modes: of "one" (one worker), "replica" (all workers, each with the agent), "central" (one agent, all workers
            step), "boxed" (as replica, the agent in a sandbox).

    Raises:
        ArenaError: the environment cannot run here.
    """
    spec = find(subject.env_id)
    if lacking := missing(spec):
        raise ArenaError(lacking)
    if not subject.native:
        spec = dataclasses.replace(spec, native="")
    raw, raw_cores = Raw(spec), RawCores(spec, workers)
    runners = {mode: Runner(spec, subject.agent, mode, workers) for mode in modes}
    cores = {mode: 1 if mode == "one" else workers for mode in modes}
    raws: list[float] = []
    together: list[float] = []
    rates: dict[str, list[float]] = {mode: [] for mode in modes}
    ratios: dict[str, list[float]] = {mode: [] for mode in modes}
    try:
        for runner in runners.values():
            runner.calibrate()
        for _ in range(rounds):
            together.append(raw_cores.steps_per_s(_CHUNK_S / 2))
            raws.append(raw.steps_per_s(_CHUNK_S / 2))
            for mode, runner in runners.items():
                rates[mode].append(runner.steps_per_s())
                raws.append(raw.steps_per_s(_CHUNK_S / 2))
                ratios[mode].append(rates[mode][-1] / (statistics.mean(raws[-2:]) * cores[mode]))
                progress()
    finally:
        raw.close()
        raw_cores.close()
        for runner in runners.values():
            runner.close()
    medians = [{mode: statistics.median(found) for mode, found in by_mode.items()} for by_mode in (rates, ratios)]
    return Measured(subject, spec.lanes, statistics.median(raws), statistics.median(together), *medians)


class Runner:
    """The harness in one mode: its workers stay, so that no measurement holds their start."""

    def __init__(self, spec: EnvSpec, agent: str, mode: str, workers: int) -> None:
        self._spec = spec
        ref = resolve_agent(agent)
        self._lineup = (boxed(ref, asked="auto") if mode == "boxed" else ref,)
        self._hosts = workers if mode == "central" else 0
        self._processes = 1 if mode in ("one", "central") else workers
        self._pool = Pool(self._processes)
        self._folder = tempfile.TemporaryDirectory()
        self._writer = RunWriter(Path(self._folder.name) / "run", _manifest(spec))
        self._played = 0
        self._waves = 1  # episodes per lane and process in a measurement

    def calibrate(self) -> None:
        """Starts everything, and finds how many episodes fill a measurement."""
        self._play(1)
        _, seconds = self._play(1)
        self._waves = max(1, round(_CHUNK_S / seconds))

    def steps_per_s(self) -> float:
        """Returns how many steps a second are played and recorded."""
        steps, seconds = self._play(self._waves)
        return steps / seconds

    def close(self) -> None:
        """Ends the workers and forgets the record."""
        self._pool.__exit__()
        self._writer.close()
        self._folder.cleanup()

    def _play(self, waves: int) -> tuple[int, float]:
        requests = deque(self._requests(waves))
        began, steps = time.perf_counter(), 0
        for event in self._pool.run(requests):
            if event.loss is not None:
                raise ArenaError(f"{self._spec.id}: a worker was lost: {event.loss.detail}")
            if event.header["is"] == "played":
                record = EpisodeRecord.from_json(event.header["record"])
                if record.cause != "completed":
                    raise ArenaError(f"{self._spec.id}: an episode ended with {record.cause}: {record.detail}")
                steps += self._writer.append(record, event.body).length
        return steps, time.perf_counter() - began

    def _requests(self, waves: int) -> Iterator[Request]:
        lanes, seats = self._spec.lanes, (0,) * self._spec.seats
        entries = []
        for k in range(lanes * waves * self._processes):
            number = self._played = self._played + 1
            entries.append(Entry(number, str(number), number, k % lanes, seats))
        for part in cut(entries, lanes, self._processes):
            job = Job(self._spec, self._lineup, lanes, "cpu", part, self._hosts)
            yield Request({"do": "play", "job": job.to_json()})


def _manifest(spec: EnvSpec) -> dict[str, object]:
    """Returns the least that a record's folder asks for; this one is thrown away."""
    specs = {spec.id: spec.to_json()}
    return {"run_id": "bench", "agent": {}, "suite": {}, "schedule": [], "specs": specs}
