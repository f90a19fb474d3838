"""The store's tables, and the numbered steps that bring an older store to them."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sql

from arena.errors import ArenaError

__all__ = ["EPISODES", "RUNS", "STEPS", "VERSION", "migrate"]

METADATA = sql.MetaData()
VERSION = sql.Table("arena_store", METADATA, sql.Column("version", sql.Integer, nullable=False))
RUNS = sql.Table(
    "runs",
    METADATA,
    sql.Column("run_id", sql.String, primary_key=True),
    sql.Column("head", sql.String, nullable=False),  # of its chain
    sql.Column("n_rows", sql.Integer, nullable=False),
    sql.Column("path", sql.String, nullable=False),
    sql.Column("created", sql.String, nullable=False),
    sql.Column("suite", sql.String, nullable=False),
    sql.Column("split", sql.String, nullable=False),
    sql.Column("agent", sql.String, nullable=False),
    sql.Column("digest", sql.String, nullable=False),  # of the agent
    sql.Column("level", sql.String, nullable=False),
    sql.Column("manifest", sql.LargeBinary, nullable=False),  # the file
    sql.Column("rows", sql.LargeBinary, nullable=False),  # the file's whole lines, zlib
    sql.Column("findings", sql.Text, nullable=False),  # the file of verifications
)
EPISODES = sql.Table(
    "episodes",
    METADATA,
    sql.Column("run_id", sql.String, sql.ForeignKey("runs.run_id"), primary_key=True),
    sql.Column("position", sql.Integer, primary_key=True),  # in the record
    sql.Column("env_id", sql.String, nullable=False),
    sql.Column("digest", sql.String, nullable=False),  # of the agent
    sql.Column("seed", sql.BigInteger, nullable=False),
    sql.Column("attempt", sql.Integer, nullable=False),
    sql.Column("cause", sql.String, nullable=False),
    sql.Column("counts", sql.Boolean, nullable=False),  # settled, and a measurement
    sql.Column("score", sql.Double),
    sql.Column("length", sql.Integer, nullable=False),
    sql.Column("wall_s", sql.Double),
    sql.Column("agent_s", sql.Double),
    sql.Column("env_s", sql.Double),
)


def _tables(connection: sql.Connection) -> None:
    METADATA.create_all(connection)
    connection.execute(VERSION.insert(), {"version": 0})


def _scores_by_environment(connection: sql.Connection) -> None:
    connection.execute(
        sql.text("CREATE INDEX scores_by_environment ON episodes (env_id, counts, digest, run_id, seed, score)")
    )


STEPS: tuple[Callable[[sql.Connection], None], ...] = (_tables, _scores_by_environment)  # a new step goes at the end


def migrate(connection: sql.Connection, *, create: bool) -> None:
    """Takes the steps that the store lacks, in the caller's transaction; `create` allows the first one.

    Raises:
        ArenaError: there is no store, or it has taken steps that this Arena does not know.
    """
    has_store = sql.inspect(connection).has_table(VERSION.name)
    if not has_store and not create:
        raise ArenaError("the database holds no store; make it with: arena index --store URL")
    version = connection.execute(sql.select(VERSION.c.version)).scalar_one() if has_store else 0
    if version > len(STEPS):
        raise ArenaError(
            f"the store has schema {version}, this Arena knows {len(STEPS)}; update Arena, or index into a new store"
        )
    for step in STEPS[version:]:
        step(connection)
    if version < len(STEPS):
        connection.execute(VERSION.update().values(version=len(STEPS)))
