"""Task files in the format of WebArena and VisualWebArena, with the addresses of the user's sites filled in."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from arena.envs.web.webarena.benchmarks import Benchmark
from arena.envs.web.webarena.judging import RULES, unjudgeable
from arena.errors import EnvError, UnavailableError

__all__ = ["Task", "read_tasks"]

_PLACEHOLDER = re.compile(r"__([A-Z_]+?)__")
_AND = " |AND| "


class Task(NamedTuple):
    """A task, with addresses in place of placeholders.

    Fields:
        number: its `task_id`; `file` is the task file, below which its own paths are looked for.
        starts: the pages that are open at first, each in a tab.
        images: pictures that belong to the intent: addresses or paths.
        login: path of the browser's stored state (cookies) in which someone is logged in, or "".
        needs_reset: whether its authors want the sites as they were at first.
        check: its `eval`.
    """

    number: int
    file: Path
    sites: tuple[str, ...]
    starts: tuple[str, ...]
    intent: str
    images: tuple[str, ...]
    login: str
    geolocation: Mapping[str, float] | None
    needs_reset: bool
    check: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The file's name up to its first point, and the number."""
        return f"{self.file.name.split('.')[0]}/{self.number}"

    def path(self, told: str) -> Path:
        """Returns a path of the task's own: seen from its file's folder or from one of the three folders above.

        Raises:
            EnvError: there is no such file.
        """
        folders = [self.file.parent, *self.file.parent.parents][:4]
        for folder in folders:
            if (folder / told).is_file():
                return folder / told
        raise EnvError(
            f"task {self.name} needs {told}, looked for in {folders[0]} and up to {folders[-1]}; "
            "a login is stored there by the benchmark's browser_env/auto_login.py"
        )


def read_tasks(benchmark: Benchmark) -> tuple[list[Task], Counter[str]]:
    """Returns the tasks that can be played here, and of the others how many were left out for which reason.

    Reads the file that the variable names, or those of a folder: `*.raw.json`, where there are such (the benchmarks
    make others from them), else `*.json`; lists of tasks, or one task each.

    Raises:
        UnavailableError: the variable names nothing, or no task can be played.
        EnvError: a file does not hold tasks.
    """
    named = os.environ.get(benchmark.variable, "")
    path = Path(named).absolute()
    if not named or not path.exists():
        raise UnavailableError(f"{benchmark.variable} must name a task file or a folder of them; it is {named!r}")
    hosted = {site: address for site in benchmark.sites if (address := os.environ.get(site, "").rstrip("/"))}
    tasks, left_out = [], Counter[str]()
    for file in (sorted(path.glob("*.raw.json")) or sorted(path.glob("*.json"))) if path.is_dir() else [path]:
        for row in _rows(file):
            if reason := _not_hosted(row, hosted) or unjudgeable(row["eval"], RULES[benchmark.name]):
                left_out[reason] += 1
            else:
                tasks.append(_task(file, _filled(row, hosted)))
    if not tasks:
        reasons = "; ".join(f"{count} {reason}" for reason, count in left_out.most_common()) or "there is none"
        raise UnavailableError(f"{path} has no task that can be played here: {reasons}")
    return tasks, left_out


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        told = json.loads(file.read_bytes())
    except ValueError as error:
        raise EnvError(f"{file} is no JSON ({error}); expected a list of tasks, as test.raw.json") from error
    rows = told if isinstance(told, list) else [told]
    for row in rows:
        if lacking := [key for key in ("task_id", "start_url", "intent", "eval") if key not in row]:
            raise EnvError(f"{file} has a task without {', '.join(lacking)}; expected the published format")
    return rows


def _not_hosted(row: dict[str, Any], hosted: Mapping[str, str]) -> str:
    """Returns why a task cannot be reached, "" if it can."""
    named = _PLACEHOLDER.findall(json.dumps({key: row.get(key) for key in ("start_url", "eval", "image")}))
    absent = sorted({site for site in named if site not in hosted})
    return f"need {', '.join(absent)} (set each variable to the site's address)" if absent else ""


def _filled(told: Any, hosted: Mapping[str, str]) -> Any:
    """Returns data with an address in place of each placeholder."""
    if isinstance(told, str):
        return _PLACEHOLDER.sub(lambda match: hosted.get(match[1], match[0]), told)
    if isinstance(told, list):
        return [_filled(part, hosted) for part in told]
    return {key: _filled(part, hosted) for key, part in told.items()} if isinstance(told, dict) else told


def _task(file: Path, row: dict[str, Any]) -> Task:
    images = row.get("image") or ()
    return Task(
        number=row["task_id"],
        file=file,
        sites=tuple(row.get("sites", ())),
        starts=tuple(row["start_url"].split(_AND)),
        intent=row["intent"],
        images=(images,) if isinstance(images, str) else tuple(images),
        login=row.get("storage_state") or "",
        geolocation=row.get("geolocation"),
        needs_reset=bool(row.get("require_reset")),
        check=row["eval"],
    )
