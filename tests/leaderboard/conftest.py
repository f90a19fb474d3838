from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

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
) -> SimpleNamespace:
    """A run as `arena.record` gives it: the listed scores are settled, `episodes` are scheduled per environment."""
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
                }
            )
        counts[env_id] = count
    columns = ["index", "env_id", "seed", "seating", "cause", "whose", "measurement", "score"]
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
