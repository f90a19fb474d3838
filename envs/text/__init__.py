"""Text: Countdown and Quest, environments of our own; their classes are loaded when one is made."""

from arena import EnvSpec, Reference, register
from arena.envs.references import measured

_COUNTDOWN = "arena.envs.text.countdown"
_QUEST = "arena.envs.text.quest"

register(
    EnvSpec(
        id="text/Countdown-v0",
        random=measured("text/Countdown-v0"),
        entry_point=f"{_COUNTDOWN}:Countdown",
        domain="text",
        max_steps=12,
        metric="success",
        score_range=(0.0, 1.0),
        expert=Reference(1.0, "the optimum: every target is made from its numbers"),
        views={
            "array": f"{_COUNTDOWN}:ArrayView",
            "text/v1": f"{_COUNTDOWN}:TextView",
            "oracle": f"{_COUNTDOWN}:OracleView",
        },
        oracle="oracle",
        tags=("arithmetic", "planning"),
        description="Reach a target number from six numbers, one arithmetic operation per turn.",
        source="the numbers round of the television games Countdown and Des chiffres et des lettres",
    )
)

register(
    EnvSpec(
        id="text/Quest-v0",
        random=measured("text/Quest-v0"),
        entry_point=f"{_QUEST}:Quest",
        domain="text",
        max_steps=60,
        metric="score",
        score_range=(0.0, 1.0),
        expert=Reference(1.0, "the optimum: every house has a walkthrough"),
        views={
            "array": f"{_QUEST}:ArrayView",
            "text/v1": f"{_QUEST}:TextView",
            "oracle": f"{_QUEST}:OracleView",
        },
        oracle="oracle",
        tags=("exploration", "planning"),
        description="A small text adventure: find keys, open doors, put the right thing in the right place.",
        source="of our own, after TextWorld (Cote et al. 2018, arXiv 1806.11532)",
    )
)
