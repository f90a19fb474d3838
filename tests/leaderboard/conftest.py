from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from arena.record import EpisodeRecord
from arena.recording import RunWriter
from arena.spec import EnvSpec, Reference

RANDOM = Reference(0.0, "measured", low=-0.01, high=0.01, episodes=1000)
EXPERT = Reference(1.0, "optimum")


def make_spec(env_id: str, domain: str = "games", **fields: Any) -> EnvSpec:
    return EnvSpec(
        **{"id": env_id, "entry_point": "x:X", "domain": domain, "random": RANDOM, "expert": EXPERT, **fields}
    )


def make_run(
    agent: str,
    scores: Mapping[str, Sequence[float]],
    specs: Sequence[EnvSpec],
    *,
    run: str = "",
    digest: str = "d" * 64,
    created: str = "2025-01-01T00:00:00Z",
    episodes: int | None = None,
    seeds: Mapping[str, Sequence[int]] | None = None,
    causes: Mapping[str, Sequence[str]] | None = None,
    skipped: Mapping[str, str] | None = None,
    view: str = "array",
    suite: str = "quick",
    split: str = "dev",
    opponents: Sequence[str] = (),
    level: str = "reported",
    metrics: Mapping[str, Sequence[Mapping[str, float]]] | None = None,
) -> SimpleNamespace:
    """A run as `arena.run` gives it: the listed scores are settled, `episodes` are scheduled per environment."""
    rows, counts = [], {}
    for env_id, values in scores.items():
        total = episodes or len(values)
        count = dict(n_ok=0, n_agent_fail=0, n_infra=0, n_pending=total - len(values), n_scheduled=total)
        for k, score in enumerate(values):
            cause = (causes or {}).get(env_id, ["completed"] * len(values))[k]
            whose = {"completed": "", "agent_exception": "agent", "env_crash": "environment"}[cause]
            count[{"": "n_ok", "agent": "n_agent_fail", "environment": "n_infra"}[whose]] += 1
            rows.append(
                {
                    "index": len(rows),
                    "env_id": env_id,
                    "seed": (seeds or {}).get(env_id, range(1000))[k],
                    "seating": [0],
                    "cause": cause,
                    "whose": whose,
                    "measurement": whose != "environment",
                    "score": float(score),
                    "length": 10,
                    "metrics": (metrics or {}).get(env_id, [{}] * len(values))[k],
                }
            )
        counts[env_id] = count
    columns = ["index", "env_id", "seed", "seating", "cause", "whose", "measurement", "score", "length", "metrics"]
    tasks = [
        {"env": s.id, "episodes": episodes or len(scores.get(s.id, [0])), "opponents": list(opponents)} for s in specs
    ]
    return SimpleNamespace(
        id=run or f"run-{agent}-{digest[:4]}-{created}",
        path=Path("results") / agent,
        head="h",
        level=level,
        is_complete=True,
        specs={s.id: s for s in specs},
        episodes=pd.DataFrame(rows, columns=columns),
        counts=pd.DataFrame.from_dict(counts, orient="index"),
        manifest={
            "created": created,
            "agent": {"name": agent, "digest": digest, "view": {s.id: view for s in specs}},
            "opponents": {s.id: [{"name": name, "digest": name * 8} for name in opponents] for s in specs},
            "suite": {"name": suite, "digest": "s" * 16, "tasks": tasks},
            "split": split,
            "skipped": dict(skipped or {}),
        },
    )


@pytest.fixture
def spec() -> Callable[..., EnvSpec]:
    return make_spec


@pytest.fixture
def run() -> Callable[..., SimpleNamespace]:
    return make_run


