"""Dialogue: bargaining, ultimatums, a debate, hidden parts and guessing, with answers and judges that are programs."""

from __future__ import annotations

from typing import Any, NamedTuple

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.spec import Payoff

_TABLE = f"{__name__}.table"
_DEAL, _GUESSING = f"{__name__}.deal", f"{__name__}.guessing"
_ONE_MOVE = "Text: an optional line `say: ...`, and one of the moves of the info."


class _Game(NamedTuple):
    name: str
    entry_point: str
    kwargs: dict[str, Any]
    seats: int
    payoff: Payoff
    lowest: float
    description: str
    source: str
    tags: tuple[str, ...]
    expert: Reference | None = None
    oracle: str = ""


_LEWIS = "Lewis et al. 2017, arXiv 1706.05125; objectives of Liao et al. 2024, arXiv 2406.18872"
_GUETH = "Gueth, Schmittberger, Schwarze 1982, J. Econ. Behav. Organ. 3"
_TABLES = (
    _Game(
        "DealOrNoDeal-cooperative", f"{_DEAL}:DealOrNoDeal", {"objective": "cooperative"}, 2, "cooperative", 0.0,
        "Bargain over items with private values; both score the share of the most that both can get.", _LEWIS,
        ("negotiation",), Reference(1.0, "the optimum: every pool has a best split"), f"{_DEAL}:OracleView",
    ),
    _Game(
        "DealOrNoDeal-own", f"{_DEAL}:DealOrNoDeal", {"objective": "own"}, 2, "general-sum", 0.0,
        "Bargain over items with private values; each scores what they get.", _LEWIS, ("negotiation",),
        Reference(1.0, "the most a seat can get: all that it values"),
    ),
    _Game(
        "DealOrNoDeal-competitive", f"{_DEAL}:DealOrNoDeal", {"objective": "competitive"}, 2, "zero-sum", -1.0,
        "Bargain over items with private values; each scores what they get less what the other gets.", _LEWIS,
        ("negotiation",), Reference(1.0, "the most a seat can be ahead by"),
    ),
    _Game(
        "Ultimatum", f"{__name__}.ultimatum:Ultimatum", {"rounds": 1}, 2, "general-sum", 0.0,
        "One offers a share of the coins, the other accepts, or both get nothing.", _GUETH, ("negotiation",),
        Reference(1.0, "the most a seat can get: all coins"),
    ),
    _Game(
        "RepeatedUltimatum", f"{__name__}.ultimatum:Ultimatum", {"rounds": 10}, 2, "general-sum", 0.0,
        "Ten rounds of offers and answers, parts changing.", _GUETH, ("negotiation",),
        Reference(1.0, "the most a seat can get: all coins"),
    ),
    _Game(
        "Debate", f"{__name__}.debate:Debate", {}, 2, "zero-sum", -1.0,
        "State claims, some of them false, and challenge the other's; a program judges.",
        "of our own, after Irving, Christiano, Amodei 2018, arXiv 1805.00899", ("deception",),
        Reference(1.0, "the most a seat can get: to win"),
    ),
    _Game(
        "Werewolf", f"{__name__}.werewolf:Werewolf", {}, 5, "general-sum", -1.0,
        "One werewolf, one seer, three villagers: talk, then vote.",
        "Davidoff 1986; Lai et al. 2022, arXiv 2212.08279; rules for five of our own", ("deception", "hidden-role"),
        Reference(1.0, "the most a seat can get: its side wins"),
    ),
)  # fmt: skip

for _game in _TABLES:
    _views = {"array": f"{_TABLE}:ArrayView", "text/v1": f"{_TABLE}:TextView"}
    register(
        EnvSpec(
            id=f"dialogue/{_game.name}-v0",
            random=measured(f"dialogue/{_game.name}-v0"),
            expert=_game.expert,
            entry_point=_game.entry_point,
            kwargs=_game.kwargs,
            domain="text",
            interface="aec",
            seats=_game.seats,
            payoff=_game.payoff,
            score_range=(_game.lowest, 1.0),
            failure_score=_game.lowest,
            views={**_views, "oracle": _game.oracle} if _game.oracle else _views,
            oracle="oracle" if _game.oracle else "",
            tags=("dialogue", "turn-based", *_game.tags),
            description=_game.description,
            observation="Text: rules, what this seat alone knows, all that was said and done.",
            action=_ONE_MOVE,
            reward="The score, at the end.",
            source=_game.source,
        )
    )

_GUESSED = {
    "GuessWho": ("who", "Find one of 24 people by questions about their looks, drawn from the seed."),
    "TwentyQuestions": ("things", "Find one of 48 things by questions about what is true of it."),
}
for _name, (_what, _description) in _GUESSED.items():
    register(
        EnvSpec(
            id=f"dialogue/{_name}-v0",
            random=measured(f"dialogue/{_name}-v0"),
            expert=Reference(1.0, "the optimum: halving by names needs ceil(log2 n) questions at most"),
            entry_point=f"{_GUESSING}:Guessing",
            kwargs={"game": _what},
            domain="text",
            max_steps=20,
            metric="score",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            views={
                "array": f"{_GUESSING}:ArrayView",
                "text/v1": f"{_GUESSING}:TextView",
                "oracle": f"{_GUESSING}:OracleView",
            },
            oracle="oracle",
            tags=("dialogue", "information-seeking"),
            description=_description,
            observation="Text: the list with attributes, questions and answers so far, questions left.",
            action="Text: a question about an attribute and one or more of its values, or `guess NAME`.",
            reward="The score with the right guess, which counts the questions; else 0.",
            source="the games Guess Who? and Twenty Questions, answered from a table",
        )
    )
