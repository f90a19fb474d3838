import random

import numpy as np
import pytest

import arena
from arena.envs.games.boardgames import GAMES
from arena.episode import Episode
from arena.errors import UnparsableError
from arena.registry import build
from arena.views import make_view

pyspiel = pytest.importorskip("pyspiel")

SPECS = {spec.id.removeprefix("boardgames/"): spec for spec in arena.specs("games") if spec.family == "boardgames"}
DOUBLE_DUMMY = {"BridgeBidding-v0", "BridgeUncontestedBidding-v0"}  # seconds per deal


def _play(spec, episode, seed, chooser):
    """Plays an episode of random legal moves; returns each step's moves by seat."""
    turn, moves = episode.start(seed), []
    while turn.seats:
        masks = [np.asarray(mask, bool) for mask in turn.masks]
        actions = [int(chooser.choice(np.flatnonzero(mask))) for mask in masks]
        moves.append((turn.seats, masks, actions))
        turn = episode.step(actions)
    return moves


def _raw(env):
    """Returns the game; one that samples inside is loaded anew, with the seed that this episode was given."""
    if not env._seeded_by:
        return env.game
    return pyspiel.load_game(env._name, env.game.get_parameters())


def _follow(env, opening, moves):
    """Drives a raw OpenSpiel state with our moves and the chance outcomes our environment drew; returns its returns."""
    state, outcomes = _raw(env).new_initial_state(), env.position.full_history()
    drawn = [item.action for item in outcomes if item.player == pyspiel.PlayerId.CHANCE]
    moved = [item.action for item in outcomes if item.player >= 0]
    moves = list(moves)
    while not state.is_terminal():
        if state.is_chance_node():
            state.apply_action(drawn.pop(0))
        elif state.current_player() == pyspiel.PlayerId.MEAN_FIELD:
            state.update_distribution([env._crowd.value_str(name, 0.0) for name in state.distribution_support()])
        elif opening:
            opening -= 1
            if state.is_simultaneous_node():
                state.apply_actions([moved.pop(0) for _ in range(state.num_players())])
            else:
                state.apply_action(moved.pop(0))
        else:
            if not moves:
                return state.returns()  # cut off by the spec's limit
            seats, masks, actions = moves.pop(0)
            assert (state.current_player() in (-2, *seats)) and len(seats) in (1, state.num_players())
            for seat, mask in zip(seats, masks, strict=True):
                assert np.flatnonzero(mask).tolist() == state.legal_actions(seat)
            state.apply_actions(actions) if state.is_simultaneous_node() else state.apply_action(actions[0])
    assert not moves and not drawn
    return state.returns()


def _compare(name, episodes):
    spec = SPECS[name]
    episode, chooser = Episode(spec, build(spec), trace=False), np.random.default_rng(7)
    low, high = spec.score_range
    for seed in range(episodes):
        moves = _play(spec, episode, seed, chooser)
        expected = _follow(episode.env.unwrapped, spec.kwargs.get("random_opening", 0), moves)
        assert episode.returns == pytest.approx(expected, abs=1e-9)
        assert all(low - 1e-9 <= score <= high + 1e-9 for score in episode.scores())
        assert episode.length <= spec.max_steps
    episode.close()


