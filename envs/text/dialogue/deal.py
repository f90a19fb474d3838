"""Deal or no deal: two bargain over books, hats and balls that each values in a way of their own."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

from arena.envs.text.dialogue.table import Table, TextView

__all__ = ["DealOrNoDeal", "OracleView"]

ITEMS = ("book", "hat", "ball")
TOTAL = 10  # points that all items together are worth to each
MAX_TURNS = 20  # moves of both; DealOrNoDeal's people took 6.6 on average
_COUNTS = [c for c in itertools.product(range(1, 5), repeat=3) if 5 <= sum(c) <= 7]


class DealOrNoDeal(Table):
    """Bargaining in words and offers over a pool of items with private values.

    Observation:
        Text: the pool, what each item is worth to you, the objective, all that was said and offered, the turns left.
        `infos[seat]["moves"]` names the moves.
    Action:
        Text, after an optional line `say: ...`: `propose 1 2 0` (books, hats and balls that you would take; the other
        gets the rest), `accept` (what the other has just proposed), `talk` (no move but what you say), `leave`.
    Reward:
        At the end, the score.
    Episode end:
        Terminated by `accept`, by `leave`, or after 20 moves without a deal.
    Start:
        Five to seven items of three kinds and values for both, drawn from the seed; all items together are worth 10 to
        each, every kind is worth something to one of them, and some kind to both. Either may begin.
    Score:
        Return. `objective` own: your points / 10, 0 to 1. cooperative: points of both / the most that any split gives,
        0 to 1. competitive: your points less the other's / 10, -1 to 1. No deal is 0. Metrics: `points`,
        `joint_points`, `deal`, `pareto` (1 where no other split is better for one and not worse for the other).
    Versions:
        v0: first.
    Source:
        The task of Lewis et al. 2017, "Deal or No Deal?", arXiv 1706.05125, with the objectives of Liao et al. 2024,
        arXiv 2406.18872. Differences: offers are moves of their own that the other accepts (there both name the split
        after the talk), and problems are drawn by their rules, not taken from their list.
    """

    metadata = {"name": "dealornodeal", "render_modes": ["ansi"], "is_parallelizable": False}
    slots = 64
    width = 8

    def __init__(self, objective: str, render_mode: str | None = None) -> None:
        super().__init__(2, render_mode)
        self._objective = objective

    def deal(self) -> None:
        random = self.random
        self.pool = _COUNTS[int(random.integers(len(_COUNTS)))]
        values = _valuations(self.pool)
        while True:
            pair = [values[int(random.integers(len(values)))] for _ in range(2)]
            if all(map(any, zip(*pair, strict=True))) and any(map(all, zip(*pair, strict=True))):
                break
        self.values = pair
        self._first = int(random.integers(2))
        self._turn = 0
        self._offer: tuple[int, ...] | None = None  # what the other would take, if they have just proposed
        self._points = [0, 0]
        self._is_deal = False

    def whose(self) -> int:
        return (self._first + self._turn) % 2

    def told(self, agent: str) -> str:
        seat = self.possible_agents.index(agent)
        worth = ", ".join(f"{item} {value}" for item, value in zip(ITEMS, self.values[seat], strict=True))
        return "\n".join(
            (
                f"You ({agent}) and {self.possible_agents[1 - seat]} divide {_named(self.pool)}.",
                f"To you one is worth: {worth}. The other's values differ, and only they know them.",
                _OBJECTIVES[self._objective],
                "propose B H L: you would take B books, H hats, L balls. Without a deal both get 0.",
                f"Moves left: {MAX_TURNS - self._turn}.",
            )
        )

    def moves(self) -> list[str]:
        splits = itertools.product(*(range(count + 1) for count in self.pool))
        accept = [] if self._offer is None else ["accept"]
        return [*(f"propose {' '.join(map(str, split))}" for split in splits), *accept, "talk", "leave"]

    def default(self) -> str:
        return "talk"

    def features(self, move: str) -> list[float]:
        """The kind of move (4), what it gives you, what share of the items, the open offer's worth, turns left."""
        seat = self.whose()
        kinds = [float(move.startswith(kind)) for kind in ("propose", "accept", "talk", "leave")]
        offered = 0.0 if self._offer is None else (TOTAL - _worth(self.values[seat], self._offer)) / TOTAL
        own, share = (offered, 0.0) if kinds[1] else (0.0, 0.0)
        if kinds[0]:
            taken = tuple(map(int, move.split()[1:]))
            own, share = _worth(self.values[seat], taken) / TOTAL, sum(taken) / sum(self.pool)
        return [*kinds, own, share, offered, 1.0 - self._turn / MAX_TURNS]

    def play(self, agent: str, move: str, speech: str) -> dict[str, float] | None:
        seat = self.possible_agents.index(agent)
        self.heard.append(f"{agent}: {f'{speech} ' if speech else ''}[{move}]")
        self._turn += 1
        if move == "accept" and self._offer is not None:
            self._is_deal = True
            self._points[1 - seat] = _worth(self.values[1 - seat], self._offer)
            self._points[seat] = TOTAL - _worth(self.values[seat], self._offer)
        elif move.startswith("propose"):
            self._offer = tuple(map(int, move.split()[1:]))
        else:
            self._offer = None
        return self._scores() if move in ("accept", "leave") or self._turn == MAX_TURNS else None

    def metrics(self, agent: str) -> dict[str, float]:
        points = self._points[self.possible_agents.index(agent)]
        other = sum(self._points) - points
        better = any(a >= points and b >= other and a + b > points + other for a, b in self._outcomes(agent))
        return {
            "points": float(points),
            "joint_points": float(points + other),
            "deal": float(self._is_deal),
            "pareto": float(self._is_deal and not better),
        }

    def best_split(self) -> tuple[int, ...]:
        """Returns what the seat to move takes in a split with the most points for both together."""
        seat = self.whose()
        pairs = zip(self.values[seat], self.values[1 - seat], self.pool, strict=True)
        return tuple(count if own >= other else 0 for own, other, count in pairs)

    def is_best(self) -> bool:
        """Whether the open offer is such a split."""
        if self._offer is None:
            return False
        other, own = self.values[1 - self.whose()], self.values[self.whose()]
        rest = tuple(count - taken for count, taken in zip(self.pool, self._offer, strict=True))
        return _worth(other, self._offer) + _worth(own, rest) == self._most()

    def _most(self) -> int:
        return sum(count * max(pair) for count, pair in zip(self.pool, zip(*self.values, strict=True), strict=True))

    def _outcomes(self, agent: str) -> list[tuple[int, int]]:
        seat = self.possible_agents.index(agent)
        splits = itertools.product(*(range(count + 1) for count in self.pool))
        return [(_worth(self.values[seat], s), TOTAL - _worth(self.values[1 - seat], s)) for s in splits]

    def _scores(self) -> dict[str, float]:
        first, second = self._points
        both = {
            "own": (first / TOTAL, second / TOTAL),
            "cooperative": ((first + second) / self._most(),) * 2,
            "competitive": ((first - second) / TOTAL, (second - first) / TOTAL),
        }[self._objective]
        return dict(zip(self.possible_agents, both, strict=True))


@cache
def _valuations(pool: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Returns all values of the items at which the whole pool is worth the total."""
    return [values for values in itertools.product(range(TOTAL + 1), repeat=3) if _worth(values, pool) == TOTAL]


def _worth(values: tuple[int, ...], counts: tuple[int, ...]) -> int:
    return sum(value * count for value, count in zip(values, counts, strict=True))


def _named(counts: tuple[int, ...]) -> str:
    return ", ".join(f"{count} {item}{'s' * (count > 1)}" for count, item in zip(counts, ITEMS, strict=True))


_OBJECTIVES = {
    "own": "Your score is what you get, of 10.",
    "cooperative": "The score of both is what both get together, of the most that can be got.",
    "competitive": "Your score is what you get less what the other gets.",
}


class OracleView(TextView):
    """Shows the split with the most points for both, from both sides' values; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        self._moves = info["moves"]
        game = self.env.unwrapped
        return ("accept" if game.is_best() else f"propose {' '.join(map(str, game.best_split()))}"), None
