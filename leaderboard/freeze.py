"""Freezes the references of a new board version: `python -m arena.leaderboard.freeze`, run once, by a maintainer.

The only part of the leaderboard that reads the registry: what it writes is what every board afterwards reads.
"""

from __future__ import annotations

from pathlib import Path

from arena.leaderboard.references import to_freeze, versions
from arena.registry import find
from arena.suite import load_suite, suites

__all__ = ["freeze"]


def freeze(folder: Path) -> Path:
    """Writes the next version's file from the registered specs of all suites' tasks and returns its path."""
    version = max(versions(), default=0) + 1
    ids = {task.env for name in suites() for task in load_suite(name).tasks}
    path = folder / f"v{version}.json"
    path.write_text(to_freeze(version, map(find, sorted(ids))))
    return path


if __name__ == "__main__":
    print(freeze(Path(__file__).resolve().parent / "frozen"))
