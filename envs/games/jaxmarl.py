"""JaxMARL: micro-battles, Overcooked, Hanabi and social dilemmas for several agents, written in JAX."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from gymnasium import spaces

from arena import EnvSpec, Reference, register
from arena.envs.games.compiled import Frame, InTurn, Program, Together, box, load_jax, quiet
from arena.envs.references import measured
from arena.spec import Payoff

__all__ = ["Hanabi", "Meeting"]

_NEVER = 10**9  # steps: JaxMARL would show the next episode's start as the last observation of this one


class Meeting(Together):
    """A JaxMARL environment in which all seats act at once: SMAX, Overcooked, STORM, Coin Game, Switch Riddle.

    Observation:
        Box float32 of each seat as JaxMARL gives it (STORM's field of view and inventories as one vector); in SMAX a
        Dict of `observation` and `action_mask` int8, in which a dead unit may only stand still.
    Action:
        Discrete, JaxMARL's numbers.
    Reward:
        JaxMARL's, without shaping: shared in SMAX, Overcooked and Switch Riddle, each seat's own in the dilemmas.
    Episode end:
        SMAX and Switch Riddle terminate when they are decided; all are truncated by their limit of steps.
    Start:
        Drawn from the seed: places in SMAX (and units in its SMACv2 scenarios), who looks where in Overcooked, places
        and coins in the dilemmas.
    Score:
        SMAX `win`, 1 if all enemies and not all own units are dead; elsewhere the return.
    Versions:
        v0: jaxmarl 0.2.0 without its automatic reset; STORM and Coin Game as one episode of 152 and 100 steps.
    Source:
        Rutherford et al. 2024, "JaxMARL: Multi-Agent RL Environments and Algorithms in JAX",
        https://github.com/FLAIROx/JaxMARL
    """

    def __init__(
        self, game: str, layout: str = "", payoffs: Sequence[Any] = (), render_mode: str | None = None
    ) -> None:
        super().__init__(_meeting(game, layout, tuple(tuple(tuple(row) for row in side) for side in payoffs)))


class Hanabi(InTurn):
    """Hanabi: players see all hands but their own and build fireworks from hints.

    Observation:
        Dict: `observation` float32 of zeros and ones, hands of the others, board, discards, last move and what is
        known of each card; `action_mask` int8, 1 where a move is legal (all 0 for who is not to move).
    Action:
        Discrete: discard one of the own cards, play one, or tell another player a colour or a rank.
    Reward:
        1 to all for each card added to the fireworks; with the last life the points made so far are taken back.
    Episode end:
        Terminated at 25 points, with the last life, or a round after the last card was drawn.
    Start:
        A deck shuffled from the seed.
    Score:
        Return, 0 to 25.
    Versions:
        v0: jaxmarl 0.2.0, without the action that does nothing out of turn.
    Source:
        Bard et al. 2020, "The Hanabi Challenge"; https://github.com/FLAIROx/JaxMARL
    """

    def __init__(self, players: int, render_mode: str | None = None) -> None:
        super().__init__(_hanabi(players))


@cache
def _meeting(game: str, layout: str, payoffs: tuple[Any, ...]) -> Program:
    return Program({"smax": _Smax, "storm": _Storm}.get(game, _Meeting)(game, layout, payoffs))


@cache
def _hanabi(players: int) -> Program:
    return Program(_Hanabi(players))


def _package() -> Any:
    load_jax()
    with quiet():
        import jaxmarl
    return jaxmarl


class _Meeting:
    has_mask = False

    def __init__(self, game: str, layout: str, payoffs: tuple[Any, ...]) -> None:
        self._jax = load_jax()
        self._game = game
        self._env = self._build(layout, payoffs)
        self.seats = len(self._env.agents)
        self.action_space: spaces.Space[Any] = spaces.Discrete(self._count())
        shown = self._jax.eval_shape(self.reset, self._jax.random.PRNGKey(0))[1].observation
        self.observation_space: spaces.Space[Any] = box(shown.shape[1:])

    def reset(self, key: Any) -> tuple[Any, Frame]:
        observations, state = self._env.reset(key)
        return state, Frame(self._seen(observations), self._zeros(), False, False, self._mask(state))

    def step(self, key: Any, state: Any, action: Any) -> tuple[Any, Frame]:
        observations, state, rewards, dones, _ = self._env.step_env(key, state, self._actions(action))
        paid = self._jax.numpy.stack([self._jax.numpy.float32(rewards[name]) for name in self._env.agents])
        terminated, truncated, metrics = self._ends(state, paid, dones["__all__"])
        return state, Frame(self._seen(observations), paid, terminated, truncated, self._mask(state), metrics=metrics)

    def _build(self, layout: str, payoffs: tuple[Any, ...]) -> Any:
        package = _package()
        if self._game == "overcooked":
            from jaxmarl.environments.overcooked import overcooked_layouts

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that there is a second version
                return package.make(self._game, layout=overcooked_layouts[layout])
        if self._game == "coin_game":
            return package.make(self._game, num_inner_steps=_NEVER, num_outer_steps=1)
        return package.make(self._game)

    def _count(self) -> int:
        return int(self._env.action_space(self._env.agents[0]).n)

    def _actions(self, action: Any) -> Any:
        return {name: action[seat] for seat, name in enumerate(self._env.agents)}

    def _seen(self, observations: Any) -> Any:
        jnp = self._jax.numpy
        return jnp.stack([observations[name] for name in self._env.agents]).astype(jnp.float32)

    def _zeros(self) -> Any:
        return self._jax.numpy.zeros(self.seats, self._jax.numpy.float32)

    def _mask(self, state: Any) -> Any:
        return None

    def _ends(self, state: Any, paid: Any, done: Any) -> tuple[Any, Any, Any]:
        """Returns whether it terminated, whether it was truncated, and the metrics."""
        if self._game == "coin_game":
            return False, state.step >= COIN_STEPS, None
        if self._game == "switch_riddle":
            was_told = paid[0] != 0
            return was_told, done & ~was_told, None
        return False, done, None


class _Smax(_Meeting):
    has_mask = True

    def _build(self, layout: str, payoffs: tuple[Any, ...]) -> Any:
        package = _package()
        from jaxmarl.environments.smax.smax_env import map_name_to_scenario

        return package.make("HeuristicEnemySMAX", scenario=map_name_to_scenario(layout))

    def _mask(self, state: Any) -> Any:
        jnp = self._jax.numpy
        legal = self._env.get_avail_actions(state)
        return jnp.stack([legal[name] for name in self._env.agents]).astype(jnp.int8)

    def _ends(self, state: Any, paid: Any, done: Any) -> tuple[Any, Any, Any]:
        is_alive = state.state.unit_alive
        has_own, has_enemies = is_alive[: self.seats].any(), is_alive[self.seats :].any()
        is_over = ~has_own | ~has_enemies
        return is_over, done & ~is_over, {"win": has_own & ~has_enemies}


class _Storm(_Meeting):
    def _build(self, layout: str, payoffs: tuple[Any, ...]) -> Any:
        return _package().make("storm_2p", payoff_matrix=self._jax.numpy.array(payoffs), num_inner_steps=_NEVER)

    def _count(self) -> int:
        return 5  # left, right, forward, interact, stay

    def _actions(self, action: Any) -> Any:
        return tuple(action)

    def _seen(self, observations: Any) -> Any:
        jnp = self._jax.numpy
        rows = [jnp.concatenate([seen["observation"].ravel(), seen["inventory"]]) for seen in observations]
        return jnp.stack(rows).astype(jnp.float32)

    def _ends(self, state: Any, paid: Any, done: Any) -> tuple[Any, Any, Any]:
        return False, state.step >= STORM_STEPS, None


class _Hanabi:
    has_mask = True

    def __init__(self, players: int) -> None:
        self._jax = load_jax()
        self._env = _package().make("hanabi", num_agents=players)
        self.seats = players
        self.action_space: spaces.Space[Any] = spaces.Discrete(int(self._env.num_moves) - 1)
        self.observation_space: spaces.Space[Any] = box((int(self._env.obs_size),), 0.0, 1.0)

    def reset(self, key: Any) -> tuple[Any, Frame]:
        observations, state = self._env.reset(key)
        return state, self._frame(observations, state, {name: 0.0 for name in self._env.agents}, False)

    def step(self, key: Any, state: Any, action: Any) -> tuple[Any, Frame]:
        actions = dict.fromkeys(self._env.agents, action)  # only the mover's counts
        observations, state, rewards, dones, _ = self._env.step_env(key, state, actions)
        return state, self._frame(observations, state, rewards, dones["__all__"])

    def _frame(self, observations: Any, state: Any, rewards: Any, done: Any) -> Frame:
        jnp, names = self._jax.numpy, self._env.agents
        legal = self._env.get_legal_moves(state)
        return Frame(
            jnp.stack([observations[name] for name in names]).astype(jnp.float32),
            jnp.stack([jnp.float32(rewards[name]) for name in names]),
            done,
            False,
            jnp.stack([legal[name][:-1] for name in names]).astype(jnp.int8),
            jnp.argmax(state.cur_player_idx),
        )


COIN_STEPS = 100
STORM_STEPS = 152  # JaxMARL's default


class _Task(NamedTuple):
    name: str
    kwargs: dict[str, Any]
    seats: int
    payoff: Payoff
    max_steps: int
    metric: str
    score_range: tuple[float, float]
    expert: Reference | None
    observation: str
    action: str
    reward: str
    description: str
    tags: tuple[str, ...] = ()


_SMAX = (  # scenario, units
    ("3m", 3), ("8m", 8), ("25m", 25), ("2s3z", 5), ("3s5z", 8), ("5m_vs_6m", 5), ("10m_vs_11m", 10),
    ("27m_vs_30m", 27), ("3s5z_vs_3s6z", 8), ("3s_vs_5z", 3), ("6h_vs_8z", 6), ("smacv2_5_units", 5),
    ("smacv2_10_units", 10), ("smacv2_20_units", 20),
)  # fmt: skip
_OVERCOOKED = ("cramped_room", "asymm_advantages", "coord_ring", "forced_coord", "counter_circuit")
_STORM = (  # name, own payoff by own and the other's coin, the other's
    ("PrisonersDilemma", [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]),
    ("StagHunt", [[[4, 0], [2, 2]], [[4, 2], [0, 2]]]),
    ("Chicken", [[[3, 2], [5, 0]], [[3, 5], [2, 0]]]),
)
_TASKS = (
    *(
        _Task(
            f"SMAX-{scenario}-v0", {"game": "smax", "layout": scenario}, seats, "cooperative", 100, "win", (0.0, 1.0),
            Reference(1.0, "every battle won"),
            "A float32 vector: what each unit within sight is, does and has left.",
            "Four steps, stop, or shoot at one of the enemies; a mask.",
            "Shared: the share of the enemies' health taken, and 1 for a battle won.",
            f"A StarCraft-like battle against the scripted enemy, scenario {scenario}.",
        )
        for scenario, seats in _SMAX
    ),
    *(
        _Task(
            f"Overcooked-{layout}-v0", {"game": "overcooked", "layout": layout}, 2, "cooperative", 400, "return",
            (0.0, 800.0),  # two pots, 20 steps a soup
            None,
            "The kitchen as 26 layers, float32.",
            "Up, down, right, left, stay, interact.",
            "Shared: 20 for each soup delivered; no shaping.",
            f"Two cooks make onion soups in the kitchen {layout}.",
        )
        for layout in _OVERCOOKED
    ),
    *(
        _Task(
            f"STORM-{name}-v0", {"game": "storm", "payoffs": payoffs}, 2, "general-sum", STORM_STEPS, "return",
            (0.0, 5.0 * STORM_STEPS), None,
            "256 float32: 5x5 cells ahead as layers, then both inventories.",
            "Left, right, forward, interact, stay.",
            "At each interaction, the matrix game's payoff of the two inventories as mixed strategies.",
            f"A spatial-temporal matrix game, {name}: two agents collect coins of two kinds and then interact.",
        )
        for name, payoffs in _STORM
    ),
    _Task(
        "CoinGame-v0", {"game": "coin_game"}, 2, "general-sum", COIN_STEPS, "return",
        (-4.0 * COIN_STEPS, 2.0 * COIN_STEPS), None,
        "36 float32: the 3x3 grid as layers of own and the other's agent and coin.",
        "Right, left, up, down, stay.",
        "1 for a coin of either colour, -2 when the other takes one of the own colour.",
        "Two agents and two coins on a torus of 3x3: a social dilemma.",
    ),
    _Task(
        "SwitchRiddle-v0", {"game": "switch_riddle"}, 3, "cooperative", 6, "return", (-1.0, 1.0),
        Reference(1.0, "all prisoners freed"),
        "2 float32: whether one is in the room, and whether the light is on.",
        "Nothing, switch, tell; only of who is in the room.",
        "Shared: 1 for telling when all have been in the room, -1 for telling before.",
        "A hundred prisoners and a light bulb, with three prisoners and six days.",
    ),
)  # fmt: skip

_SHARED: dict[str, Any] = {
    "domain": "games",
    "verification": "bits",
    "tolerance": 1e-5,
    "runtime": "jax",
    "packages": ("jaxmarl", "jax", "jaxlib", "numpy", "pettingzoo"),
}

for _task in _TASKS:
    register(
        EnvSpec(
            id=f"jaxmarl/{_task.name}",
            random=measured(f"jaxmarl/{_task.name}"),
            expert=_task.expert,
            entry_point=f"{__name__}:Meeting",
            kwargs=_task.kwargs,
            interface="parallel",
            seats=_task.seats,
            payoff=_task.payoff,
            max_steps=_task.max_steps,
            metric=_task.metric,
            score_range=_task.score_range,
            failure_score=_task.score_range[0],
            tags=("multi-agent", "simultaneous"),
            description=_task.description,
            observation=_task.observation,
            action=_task.action,
            reward=_task.reward,
            source="Rutherford et al. 2024, https://github.com/FLAIROx/JaxMARL",
            **_SHARED,
        )
    )

for _players in (2, 3, 4, 5):
    register(
        EnvSpec(
            id=f"jaxmarl/Hanabi-{_players}p-v0",
            random=measured(f"jaxmarl/Hanabi-{_players}p-v0"),
            expert=Reference(25.0, "all fireworks complete"),
            entry_point=f"{__name__}:Hanabi",
            kwargs={"players": _players},
            interface="aec",
            seats=_players,
            payoff="cooperative",
            max_steps=150,  # a card is played or discarded once, a hint costs a token of 8 or of a card: under 110
            score_range=(0.0, 25.0),
            tags=("multi-agent", "turn-based", "partially-observed"),
            description=f"Hanabi for {_players} players; all points are lost with the last life.",
            observation="float32 of zeros and ones: the others' hands, board, discards, last move, what is known.",
            action="Discard or play a card, or tell another player a colour or a rank; a mask.",
            reward="Shared: 1 for each card added to the fireworks; all is taken back with the last life.",
            source="Bard et al. 2020; Rutherford et al. 2024, https://github.com/FLAIROx/JaxMARL",
            **_SHARED,
        )
    )
