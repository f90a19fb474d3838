"""The two benchmarks: the variables of their tasks and sites, and how large their window is."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BENCHMARKS", "Benchmark"]


class Benchmark(NamedTuple):
    """A benchmark.

    Fields:
        name: of its rules in `judging.RULES`.
        variable: names a task file or a folder of them; each of `sites` is a variable that holds a site's address.
        window: width and height in pixels.
        strip: how many pixels high a task's pictures are shown above the window; 0 where tasks have none.
    """

    name: str
    variable: str
    sites: tuple[str, ...]
    window: tuple[int, int]
    strip: int


BENCHMARKS = {
    "webarena": Benchmark(
        "webarena",
        "ARENA_WEBARENA_TASKS",
        ("SHOPPING", "SHOPPING_ADMIN", "REDDIT", "GITLAB", "MAP", "WIKIPEDIA", "HOMEPAGE"),
        (1280, 720),
        0,
    ),
    "visualwebarena": Benchmark(
        "visualwebarena",
        "ARENA_VISUALWEBARENA_TASKS",
        ("CLASSIFIEDS", "SHOPPING", "REDDIT", "WIKIPEDIA", "HOMEPAGE"),
        (1280, 2048),
        256,
    ),
}
