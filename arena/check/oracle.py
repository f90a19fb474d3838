"""The oracle: the scripted agent that a spec names plays, and must reach what the spec's expert reference claims."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr

from arena.agent import resolve_agent
from arena.check.report import Finding, failed, measured, skipped
from arena.check.subject import Check, Subject
from arena.job import Entry
from arena.play import Stage
from arena.seeding import episode_seeds
from arena.spec import EnvSpec
from arena.views import view_names

__all__ = ["ORACLE"]

_EPISODES = 20
_FAR = 4.0  # standard errors
_RARE = 1e-4


def check_oracle(subject: Subject) -> Iterator[Finding]:
    """Plays the oracle through the harness."""
    spec = subject.spec
    name = spec.oracle or ("oracle" if "oracle" in view_names(spec) else "")
    if not name:
        yield skipped("oracle", "the spec names none")
        return
    stage, clock = Stage(spec, (resolve_agent(name),), 1, "cpu", hosts=0, beat=lambda *_: None), subject.clock(0.15)
    scores: list[float] = []
    for index, seed in enumerate(episode_seeds(spec.id, _EPISODES)):
        for played in stage.play([Entry(index, str(index), seed, 0, (0,) * spec.seats)]):
            if (record := played.record).cause != "completed":
                do = f"Play it yourself: arena run --agents {name} --env {spec.id}"
                came = f"{record.cause}: {record.detail}"
                yield failed("oracle", f"seed {seed}", came, "an episode to its end", do)
                return
            scores.append(float(np.mean(record.scores)))
        if clock.is_over:
            break
    stage.close()
    yield _held(spec, scores)


def _held(spec: EnvSpec, scores: list[float]) -> Finding:
    sign = 1.0 if spec.higher_is_better else -1.0
    best = spec.score_range[1 if spec.higher_is_better else 0]
    mean, claim = float(np.mean(scores)), spec.expert.value if spec.expert is not None else best
    if not math.isfinite(claim):
        return measured("oracle", score=mean, episodes=len(scores))
    was_sampled = spec.expert is not None and spec.expert.episodes is not None
    must_be_best = claim == best and not was_sampled  # then one episode that falls short refutes it
    falls_short = sign * (claim - mean) > 1e-6 * max(1.0, abs(claim))
    if falls_short and (must_be_best or _is_unlikely(spec, np.array(scores), claim)):
        do = "Mend the oracle, or the tasks that it cannot solve; or lower the claim."
        came = f"a mean score of {mean:.4g} over {len(scores)} episodes"
        return failed("oracle", "", came, f"{claim:.4g}, the spec's claim", do)
    return measured("oracle", score=mean, claim=claim, episodes=len(scores))


def _is_unlikely(spec: EnvSpec, scores: npt.NDArray[np.float64], claim: float) -> bool:
    """Returns whether so bad a mean comes less than once in 10,000 times from episodes whose mean is the claim.

    By Chernoff's bound for scores within a range (Hoeffding 1963, theorem 1), else by standard errors. A claim that was
    itself sampled gives way by as much as one good and one bad episode more would have changed it.
    """
    worst, best = spec.score_range if spec.higher_is_better else spec.score_range[::-1]
    if not (math.isfinite(worst) and math.isfinite(best)):
        return bool(abs(claim - scores.mean()) > _FAR * scores.std() / math.sqrt(len(scores)))
    held, came = (claim - worst) / (best - worst), (float(scores.mean()) - worst) / (best - worst)
    if spec.expert is not None and (n := spec.expert.episodes):
        held = (held * n + 1) / (n + 2)
    information = float(rel_entr(came, held) + rel_entr(1 - came, 1 - held))
    return came < held and math.exp(-len(scores) * information) < _RARE


ORACLE = Check(("oracle",), check_oracle)
