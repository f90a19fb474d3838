"""Writing a run's record (arena.record): appends under a lock, goes on where a killed run ended."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.errors import RecordError
from arena.record import (
    BLOBS,
    CALLS,
    LOG,
    MANIFEST,
    ROWS,
    SCHEMA_VERSION,
    EpisodeRecord,
    canonical,
    chained,
    counted,
    settle,
    write_whole,
)
from arena.run import load_run

__all__ = ["RunWriter"]

_OPTIONAL = ("calls", "usage")  # fields that a row has only where an agent called a model


class RunWriter:
    """Appends to one run's record; holds the run's lock, so that two processes never write one run."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        """Creates the folder, or opens it to resume when it holds the same run.

        Raises:
            RecordError: the folder holds another run, a damaged one, or one that another process is writing.
        """
        self.folder = folder
        self.records: list[EpisodeRecord] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._rows = (folder / ROWS).open("ab", buffering=0)
            self._blobs = (folder / BLOBS).open("ab", buffering=0)
        except OSError as error:
            raise RecordError(f"cannot write a record to {folder}: {error}") from error
        try:
            self._resume(manifest)
        except BaseException:
            self._rows.close()
            self._blobs.close()
            raise

    def _resume(self, manifest: Mapping[str, Any]) -> None:
        """Takes the lock, writes the manifest if there is none, and goes on where the record ends."""
        folder = self.folder
        try:
            fcntl.flock(self._rows, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RecordError(
                f"{folder} is being written by another process; wait for it or choose another --out"
            ) from error
        if not (folder / MANIFEST).exists():
            with self._telling():
                write_whole(folder / MANIFEST, canonical({**manifest, "schema_version": SCHEMA_VERSION}).encode())
        run = load_run(folder)
        if run.id != manifest["run_id"]:
            raise RecordError(f"{folder} holds run {run.id}, not {manifest['run_id']}")
        self.records = list(run.records)
        self.is_ended = run.is_ended
        self._head = run.head
        self._offset = max((r.blob[0] + r.blob[1] for r in self.records), default=0)
        if (size := (folder / BLOBS).stat().st_size) < self._offset:
            raise RecordError(f"{folder / BLOBS} was cut: it has {size} bytes of {self._offset}; remove the folder")
        os.truncate(folder / ROWS, run.rows_size)
        os.truncate(folder / BLOBS, self._offset)

    def append(self, record: EpisodeRecord, blob: bytes, calls: Sequence[bytes] = ()) -> EpisodeRecord:
        """Appends one attempt, after its model calls' contents, and returns it with its place in the blobs.

        Raises:
            RecordError: the disk is full or the folder cannot be written; what was appended before is intact.
        """
        if blob:
            place = (self._offset, len(blob), hashlib.sha256(blob).hexdigest())
            record = EpisodeRecord(**{**vars(record), "blob": place})  # what `replace` does, in half the time
            self._write(self._blobs, blob)
            self._offset += len(blob)
        for content in calls:
            self._keep(content)
        row = {name: value for name, value in vars(record).items() if value or name not in _OPTIONAL}
        self._line({"kind": "episode", **row})
        self.records.append(record)
        return record

    def end(self, n_scheduled: int) -> None:
        """Closes the chain of a finished run with a last line, which counts what became of every scheduled episode."""
        if not self.is_ended:
            found = Counter(counted(record) for record in settle(self.records).values())
            counts = {name: found[name] for name in ("n_ok", "n_agent_fail", "n_infra")}
            assert sum(counts.values()) == n_scheduled, (counts, n_scheduled)
            counts["n_scheduled"] = n_scheduled
            self._line({"kind": "end", "rows": len(self.records), "counts": counts})
            self.is_ended = True

    def _keep(self, content: bytes) -> None:
        """Writes a model call's content under its digest, whole or not at all; one that is there stays as it is."""
        path = self.folder / CALLS / f"{hashlib.sha256(content).hexdigest()}.json"
        if path.exists():
            return
        with self._telling():
            path.parent.mkdir(exist_ok=True)
            write_whole(path, content)

    def log(self, printed: bytes) -> None:
        """Keeps what agents and environments printed, beside the record."""
        if printed:
            with self._telling(), (self.folder / LOG).open("ab", buffering=0) as file:
                self._write(file, printed)

    def close(self) -> None:
        """Flushes to the disk and releases the lock."""
        for file in (self._blobs, self._rows):
            with self._telling(), file:
                os.fsync(file.fileno())

    def _line(self, row: dict[str, Any]) -> None:
        body = canonical({**row, "prev": self._head})
        self._head = chained(self._head, body)
        self._write(self._rows, f"{body}\n".encode())

    def _write(self, file: Any, data: bytes) -> None:
        with self._telling():
            written = file.write(data)
            while written < len(data):
                written += file.write(data[written:])

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RecordError(
                f"cannot write to {self.folder}: {error.strerror}; {len(self.records)} episodes are kept: "
                "make room and run the same command again to go on"
            ) from error
