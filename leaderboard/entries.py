"""Which run stands for an agent on a suite's board, and what it lacks to be ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from arena.leaderboard.intervals import Floats, generator_of
from arena.leaderboard.runs import counts_of, normalised_episodes
from arena.leaderboard.suite_statistics import bootstrap_task_scores, iqm
from arena.run import Run
from arena.spec import DOMAINS, EnvSpec

__all__ = ["Entry", "domains_of", "fill_scores", "latest"]


@dataclass
class Entry:
    """An agent's latest run, while its rows are made.

    Fields:
        scores: normalised episode scores by task that counts.
        samples: resampled task scores, (resamples,), by task of the domains whose tasks it all played.
        domain_scores: IQM by such a domain; domain_samples: its resamples.
    """

    run: Run
    label: str
    attempts: int
    missing: str
    is_oracle: bool
    scores: dict[str, Floats] = field(default_factory=dict)
    samples: dict[str, Floats] = field(default_factory=dict)
    domain_scores: dict[str, float] = field(default_factory=dict)
    domain_samples: dict[str, Floats] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The suite score: the plain mean over domains."""
        return float(np.mean(list(self.domain_scores.values())))

    @property
    def score_samples(self) -> Floats:
        """The suite score's resamples."""
        return np.asarray(np.mean(list(self.domain_samples.values()), axis=0))


def latest(runs: Sequence[Run], tasks: Mapping[str, int]) -> tuple[list[Entry], list[str]]:
    """Returns the latest run of each agent (name and digest) of runs sorted oldest first, and the ids of the others."""
    found: dict[tuple[str, str], Run] = {}
    for run in runs:
        found[run.manifest["agent"]["name"], run.manifest["agent"]["digest"]] = run
    entries = []
    for (name, digest), run in sorted(found.items()):
        is_alone = sum(other == name for other, _ in found) == 1
        label = name if is_alone else f"{name}@{digest[:8]}"
        attempts = len({other.id for other in runs if other.manifest["agent"]["name"] == name})
        views = run.manifest["agent"]["view"]
        is_oracle = any(views.get(env) == "oracle" for env in tasks)
        entries.append(Entry(run, label, attempts, _missing(run, tasks), is_oracle))
    return entries, sorted({run.id for run in runs} - {run.id for run in found.values()})


def fill_scores(entries: Sequence[Entry], specs: Mapping[str, EnvSpec], counting: Sequence[str]) -> None:
    """Fills in every entry's scores and what it lacks; one joint bootstrap, seeded by the ids of the runs shown."""
    random = generator_of(entry.run.id for entry in entries)
    for entry in entries:
        entry.scores = {env: normalised_episodes(entry.run, specs[env]) for env in counting}
        entry.missing = entry.missing or _too_few(entry.scores)
    for domain in domains_of(specs, counting):
        tasks = [env for env in counting if specs[env].domain == domain]
        able = [entry for entry in entries if all(len(entry.scores[env]) >= 2 for env in tasks)]
        if not able:
            continue
        samples = bootstrap_task_scores([[entry.scores[env] for env in tasks] for entry in able], random)
        for entry, sample in zip(able, samples, strict=True):
            entry.samples.update(zip(tasks, sample.T, strict=True))
            entry.domain_scores[domain] = float(iqm([entry.scores[env].mean() for env in tasks]))
            entry.domain_samples[domain] = iqm(sample)


def domains_of(specs: Mapping[str, EnvSpec], tasks: Sequence[str]) -> tuple[str, ...]:
    """Returns the domains of some tasks, in the order of all tables."""
    return tuple(name for name in DOMAINS if any(specs[env].domain == name for env in tasks))


def _missing(run: Run, tasks: Mapping[str, int]) -> str:
    """Returns which scheduled episodes of the suite a run lacks, and why, or ""."""
    reasons = []
    for env, episodes in tasks.items():
        count = counts_of(run, [env])
        if env in run.manifest["skipped"]:
            reasons.append(f"{env} skipped: {run.manifest['skipped'][env]}")
        elif count["n_scheduled"] < episodes:
            reasons.append(f"{env}: {count['n_scheduled']} of {episodes} episodes scheduled")
        elif count["n_infra"] or count["n_pending"]:
            open_ = [f"{count[f'n_{what}']} {what}" for what in ("infra", "pending") if count[f"n_{what}"]]
            reasons.append(f"{env}: {', '.join(open_)} of {count['n_scheduled']} episodes")
    return "; ".join(reasons)


def _too_few(scores: Mapping[str, Floats]) -> str:
    few = [env for env, x in scores.items() if len(x) < 2]
    return f"fewer than 2 episodes of {', '.join(few)}: no interval" if few else ""
