"""The record of a run: an append-only, hash-chained folder that survives being killed at any instant.

    manifest.json        what was run: agent, suite, schedule, specs, versions, machine; written once
    rows.jsonl           one line per attempted episode, then one `end` line; each holds the digest of the line before
    blobs.bin            per episode: actions, rewards and step digests, referred to by offset, length and SHA-256
    log.txt              what agents and environments printed, at most its first 64 KiB per session
    calls/               the calls of language-model agents, one file each, named by the SHA-256 of its content
    verifications.jsonl  what `arena verify` found, and for which chain head

A run that is killed between a blob and its row leaves unreferenced bytes; one killed within a row leaves a last line
without its newline. Both are cut off when the run is resumed; nothing that was finished is lost.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.errors import RecordError
from arena.outcome import MAX_ATTEMPTS, OUTCOMES
from arena.spec import EnvSpec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EpisodeRecord", "Run", "RunWriter", "chain_end", "find_runs", "load_run", "read_run"]

SCHEMA_VERSION = 2
MANIFEST, ROWS, BLOBS, VERIFICATIONS = "manifest.json", "rows.jsonl", "blobs.bin", "verifications.jsonl"
LOG, CALLS = "log.txt", "calls"
_MANIFEST_KEYS = {"run_id", "agent", "suite", "schedule", "specs"}
_OPTIONAL = ("calls", "usage")  # fields that a row has only where an agent called a model
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
CallUsage = Mapping[str, float | None]  # by name (arena.calls.usage_of) the sum over calls; None: unknown


@dataclass(frozen=True)
class EpisodeRecord:
    """One attempt at one scheduled episode.

    Fields:
        index: position in the schedule; key: content address of what was scheduled there.
        env_id, seed, lane, seating: the schedule's; seating holds an agent index per seat, 0 = the evaluated agent.
        attempt: 1, 2, 3; an attempt cut short by a neighbour repeats its number.
        cause: how it ended (arena.outcome.OUTCOMES); detail: at most a few lines of text.
        at_fault: index of the agent that failed, -1 for none.
        scores: by seat, in the spec's metric, failure scores put in; empty when it is not a measurement.
        returns: by seat, undiscounted sums of rewards so far; length: steps; metrics: by seat, as the environment gave.
        answers_retried, answers_defaulted: unparsable answers asked again, and replaced by the view's stated default.
        digest: hex SHA-256 over all observations, rewards and ends ("" when the process died with it).
        blob: offset, length, SHA-256 in blobs.bin.
        timing: wall_s, agent_s, env_s in seconds; the only field that differs when a run is repeated, but for models.
        calls: by seat, hex SHA-256 of each model call in order; empty where no seat made one.
        usage: by seat, what its model calls sum up to.
    """

    index: int
    key: str
    env_id: str
    seed: int
    lane: int
    seating: Sequence[int]
    attempt: int
    cause: str
    detail: str = ""
    scores: Sequence[float] = ()
    returns: Sequence[float] = ()
    length: int = 0
    metrics: Sequence[Mapping[str, float]] = ()
    at_fault: int = -1
    answers_retried: int = 0
    answers_defaulted: int = 0
    digest: str = ""
    blob: tuple[int, int, str] = (0, 0, "")
    timing: Mapping[str, float] = field(default_factory=dict)
    calls: Sequence[Sequence[str]] = ()
    usage: Sequence[CallUsage] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EpisodeRecord:
        """Reads a row; what belongs to the chain alone is left out, and a missing field is an error."""
        try:
            return cls(**{k: v for k, v in data.items() if k in cls.__dataclass_fields__})
        except TypeError as error:
            raise RecordError(f"a row of schema {SCHEMA_VERSION} lacks fields: {error}") from error


def canonical(data: Any) -> str:
    """Returns JSON with one spelling: sorted keys, no spaces; NaN and infinity are errors."""
    return _CANONICAL.encode(data)


def _chained(previous: str, body: str) -> str:
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


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
                _replace(folder / MANIFEST, canonical({**manifest, "schema_version": SCHEMA_VERSION}))
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
            record = dataclasses.replace(record, blob=(self._offset, len(blob), hashlib.sha256(blob).hexdigest()))
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
            found = Counter(_counted(record) for record in settle(self.records).values())
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
            draft = path.with_suffix(".draft")
            draft.write_bytes(content)
            draft.replace(path)

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
        self._head = _chained(self._head, body)
        self._write(self._rows, f"{body}\n".encode())

    def _write(self, file: Any, data: bytes) -> None:
        view = memoryview(data)
        with self._telling():
            while view:
                view = view[file.write(view) :]

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RecordError(
                f"cannot write to {self.folder}: {error.strerror}; {len(self.records)} episodes are kept: "
                "make room and run the same command again to go on"
            ) from error


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
            row[_counted(self.settled.get(index))] += 1
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
        _replace(self.path / VERIFICATIONS, "".join(f"{canonical(row)}\n" for row in (*self.findings, finding)))

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


def _replace(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    draft = path.with_name(f".{path.name}")
    draft.write_text(text)
    draft.replace(path)


def settle(records: Iterable[EpisodeRecord]) -> dict[int, EpisodeRecord]:
    """Returns by schedule position the attempt that settles it; positions still open are absent."""
    settled: dict[int, EpisodeRecord] = {}
    for record in records:
        outcome = OUTCOMES[record.cause]
        if outcome.measurement or (outcome.whose != "cancelled" and record.attempt >= MAX_ATTEMPTS):
            settled.setdefault(record.index, record)
    return settled


def _counted(record: EpisodeRecord | None) -> str:
    if record is None:
        return "n_pending"
    outcome = OUTCOMES[record.cause]
    if not outcome.measurement:
        return "n_infra"
    return "n_agent_fail" if record.at_fault == 0 else "n_ok"


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
        return _chained(json.loads(lines[-1])["prev"], lines[-1].decode())
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
    if lacking := sorted(_MANIFEST_KEYS - set(manifest)):
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
        head = _chained(head, line.decode())
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