@pytest.mark.parametrize("name", sorted(SPECS))
def test_returns_are_openspiels_on_random_playouts(name):
    _compare(name, min(20, max(1, 400 // SPECS[name].max_steps)) if name not in DOUBLE_DUMMY else 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", sorted(SPECS))
def test_returns_are_openspiels_on_a_thousand_random_playouts(name):
    _compare(name, 3 if name in DOUBLE_DUMMY else 1000)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_the_table_says_what_openspiels_game_says(game):
    env = build(SPECS[game.name]).unwrapped
    kind = env.game.get_type()
    payoffs = {"ZERO_SUM": "zero-sum", "GENERAL_SUM": "general-sum", "IDENTICAL": "cooperative"}
    assert env.game.num_players() == game.seats
    assert game.longest <= env.game.max_game_length()
    if game.seats > 1:
        assert payoffs[str(kind.utility).split(".")[-1]] == game.payoff
    if game.kind != "crowd" and game.name != "Ludo-v0":  # see the comments there
        assert (env.game.min_utility(), env.game.max_utility()) == pytest.approx((game.low, game.high), abs=1e-6)


def _uniform_through_our_agent(env_id, draws):
    """Returns, at every information state of the game, how often our random agent chose each action."""
    from arena.agent import Batch, Seating
    from arena.baselines.random import Random
    from arena.seeding import RowRandom

    spec = arena.find(env_id)
    env = build(spec)
    agent, count = Random(), env.action_space("player_0").n
    agent.begin(
        Seating(spec, env.observation_space("player_0")["observation"], env.action_space("player_0"), draws, "cpu")
    )
    policy = {}
    stack = [env.game.new_initial_state()]
    while stack:
        state = stack.pop()
        if state.is_terminal():
            continue
        if not state.is_chance_node() and state.information_state_string() not in policy:
            mask = np.zeros(count, bool)
            mask[state.legal_actions()] = True
            masks = np.tile(mask, (draws, 1))
            active = np.ones(draws, bool)
            keys = list(range(draws))
            batch = Batch(None, masks, active, active, np.zeros(draws, np.int64), RowRandom(keys, [0] * draws))
            chosen = np.asarray(agent.act(batch))
            policy[state.information_state_string()] = np.bincount(chosen, minlength=count) / draws
        stack += [state.child(action) for action in state.legal_actions()]
    return env.game, policy


@pytest.mark.parametrize(("env_id", "exact"), [("KuhnPoker-v0", 11 / 12), ("LeducPoker-v0", 4.747222222222222)])
def test_random_on_poker_has_the_published_nash_conv(env_id, exact):
    """Uniform play: Kuhn 11/12 (OpenSpiel's exploitability_test), Leduc 4.7472; and our agent's draws are uniform."""
    from open_spiel.python import policy as policies
    from open_spiel.python.algorithms import exploitability

    game, drawn = _uniform_through_our_agent(f"boardgames/{env_id}", 1000)
    uniform = policies.TabularPolicy(game)
    assert set(uniform.state_lookup) == set(drawn)
    for state, shares in drawn.items():
        row = uniform.action_probability_array[uniform.state_lookup[state]]
        legal = shares > 0
        assert (legal == (row > 0)).all()
        np.testing.assert_allclose(shares, row, atol=0.08)  # 5 standard deviations of 1000 draws
        row[:] = legal / legal.sum()  # what it plays: each legal action alike
    assert exploitability.nash_conv(game, uniform) == pytest.approx(exact, abs=1e-9)


def test_a_game_that_samples_inside_follows_the_seed():
    env = arena.make("boardgames/Negotiation-v0")
    seen = {}
    for seed in (1, 2, 1):
        env.reset(seed=seed)
        first = env.observe("player_0")["observation"].tobytes()
        assert seen.setdefault(seed, first) == first
    assert len(set(seen.values())) == 2


@pytest.mark.parametrize("name", ["Chess-v0", "2048-v0", "OshiZumo-v0"])
def test_an_illegal_move_is_refused_and_changes_nothing(name):
    """OpenSpiel itself ends the process over some of them."""
    spec = SPECS[name]
    env = arena.make(spec.id)
    env.reset(seed=1)
    env = env.unwrapped
    seat = 0 if spec.interface != "aec" else env.possible_agents.index(env.agent_selection)
    before, mask = str(env.position), env._mask(seat)
    illegal = int(np.flatnonzero(mask == 0)[0]) if not mask.all() else len(mask)
    with pytest.raises(ValueError, match="not legal for seat"):
        env.step(dict.fromkeys(env.possible_agents, illegal) if spec.interface == "parallel" else illegal)
    assert str(env.position) == before


def test_simultaneous_moves_are_paid_together():
    episode = Episode(SPECS["PrisonersDilemma-v0"], arena.make("boardgames/PrisonersDilemma-v0"))
    turn = episode.start(0)
    assert turn.seats == (0, 1)
    view = make_view(episode.spec, "text/v1", episode.env, "player_1")
    text, _ = view.observe(turn.observations[1], turn.masks[1], {})
    assert text.endswith("Legal moves: Cooperate, Defect. Answer with one of them.")
    turn = episode.step([0, view.parse("I trust nobody.\ndefect")])
    assert (turn.seats, episode.returns) == ((), [0.0, 10.0])


def test_hanabis_hints_are_open_and_its_own_hand_is_hidden():
    env = arena.make("boardgames/Hanabi2-v0")
    env.reset(seed=0)
    view = make_view(SPECS["Hanabi2-v0"], "text/v1", env, "player_0")
    text, _ = view.observe(None, None, {})
    assert "XX || XX|RYGWB12345" in text  # its own cards: unknown, all still possible
    assert "(Reveal player +1 color" in text


def test_names_of_moves_that_differ_only_in_case_are_told_apart():
    env = arena.make("boardgames/Chess-v0", random_opening=0)
    env.reset(seed=0)
    env.position = env.game.new_initial_state("4k3/8/8/8/8/2n5/1P6/3KB3 w - - 0 1")  # bishop e1 and pawn b2 take c3
    view = make_view(SPECS["Chess-v0"], "text/v1", env, "player_1")
    taking = [name for name in view._moves() if name.lower().startswith("bxc3")]
    assert len(taking) == 2 and len({view.parse(name) for name in taking}) == 2
    with pytest.raises(UnparsableError):
        view.parse("Bxc3")


def test_a_crowd_that_walks_at_random_is_what_the_player_meets():
    """The mean return of random play is the exact value of the crowd's own policy, 27.4259 on the ring."""
    env = arena.make("boardgames/CrowdModelling-v0")
    returns, chooser = [], random.Random(0)
    for seed in range(300):
        env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            _, reward, over, _, _ = env.step(chooser.randrange(3))
            total += reward
        returns.append(total)
    assert np.mean(returns) == pytest.approx(27.4259, abs=0.45)  # 4 standard errors


def test_an_opening_never_ends_the_game():
    env = arena.make("boardgames/CursorGo9-v0")
    for seed in range(60):
        env.reset(seed=seed)
        assert not env.position.is_terminal()
