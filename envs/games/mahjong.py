"""Riichi mahjong by RiichiEnv: four players, and three (Sanma); scored by the final placement."""

from __future__ import annotations

import json
import string
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import AECEnv

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.views import View, parse_choice

__all__ = ["Mahjong", "TextView"]

PLANES = 74  # of RiichiEnv's encoding of what a player sees
_TILES = {4: 34, 3: 27}  # kinds of tiles; three players leave out 2m to 8m
_MOVES = {4: 82, 3: 60}  # RiichiEnv's numbers of moves, in which a red five is a five
_CHARSET = string.printable[:95] + "\n"


class Mahjong(AECEnv):
    """A game of riichi mahjong (Tenhou's rules, with red fives) over a whole east round or east and south.

    Observation:
        Dict: `observation` (74, 34) float32, with three players (74, 27): RiichiEnv's encoding of the hand, melds,
        discards, dora, riichi, winds, scores and waits that the player sees, as it was at the player's last turn.
        `action_mask` int8, 1 where a move is legal (all 0 for who is not to move).
    Action:
        Discrete(164), with three players Discrete(120): RiichiEnv's number of a move (discards by kind of tile, riichi,
        chi low, middle, high, pon, kans by kind, win, abortive draw, pass; with three players also kita), and as much
        again for the same move with a red five discarded or shown from the hand.
    Reward:
        0 until the end, then by placement: evenly from 1 for the first to -1 for the last.
    Episode end:
        Terminated when the game is over.
    Start:
        East 1 with 25000 points each (35000 with three players); the walls are shuffled from the seed.
    Score:
        Return, -1 to 1: a straight line in the average placement. Metrics: `rank` (1 is best), `points` at the end.
    Versions:
        v0: riichienv 0.4.11.
    Source:
        https://github.com/smly/RiichiEnv. Players who may all claim one discard are asked one after the other, and
        none sees what another answered.
    """

    metadata = {"name": "mahjong", "render_modes": ["ansi"], "is_parallelizable": False}

    def __init__(self, mode: str, render_mode: str | None = None) -> None:
        super().__init__()
        self.mode, self.render_mode = mode, render_mode
        players = int(mode[0])
        self._shape, self._moves = (PLANES, _TILES[players]), _MOVES[players]
        self.possible_agents = [f"player_{seat}" for seat in range(players)]
        self._observation_space = spaces.Dict(
            {
                "observation": spaces.Box(-np.inf, np.inf, self._shape, np.float32),
                "action_mask": spaces.Box(0, 1, (2 * self._moves,), np.int8),
            }
        )
        self._action_space = spaces.Discrete(2 * self._moves)
        self._seeds = np.random.default_rng()

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        from riichienv import RiichiEnv

        if seed is not None:
            self._seeds = np.random.default_rng(seed)
        self.table = RiichiEnv(game_mode=self.mode, seed=int(self._seeds.integers(1 << 31)))
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {name: {} for name in self.agents}
        self._seen = {name: np.zeros(self._shape, np.float32) for name in self.agents}
        self._ask(self.table.reset())

    def step(self, action: Any) -> None:
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[self.agent_selection] = 0.0
        seat = self._waiting.pop(0)
        self._answers[seat] = self.moves[int(action)]
        if self._waiting:
            self._turn()
        else:
            asked = self.table.step(self._answers)
            if self.table.done():
                self._end()
            else:
                self._ask(asked)
        self._accumulate_rewards()

    def observe(self, agent: str) -> dict[str, npt.NDArray[Any]]:
        mask = np.zeros(2 * self._moves, np.int8)
        if agent == self.agent_selection and not self.terminations.get(agent, True):
            mask[list(self.moves)] = 1
        return {"observation": self._seen[agent].copy(), "action_mask": mask}

    def render(self) -> str:
        """Returns the points and the last events in mjai's notation."""
        events = [json.dumps(event) if isinstance(event, dict) else str(event) for event in self.table.mjai_log[-10:]]
        return "\n".join([f"points {self.table.scores()}", *events])

    def close(self) -> None:
        """Nothing to free."""

    def _ask(self, asked: dict[int, Any]) -> None:
        """Begins a round of answers: what each of these seats sees is fixed before any of them answers."""
        self._asked, self._waiting = asked, sorted(asked)
        self._answers: dict[int, Any] = {}
        for seat, seen in asked.items():
            planes = np.frombuffer(seen.encode(), np.float32).reshape(self._shape)
            self._seen[self.possible_agents[seat]] = planes
        self._turn()

    def _turn(self) -> None:
        self.agent_selection = self.possible_agents[self._waiting[0]]
        self.seen = self._asked[self._waiting[0]]
        self.moves: dict[int, Any] = {}
        for move in self.seen.legal_actions():
            self.moves.setdefault(int(move.encode()) + self._moves * _gives_red(move), move)

    def _end(self) -> None:
        ranks, points, last = self.table.ranks(), self.table.scores(), len(self.possible_agents) - 1
        for name, rank, held in zip(self.possible_agents, ranks, points, strict=True):
            self.rewards[name] = 1.0 - 2.0 * (rank - 1) / last
            self.infos[name] = {"metrics": {"rank": float(rank), "points": float(held)}}
        self.terminations = dict.fromkeys(self.agents, True)
        self.agent_selection = self.agents[0]


