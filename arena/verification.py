"""Verification: audits a record's chain and schedule, then replays every measured episode in fresh processes."""

from __future__ import annotations

import dataclasses
import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from arena.calls import ModelCall, usage_of
from arena.errors import ArenaError, RecordError, UnknownNameError
from arena.outcome import OUTCOMES
from arena.provenance import content_id, machine, package_versions
from arena.record import CALLS, EpisodeRecord, canonical, settle
from arena.registry import find, missing
from arena.replay import Found
from arena.run import Run, find_runs, load_run
from arena.spec import EnvSpec
from arena.suite import Suite, Task, dynamics_digest, schedule
from arena.vector.pool import Limits, Pool, Request

__all__ = ["Report", "verify"]

_CHUNK = 16  # episodes a worker replays before it reports
_LEVELS = {"bits": "replayed", "numeric": "replayed (numeric)"}


@dataclass
class Report:
    """What was found of one run.

    Fields:
        n_measured: episodes that count, and so must replay; n_verified: those that did.
        level: "replayed" (to the bit), "replayed (numeric)" or "reported" (something is wrong or was not replayed).
        problems: what is wrong with the record as a whole, and each episode that diverged, in words.
        notes: what the reader should know but is not wrong: other versions, environments that cannot be replayed.
    """

    path: Path
    run_id: str = ""
    n_measured: int = 0
    n_verified: int = 0
    level: str = "reported"
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_verified(self) -> bool:
        """Whether the record is whole and every episode that can be replayed did replay."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Returns plain data."""
        return {**dataclasses.asdict(self), "path": str(self.path), "is_verified": self.is_verified}


def verify(
    path: str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Report]:
    """Verifies every run at or below a path and appends what it found beside each (`verifications.jsonl`).

    The environments are the ones registered here: a record's own entry points are never trusted.

    Raises:
        ArenaError: there is no run at the path.
    """
    folders = find_runs(path)
    if not folders:
        raise ArenaError(f"no run at or below {str(path)!r}: expected folders with a manifest.json")
    reports = [Report(folder) for folder in folders]
    runs: dict[int, Run] = {}
    for number, report in enumerate(reports):
        try:
            runs[number] = load_run(report.path)
            report.run_id = runs[number].id
            _audit(runs[number], report)
            _audit_calls(runs[number], report)
        except (RecordError, KeyError, TypeError, ValueError, AttributeError) as error:
            report.problems.append(str(error) if isinstance(error, RecordError) else f"malformed manifest: {error!r}")
            runs.pop(number, None)
    _replay_all(runs, reports, os.cpu_count() or 1 if workers is None else workers, progress)
    for number, run in runs.items():
        _conclude(run, reports[number])
    return reports


def _audit(run: Run, report: Report) -> None:
    """Checks what needs no replay: identity, schedule, that every row belongs to it, that none is missing."""
    manifest, specs, say = run.manifest, run.specs, report.problems.append
    if content_id({name: manifest[name] for name in manifest["fixed"]}) != run.id:
        say("the manifest does not match its run id: it was edited")
    tasks = tuple(Task(t["env"], t["episodes"], tuple(t["opponents"])) for t in manifest["suite"]["tasks"])
    suite = Suite(manifest["suite"]["name"], tasks)
    try:
        due = schedule(suite, specs, manifest["split"], manifest["envelope"]["lanes"], manifest["lineups"])
        if [canonical(dataclasses.asdict(e)) for e in due] != [canonical(e) for e in manifest["schedule"]]:
            say("the schedule is not the one that its suite, seeds and agents give: it was edited")
    except ArenaError as error:
        report.notes.append(f"the schedule cannot be recomputed: {error}")
    places = {entry["index"]: entry for entry in manifest["schedule"]}
    closed: set[int] = set()
    for record in run.records:
        place = places.get(record.index)
        fields = ("key", "env_id", "seed", "lane")
        if (
            place is None
            or any(getattr(record, f) != place[f] for f in fields)
            or list(record.seating) != place["seating"]
        ):
            say(f"episode {record.index} ({record.env_id}, seed {record.seed}) is not what was scheduled there")
        if record.index in closed:
            say(f"episode {record.index} was played again after it had been settled")
        closed |= settle([record]).keys()
    lacking = run.n_scheduled - len(run.settled)
    if lacking and run.manifest.get("open_ended"):
        report.notes.append(
            f"{len(run.settled)} of at most {run.n_scheduled} episodes: it ended early by its own rule, or rows were "
            "removed from its end"
        )
    elif lacking:
        say(f"{lacking} of {run.n_scheduled} scheduled episodes are missing: it was cut short, or rows were removed")
    elif not run.is_ended:
        say("the closing line is missing: the run was cut short (run its command again), or the end was removed")


