"""The store: an index of run records in SQLite, or PostgreSQL by URL, from which the same board is made.

`runs` holds a run whole: its manifest and its rows, byte for byte (rows compressed), so that reading it back checks the
same hash chain as reading its folder, and what verifications found. `episodes` holds a line per attempt with the
columns that are asked for. A run is one line however often and from wherever it is indexed: of two records of one run
the one with more rows is kept, so that the order of indexing changes nothing. It is written in one transaction or not
at all. A store can be deleted and made again from the records at any time.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import sqlalchemy as sql

from arena.errors import ArenaError, RecordError
from arena.leaderboard.runs import precedence
from arena.leaderboard.store_schema import EPISODES, RUNS, migrate
from arena.outcome import OUTCOMES
from arena.record import MANIFEST, ROWS, VERIFICATIONS, EpisodeRecord
from arena.run import Run, chain_end, load_run, read_run

__all__ = ["Indexed", "Store", "StoredRun"]

CHUNK = 20_000  # episode lines per statement
WAIT_S = 60  # for another process that writes to the same SQLite file
Indexed = Literal["added", "updated", "unchanged", "superseded"]


@dataclass(frozen=True)
class StoredRun(Run):
    """A run as read back from a store: equal to what its folder held, with what verifications had found by then."""

    stored_findings: str = ""

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What verifications had found when it was indexed last, in order."""
        return [json.loads(line) for line in self.stored_findings.splitlines()]


class Store:
    """An index of runs behind a database URL."""

    def __init__(self, url: str, *, create: bool = False) -> None:
        """Opens a store and brings it to the newest schema; with `create`, makes it where there is none.

        Raises:
            ArenaError: no database, no driver or no store there, or one that a newer Arena wrote.
        """
        self.url = url
        self._engine = _engine(url)
        file = self._engine.url.database
        if self._engine.dialect.name == "sqlite" and file and not create and not Path(file).is_file():
            raise ArenaError(f"no store at {url!r}; make it with: arena index --store {url}")
        with self._transaction(writes=create) as connection:
            migrate(connection, create=create)

    def close(self) -> None:
        """Closes its connections."""
        self._engine.dispose()

    def index(self, folder: Path) -> Indexed:
        """Takes in a run's folder. One whose chain ends as it did before is not read again, only its findings are.

        Returns "superseded" where the store holds a fuller record of the same run.

        Raises:
            RecordError: the record is broken; names it. The store is then as it was.
        """
        found = _Folder(folder)
        with self._transaction(writes=True) as connection:
            about = (RUNS.c.run_id, RUNS.c.head, RUNS.c.manifest, RUNS.c.findings, RUNS.c.path)
            query = sql.select(*about).where(RUNS.c.head == chain_end(folder))
            if (same := connection.execute(query).first()) and same.manifest == found.manifest:
                if found.precedence <= precedence(same.findings, same.path):
                    return "unchanged"
                changed = {"findings": found.findings, "path": str(folder), "level": found.level(same.head)}
                connection.execute(RUNS.update().where(RUNS.c.run_id == same.run_id).values(changed))
                return "updated"
        run = load_run(folder)
        with self._transaction(writes=True) as connection:
            stage = sql.select(RUNS.c.n_rows, RUNS.c.head).where(RUNS.c.run_id == run.id)
            known = connection.execute(stage).first()
            if known and (known.n_rows, known.head) > (len(run.records), run.head):
                return "superseded"
            connection.execute(EPISODES.delete().where(EPISODES.c.run_id == run.id))
            connection.execute(RUNS.delete().where(RUNS.c.run_id == run.id))
            connection.execute(RUNS.insert(), _run_line(run, found))
            lines = _episode_lines(run)
            while chunk := list(islice(lines, CHUNK)):
                connection.execute(EPISODES.insert(), chunk)
        return "updated" if known else "added"

    def runs(self) -> list[Run]:
        """Returns all runs, by id.

        Raises:
            RecordError: a run was edited in the store.
        """
        found: list[Run] = []
        with self._transaction() as connection:
            for line in connection.execute(sql.select(RUNS).order_by(RUNS.c.run_id)):
                run = read_run(Path(line.path), line.manifest, zlib.decompress(line.rows))
                if run.head != line.head:
                    raise RecordError(f"{self.url}: run {line.run_id} was edited; delete the store and index again")
                values = {field.name: getattr(run, field.name) for field in fields(Run)}
                found.append(StoredRun(**values, stored_findings=line.findings))
        return found

    def scores(self, env_id: str) -> pd.DataFrame:
        """Returns digest (of the agent), run, seed and score of every measured episode of an environment, in order."""
        columns = [EPISODES.c[name] for name in ("digest", "run_id", "seed", "score")]
        query = sql.select(*columns).where(EPISODES.c.env_id == env_id, EPISODES.c.counts.is_(True)).order_by(*columns)
        with self._transaction() as connection:
            rows = map(tuple, connection.execute(query))  # pandas takes long over SQLAlchemy's own rows
            return pd.DataFrame(rows, columns=["digest", "run", "seed", "score"])

    @contextmanager
    def _transaction(self, *, writes: bool = False) -> Iterator[sql.Connection]:
        """One transaction: what is done in it happens whole or, if anything raises, not at all."""
        try:
            with self._engine.execution_options(writes=writes).begin() as connection:
                yield connection
        except sql.exc.DBAPIError as error:
            raise ArenaError(f"{self.url}: {error.orig}") from error


