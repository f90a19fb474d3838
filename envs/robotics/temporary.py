"""A folder for temporary files that belongs to one environment while it is built."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator

__all__ = ["own_temporary_folder"]


@contextlib.contextmanager
def own_temporary_folder() -> Iterator[str]:
    """Sends what packages write into the folder for temporary files into one of their own, and removes it.

    OGBench leaves its mazes' models behind; Gymnasium-Robotics writes every maze to the same file name, so that two
    processes could read each other's.
    """
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="arena-") as folder:
        tempfile.tempdir = folder
        try:
            yield folder
        finally:
            tempfile.tempdir = before
