"""Werewolf for five: one of them kills by night, all talk and vote by day, and one may look at a card a night."""

from __future__ import annotations

from arena.envs.text.dialogue.table import Table

__all__ = ["Werewolf"]

SEATS = 5
_SENTENCES = ("I suspect {}.", "I trust {}.", "I am the seer: {} is the werewolf.", "I am the seer: {} is not.")
WOLF, SEER, VILLAGER = "werewolf", "seer", "villager"


class Werewolf(Table):
    """A game of hidden parts in which talk is free and votes count.

    Observation:
        Text: the rules, your part, what you alone saw, who lives, all that was said, the votes.
    Action:
        Text. By day first one speech each: a line `say: ...` and the move `done`, or one of the sentences listed
        as moves; then one vote each: `vote player_2` or `vote nobody`. By night the werewolf: `kill player_2`; the
        seer: `look player_2`.
    Reward:
        At the end, the score.
    Episode end:
        Terminated when the werewolf is voted out (the others win), or when two are left (the werewolf wins).
    Start:
        A werewolf, a seer and three villagers, dealt from the seed. In the first night nobody dies. Who has more
        votes than any other leaves; with a tie nobody does.
    Score:
        Return: 1 to the side that wins, -1 to the other. Metrics: `is_werewolf`, `won`, `days`.
    Versions:
        v0: first.
    Source:
        Davidoff 1986, Mafia; as a test of talking agents, Lai et al. 2022, "Werewolf Among Us", arXiv 2212.08279.
        Rules for five of our own.
    """

    metadata = {"name": "werewolf", "render_modes": ["ansi"], "is_parallelizable": False}
    slots = 20
    width = 9

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(SEATS, render_mode)

    def deal(self) -> None:
        order = self.random.permutation(SEATS).tolist()
        parts = {order[0]: WOLF, order[1]: SEER}
        self.parts = [parts.get(seat, VILLAGER) for seat in range(SEATS)]
        self._living = list(range(SEATS))
        self._seen: dict[int, bool] = {}  # by the seer: seat -> is the werewolf
        self._accused = [0] * SEATS  # how often one of the listed sentences named each
        self._day = 0
        self._queue: list[tuple[str, int]] = []  # who is still to act in this phase
        self._victim: int | None = None
        self._first = int(self.random.integers(SEATS))
        self._night()

    def whose(self) -> int:
        return self._queue[0][1]

    def told(self, agent: str) -> str:
        seat = self.possible_agents.index(agent)
        lines = [
            f"You are {agent}, the {self.parts[seat]}. Of five, one is the werewolf, one the seer, three villagers.",
            "By night the werewolf kills one (not in the first night), and the seer looks at one's part. By day each "
            "living player speaks once, then votes once; who has the most votes leaves. The others win when the "
            "werewolf leaves; the werewolf wins when two are left.",
            f"Living: {', '.join(self.possible_agents[other] for other in self._living)}.",
        ]
        if self.parts[seat] == SEER:
            lines += [f"You looked: {self._is(other, found)}" for other, found in self._seen.items()]
        return "\n".join(lines)

    def moves(self) -> list[str]:
        phase, seat = self._queue[0]
        others = [self.possible_agents[other] for other in self._living if other != seat]
        if phase == "speak":
            sentences = (
                "I suspect {}.",
                "I trust {}.",
                "I am the seer: {} is the werewolf.",
                "I am the seer: {} is not.",
            )
            return ["done", *(sentence.format(other) for sentence in sentences for other in others)]
        return [*(f"{phase} {other}" for other in others), *(["vote nobody"] if phase == "vote" else [])]

    def default(self) -> str:
        moves = self.moves()
        return {"speak": moves[0], "vote": moves[-1]}.get(self._queue[0][0], moves[0])

    def features(self, move: str) -> list[float]:
        """The phase (4), whether you are the werewolf; of whom the move names, what you saw (1 or -1) and how often
        they were accused; whether it is against them; the day."""
        phase, seat = self._queue[0]
        named = next((other for other in range(SEATS) if self.possible_agents[other] in move), None)
        seen = accused = 0.0
        if named is not None:
            if self.parts[seat] == SEER and named in self._seen:
                seen = 1.0 if self._seen[named] else -1.0
            accused = min(1.0, self._accused[named] / SEATS)
        is_against = float(named is not None and (_is_accusation(move) or phase == "vote"))
        phases = [float(phase == known) for known in ("speak", "vote", "kill", "look")]
        return [*phases, float(self.parts[seat] == WOLF), seen, accused, is_against, min(1.0, self._day / SEATS)]

    def play(self, agent: str, move: str, speech: str) -> dict[str, float] | None:
        phase, seat = self._queue.pop(0)
        target = next((other for other in range(SEATS) if self.possible_agents[other] in move), None)
        if phase == "speak":
            if target is not None and _is_accusation(move):
                self._accused[target] += 1
            self.heard.append(f"{agent} says: {' '.join(filter(None, (speech, move if move != 'done' else '')))}")
        elif phase == "vote":
            self._votes[seat] = target
        elif phase == "look" and target is not None:
            self._seen[target] = self.parts[target] == WOLF
        else:
            self._victim = target
        return self._advance() if not self._queue else None

    def metrics(self, agent: str) -> dict[str, float]:
        is_wolf = self.parts[self.possible_agents.index(agent)] == WOLF
        return {"is_werewolf": float(is_wolf), "won": float(is_wolf == self._wolf_lives()), "days": float(self._day)}

    def _night(self) -> None:
        """Asks the seer, and from the second night on the werewolf."""
        self._victim = None
        wolf, seer = self.parts.index(WOLF), self.parts.index(SEER)
        self._queue = [("look", seer)] if seer in self._living else []
        if self._day:
            self._queue.append(("kill", wolf))
        self._is_night = True

    def _advance(self) -> dict[str, float] | None:
        """Goes on from night to day, or counts the votes."""
        if self._is_night:
            self._is_night = False
            self._day += 1
            if self._victim is not None:
                self._leave(self._victim, "was killed in the night")
            if len(self._living) > 2:
                self._begin_day()
        else:
            self._count()
            if self._wolf_lives() and len(self._living) > 2:
                self._night()
        return self._scores() if not self._queue else None

    def _begin_day(self) -> None:
        order = sorted(self._living, key=lambda seat: (seat - self._first - self._day) % SEATS)
        self.heard.append(f"Day {self._day}.")
        self._votes: dict[int, int | None] = {}
        self._queue = [*(("speak", seat) for seat in order), *(("vote", seat) for seat in order)]

    def _count(self) -> None:
        """Announces the votes and sends out who has the most."""
        names = [self.possible_agents[v] if v is not None else "nobody" for v in self._votes.values()]
        voters = [self.possible_agents[seat] for seat in self._votes]
        told = ", ".join(f"{voter}: {name}" for voter, name in zip(voters, names, strict=True))
        self.heard.append(f"Votes - {told}.")
        tally = [sum(vote == seat for vote in self._votes.values()) for seat in range(SEATS)]
        most = [seat for seat in self._living if tally[seat] == max(tally) and tally[seat]]
        if len(most) == 1:
            self._leave(most[0], "was voted out")
        else:
            self.heard.append("Nobody leaves.")

    def _leave(self, seat: int, how: str) -> None:
        self._living.remove(seat)
        self.heard.append(f"{self.possible_agents[seat]} {how}: the {self.parts[seat]}.")

    def _wolf_lives(self) -> bool:
        return self.parts.index(WOLF) in self._living

    def _scores(self) -> dict[str, float]:
        wolf_won = self._wolf_lives()
        won = [(part == WOLF) == wolf_won for part in self.parts]
        return {agent: 1.0 if has else -1.0 for agent, has in zip(self.possible_agents, won, strict=True)}

    def _is(self, seat: int, found: bool) -> str:
        return f"{self.possible_agents[seat]} is {'' if found else 'not '}the werewolf."


def _is_accusation(sentence: str) -> bool:
    return "suspect" in sentence or "is the werewolf" in sentence
