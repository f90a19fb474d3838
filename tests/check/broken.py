"""A sound environment of each interface, and the same with one fault each; and agents, sound and faulty.

Each fault is named in `FAULTS` with the check that must find it.
"""

from __future__ import annotations

import ctypes
import functools
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pettingzoo
from gymnasium import spaces

import arena
from arena.errors import UnparsableError
from arena.spec import Reference
from arena.views import View

HERE = str(Path(__file__).resolve())
HELD: list[Any] = []  # what the leaking environment never lets go


class Walk(gymnasium.Env):
    """A walk on a line with a random wind; ends when it is 4 or more from the middle.

    Actions: left, stay, right; right is illegal on odd places, and the mask says so.
    """

    observation_space = spaces.Box(-50.0, 50.0, (2,), np.float32)
    action_space = spaces.Discrete(3)
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    _steps_of_all = 0

    def __init__(self, fault: str = "", is_masked: bool = True, render_mode: str | None = None) -> None:
        self._fault = fault
        self._is_masked = is_masked  # Gymnasium's own checker knows no masks
        self.render_mode = render_mode
        self._buffer = np.zeros(2, np.float32)
        self._closed = False
        self._played = 0
        if fault == "cannot be built":
            raise RuntimeError("no engine")
        if fault == "spaces of each instance":
            self.observation_space = spaces.Box(-50.0, 50.0 + int(time.time() * 1e6) % 1000, (2,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        fault = self._fault
        super().reset(seed=seed)
        if fault == "ignores the seed":
            self._np_random = np.random.default_rng(0)
        if fault == "takes no options" and options is not None:
            raise TypeError("options")
        if fault == "seeds the global generator" and seed is not None:
            np.random.seed(seed)
        if fault == "draws a start from nowhere" and seed is None:
            self._np_random = np.random.default_rng()
        if fault == "leaks memory":
            HELD.append(np.ones(1 << 18))
        self._place, self._at = int(self.np_random.integers(-1, 2)), 0
        if fault == "reset returns no info":
            return self._seen()
        return self._seen(), self._info()

    def step(self, action: Any) -> tuple[Any, ...]:
        fault = self._fault
        self._at += 1
        self._played += 1
        if fault == "segfault" and self._at == 2:
            ctypes.string_at(0)
        if fault == "hangs":
            time.sleep(60)
        if self._is_masked and action == 2 and self._place % 2 and fault != "accepts the forbidden":
            raise ValueError("right is illegal on odd places")
        self._place += int(action) - 1 + self._wind()
        over = abs(self._place) >= 4
        if fault in ("never ends", "terminates at the limit"):
            self._place = int(np.clip(self._place, -3, 3))
            over = fault == "terminates at the limit" and self._at >= 30
        reward: Any = float(self._place)
        if fault == "NaN reward" and self._at == 2:
            reward = float("nan")
        if fault == "reward in an array":
            reward = np.array(1.0)
        terminated: Any = int(over) if fault == "flag is a number" else over
        if fault == "forgets the end":
            return self._seen(), reward, over, self._info()
        return self._seen(), reward, terminated, False, self._info()

    def _wind(self) -> int:
        if self._fault == "global generator":
            return int(np.random.randint(-1, 2))
        if self._fault == "seeds the global generator":
            return int(np.random.randint(-1, 2))
        if self._fault == "order of a set":
            return int(next(iter(set(map(str, range(100)))))) % 3 - 1
        if self._fault == "leaks state":
            return int(np.sign(np.sin(self._played)))  # no period that could hide it
        return int(self.np_random.integers(-1, 2))

    def _seen(self) -> Any:
        seen = np.array([self._place, self.np_random.random()], np.float32)
        if self._fault == "observation outside" and self._at == 2:
            seen[0] = 99.0
        if self._fault == "observation of another dtype":
            return seen.astype(np.float64)
        if self._fault == "one buffer":
            self._buffer[:] = seen
            return self._buffer
        return seen

    def _info(self) -> Any:
        fault = self._fault
        mask = np.array([1, 1, self._place % 2 == 0], bool)
        if fault == "forbids what is legal":
            mask[0] = False
        if fault == "allows what is illegal":
            mask[:] = True
        if fault == "empty mask" and self._at == 2:
            mask[:] = False
        info: Any = {"metrics": {"distance": float(abs(self._place))}}
        if self._is_masked:
            info["action_mask"] = mask
        if fault == "metric missing":
            del info["metrics"]
        if fault == "metric out of range":
            info["metrics"]["distance"] *= -1
        if fault == "clock in the info":
            info["time"] = time.time()
        return [] if fault == "info is a list" else info

    def render(self) -> Any:
        frame = np.zeros((8, 8, 3), np.uint8)
        return frame / 255 if self._fault == "renders fractions" else frame

    def close(self) -> None:
        if self._fault == "closes once" and self._closed:
            raise RuntimeError("closed already")
        self._closed = True


class WalkText(View):
    """The walk in words."""

    options = {"legal_moves_shown": True}
    moves = ("left", "stay", "right")

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = self.action_space = spaces.Text(200, charset="".join(map(chr, range(32, 127))) + "\n")

    def observe(self, observation: Any, mask: Any, info: Any) -> Any:
        legal = [name for name, is_legal in zip(self.moves, mask, strict=True) if is_legal]
        return f"You are at {observation[0]:.0f}.\nMoves: {', '.join(legal)}. Answer with one of them.", mask

    def parse(self, answer: Any) -> Any:
        if answer not in self.moves:
            raise UnparsableError(f"{answer!r} is no move")
        return self.moves.index(answer)


class Guessing(WalkText):
    """Reads whatever it does not understand as staying."""

    def parse(self, answer: Any) -> Any:
        return self.moves.index(answer) if answer in self.moves else 1


class Hiding(WalkText):
    """Does not say what is legal."""

    def observe(self, observation: Any, mask: Any, info: Any) -> Any:
        return f"You are at {observation[0]:.0f}.", mask


class Halving(WalkText):
    """Shows some of the legal moves."""

    def observe(self, observation: Any, mask: Any, info: Any) -> Any:
        return "Moves: stay", mask


class Narrow(View):
    """Says that its numbers are between 0 and 1."""

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Box(0.0, 1.0, (2,), np.float32)


class Lazy(WalkText):
    """An oracle that stays where it is."""

    def observe(self, observation: Any, mask: Any, info: Any) -> Any:
        return "stay", mask


class Duel(pettingzoo.ParallelEnv):
    """Two seats guess a number; the nearer is paid by the other. `first` leaves after two steps, the other after 4."""

    metadata = {"name": "duel", "render_modes": []}
    possible_agents = ["first", "second"]

    def __init__(self, fault: str = "", render_mode: str | None = None) -> None:
        self._fault = fault
        self.render_mode = render_mode

    @functools.cache  # noqa: B019
    def _spaces(self, agent: str) -> Any:
        return spaces.Box(0, 10, (2,), np.float32), spaces.Discrete(3)

    def observation_space(self, agent: str) -> Any:
        return spaces.Box(0, 10, (2,), np.float32) if self._fault == "new spaces" else self._spaces(agent)[0]

    def action_space(self, agent: str) -> Any:
        return self._spaces(agent)[1]

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self.agents, self._at = list(self.possible_agents), 0
        return self._seen(), {name: {} for name in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, ...]:
        self._at += 1
        if self._fault == "refuses an action" and 1 in actions.values():
            raise ValueError("not 1")
        hidden = self._random.integers(3)
        lead = 0.0
        if len(actions) == 2:
            lead = float(np.sign(abs(actions["second"] - hidden) - abs(actions["first"] - hidden)))
        rewards = {"first": lead, "second": lead if self._fault == "both win" else -lead}
        over = {name: self._at >= (2 if name == "first" else 4) for name in self.agents}
        told = (
            self._seen(),
            {name: rewards[name] for name in self.agents},
            over,
            dict.fromkeys(self.agents, False),
            {name: {} for name in self.agents},
        )
        if self._fault == "says nothing to who leaves":
            told[0].pop("first", None) if over.get("first") else None
        if self._fault != "the dead act" or self._at >= 4:
            self.agents = [name for name in self.agents if not over[name]]
        return told

    def _seen(self) -> dict[str, Any]:
        return {name: np.array([self._at, self._random.random()], np.float32) for name in self.agents}


class Table(pettingzoo.AECEnv):
    """Zero-sum: four moves each, in turn; who drew the larger sum is paid 1 by the other."""

    metadata = {"name": "table", "render_modes": ["ansi"], "is_parallelizable": False}
    possible_agents = ["player_0", "player_1"]

    def __init__(self, fault: str = "", render_mode: str | None = None) -> None:
        self._fault = fault
        self.render_mode = render_mode
        self.agents = []
        mask = spaces.MultiBinary(3) if fault != "mask of the wrong length" else spaces.MultiBinary(2)
        inner = spaces.Box(-50, 50, (2,), np.float32)
        self._observation_space = spaces.Dict({"observation": inner, "action_mask": mask})
        self._action_space = spaces.Discrete(3)

    def observation_space(self, agent: str) -> Any:
        return self._observation_space

    def action_space(self, agent: str) -> Any:
        return self._action_space

    def reset(self, seed: int | None = None, options: Any = None) -> None:
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self.agents = list(self.possible_agents)
        self.sums = dict.fromkeys(self.agents, 0)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos = {name: {} for name in self.agents}
        self.agent_selection, self._at = "player_0", 0

    def observe(self, agent: str) -> Any:
        seen = np.array([self.sums[agent], self._at], np.float32)
        return {"observation": seen, "action_mask": np.array([1, 1, 0][: self._mask_length()], np.int8)}

    def _mask_length(self) -> int:
        return 2 if self._fault == "mask of the wrong length" else 3

    def step(self, action: int | None) -> Any:
        name = self.agent_selection
        if self.terminations[name]:
            if self._fault == "the dead come back":
                self.terminations[name] = False
            else:
                self._was_dead_step(action)
            return None
        if action == 2:
            raise ValueError("2 is illegal")
        self._at += 1
        self.sums[name] += int(action or 0) + int(self._random.integers(-2, 3))
        self._cumulative_rewards[name] = 0.0
        self.agent_selection = "player_1" if name == "player_0" else "player_0"
        self.rewards = dict.fromkeys(self.agents, 0.0)
        if self._at == 8:
            lead = float(np.sign(self.sums["player_0"] - self.sums["player_1"]))
            self.rewards = {"player_0": lead, "player_1": -lead}
            self.terminations = dict.fromkeys(self.agents, True)
        if self._fault == "pays twice":
            self._accumulate_rewards()
        if self._fault == "pays something in passing":
            self.rewards = {"player_0": 0.5, "player_1": -0.5}
        elif self._fault == "flag is a number":
            self.truncations = dict.fromkeys(self.agents, 0)
        elif self._fault == "forgets a seat":
            self.infos = {name: {}}
        if self._fault != "pays something in passing":
            self._accumulate_rewards()
        return name if self._fault == "step answers" else None

    def render(self) -> str:
        return str(self.sums)

    def close(self) -> None:
        pass


def walk(fault: str = "", **fields: Any) -> arena.EnvSpec:
    given = dict(max_steps=30, metric="distance", score_range=(0.0, 50.0), failure_score=0.0)
    views = {"text/v1": f"{HERE}:WalkText"}
    return _spec("Walk", fault, **{**given, "views": views, **fields})


def duel(fault: str = "", **fields: Any) -> arena.EnvSpec:
    given = dict(interface="parallel", seats=2, payoff="zero-sum", score_range=(-4.0, 4.0), failure_score=-4.0)
    return _spec("Duel", fault, **{**given, **fields})


def table(fault: str = "", **fields: Any) -> arena.EnvSpec:
    given = dict(interface="aec", seats=2, payoff="zero-sum", score_range=(-5.0, 5.0), failure_score=-5.0)
    return _spec("Table", fault, **{**given, **fields})


def _spec(name: str, fault: str, *, told: str = "", **fields: Any) -> arena.EnvSpec:
    words = (told or fault or "sound").replace(" ", "-").replace("'", "")
    entry, kwargs = f"{HERE}:{name}", {"fault": fault} if fault else {}
    return arena.EnvSpec(id=f"broken/{name}-{words}-v0", entry_point=entry, domain="games", kwargs=kwargs, **fields)


SOUND = [walk(), duel(), table()]
FAULTS: dict[str, list[arena.EnvSpec]] = {  # the check that must find it, alone -> specs with one fault each
    "build": [walk("cannot be built")],
    "spaces": [walk("spaces of each instance"), duel("new spaces")],
    "seats": [
        duel(told="three seats", seats=3),
        walk(told="parallel", interface="parallel"),
        duel("says nothing to who leaves"),
        table("forgets a seat"),
    ],
    "reset": [walk("takes no options"), walk("reset returns no info"), walk("draws a start from nowhere")],
    "steps": [walk("forgets the end"), table("step answers")],
    "actions": [duel("refuses an action")],
    "masks": [
        walk("empty mask"),
        walk("allows what is illegal"),
        table("mask of the wrong length"),
    ],
    "observations": [walk("observation outside"), walk("observation of another dtype")],
    "copies": [walk("one buffer")],
    "rewards": [
        walk("NaN reward"),
        walk("reward in an array"),
        table("pays twice"),
        table("pays something in passing"),
    ],
    "flags": [walk("flag is a number"), walk("terminates at the limit"), table("flag is a number")],
    "infos": [walk("info is a list")],
    "ended": [duel("the dead act"), table("the dead come back")],
    "end": [walk("never ends", max_steps=None)],
    "metric": [walk("metric missing")],
    "scores": [walk("metric out of range")],
    "payoff": [duel("both win")],
    "random": [walk(told="other reference", random=Reference(9.0, "guessed", low=8.9, high=9.1, episodes=100))],
    "close": [walk("closes once")],
    "views": [walk(told="narrow view", views={"array": f"{HERE}:Narrow"})],
    "parser": [
        walk(told="guessing parser", views={"text/v1": f"{HERE}:Guessing"}),
        walk(told="hides the moves", views={"text/v1": f"{HERE}:Hiding"}),
        walk(told="shows half of the moves", views={"text/v1": f"{HERE}:Halving"}),
    ],
    "seed": [walk("ignores the seed"), walk(told="called deterministic", deterministic_start=True)],
    "render": [walk("renders fractions")],
    "memory": [walk("leaks memory")],
    "oracle": [
        walk(told="lazy oracle", views={"oracle": f"{HERE}:Lazy"}, oracle="oracle", expert=Reference(40.0, "told")),
        walk(
            told="lazy oracle of a sampled claim",
            views={"oracle": f"{HERE}:Lazy"},
            oracle="oracle",
            expert=Reference(40.0, "played", episodes=20),
        ),
        walk(told="absent oracle", oracle="prophet"),
    ],
    "forbidden": [walk("accepts the forbidden"), walk("forbids what is legal")],
    "replay": [walk("global generator"), walk("order of a set"), walk("clock in the info")],
    "repeat": [walk("leaks state")],
    "neighbours": [walk("seeds the global generator")],
}