def _gives_red(move: Any) -> bool:
    """Returns whether a red five leaves the hand where a plain one might: discarded, or shown for a chi or a pon."""
    event = json.loads(move.to_mjai())
    if event["type"] == "dahai":
        return bool(event["pai"].endswith("r"))
    return event["type"] in ("chi", "pon") and any(tile.endswith("r") for tile in event["consumed"])


class TextView(View):
    """What the player sees in mjai's notation (1m to 9m, p, s, 5mr red; E S W N; P F C dragons), and its moves."""

    options = {"legal_moves_shown": True, "names": "mjai type, tile, and tiles shown"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = spaces.Text(16_000, charset=_CHARSET)
        self.action_space = spaces.Text(200, charset=_CHARSET)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        seen, seats = self.env.seen, range(len(self.env.possible_agents))
        lines = [
            f"Riichi mahjong for {len(seats)}; highest points at the end win. You are player {seen.player_id}.",
            "Tiles: 1m-9m characters, p circles, s bamboo, r red; E S W N winds; P white, F green, C red dragon.",
            f"Round {'ESWN'[seen.round_wind]}{seen.oya + 1}, dealer player {seen.oya}, counters {seen.honba}, "
            f"riichi sticks {seen.riichi_sticks}, dora indicators {_tiles(seen.dora_indicators)}.",
            *(self._player(seen, seat) for seat in seats),
            f"Your hand: {_tiles(sorted(seen.hand))}.",
            "" if seen.drawn_tile is None else f"You drew {_tiles([seen.drawn_tile])}.",
            "" if seen.last_discard is None else f"The last discard was {_tiles([seen.last_discard])}.",
            f"Legal moves: {', '.join(self._moves())}. Answer with one of them.",
        ]
        return "\n".join(line for line in lines if line), mask

    def parse(self, answer: Any) -> Any:
        return sorted(self.env.moves)[parse_choice(answer, self._moves())]

    def _moves(self) -> list[str]:
        return [_name(self.env.moves[number]) for number in sorted(self.env.moves)]

    def _player(self, seen: Any, seat: int) -> str:
        melds = "; ".join(_tiles(meld.tiles) for meld in seen.melds[seat]) or "none"
        riichi = ", in riichi" if seen.riichi_declared[seat] else ""
        return (
            f"Player {seat}: {seen.scores[seat]} points{riichi}; discards {_tiles(seen.discards[seat])}; melds {melds}."
        )


def _tiles(numbers: list[int]) -> str:
    from riichienv.convert import tid_to_mjai

    return " ".join(tid_to_mjai(number) for number in numbers) or "none"


def _name(move: Any) -> str:
    event = json.loads(move.to_mjai())
    shown = " ".join(event.get("consumed", ()))
    parts = [event["type"], event.get("pai", ""), f"with {shown}" if shown else ""]
    return " ".join(part for part in parts if part)


class _Task(NamedTuple):
    name: str
    mode: str
    max_steps: int  # several times the longest seen of random play; rounds may repeat without end
    description: str


_TASKS = (
    _Task("Riichi-v0", "4p-red-half", 6000, "Riichi mahjong for four, east and south rounds."),
    _Task("RiichiEast-v0", "4p-red-east", 4000, "Riichi mahjong for four, the east round alone."),
    _Task("Sanma-v0", "3p-red-half", 4000, "Riichi mahjong for three, east and south rounds."),
    _Task("SanmaEast-v0", "3p-red-east", 3000, "Riichi mahjong for three, the east round alone."),
)

for _task in _TASKS:
    _players = int(_task.mode[0])
    register(
        EnvSpec(
            id=f"mahjong/{_task.name}",
            random=measured(f"mahjong/{_task.name}"),
            entry_point=f"{__name__}:Mahjong",
            kwargs={"mode": _task.mode},
            domain="games",
            interface="aec",
            seats=_players,
            payoff="zero-sum",
            expert=Reference(1.0, "always first"),
            max_steps=_task.max_steps,
            score_range=(-1.0, 1.0),
            failure_score=-1.0,
            views={"text/v1": f"{__name__}:TextView"},
            needs=Needs(modules=("riichienv",), get="pip install 'arena-bench[games]'"),
            packages=("riichienv", "numpy"),
            tags=("multi-player", "turn-based", "cards"),
            description=_task.description,
            observation=f"(74, {_TILES[_players]}) float32: RiichiEnv's planes of what the player sees, by tile.",
            action=f"One of {2 * _MOVES[_players]}: RiichiEnv's moves, and as many with a red five; masked.",
            reward="At the end by placement, evenly from 1 for the first to -1 for the last.",
            source="https://github.com/smly/RiichiEnv",
        )
    )
