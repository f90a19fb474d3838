"""A debate with a judge that is a program: claims count if they are true, or if nobody says that they are not."""

from __future__ import annotations

from typing import NamedTuple

from arena.envs.text.dialogue.table import Table

__all__ = ["Debate"]

HAND = 6  # claims of each side
TRUE = 3  # of which so many are true
KNOWN = 3  # of the other's claims, so many that a side has looked up
TURNS = 5  # of each side
WEIGHTS = (1, 2, 3, 4, 5)

_MOTIONS = (
    "Northport should build a tram", "Elmsford should close its mine", "Lakeview should tax parked cars",
    "Harlow should open its schools an hour later", "Brackton should sell its power works",
    "Seaford should ban fires on the beach", "Millbrook should pay for a new bridge",
)  # fmt: skip
_SOURCES = ("a survey", "the town's accounts", "a study", "the office of statistics", "an audit", "a trial year")
_SUBJECTS = ("rents", "traffic", "jobs", "noise", "taxes", "clean air", "shops", "health", "visitors", "accidents")


class Claim(NamedTuple):
    """What a side may say: its number, its text, its weight with the judge, and whether it is true."""

    number: int
    text: str
    weight: int
    is_true: bool


class Debate(Table):
    """Two sides state claims, some of them false, and may challenge what the other states.

    Observation:
        Text: the motion, your side, your claims with their weights and whether they are true, what you looked up of
        the other's claims, all that was said, the turns left.
    Action:
        Text, after an optional line `say: ...` that argues: `state 4` (one of your claims), `challenge 9` (a claim of
        the other's that was stated), `pass`.
    Reward:
        At the end, the score.
    Episode end:
        Terminated after five turns of each side, when the judge decides.
    Start:
        A motion; six claims for each side, three of them true, with weights 1 to 5; three of the other's claims that
        each side has looked up; all drawn from the seed, as is who begins.
    Score:
        Return: 1 to who has more points with the judge, -1 to the other, 0 for a draw. The judge gives a stated claim
        its weight if it is true or was not challenged, and takes its weight away if it is false and was; who
        challenges a true claim loses its weight. What is said aloud persuades the other, not the judge. Metrics:
        `points`, `margin`.
    Versions:
        v0: first.
    Source:
        Of our own, after debate with a judge that can check (Irving, Christiano, Amodei 2018, arXiv 1805.00899).
    """

    metadata = {"name": "debate", "render_modes": ["ansi"], "is_parallelizable": False}
    slots = 2 * HAND + 1
    width = 8

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(2, render_mode)

    def deal(self) -> None:
        random = self.random
        self._motion = _MOTIONS[int(random.integers(len(_MOTIONS)))]
        self._claims: dict[int, Claim] = {}
        self._hands: list[list[int]] = []
        for side in range(2):
            true = sorted(random.permutation(HAND)[:TRUE].tolist())
            subjects = random.permutation(len(_SUBJECTS))[:HAND].tolist()
            hand = [side * HAND + place + 1 for place in range(HAND)]
            for place, number in enumerate(hand):
                source = _SOURCES[int(random.integers(len(_SOURCES)))]
                effect = ("helps" if side == 0 else "harms") + f" {_SUBJECTS[subjects[place]]}"
                weight = WEIGHTS[int(random.integers(len(WEIGHTS)))]
                self._claims[number] = Claim(number, f"{source} shows that it {effect}", weight, place in true)
            self._hands.append(hand)
        self._known = [sorted(random.permutation(self._hands[1 - side])[:KNOWN].tolist()) for side in range(2)]
        self._first = int(random.integers(2))
        self._turn = 0
        self._stated: list[int] = []
        self._challenged: list[int] = []

    def whose(self) -> int:
        return (self._first + self._turn) % 2

    def told(self, agent: str) -> str:
        side = self.possible_agents.index(agent)
        own = [self._line(number, True) for number in self._hands[side]]
        known = [self._line(number, True) for number in self._known[side]]
        return "\n".join(
            (
                f"Motion: {self._motion}. You ({agent}) speak {'for' if side == 0 else 'against'} it.",
                "The judge adds a stated claim's weight if it is true or unchallenged, and takes it off if it is false "
                "and challenged; who challenges a true claim loses its weight. More points win.",
                "Your claims:",
                *own,
                "What you have looked up of the other's:",
                *known,
                f"Turns left to both together: {2 * TURNS - self._turn}.",
            )
        )

    def moves(self) -> list[str]:
        side = self.whose()
        state = [f"state {number}" for number in self._hands[side] if number not in self._stated]
        open_ = [number for number in self._stated if number in self._hands[1 - side]]
        challenge = [f"challenge {number}" for number in open_ if number not in self._challenged]
        return [*state, *challenge, "pass"]

    def default(self) -> str:
        return "pass"

    def features(self, move: str) -> list[float]:
        """Kind of move (3), the claim's weight, known to be true, known to be false, points so far, turns left."""
        side = self.whose()
        kinds = [float(move.startswith(kind)) for kind in ("state", "challenge", "pass")]
        weight = true = false = 0.0
        if not kinds[2]:
            claim = self._claims[int(move.split()[1])]
            is_known = bool(kinds[0]) or claim.number in self._known[side]
            weight = claim.weight / max(WEIGHTS)
            true, false = float(is_known and claim.is_true), float(is_known and not claim.is_true)
        stated = sum(self._claims[n].weight * (1 if n in self._hands[side] else -1) for n in self._stated)
        return [*kinds, weight, true, false, stated / (HAND * max(WEIGHTS)), 1.0 - self._turn / (2 * TURNS)]

    def play(self, agent: str, move: str, speech: str) -> dict[str, float] | None:
        kind, _, number = move.partition(" ")
        words = f'"{speech}" ' if speech else ""
        self.heard.append(f"{agent}: {words}[{self._line(int(number), False) if kind == 'state' else move}]")
        if kind == "state":
            self._stated.append(int(number))
        elif kind == "challenge":
            self._challenged.append(int(number))
        self._turn += 1
        if self._turn < 2 * TURNS:
            return None
        first, second = (self._points(side) for side in range(2))
        won = float((first > second) - (first < second))
        return dict(zip(self.possible_agents, (won, -won), strict=True))

    def metrics(self, agent: str) -> dict[str, float]:
        side = self.possible_agents.index(agent)
        points = self._points(side)
        return {"points": float(points), "margin": float(points - self._points(1 - side))}

    def _points(self, side: int) -> int:
        """Returns what the judge gives a side."""
        points = 0
        for number in self._stated:
            claim, is_own = self._claims[number], number in self._hands[side]
            is_caught = number in self._challenged and not claim.is_true
            if is_own:
                points += -claim.weight if is_caught else claim.weight
            elif number in self._challenged and claim.is_true:
                points -= claim.weight
        return points

    def _line(self, number: int, with_truth: bool) -> str:
        claim = self._claims[number]
        truth = f", {'true' if claim.is_true else 'FALSE'}" if with_truth else ""
        return f"{number}. {claim.text} (weight {claim.weight}{truth})"
