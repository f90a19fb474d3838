"""What an environment costs: seconds to make one, steps per second, and memory that it does not give back."""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena.check.playing import Player
from arena.check.report import Finding, failed, measured, skipped
from arena.check.rules import fault
from arena.check.subject import Check, Clock, Subject

__all__ = ["BUILD", "COSTS", "memory_mib"]

_EPISODES = 100
_WARM = 10  # episodes after which caches and pools should have what they need
_ENOUGH = 3 * _WARM  # episodes to tell a leak from a cache; for them the check may take its time
_PATIENCE = 4.0  # times over
_LEAK_MIB = 8.0  # that both halves of what follows must each have grown by before it counts as a leak
_STEPS = 50  # of an episode that is played for its memory


def check_build(subject: Subject) -> Iterator[Finding]:
    """Makes an instance, and another one: the first also imports what it needs."""
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        try:
            env = subject.build()
        except Exception as error:
            do = "See what it needs: 'arena envs ID'."
            yield failed("build", "", fault(error), f"{subject.spec.entry_point} to return an environment", do)
            return
        seconds.append(time.perf_counter() - began)
        env.close()
    yield measured("build", seconds=seconds[1], first=seconds[0])


class _Timed:
    """An environment whose steps are timed."""

    def __init__(self, env: Any) -> None:
        self._env = env
        self.count, self.seconds = 0, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)

    def step(self, action: Any) -> Any:
        began = time.perf_counter()
        came = self._env.step(action)
        self.seconds += time.perf_counter() - began
        self.count += 1
        return came


def check_speed(subject: Subject) -> Iterator[Finding]:
    """Steps per second of the environment alone (joint steps where seats move together), on random legal actions."""
    timed = _Timed(subject.player.episode.env)
    player, clock = Player(subject.spec, timed), subject.clock(0.05)
    for seed in range(1, 1000):
        for _ in player.steps(seed):
            if clock.is_over and timed.count > 10:
                break
        if clock.is_over:
            break
    yield measured("speed", **{"steps/s": timed.count / max(timed.seconds, 1e-9), "steps": timed.count})


def check_memory(subject: Subject) -> Iterator[Finding]:
    """Plays up to 100 short episodes and looks at whether memory keeps growing when everything is warm."""
    player, clock = subject.player, subject.clock(0.15)
    sizes = []
    for seed in range(1, _EPISODES + 1):
        _play_shortly(player, seed, Clock(clock.seconds / _EPISODES))
        sizes.append(memory_mib())
        if clock.is_over and (len(sizes) >= _ENOUGH or clock.spent > _PATIENCE * clock.seconds):
            break
    if len(sizes) < _ENOUGH:
        yield skipped("memory", f"{len(sizes)} episodes within the time, too few to tell a leak from a cache")
        return
    gc.collect()
    middle = (_WARM + len(sizes)) // 2
    halves = sizes[middle] - sizes[_WARM], memory_mib() - sizes[middle]
    growth = 100 * sum(halves) / (len(sizes) - _WARM)
    if min(halves) > _LEAK_MIB:
        came = f"{sum(halves):.0f} MiB more after {len(sizes) - _WARM} further episodes"
        do = "Let go of what an episode held in reset: lists, figures, viewers, engine handles."
        yield failed("memory", f"episodes {_WARM} to {len(sizes)}", came, "memory that stays about the same", do)
        return
    yield measured("memory", **{"MiB in 100 episodes": round(growth, 2), "episodes": len(sizes), "MiB": sizes[-1]})


def _play_shortly(player: Player, seed: int, clock: Clock) -> None:
    for played in player.steps(seed):
        if played.length >= _STEPS or (clock.is_over and played.length):
            return


def memory_mib() -> float:
    """Returns the resident memory of this process and those it started (a runtime's host), in MiB."""
    if sys.platform != "linux":
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
    return sum(map(_resident, _family(os.getpid()))) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:  # it has ended
        return 0


def _family(pid: int) -> list[int]:
    try:
        children = [
            int(word) for file in Path(f"/proc/{pid}/task").glob("*/children") for word in file.read_text().split()
        ]
    except OSError:
        children = []
    return [pid, *(one for child in children for one in _family(child))]


BUILD = Check(("build",), check_build)
COSTS = (Check(("speed",), check_speed), Check(("memory",), check_memory))
