"""Board, card and matrix games of OpenSpiel: in turns, at once, or alone; chance is drawn from the reset seed.

`games` is the table, `rules` what is said of each game; `turns`, `joint` and `solo` are the adapters (loaded when an
environment is made), `spiel` what they share, `native` many games at once, `views` how seats see it.
"""

from __future__ import annotations

from typing import Any, Literal

from arena import EnvSpec, Needs, Reference, register
from arena.envs.games.boardgames.games import GAMES, Game
from arena.envs.games.boardgames.rules import RULES
from arena.envs.references import measured

_VIEWS = f"{__name__}.views"
_ADAPTERS: dict[str, tuple[str, Literal["gymnasium", "parallel", "aec"]]] = {
    "turns": ("turns:BoardGame", "aec"),
    "joint": ("joint:JointGame", "parallel"),
    "solo": ("solo:SoloGame", "gymnasium"),
    "crowd": ("solo:CrowdGame", "gymnasium"),
}
_ARRAYS = {"": "", "side": "SidePlane", "seat": "SeatedPlanes"}
_TAGS = {"turns": ("turn-based",), "joint": ("simultaneous",), "solo": (), "crowd": ("mean-field",)}
_SEATS = {1: "one-player", 2: "two-player"}


def _views(game: Game) -> dict[str, str]:
    views = {"text/v1": f"{_VIEWS}:{'ConnectFourText' if game.name == 'ConnectFour-v0' else 'BoardText'}"}
    if array := _ARRAYS.get(game.view, game.view):
        views["array"] = f"{_VIEWS}:{array}"
    return views


def _kwargs(game: Game) -> dict[str, Any]:
    opening = {"random_opening": game.opening} if game.kind in ("turns", "joint") else {}
    return {"game": game.game, "parameters": game.parameters, **opening, **game.options}


def _description(game: Game) -> str:
    opening = f" After {game.opening} random moves drawn from the seed." if game.opening else ""
    return f"{RULES[game.game.split('(')[0]].text}{game.note}{opening}"


for _game in GAMES:
    _adapter, _interface = _ADAPTERS[_game.kind]
    _codes = "characters" in _game.options
    register(
        EnvSpec(
            id=f"boardgames/{_game.name}",
            random=measured(f"boardgames/{_game.name}"),
            entry_point=f"{__name__}.{_adapter}",
            kwargs=_kwargs(_game),
            domain="games",
            interface=_interface,
            seats=_game.seats,
            payoff=_game.payoff,
            expert=Reference(*_game.best) if _game.best else None,
            max_steps=_game.longest + 1,  # a game that ends by itself is never cut off
            score_range=(_game.low, _game.high),
            failure_score=_game.low,
            native=f"{__name__}.native:{_game.twin}" if _game.twin else "",
            lanes=256 if _game.twin else 32,
            deterministic_start=_game.alike,
            views=_views(_game),
            needs=Needs(modules=("pyspiel",), get="pip install 'arena-bench[quick]'"),
            packages=("open_spiel", "numpy"),
            tags=(_SEATS.get(_game.seats, "multi-player"), *_TAGS[_game.kind]),
            description=_description(_game),
            observation=(
                "What the seat may know, as OpenSpiel prints it, as character codes: float32, zeros behind."
                if _codes
                else "OpenSpiel's information-state tensor (hidden information) or observation tensor, float32."
            ),
            action="The number of one of OpenSpiel's actions; a mask says which are legal now.",
            reward=f"What a move changes in the seat's returns, {_game.low:g} to {_game.high:g} in all.",
            source="Lanctot et al. 2019, https://github.com/google-deepmind/open_spiel",
        )
    )