def write_run(
    folder: Path,
    agent: str,
    scores: Mapping[str, Sequence[float]],
    specs: Sequence[EnvSpec],
    *,
    digest: str = "",
    created: str = "2025-01-01T00:00:00Z",
    suite: str = "quick",
    written: int | None = None,
    **manifest: Any,
) -> Path:
    """A run's folder as the harness writes it; `written`: episodes until it was cut short."""
    places = [(spec.id, seed, score) for spec in specs for seed, score in enumerate(scores[spec.id])]
    schedule = [{"index": k, "key": f"{k}", "env_id": env, "seed": seed} for k, (env, seed, _) in enumerate(places)]
    writer = RunWriter(
        folder,
        {
            "run_id": f"{agent}-{digest[:4]}-{suite}-{created}",
            "created": created,
            "agent": {"name": agent, "digest": digest or agent * 8, "view": {spec.id: "array" for spec in specs}},
            "opponents": {},
            "suite": {
                "name": suite,
                "digest": "s" * 16,
                "tasks": [{"env": spec.id, "episodes": len(scores[spec.id]), "opponents": []} for spec in specs],
            },
            "skipped": {},
            "split": "dev",
            "specs": {spec.id: spec.to_json() for spec in specs},
            "schedule": schedule,
            **manifest,
        },
    )
    for entry, (_, _, score) in list(zip(schedule, places, strict=True))[len(writer.records) : written]:
        timing = {"wall_s": 0.5, "agent_s": 0.125, "env_s": 0.25}
        record = EpisodeRecord(
            **entry, lane=0, seating=[0], attempt=1, cause="completed", scores=[score], length=10, timing=timing
        )
        writer.append(record, b"")
    if written is None:
        writer.end(len(schedule))
    writer.close()
    return folder


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Path]:
    """Writes a run below `tmp_path / "runs"`, in a folder of the given name."""

    def write(name: str, *args: Any, **options: Any) -> Path:
        return write_run(tmp_path / "runs" / name, *args, **options)

    return write


def make_match(
    agents: Sequence[str],
    games: Sequence[Sequence[float]],
    *,
    env_id: str = "toy/Table-v0",
    seats: int = 2,
    payoff: str = "zero-sum",
    digests: Sequence[str] = (),
    created: str = "2025-01-01T00:00:00Z",
    suite: str = "",
    measured: Sequence[bool] | None = None,
    **fields: Any,
) -> SimpleNamespace:
    """A pairing's run as the harness writes it: `games` holds the score of each agent, in order of schedule.

    The k-th game has seed k // seats, and the agents have moved on by k % seats seats; agents fewer than the seats sit
    down again and again.
    """
    spec = make_spec(env_id, seats=seats, interface="aec", payoff=payoff, **fields)
    digests = list(digests) or [name * 4 for name in agents]
    rows = []
    for k, scores in enumerate(games):
        order = [0, *(1 + step % (len(agents) - 1) for step in range(seats - 1))] if len(agents) > 1 else [0] * seats
        seating = [order[(seat - k) % seats] for seat in range(seats)]
        rows.append(
            {
                "index": k,
                "env_id": env_id,
                "seed": k // seats,
                "seating": seating,
                "cause": "completed",
                "measurement": True if measured is None else measured[k],
                "scores": [float(scores[agent]) for agent in seating],
                "score": float(scores[0]),
            }
        )
    people = [{"name": name, "digest": digest} for name, digest in zip(agents, digests, strict=True)]
    return SimpleNamespace(
        id=f"{'-'.join(digests)}-{env_id}-{created}",
        path=Path("runs"),
        head="h",
        level="reported",
        is_complete=True,
        specs={env_id: spec},
        episodes=pd.DataFrame(rows),
        manifest={
            "created": created,
            "agent": people[0],
            "opponents": {env_id: people[1:]} if len(people) > 1 else {},
            "lineups": {env_id: digests},
            "suite": {"name": suite or f"match/{env_id}", "digest": "s", "tasks": []},
            "split": "dev",
            "skipped": {},
        },
    )


@pytest.fixture
def match() -> Callable[..., SimpleNamespace]:
    return make_match
