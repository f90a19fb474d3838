"""What the board reads of one run: its age, scores, counts and cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from arena.leaderboard.intervals import Floats
from arena.leaderboard.rows import Cost
from arena.leaderboard.suite_statistics import normalise
from arena.run import Run
from arena.spec import EnvSpec

__all__ = [
    "age",
    "cost_of",
    "counts_of",
    "flaw_of",
    "measured",
    "normalised_episodes",
    "opponents",
    "precedence",
    "scores_of",
]

COUNTS = ("n_ok", "n_agent_fail", "n_infra", "n_pending", "n_scheduled")


def age(run: Run) -> tuple[str, str, int, str]:
    """Returns the key by which runs are sorted, oldest first."""
    return str(run.manifest["created"]), run.id, len(run.episodes), run.head


def opponents(run: Run, env_id: str) -> str:
    """Returns the digests of the agents at the other seats, in order, as one text; "" without opponents."""
    return " ".join(who["digest"] for who in run.manifest["opponents"].get(env_id, ()))


def precedence(findings: str, path: str) -> tuple[int, str, tuple[int, ...]]:
    """Returns the key of which the highest copy of one record is shown: verified more often, else first by path.

    `findings` has a line for each verification.
    """
    return findings.count("\n"), findings, tuple(-ord(letter) for letter in path)


def flaw_of(run: Run) -> str:
    """Returns why a run cannot be on a board at all, or ""."""
    measured = run.episodes[run.episodes["measurement"].astype(bool)]
    bad = int((~np.isfinite(measured["score"].to_numpy(dtype=float))).sum())
    return f"{bad} measured scores are not finite numbers" if bad else ""


def scores_of(run: Run, env_id: str) -> Floats:
    """Returns the raw scores of a run's measured episodes in one environment, by seed."""
    rows = measured(run, [env_id])
    order = np.lexsort((rows["index"].to_numpy(), rows["seed"].to_numpy()))
    return rows["score"].to_numpy(dtype=np.float64)[order]


def normalised_episodes(run: Run, spec: EnvSpec) -> Floats:
    """Returns the normalised scores of a run's measured episodes in one environment, by seed."""
    assert spec.random is not None and spec.expert is not None
    return normalise(scores_of(run, spec.id), spec.random.value, spec.expert.value)


def counts_of(run: Run, tasks: Iterable[str]) -> dict[str, int]:
    """Returns how many of some tasks' episodes ended how, and how many were scheduled."""
    mine = run.counts.reindex([task for task in tasks if task in run.counts.index])
    return {name: int(mine[name].sum()) for name in COUNTS}


def cost_of(run: Run, tasks: Iterable[str]) -> Cost:
    """Returns what a run's measured episodes of some tasks took."""
    rows = measured(run, list(tasks))
    agent_s, env_s = _total(rows, "agent_s"), _total(rows, "env_s")
    env_steps = int(rows["length"].sum())
    busy_s = None if agent_s is None or env_s is None else agent_s + env_s
    return Cost(
        env_steps=env_steps,
        wall_s=_total(rows, "wall_s"),
        agent_s_per_step=agent_s / env_steps if agent_s is not None and env_steps else None,
        episodes_per_s=len(rows) / busy_s if busy_s else None,
        tokens=_total(rows, "tokens"),
        money=_total(rows, "money"),
    )


def measured(run: Run, tasks: Sequence[str]) -> pd.DataFrame:
    """Returns the rows of a run's measured episodes of some tasks, in schedule order."""
    rows = run.episodes
    return rows[rows["env_id"].isin(tasks).to_numpy() & rows["measurement"].to_numpy(dtype=bool)]


def _total(rows: pd.DataFrame, name: str) -> float | None:
    """Returns the sum of a column, or None where it is unknown of some episode."""
    if name not in rows or rows.empty or rows[name].isna().any():
        return None
    return float(rows[name].sum())
