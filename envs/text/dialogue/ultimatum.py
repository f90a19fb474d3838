"""The ultimatum game, once or over ten rounds: one offers a share of the coins, the other takes it or both go empty."""

from __future__ import annotations

from arena.envs.text.dialogue.table import Table

__all__ = ["Ultimatum"]

_STEPS = 10  # an offer is a multiple of a tenth of the coins


class Ultimatum(Table):
    """Divide coins by offer and answer.

    Observation:
        Text: the coins, the round, your part in it, what was said, offered and answered so far.
    Action:
        Text, after an optional line `say: ...`: `offer 30` (coins for the other, a multiple of a tenth of all), then
        the other's `accept` or `reject`.
    Reward:
        At the end, the score.
    Episode end:
        Terminated after the last round's answer.
    Start:
        10 to 100 coins a round, and who offers first, drawn from the seed; the parts change every round.
    Score:
        Return, 0 to 1: the share of all rounds' coins that you got. Random play gets 0.25. Metrics: `joint` (the share
        that both got together), `deals` (the share of offers that were accepted).
    Versions:
        v0: first.
    Source:
        Gueth, Schmittberger, Schwarze 1982, "An experimental analysis of ultimatum bargaining", J. Econ. Behav. Organ.
    """

    metadata = {"name": "ultimatum", "render_modes": ["ansi"], "is_parallelizable": False}
    slots = _STEPS + 1
    width = 5

    def __init__(self, rounds: int, render_mode: str | None = None) -> None:
        super().__init__(2, render_mode)
        self._rounds = rounds

    def deal(self) -> None:
        self.coins = _STEPS * int(self.random.integers(1, 11))
        self._first = int(self.random.integers(2))
        self._round = 0
        self._offer: int | None = None
        self._got = [0, 0]
        self._deals = 0

    def whose(self) -> int:
        proposer = (self._first + self._round) % 2
        return proposer if self._offer is None else 1 - proposer

    def told(self, agent: str) -> str:
        seat = self.possible_agents.index(agent)
        lines = [
            f"You ({agent}) and {self.possible_agents[1 - seat]} divide {self.coins} coins, round {self._round + 1} of "
            f"{self._rounds}: one offers, the other accepts or rejects; after a rejection both get nothing.",
            f"So far you got {self._got[seat]}, the other {self._got[1 - seat]}. Your score is what you get.",
        ]
        return "\n".join(lines)

    def moves(self) -> list[str]:
        if self._offer is not None:
            return ["accept", "reject"]
        return [f"offer {self.coins * step // _STEPS}" for step in range(_STEPS + 1)]

    def default(self) -> str:
        return "reject" if self._offer is not None else f"offer {self.coins}"

    def features(self, move: str) -> list[float]:
        """Offering, accepting, rejecting; the share that is offered; the share of rounds left."""
        offered = int(move.split()[1]) if self._offer is None else self._offer
        kinds = [float(move.startswith(kind)) for kind in ("offer", "accept", "reject")]
        return [*kinds, offered / self.coins, 1.0 - self._round / self._rounds]

    def play(self, agent: str, move: str, speech: str) -> dict[str, float] | None:
        seat = self.possible_agents.index(agent)
        self.heard.append(f"{agent}: {f'{speech} ' if speech else ''}[{move}]")
        if self._offer is None:
            self._offer = int(move.split()[1])
            return None
        if move == "accept":
            self._deals += 1
            self._got[seat] += self._offer
            self._got[1 - seat] += self.coins - self._offer
        self._offer = None
        self._round += 1
        if self._round < self._rounds:
            return None
        total = self.coins * self._rounds
        return {agent: got / total for agent, got in zip(self.possible_agents, self._got, strict=True)}

    def metrics(self, agent: str) -> dict[str, float]:
        return {"joint": sum(self._got) / (self.coins * self._rounds), "deals": self._deals / self._rounds}
