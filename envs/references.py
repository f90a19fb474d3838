"""Measured references of the shipped environments: data that one command makes again.

    python -m arena.envs.references [--agent random] [--episodes N] [--speed] [ID ...]

plays an agent through the harness on the public seeds and writes the mean and its 95 % interval (normal approximation
of the mean; 1000 episodes where it is not told otherwise) to `measured/FAMILY.json` beside this file. With `--speed` it
measures instead how many steps a second the environment alone makes, beside the score that is there already.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from arena import Reference

__all__ = ["measured"]

_FOLDER = Path(__file__).with_name("measured")  # a file per family, so that families are measured side by side


def measured(env_id: str, agent: str = "random") -> Reference | None:
    """Returns what an agent was measured to score in an environment, None before it was measured."""
    data = _data(env_id.split("/", 1)[0]).get(_name(env_id, agent))
    return None if data is None else Reference(**data)


@cache
def _data(family: str) -> dict[str, Any]:
    file = _FOLDER / f"{family}.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _name(env_id: str, agent: str) -> str:
    return env_id if agent == "random" else f"{agent} {env_id}"


def measure(env_id: str, episodes: int, agent: str) -> dict[str, Any]:
    """Plays episodes (against random where the game is zero-sum) and returns the reference as data."""
    import arena

    opponents = ["random"] if arena.find(env_id).payoff == "zero-sum" else []
    with tempfile.TemporaryDirectory() as folder:
        scores = arena.evaluate(agent, env_id, episodes=episodes, opponents=opponents, out=folder).episodes.score
    mean, half = float(scores.mean()), 1.96 * float(scores.std(ddof=1)) / math.sqrt(len(scores))
    against = "".join(f" --opponents {name}" for name in opponents)
    return {
        "value": round(mean, 6),
        "low": round(mean - half, 6),
        "high": round(mean + half, 6),
        "episodes": len(scores),
        "source": f"arena run --agents {agent} --env {env_id}{against} --episodes {episodes}",
    }


def speed(env_id: str) -> float:
    """Returns the steps per second of an environment alone, in random play, measured for a second (3 digits)."""
    import arena
    from arena.check.costs import check_speed
    from arena.check.subject import Subject

    subject = Subject(arena.find(env_id), budget=20.0)
    try:
        (finding,) = check_speed(subject)
    finally:
        subject.close()
    return float(f"{finding.figures['steps/s']:.3g}")


def main() -> None:
    """Measures environments and writes each as it is done."""
    import arena

    parser = argparse.ArgumentParser(description="Measure random references")
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--agent", default="random")
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--speed", action="store_true", help="steps per second, of those with a measured score")
    args = parser.parse_args()
    if not args.ids and not args.all:
        parser.error("name environment ids, or --all to measure every one that can run here (hours)")
    for env_id in args.ids or [spec.id for spec in arena.specs(available=True)]:
        file = _FOLDER / f"{arena.find(env_id).family}.json"
        data = json.loads(file.read_text()) if file.exists() else {}
        known = data.get(_name(env_id, args.agent), {})
        if args.speed and not known:
            continue
        found = {"steps_per_s": speed(env_id)} if args.speed else measure(env_id, args.episodes, args.agent)
        data[_name(env_id, args.agent)] = {**known, **found}
        file.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
        print(env_id, args.agent, *found.values(), flush=True)


if __name__ == "__main__":
    main()