def _engine(url: str) -> sql.Engine:
    try:
        is_sqlite = sql.make_url(url).get_backend_name() == "sqlite"
        engine = sql.create_engine(url, connect_args={"timeout": WAIT_S} if is_sqlite else {})
    except sql.exc.ArgumentError as error:
        raise ArenaError(f"{url!r} is not a store's URL; expected say 'sqlite:///board.db' ({error})") from error
    except ModuleNotFoundError as error:
        raise ArenaError(
            f"{url!r} needs the driver {error.name!r}: pip install 'arena-bench[postgresql]' "
            "and a URL that begins with postgresql+psycopg://"
        ) from error
    if is_sqlite:  # whose driver would otherwise leave the making of tables out of transactions
        sql.event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
        sql.event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: sql.Connection) -> None:
    """Begins in SQLite: a writer waits for its turn at once, a reader needs no right to write."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options()["writes"] else "BEGIN")


class _Folder:
    """What lies in a run's folder beside its rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.manifest = (path / MANIFEST).read_bytes()
            file = path / VERIFICATIONS
            self.findings = file.read_text() if file.exists() else ""
            self._levels = [(line["head"], line["level"]) for line in map(json.loads, self.findings.splitlines())]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordError(f"{path}: the manifest or the verifications cannot be read: {error!r}") from error

    @property
    def precedence(self) -> tuple[int, str, tuple[int, ...]]:
        return precedence(self.findings, str(self.path))

    def level(self, head: str) -> str:
        return next((level for of, level in reversed(self._levels) if of == head), "reported")


def _run_line(run: Run, folder: _Folder) -> dict[str, Any]:
    manifest = run.manifest
    return {
        "run_id": run.id,
        "head": run.head,
        "n_rows": len(run.records),
        "path": str(folder.path),
        "created": str(manifest.get("created", "")),
        "suite": manifest["suite"]["name"],
        "split": manifest.get("split", ""),
        "agent": manifest["agent"]["name"],
        "digest": manifest["agent"]["digest"],
        "level": folder.level(run.head),
        "manifest": folder.manifest,
        "rows": zlib.compress((folder.path / ROWS).read_bytes()[: run.rows_size] if run.rows_size else b"", 1),
        "findings": folder.findings,
    }


def _episode_lines(run: Run) -> Iterator[dict[str, Any]]:
    settled = {id(record) for record in run.settled.values()}
    digest = run.manifest["agent"]["digest"]
    for position, record in enumerate(run.records):
        yield {
            "run_id": run.id,
            "position": position,
            "env_id": record.env_id,
            "digest": digest,
            "seed": record.seed,
            "attempt": record.attempt,
            "cause": record.cause,
            "counts": id(record) in settled and OUTCOMES[record.cause].measurement,
            "score": _score(record),
            "length": record.length,
            **{name: record.timing.get(name) for name in ("wall_s", "agent_s", "env_s")},
        }


def _score(record: EpisodeRecord) -> float | None:
    """Returns the evaluated agent's score as `Run.episodes` has it, or None where it is not a finite number."""
    scores = [score for score, agent in zip(record.scores, record.seating, strict=True) if agent == 0]
    if len(scores) != 1:  # numpy's mean of a single score would take a tenth of the time of indexing
        scores = [float(np.mean(scores)) if scores else math.nan]
    return scores[0] if math.isfinite(scores[0]) else None
