"""References: the scores that normalise to 0 and 1, frozen by board version, and which tasks cannot be normalised.

A board version is a file `frozen/vN.json`, written once by `python -m arena.leaderboard.freeze` from the registered
specs of the shipped suites and never changed: an old board stays recomputable, and a better reference makes a new
version. Tasks outside it (an environment of somebody's own) are normalised by the newest run's spec.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from arena.errors import ArenaError
from arena.leaderboard.runs import age
from arena.leaderboard.suite_statistics import carries_signal
from arena.run import Run
from arena.spec import EnvSpec, Reference

__all__ = ["Referenced", "excluded_because", "frozen", "referenced", "to_freeze", "versions"]

_FILE = re.compile(r"v(\d+)\.json")


class Referenced(NamedTuple):
    """Specs by environment id, with the references that a board uses.

    `not_frozen`: environments of which the board version knows nothing; `disagreeing`: those of them on whose
    references the runs disagree. Both sorted.
    """

    specs: dict[str, EnvSpec]
    not_frozen: list[str]
    disagreeing: list[str]


def versions() -> list[int]:
    """Returns the board versions, oldest first."""
    found = (_FILE.fullmatch(file.name) for file in (resources.files(__package__) / "frozen").iterdir())
    return sorted(int(match[1]) for match in found if match)


@cache
def frozen(version: int) -> dict[str, tuple[Reference, Reference]]:
    """Returns the random and reference score by environment id, as frozen in a board version.

    Raises:
        ArenaError: no such version.
    """
    if version not in versions():
        raise ArenaError(f"no board version {version}; there are {', '.join(map(str, versions()))}")
    data = json.loads((resources.files(__package__) / "frozen" / f"v{version}.json").read_text())
    return {
        env_id: (Reference(**entry["random"]), Reference(**entry["expert"]))
        for env_id, entry in data["references"].items()
    }


def referenced(runs: Sequence[Run], version: int | None = None) -> Referenced:
    """Returns each environment's spec from its newest run, with the references of a board version (default: newest)."""
    specs: dict[str, EnvSpec] = {}
    seen: dict[str, set[str]] = defaultdict(set)
    for run in sorted(runs, key=age):
        specs.update(run.specs)
        for env_id, spec in run.specs.items():
            seen[env_id].add(repr((spec.random, spec.expert)))
    known = frozen(versions()[-1] if version is None else version)
    for env_id in specs.keys() & known.keys():
        random, expert = known[env_id]
        specs[env_id] = dataclasses.replace(specs[env_id], random=random, expert=expert)
    others = sorted(specs.keys() - known.keys())
    return Referenced(specs, others, [env_id for env_id in others if len(seen[env_id]) > 1])


def excluded_because(spec: EnvSpec) -> str:
    """Returns why an environment cannot be normalised and so does not count in a suite's score, or ""."""
    if spec.random is None:
        return "no random score was measured"
    if spec.expert is None:
        return "no reference score is known"
    if not carries_signal(spec.random, spec.expert, spec.higher_is_better):
        return "its reference does not beat random by 2 standard errors"
    return ""


def to_freeze(version: int, specs: Iterable[EnvSpec]) -> str:
    """Returns the text of a board version's file: one line per environment that has both references."""
    entries = {
        spec.id: {"random": _score(spec.random), "expert": _score(spec.expert)}
        for spec in specs
        if spec.random and spec.expert
    }
    lines = ",\n".join(f"  {json.dumps(env)}: {json.dumps(entries[env], sort_keys=True)}" for env in sorted(entries))
    return f'{{"version": {version}, "references": {{\n{lines}\n}}}}\n'


def _score(reference: Reference) -> dict[str, object]:
    data = dataclasses.asdict(reference)
    del data["steps_per_s"]  # a speed, of the machine that measured it
    return data
