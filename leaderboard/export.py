"""The episodes of runs as one flat table, for other tools."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from arena.errors import ArenaError
from arena.leaderboard.runs import age
from arena.run import Run

__all__ = ["episode_table", "write_episodes"]

RUN_COLUMNS = ("run", "created", "suite", "split", "agent", "digest", "level")
EPISODE_COLUMNS = (
    "env_id", "seed", "seating", "attempt", "cause", "whose", "measurement", "score", "length",
    "wall_s", "agent_s", "env_s", "metrics", "model_calls", "tokens", "money", "model_s",
)  # fmt: skip


def episode_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Returns a line per settled episode, runs oldest first and episodes in schedule order.

    Columns: run, created, suite, split, agent, digest, level; then env_id, seed, seating (agent index by seat, as
    "0 1"), attempt, cause, whose, measurement, score (NaN where it is not a measurement), length in steps, wall_s,
    agent_s, env_s, metrics as JSON, and of model calls their number, tokens, money and seconds (NaN: none, or unknown).
    """
    parts = [_run_table(run) for run in sorted(runs, key=age)]
    return pd.concat(parts, ignore_index=True).reindex(columns=[*RUN_COLUMNS, *EPISODE_COLUMNS])


def write_episodes(runs: Sequence[Run], path: Path) -> int:
    """Writes the episodes' table as the file's ending says, and returns how many there are.

    Raises:
        ArenaError: another ending, Parquet without pyarrow, or a folder that cannot be written.
    """
    if path.suffix not in (".csv", ".json", ".parquet"):
        raise ArenaError(f"cannot export to {path.name!r}: expected a name that ends in .csv, .json or .parquet")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise ArenaError("writing Parquet needs pyarrow: pip install 'arena-bench[parquet]', or export to .csv")
    table = episode_table(runs)
    try:
        if path.suffix == ".csv":
            table.to_csv(path, index=False)
        elif path.suffix == ".json":
            records = table.astype(object).where(table.notna(), None).to_dict("records")
            path.write_text(json.dumps(records, indent=1, allow_nan=False))
        else:
            table.to_parquet(path, index=False)
    except OSError as error:
        raise ArenaError(f"cannot write {path}: {error}") from error
    return len(table)


def _run_table(run: Run) -> pd.DataFrame:
    manifest = run.manifest
    about = {
        "run": run.id,
        "created": manifest["created"],
        "suite": manifest["suite"]["name"],
        "split": manifest["split"],
        "agent": manifest["agent"]["name"],
        "digest": manifest["agent"]["digest"],
        "level": run.level,
    }
    return run.episodes.assign(
        **about,
        seating=[" ".join(map(str, seats)) for seats in run.episodes["seating"]],
        metrics=[json.dumps(metrics, sort_keys=True) for metrics in run.episodes["metrics"]],
    )
