"""An environment looked at from outside while it is played: every breach of a rule is noted, the first of each."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from arena.check.report import Finding, failed
from arena.check.rules import RULES, Moment, is_number, mask_of, same, short

__all__ = ["Breach", "Watched"]


_FATAL = ("infos", "masks")  # without which no further action can be chosen


class Breach(Exception):
    """A breach after which the episode cannot go on; it has been noted."""


class Watched:
    """An environment that is looked at from outside while it is played; what it gives is passed on as it is.

    Attributes:
        found: by check, its first failure.
        seed: of the running episode.
        at: number of the step, 0 at the reset.
        flags: whether any seat was told that it is terminated, or truncated, in the last step.
    """

    def __init__(self, env: Any, interface: str) -> None:
        self._env = env
        self.found: dict[str, Finding] = {}
        self.seed: int | None = None
        self.at = 0
        self.flags = (False, False)
        looks: dict[str, Callable[[Any, Watched], _Look]] = {
            "gymnasium": _OneSeat,
            "parallel": _Parallel,
            "aec": _Turns,
        }
        self._look = looks[interface](env, self)
        self._given: list[tuple[Any, Any]] = []  # observations of the last step, and what they were like then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)

    def note(self, check: str, came: str, expected: str, do: str, agent: str | None = None) -> None:
        """Notes a failure, unless this check has failed before."""
        where = f"seed {self.seed}, {f'step {self.at}' if self.at else 'reset'}" + (
            f", seat {agent!r}" if agent else ""
        )
        self.found.setdefault(check, failed(check, where, came, expected, do))

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        """Resets the environment and looks at what came."""
        self.seed, self.at, self._given = seed, 0, []
        try:
            came = self._env.reset(seed=seed)
        except Exception as error:
            raise self._raised("reset", f"reset(seed={seed})", error) from error
        self._judge(self._look.reset(came))
        return came

    def step(self, action: Any) -> Any:
        """Steps the environment and looks at what came."""
        if action is None and isinstance(self._look, _Turns):  # a seat that ended is stepped over
            self._look.skip()
            return self._env.step(None)
        self.at += 1
        masked = self._look.before(action)
        try:
            came = self._env.step(action)
        except Exception as error:
            raise self._raised("masks" if masked else "actions", f"step({short(action)})", error) from error
        self._judge(self._look.step(came, action))
        return came

    def breach(self, check: str, came: str, expected: str, do: str) -> Breach:
        """Notes a failure after which the episode cannot go on, and returns the exception to raise."""
        self.note(check, came, expected, do)
        return Breach(check)

    def _raised(self, check: str, call: str, error: Exception) -> Breach:
        do = {
            "masks": "Forbid the action in the mask, or accept it.",
            "actions": "Accept every element of the action space, or forbid some with a mask in info['action_mask'].",
            "reset": "Make it start an episode from any seed.",
        }[check]
        return self.breach(check, f"{call} raised {type(error).__name__}: {short(str(error))}", "no exception", do)

    def _judge(self, moments: list[Moment]) -> None:
        for earlier, likeness in self._given:
            if not same(earlier, likeness):
                do = "Return a copy: who keeps an observation sees it change."
                self.note("copies", "the last step's observation was overwritten by this one's", "a new object", do)
        self.flags = (any(bool(np.any(m.terminated)) for m in moments), any(bool(np.any(m.truncated)) for m in moments))
        for moment in moments:
            for check, rule in RULES.items():
                if check not in self.found and (problem := rule(moment)) is not None:
                    self.note(check, *problem, moment.agent)
                    if check in _FATAL:
                        raise Breach(check)
        kept = [moment.observation for moment in moments if moment.is_acting] if self.at < 200 else []
        self._given = [(observation, copy.deepcopy(observation)) for observation in kept]


class _Look(Protocol):
    """What an environment of any interface gave, as moments; its own rules are held on the way."""

    def before(self, action: Any) -> bool:
        """Whether a mask allowed this action."""

    def reset(self, came: Any) -> list[Moment]: ...

    def step(self, came: Any, action: Any) -> list[Moment]: ...


class _OneSeat:
    """Reads what a `gymnasium.Env` gives."""

    def __init__(self, env: Any, watched: Watched) -> None:
        self._env, self._watched = env, watched
        self._masked = False

    def before(self, action: Any) -> bool:
        return self._masked

    def reset(self, came: Any) -> list[Moment]:
        if not isinstance(came, tuple) or len(came) != 2:
            do = "Return observation, info from reset."
            raise self._watched.breach("reset", f"reset returned {_kinds(came)}", "a tuple of two", do)
        return [self._moment(came[0], 0.0, False, False, came[1])]

    def step(self, came: Any, action: Any) -> list[Moment]:
        if not isinstance(came, tuple) or len(came) != 5:
            do = "Return observation, reward, terminated, truncated, info from step."
            raise self._watched.breach("steps", f"step returned {_kinds(came)}", "a tuple of five", do)
        return [self._moment(*came)]

    def _moment(self, observation: Any, reward: Any, terminated: Any, truncated: Any, info: Any) -> Moment:
        self._masked = mask_of(observation, info) is not None
        over = bool(np.any(terminated)) or bool(np.any(truncated))
        spaces_ = self._env.observation_space, self._env.action_space
        return Moment(None, *spaces_, observation, reward, terminated, truncated, info, not over)


class _Parallel:
    """Reads what a `ParallelEnv` gives, and that its seats come and go as they should."""

    def __init__(self, env: Any, watched: Watched) -> None:
        self._env, self._watched = env, watched
        self._masked = False
        self._ended: set[str] = set()

    def before(self, action: Any) -> bool:
        return self._masked

    def reset(self, came: Any) -> list[Moment]:
        if not isinstance(came, tuple) or len(came) != 2 or not all(isinstance(part, dict) for part in came):
            do = "Return observations and infos by agent from reset."
            raise self._watched.breach("reset", f"reset returned {_kinds(came)}", "two dicts", do)
        self._ended = set()
        agents = list(self._env.agents)
        zeros, no = dict.fromkeys(agents, 0.0), dict.fromkeys(agents, False)
        self._complete("reset", agents, came)
        return self._moments(agents, came[0], zeros, no, no, came[1])

    def step(self, came: Any, action: Any) -> list[Moment]:
        if not isinstance(came, tuple) or len(came) != 5 or not all(isinstance(part, dict) for part in came):
            do = "Return observations, rewards, terminations, truncations and infos by agent from step."
            raise self._watched.breach("steps", f"step returned {_kinds(came)}", "five dicts", do)
        acted = list(action)
        self._complete("steps", acted, came)
        if back := sorted(set(self._env.agents) & self._ended):
            do = "Take a seat that ended out of env.agents, for good."
            raise self._watched.breach("ended", f"{back} ended before and are in env.agents again", "to stay out", do)
        now = {name for name in acted if came[2][name] or came[3][name]}
        self._ended |= now
        if (agents := set(self._env.agents)) != (live := set(acted) - now):
            came_, do = f"env.agents is {sorted(agents)}", "Keep env.agents to those who must act next."
            raise self._watched.breach("ended", came_, f"{sorted(live)}, who acted and did not end", do)
        return self._moments(acted, *came)

    def _complete(self, check: str, agents: list[str], came: tuple[Any, ...]) -> None:
        for part in came:
            if lacking := [name for name in agents if name not in part]:
                do = "Give every seat that acted its entry in each dict, also in the step in which it ends."
                raise self._watched.breach("seats", f"nothing for {lacking} in what {check} gave", f"{agents}", do)

    def _moments(self, agents: list[str], *came: dict[str, Any]) -> list[Moment]:
        env, live = self._env, set(self._env.agents)
        told = [
            (n, env.observation_space(n), env.action_space(n), *(part[n] for part in came), n in live) for n in agents
        ]
        moments = [Moment(*each) for each in told]
        self._masked = any(mask_of(moment.observation, moment.info) is not None for moment in moments)
        return moments


class _Turns:
    """Reads what an `AECEnv` says of its seats, and that its dicts, `last` and its turn keep step."""

    def __init__(self, env: Any, watched: Watched) -> None:
        self._env, self._watched = env, watched
        self._masked = False
        self._ended: set[str] = set()
        self._skips = 0
        self._owed: dict[str, float] = {}

    def before(self, action: Any) -> bool:
        self._owed[self._env.agent_selection] = 0.0
        self._skips = 0
        return self._masked

    def skip(self) -> None:
        """Counts seats that ended and are stepped over: an environment that brings them back would never go on."""
        self._skips += 1
        if self._skips > 2 * len(self._env.possible_agents):
            do = "Take a seat that ended out of env.agents when it is stepped with None."
            name = self._env.agent_selection
            raise self._watched.breach("ended", f"{name!r} ended and is asked again and again", "to be left out", do)

    def reset(self, came: Any) -> list[Moment]:
        env = self._env
        self._ended, self._skips, self._owed = set(), 0, dict.fromkeys(env.possible_agents, 0.0)
        if any(env.terminations.values()) or any(env.truncations.values()):
            raise self._watched.breach("reset", "a seat has ended at the start", "all False", "Clear them in reset.")
        return self._moments()

    def step(self, came: Any, action: Any) -> list[Moment]:
        env, watched = self._env, self._watched
        if came is not None:
            watched.note("steps", f"step returned a {type(came).__name__}", "None", "Tell it through the dicts.")
        for name, reward in env.rewards.items():
            self._owed[name] = self._owed.get(name, 0.0) + (reward if is_number(reward) else 0.0)
        for told in ("rewards", "terminations", "truncations", "infos"):
            if set(names := getattr(env, told)) != set(env.agents):
                do = f"Keep env.{told} to those in env.agents."
                watched.note("seats", f"env.{told} is of {sorted(names)}", f"{sorted(env.agents)}", do)
        for name in env.agents:
            if not all(isinstance(flag, bool) for flag in (env.terminations[name], env.truncations[name])):
                came = f"{short(env.terminations[name])}, {short(env.truncations[name])}"
                watched.note("flags", f"termination and truncation {came}", "two bools", "Use bool(...).", name)
            if env.terminations[name] or env.truncations[name]:
                self._ended.add(name)
            elif name in self._ended:
                raise watched.breach("ended", f"{name!r} ended before and is alive again", "to stay out",
                                     "Keep its termination until it is stepped with None.")  # fmt: skip
        return self._moments()

    def _moments(self) -> list[Moment]:
        env, acting = self._env, self._env.agent_selection if self._env.agents else None
        moments = []
        for name in env.agents:
            over = bool(env.terminations[name] or env.truncations[name])
            observation = env.observe(name) if name == acting or over else None
            told = env.rewards[name], env.terminations[name], env.truncations[name], env.infos[name]
            each = env.observation_space(name), env.action_space(name), observation
            moments.append(Moment(name, *each, *told, name == acting and not over))
        if acting is not None:
            self._last(acting)
        self._masked = any(m.is_acting and mask_of(m.observation, m.info) is not None for m in moments)
        return moments

    def _last(self, acting: str) -> None:
        """Holds `last()` against the dicts, and its reward against what the seat was paid since it acted."""
        env, watched = self._env, self._watched
        _, reward, terminated, truncated, info = env.last(observe=False)
        if (terminated, truncated) != (env.terminations[acting], env.truncations[acting]) or not same(
            info, env.infos[acting]
        ):
            do = "Do not override last()."
            watched.note("steps", "last() tells other things than the dicts", "the same", do, acting)
        owed = self._owed.get(acting, 0.0)
        if is_number(reward) and math.isfinite(owed) and not math.isclose(reward, owed, rel_tol=1e-6, abs_tol=1e-6):
            do = "Clear the mover's _cumulative_rewards and call _accumulate_rewards() in step."
            watched.note("rewards", f"last() pays {reward}", f"{owed}, the sum since its last move", do, acting)


def _kinds(came: Any) -> str:
    if isinstance(came, tuple):
        return f"({', '.join(type(part).__name__ for part in came)})"
    return f"a {type(came).__name__}"
