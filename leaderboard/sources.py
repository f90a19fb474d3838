"""Where runs are read from: folders of records, and stores by URL, mixed as one likes."""

from __future__ import annotations

from collections.abc import Sequence

from arena.errors import ArenaError, RecordError
from arena.leaderboard.runs import age, opponents, precedence
from arena.record import canonical
from arena.run import Run, find_runs, load_run

__all__ = ["DEFAULT", "load_runs"]

DEFAULT = ("results",)


def load_runs(sources: Sequence[str] | None = None) -> tuple[list[Run], list[str]]:
    """Returns the readable runs of all sources, oldest first, each once, and a line for each that is left out.

    A source is a folder or a store's URL (default: the folder `results`). Of several records of one run the fullest is
    read, and of equal ones the copy that was verified more often.

    Raises:
        ArenaError: there is no run at all; says what was wrong where.
    """
    found: list[Run] = []
    left_out: list[str] = []
    for source in sources or DEFAULT:
        runs, broken = _readable(*(_stored(source) if "://" in source else _in_folder(source)))
        found += runs
        left_out += broken or ([] if runs else [f"no runs in {source!r}"])
    best: dict[str, Run] = {}
    for run in sorted(found, key=_fullness):
        if (other := best.get(run.id)) and other.head != run.head:
            left_out.append(f"left out: {other.path} holds less of run {run.id} than {run.path}")
        best[run.id] = run
    if not best:
        where = ", ".join(repr(source) for source in sources or DEFAULT)
        hint = "make one with: arena run --agents random --suite quick"
        raise ArenaError("\n".join([f"no runs in {where}; {hint}", *left_out]))
    return sorted(best.values(), key=age), sorted(set(left_out))


def _in_folder(folder: str) -> tuple[list[Run], list[str]]:
    runs, broken = [], []
    for path in find_runs(folder):
        try:
            runs.append(load_run(path))
        except RecordError as error:
            broken.append(f"left out: {error}")
    return runs, broken


def _stored(url: str) -> tuple[list[Run], list[str]]:
    from arena.leaderboard.store import Store  # and with it SQLAlchemy

    store = Store(url)
    try:
        return store.runs(), []
    finally:
        store.close()


def _readable(runs: Sequence[Run], broken: list[str]) -> tuple[list[Run], list[str]]:
    """Leaves out runs whose chain holds but whose content is not what this Arena writes: anybody can make a chain."""
    good = []
    for run in runs:
        try:
            _read_everything(run)
            good.append(run)
        except RecordError as error:
            broken.append(f"left out: {error}")
        except (ArenaError, LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
            broken.append(f"left out: {run.path} does not hold what this Arena writes: {error!r}")
    return good, broken


def _read_everything(run: Run) -> None:
    """Touches what boards read of a run, so that it raises here where something is absent or of another kind."""
    manifest = run.manifest
    texts: tuple[object, ...] = (run.id, manifest["split"], manifest["created"], run.level)
    texts += tuple(manifest[part][name] for part in ("agent", "suite") for name in ("name", "digest"))
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"expected texts, got {texts}")
    scheduled = {(entry["index"], entry["env_id"], entry["seed"]) for entry in manifest["schedule"]}
    if not scheduled or not scheduled >= {(record.index, record.env_id, record.seed) for record in run.records}:
        raise ValueError("nothing was scheduled, or something else than what the rows hold")
    for task in manifest["suite"]["tasks"]:
        int(task["episodes"]), manifest["agent"]["view"].get(task["env"]), manifest["skipped"].get(task["env"])
    for env_id, spec in run.specs.items():
        opponents(run, env_id)
        if env_id != spec.id:
            raise ValueError(f"the spec of {env_id!r} is that of {spec.id!r}")
    if lacking := sorted({*run.counts.index, *run.episodes["env_id"]} - run.specs.keys()):
        raise LookupError(f"no spec of {', '.join(lacking)}")


def _fullness(run: Run) -> tuple[int, str, tuple[int, str, tuple[int, ...]]]:
    """Returns the key by which the last of several records of one run is the one that is read."""
    findings = "".join(f"{canonical(finding)}\n" for finding in run.findings)
    return len(run.records), run.head, precedence(findings, str(run.path))
