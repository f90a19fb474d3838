from functools import cache

import numpy as np
import pytest

import arena
from arena.registry import build
from arena.views import make_view

TABLES = [s for s in arena.specs("games") if s.family == "toytext" and "Blackjack" not in s.id]
CARDS = {card: (4 if card == 10 else 1) / 13 for card in range(1, 11)}


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.id)
def test_the_optimum_is_that_of_the_environments_own_table(spec):
    env = build(spec).unwrapped
    states, actions = env.observation_space.n, env.action_space.n
    moves, pays = np.zeros((states, actions, states)), np.zeros((states, actions))
    for state in range(states):
        for action in range(actions):
            for probability, after, reward, over in env.P[state][action]:
                pays[state, action] += probability * reward
                moves[state, action, after] += 0.0 if over else probability
    values = np.zeros(states)
    for _ in range(spec.max_steps):
        values = (pays + moves @ values).max(axis=1)
    assert env.initial_state_distrib @ values == pytest.approx(spec.expert.value, abs=1e-5)


def _value(total, ace):
    """A hand's sum, from its total with aces as 1."""
    return total + 10 if ace and total <= 11 else total


@cache
def _dealers_ends(total, ace):
    value = _value(total, ace)
    if value >= 17:
        return {0 if value > 21 else value: 1.0}
    ends: dict[int, float] = {}
    for card, chance in CARDS.items():
        for end, share in _dealers_ends(total + card, ace or card == 1).items():
            ends[end] = ends.get(end, 0.0) + chance * share
    return ends


def _stick(value, shown, natural):
    expected = 0.0
    for hidden, chance in CARDS.items():
        dealers_natural = {shown, hidden} == {1, 10}
        for end, share in _dealers_ends(shown + hidden, 1 in (shown, hidden)).items():
            won = 1 if natural and not dealers_natural else (value > end) - (value < end)
            expected += chance * share * won
    return expected


@cache
def _best(total, ace, shown):
    hit = sum(p * (_best(total + c, ace or c == 1, shown) if total + c <= 21 else -1.0) for c, p in CARDS.items())
    return max(_stick(_value(total, ace), shown, False), hit)


def test_blackjacks_optimum_is_that_of_its_rules():
    expected = 0.0
    for shown, p in CARDS.items():
        for first, q in CARDS.items():
            for second, r in CARDS.items():
                natural = {first, second} == {1, 10}
                best = _stick(21, shown, True) if natural else _best(first + second, 1 in (first, second), shown)
                expected += p * q * r * best
    assert expected == pytest.approx(arena.find("toytext/Blackjack-v1").expert.value, abs=1e-5)


def test_taxis_hint_is_no_mask_so_that_a_wrong_pick_up_costs_10():
    env = build(arena.find("toytext/Taxi-v3"))
    _, info = env.reset(seed=0)
    assert "action_mask" not in info
    _, reward, _, _, info = env.step(5)  # drop off nobody
    assert reward == -10
    assert "action_mask" not in info


@pytest.mark.parametrize(("env_id", "size"), [("toytext/Taxi-v3", 500), ("toytext/Blackjack-v1", 45)])
def test_the_array_view_is_one_hot(env_id, size):
    spec = arena.find(env_id)
    env = build(spec)
    observation, info = env.reset(seed=3)
    view = make_view(spec, "array", env)
    seen, _ = view.observe(observation, None, info)
    assert view.observation_space.contains(seen)
    parts = np.atleast_1d(observation)
    assert (seen.shape, int(seen.sum())) == ((size,), len(parts))
    assert seen[parts[0]] == 1


def test_the_shortest_way_along_the_cliff_costs_13_and_a_fall_100():
    env = build(arena.find("toytext/CliffWalking-v1"))
    env.reset(seed=0)
    assert env.step(1)[1:3] == (-100, False)
    rewards = [env.step(action)[1] for action in (0, *[1] * 11, 2)]
    assert sum(rewards) == -13