def _audit_calls(run: Run, report: Report) -> None:
    """Checks the model calls that are still there: that none was edited, and that each row holds their sums."""
    dropped = 0
    for record in run.records:
        for digests, usage in zip(record.calls, record.usage, strict=True):
            try:
                calls = [run.call(digest) for digest in digests]
            except RecordError as error:
                report.problems.append(str(error))
                continue
            kept = [ModelCall(**call) for call in calls if call is not None]
            dropped += len(calls) - len(kept)
            if len(kept) == len(calls) and usage_of(kept) != usage:
                report.problems.append(f"episode {record.index}: its usage is not the sum of its model calls")
    if dropped:
        report.notes.append(f"{dropped} model calls were dropped from {CALLS}/; the record still holds their digests")


def _measured(run: Run) -> list[EpisodeRecord]:
    return [record for record in run.settled.values() if OUTCOMES[record.cause].measurement]


def _replayable(run: Run, report: Report) -> Iterator[tuple[EnvSpec, list[EpisodeRecord]]]:
    """Yields by environment what is to be replayed; says why for what is not."""
    measured = _measured(run)
    report.n_measured = len(measured)
    for env_id, theirs in run.specs.items():
        records = [record for record in measured if record.env_id == env_id]
        try:
            ours = find(env_id)
        except UnknownNameError as error:
            report.problems.append(f"{len(records)} episodes not replayed: {error}")
            continue
        if dynamics_digest(ours) != dynamics_digest(theirs):
            report.problems.append(
                f"{env_id}: its definition here differs from the record's; {len(records)} not replayed"
            )
        elif why := missing(ours):
            report.problems.append(f"{len(records)} episodes not replayed: {why}")
        elif ours.verification in ("none", "statistical"):
            report.notes.append(
                f"{env_id} declares that it cannot be replayed ({ours.verification}); {len(records)} episodes"
            )
            report.n_measured -= len(records)
        else:
            yield ours, records


def _replay_all(
    runs: dict[int, Run], reports: list[Report], workers: int, progress: Callable[[int, int], None] | None
) -> None:
    requests: deque[Request] = deque()
    total = 0
    for number, run in runs.items():
        for spec, records in _replayable(run, reports[number]):
            total += len(records)
            for at in range(0, len(records), _CHUNK):
                if (request := _request(number, run, spec, records[at : at + _CHUNK], reports[number])) is not None:
                    requests.append(request)
    done = 0
    with Pool(workers, Limits()) as pool:
        for event in pool.run(requests):
            number, records = event.request.tag
            if event.loss is not None:
                reports[number].problems.append(f"a replay of {records[0].env_id} was lost: {event.loss.detail}")
            elif event.header["is"] == "replayed":
                _note(runs[number], reports[number], Found(**event.header["found"]))
                done += 1
                if progress:
                    progress(done, total)


def _request(number: int, run: Run, spec: EnvSpec, records: list[EpisodeRecord], report: Report) -> Request | None:
    blobs, kept = [], []
    for record in records:
        try:
            blobs.append(run.blob(record))
            kept.append(record)
        except RecordError as error:
            report.problems.append(str(error))
    header = {"do": "replay", "spec": spec.to_json(), "records": [dataclasses.asdict(record) for record in kept]}
    return Request(header, b"".join(blobs), tag=(number, kept)) if kept else None


def _note(run: Run, report: Report, found: Found) -> None:
    record = run.settled[found.index]
    where = f"episode {found.index} ({record.env_id}, seed {record.seed})"
    if found.level in _LEVELS:
        report.n_verified += 1
        if found.level == "numeric":
            report.level = "replayed (numeric)"
            report.notes.append(f"{where}: from step {found.step} on, {found.detail}")
    elif found.level == "claimed":
        report.notes.append(f"{where}: {found.detail}")
    else:
        at = f" at step {found.step}" if found.step >= 0 else ""
        report.problems.append(f"{where} diverged{at}: {found.detail}")


def _conclude(run: Run, report: Report) -> None:
    """Sets the level and appends the finding beside the record, once for each new finding."""
    theirs, ours = run.manifest.get("packages", {}), package_versions(run.specs.values())
    changed = [
        f"{name} {theirs[name]} -> {ours[name]}" for name in theirs if ours.get(name, theirs[name]) != theirs[name]
    ]
    if changed and report.problems:
        report.notes.append("versions differ from the record's, which may be why: " + ", ".join(changed))
    elif report.n_verified < report.n_measured and not changed:
        report.notes.append(
            "versions are the record's own, so either the record was edited or the replay is not exact here"
        )
    if report.is_verified and report.n_verified == report.n_measured:
        report.level = report.level if report.level == "replayed (numeric)" else "replayed"
    else:
        report.level = "reported"
    finding = {
        "head": run.head,
        "level": report.level,
        "n_verified": report.n_verified,
        "n_measured": report.n_measured,
    }
    told = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "packages": ours}
    try:
        if not run.findings or {**run.findings[-1], **finding} != run.findings[-1]:
            run.add_finding({**finding, **told})
    except (OSError, RecordError) as error:
        report.notes.append(f"the finding could not be written beside the record: {error}")
