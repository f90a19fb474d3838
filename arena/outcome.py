"""How an attempt at an episode can end: the closed table of causes, and what a failed episode counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from arena.spec import EnvSpec

__all__ = ["MAX_ATTEMPTS", "OUTCOMES", "Outcome", "forfeit"]

MAX_ATTEMPTS = 3  # of one episode on the same seed (PROTOCOL section 6); an attempt cut short by another does not count


class Outcome(NamedTuple):
    """What a cause means: whose it is, whether the episode is tried again, and whether its score counts."""

    whose: str  # "" | agent | environment | harness | provider | verifier | cancelled | unknown
    retried: bool
    measurement: bool
    meaning: str


OUTCOMES: dict[str, Outcome] = {
    "completed": Outcome("", False, True, "the environment ended the episode"),
    "agent_exception": Outcome("agent", False, True, "the agent raised"),
    "invalid_action": Outcome("agent", False, True, "an action of the wrong type or shape, not finite or out of range"),
    "illegal_action": Outcome("agent", False, True, "an action that the legal-action mask forbids"),
    "unparsable": Outcome("agent", False, True, "an answer in which the view's parser found no action, twice"),
    "move_timeout": Outcome("agent", False, True, "the agent used up its time for a move"),
    "output_limit": Outcome("agent", False, True, "the agent printed more than its limit"),
    "memory_limit": Outcome("agent", False, True, "the agent used more memory than its limit"),
    "cpu_limit": Outcome("agent", False, True, "the agent used more processor time than its limit"),
    "protocol": Outcome("agent", False, True, "the agent's process sent what no agent sends"),
    "agent_crash": Outcome("agent", False, True, "the agent ended its process"),
    "env_exception": Outcome("environment", True, False, "the environment raised or broke its contract"),
    "env_crash": Outcome("environment", True, False, "the environment ended its process"),
    "env_timeout": Outcome("environment", True, False, "the environment did not return from a step or reset"),
    "worker_lost": Outcome("harness", True, False, "the worker process was lost between turns"),
    "no_model_call": Outcome("harness", True, False, "a language-model episode without a single model call"),
    "provider_error": Outcome("provider", True, False, "the model's endpoint failed after its own retries"),
    "replay_failed": Outcome("verifier", False, False, "the verifier itself failed"),
    "cancelled": Outcome("cancelled", True, False, "cut short because a neighbour's attempt took the worker down"),
    "unknown": Outcome("unknown", True, False, "none of the above"),
}


def forfeit(spec: EnvSpec, returns: Sequence[float], seating: Sequence[int], seat: int) -> list[float]:
    """Returns the scores by seat when the agent at `seat` failed (PROTOCOL section 6).

    The offender's seats count the declared failure score, or what they had already, if that is worse. In a zero-sum
    game the others share the opposite; in a cooperative one all fail together; else the others keep what they have.
    """
    offender = seating[seat]
    worse = min if spec.higher_is_better else max
    failed = [worse(spec.failure_score, r) if spec.metric == "return" else spec.failure_score for r in returns]
    if spec.payoff == "cooperative":
        return failed
    lost = [agent == offender for agent in seating]
    others = len(lost) - sum(lost)
    if spec.payoff == "zero-sum" and others:
        gain = -sum(f for f, gone in zip(failed, lost, strict=True) if gone) / others
        return [f if gone else gain for f, gone in zip(failed, lost, strict=True)]
    return [f if gone else r for f, gone, r in zip(failed, lost, returns, strict=True)]
