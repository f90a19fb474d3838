"""A run as read back from its record (arena.record): its episodes as tables, its counts, how far it was verified."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.errors import RecordError
from arena.outcome import OUTCOMES
from arena.record import (
    BLOBS,
    CALLS,
    MANIFEST,
    ROWS,
    SCHEMA_VERSION,
    VERIFICATIONS,
    EpisodeRecord,
    canonical,
    chained,
    counted,
    settle,
    write_whole,
)
from arena.spec import EnvSpec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Run", "chain_end", "find_runs", "load_run", "read_run"]

_KEYS = {"run_id", "agent", "suite", "schedule", "specs"}  # of a manifest


@dataclass(frozen=True)
class Run:
    """A run as read back.

    Attributes:
        path, manifest: where it lies and what was run.
        records: every attempt in the order it was written.
        head: digest of the last line; it fixes everything before.
        is_ended: whether the closing line is there.
        rows_size: bytes of rows.jsonl that are whole lines; the rest was cut by a kill.
    """

    path: Path
    manifest: dict[str, Any]
    records: tuple[EpisodeRecord, ...]
    head: str
    is_ended: bool
    rows_size: int

    @property
    def id(self) -> str:
        """The run's content address: agent, opponents, suite, seeds, versions."""
        return str(self.manifest["run_id"])

    @cached_property
    def specs(self) -> dict[str, EnvSpec]:
        """The specs as they were when it ran, by environment id."""
        return {env_id: EnvSpec.from_json(data) for env_id, data in self.manifest["specs"].items()}

    @cached_property
    def settled(self) -> dict[int, EpisodeRecord]:
        """By schedule position: the attempt that settles it (a measurement, or the last one allowed)."""
        return settle(self.records)

    @property
    def n_scheduled(self) -> int:
        """How many episodes the schedule holds."""
        return len(self.manifest["schedule"])

    @property
    def is_complete(self) -> bool:
        """Whether every scheduled episode is settled."""
        return len(self.settled) == self.n_scheduled

    @cached_property
    def episodes(self) -> pd.DataFrame:
        """One row per settled episode, in schedule order."""
        return _frame([self.settled[index] for index in sorted(self.settled)])

    @cached_property
    def attempts(self) -> pd.DataFrame:
        """One row per attempt, in the order they were written."""
        return _frame(self.records)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """By environment: n_ok, n_agent_fail, n_infra, n_pending and their sum n_scheduled."""
        import pandas as pd

        rows: dict[str, dict[str, int]] = {}
        for index, entry in enumerate(self.manifest["schedule"]):
            row = rows.setdefault(
                entry["env_id"], dict.fromkeys(("n_ok", "n_agent_fail", "n_infra", "n_pending", "n_scheduled"), 0)
            )
            row["n_scheduled"] += 1
            row[counted(self.settled.get(index))] += 1
        for row in rows.values():
            assert row["n_ok"] + row["n_agent_fail"] + row["n_infra"] + row["n_pending"] == row["n_scheduled"]
        return pd.DataFrame.from_dict(rows, orient="index")

    @cached_property
    def level(self) -> str:
        """How far it was verified: "reported", "replayed" or "replayed (numeric)"; a changed record falls back."""
        level = "reported"
        for found in self.findings:
            if found["head"] == self.head:
                level = found["level"]
        return level

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What verifications found, in order.

        Raises:
            RecordError: the file that holds them is damaged.
        """
        path = self.path / VERIFICATIONS
        try:
            found = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
            if not all(isinstance(row, dict) and {"head", "level"} <= row.keys() for row in found):
                raise ValueError("a line does not say which chain head reached which level")
            return found
        except (OSError, ValueError) as error:
            raise RecordError(f"{path} is damaged: {error}; remove it and verify again") from error

    def add_finding(self, finding: Mapping[str, Any]) -> None:
        """Appends what a verification found.

        Raises:
            OSError: the folder cannot be written.
        """
        lines = "".join(f"{canonical(row)}\n" for row in (*self.findings, finding))
        write_whole(self.path / VERIFICATIONS, lines.encode())

    def blob(self, record: EpisodeRecord) -> bytes:
        """Returns an episode's packed actions, rewards and ticks.

        Raises:
            RecordError: the bytes are missing or were edited.
        """
        offset, length, digest = record.blob
        try:
            with (self.path / BLOBS).open("rb") as file:
                file.seek(offset)
                data = file.read(length)
        except (OSError, ValueError) as error:
            raise RecordError(f"{self.path / BLOBS} cannot be read: {error}") from error
        if length and hashlib.sha256(data).hexdigest() != digest:
            raise RecordError(f"{self.path / BLOBS}: the actions of episode {record.index} are missing or were edited")
        return data

    def call(self, digest: str) -> dict[str, Any] | None:
        """Returns a model call by its digest (fields as in arena.calls.ModelCall); None where its file was dropped.

        Raises:
            RecordError: the file was edited.
        """
        path = self.path / CALLS / f"{digest}.json"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordError(f"{path} cannot be read: {error}") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise RecordError(f"{path} was edited: its name is no longer the SHA-256 of its content")
        return dict(json.loads(content))


def find_runs(path: str | os.PathLike[str]) -> list[Path]:
    """Returns the run folders at or below a path, sorted."""
    root = Path(path)
    return sorted(manifest.parent for manifest in root.rglob(MANIFEST)) if root.is_dir() else []


def chain_end(folder: Path) -> str:
    """Returns where a run's chain ends, from its last whole line alone: that the lines before hold is not checked.

    Raises:
        RecordError: no run there, or its last line is not one of a chain.
    """
    window = 2**16  # bytes from the end, more where a line is longer
    try:
        manifest = (folder / MANIFEST).read_bytes()
        rows = folder / ROWS
        size = rows.stat().st_size if rows.exists() else 0
        lines: list[bytes] = []
        while size and len(lines) < 2:
            with rows.open("rb") as file:
                file.seek(max(0, size - window))
                tail = file.read()
            lines = tail[: tail.rfind(b"\n") + 1].splitlines()
            if window >= size:
                break
            window *= 16
        if not lines:
            return hashlib.sha256(manifest).hexdigest()
        return chained(json.loads(lines[-1])["prev"], lines[-1].decode())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{folder} is no run, or its last line is damaged: {error!r}") from error


def load_run(path: str | os.PathLike[str]) -> Run:
    """Reads a run and checks its chain.

    Raises:
        RecordError: no run there, another schema, or a line that was edited, removed or put in; names the line.

    Example:
        >>> load_run("results/random-quick").episodes[["env_id", "score"]]  # doctest: +SKIP
    """
    folder = Path(path)
    try:
        manifest = (folder / MANIFEST).read_bytes()
        rows = (folder / ROWS).read_bytes() if (folder / ROWS).exists() else b""
    except FileNotFoundError:
        raise RecordError(f"no run at {str(path)!r}: there is no {MANIFEST}") from None
    except OSError as error:
        raise RecordError(f"{folder / MANIFEST} cannot be read: {error}") from error
    return read_run(folder, manifest, rows)


def read_run(folder: Path, manifest_file: bytes, rows: bytes) -> Run:
    """Reads a run from the bytes of its manifest and its rows and checks their chain; `folder` is where they lie.

    Raises:
        RecordError: as `load_run`.
    """
    try:
        manifest = json.loads(manifest_file)
    except ValueError as error:
        raise RecordError(f"{folder / MANIFEST} cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("schema_version") != SCHEMA_VERSION:
        found = manifest.get("schema_version") if isinstance(manifest, dict) else None
        raise RecordError(f"{folder} has record schema {found!r}; this Arena reads schema {SCHEMA_VERSION}")
    if lacking := sorted(_KEYS - set(manifest)):
        raise RecordError(f"{folder / MANIFEST} lacks {', '.join(lacking)}")
    head, ended, records, size = hashlib.sha256(manifest_file).hexdigest(), False, [], 0
    whole = rows[: rows.rfind(b"\n") + 1]
    for number, line in enumerate(whole.splitlines(), 1):
        where = f"{folder / ROWS}, line {number}"
        try:
            row = json.loads(line)
            if row["prev"] != head or canonical(row).encode() != line:
                raise RecordError(
                    f"{where}: the chain is broken: this line, the one before or the manifest was edited, "
                    "removed or added"
                )
            if ended:
                raise RecordError(f"{where}: a line after the closing one")
            if row["kind"] == "episode":
                record = EpisodeRecord.from_json(row)
                if record.cause not in OUTCOMES:
                    raise RecordError(f"{where}: unknown cause {record.cause!r}")
                records.append(record)
            elif row["kind"] == "end" and row["rows"] == len(records):
                ended = True
            else:
                raise RecordError(f"{where}: expected an episode, or the closing line of {len(records)} rows")
        except (ValueError, KeyError, TypeError) as error:
            raise RecordError(f"{where}: not a row: {error!r}") from error
        head = chained(head, line.decode())
        size += len(line) + 1
    return Run(folder, manifest, tuple(records), head, ended, size)


def _frame(records: Sequence[EpisodeRecord]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for record in records:
        row = dict(vars(record))
        seats = [seat for seat, agent in enumerate(record.seating) if agent == 0]
        outcome = OUTCOMES[record.cause]
        # an opponent's failure is not the evaluated agent's: it won by forfeit
        row["whose"] = "" if outcome.whose == "agent" and record.at_fault != 0 else outcome.whose
        row["measurement"] = outcome.measurement
        row["score"] = float(np.mean([record.scores[seat] for seat in seats])) if record.scores else float("nan")
        given = [record.metrics[seat] for seat in seats if record.metrics]
        row["metrics"] = {
            k: float(np.mean([m[k] for m in given if k in m])) for k in sorted({k for m in given for k in m})
        }
        row.update({name: row["timing"].get(name, float("nan")) for name in ("wall_s", "agent_s", "env_s")})
        row.update(_spent(record, seats))
        for name in _UNFRAMED:
            del row[name]
        rows.append(row)
    columns = [f.name for f in dataclasses.fields(EpisodeRecord) if f.name not in _UNFRAMED]
    columns += ["whose", "measurement", "score", "wall_s", "agent_s", "env_s"]
    return pd.DataFrame(rows, columns=[*columns, *_SPENT] if any(record.usage for record in records) else columns)


_UNFRAMED = ("timing", "blob", "calls", "usage")
_SPENT = ("model_calls", "tokens", "money", "model_s")  # columns of a run in which an agent called a model


def _spent(record: EpisodeRecord, seats: Sequence[int]) -> dict[str, float]:
    """Returns what the model calls of some seats come to; NaN where a part of a sum is unknown."""
    if not record.usage:
        return {}

    def total(*names: str) -> float:
        parts = [record.usage[seat][name] for seat in seats for name in names]
        return sum(float("nan") if part is None else part for part in parts)

    tokens = total("tokens_in", "tokens_out")
    return {
        "model_calls": total("calls"),
        "tokens": tokens,
        "money": total("money"),
        "model_s": total("latency_s"),
    }
