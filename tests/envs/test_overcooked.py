import numpy as np
import pytest

import arena
from arena.check.playing import Player
from arena.registry import build, missing
from arena.views import make_view

SPEC = arena.find("overcooked/CrampedRoom-v0")
pytestmark = pytest.mark.skipif(bool(missing(SPEC)), reason=missing(SPEC))

UP, DOWN, RIGHT, LEFT, STAY, INTERACT = range(6)
ONION = [LEFT, INTERACT, RIGHT, UP, INTERACT]  # from the cell left of the pot's: take one, put it in
# XXPXX    cook_0 cooks and serves one soup alone; cook_1 (2) stays
# O  2O
# X1  X
# XDXSX
ONE_SOUP = [
    *[UP, *ONION, *ONION, *ONION, INTERACT],  # three onions, start
    *[LEFT, DOWN, DOWN, INTERACT, UP, RIGHT, UP],  # a dish
    *[STAY] * 12,  # 20 steps of cooking, that of the start included
    *[INTERACT, DOWN, RIGHT, DOWN, INTERACT],
]


@pytest.fixture
def env():
    env = build(SPEC)
    yield env
    env.close()


def play(env, actions, between=lambda: None):
    env.reset(seed=0)
    paid = []
    for action in actions:
        _, rewards, *_ = env.step({"cook_0": action, "cook_1": STAY})
        assert rewards["cook_0"] == rewards["cook_1"]
        paid.append(rewards["cook_0"])
        between()
    return paid


def test_one_soup_pays_both_cooks_20_when_it_is_served(env):
    assert play(env, ONE_SOUP) == [0.0] * (len(ONE_SOUP) - 1) + [20.0]


def test_a_soup_taken_a_step_too_early_is_not_there(env):
    early = ONE_SOUP[:-6] + ONE_SOUP[-5:]
    assert sum(play(env, early)) == 0.0


def test_kitchens_of_one_process_keep_their_own_recipes(env):
    other = build(arena.find("overcooked/LongCookTime-v0"))  # soups of 10 that cook for 100 steps
    other.reset(seed=0)
    assert sum(play(env, ONE_SOUP, lambda: other.step(dict.fromkeys(other.agents, STAY)))) == 20.0
    other.close()


def test_an_episode_is_truncated_after_400_steps_and_counts_its_soups(env):
    env.reset(seed=0)
    for action in [*ONE_SOUP, *[STAY] * (400 - len(ONE_SOUP))]:
        assert env.agents
        _, _, terminated, truncated, infos = env.step({"cook_0": action, "cook_1": STAY})
    assert not env.agents and not any(terminated.values()) and all(truncated.values())
    assert infos["cook_0"]["metrics"] == {"soups": 1.0}


def test_the_text_shows_what_happened(env):
    view = make_view(SPEC, "text/v1", env, "cook_0")
    observations, _ = env.reset(seed=0)
    text, _ = view.observe(observations["cook_0"], None, {})
    assert "XXPXX\nO  2O\nX1  X\nXDXSX\n" in text
    assert "You are at column 1, row 2, facing up, holding nothing." in text
    for action in ONE_SOUP[:18]:
        observations, *_ = env.step({"cook_0": action, "cook_1": STAY})
    text, _ = view.observe(observations["cook_0"], None, {})
    assert "The pot at column 2, row 0: soup cooking, 18 steps left (onions 3, tomatoes 0)." in text
    assert view.parse("Action: interact") == INTERACT


def test_each_cook_sees_itself_first(env):
    observations, _ = env.reset(seed=0)
    own, other = observations["cook_0"], observations["cook_1"]
    assert own[1, 2, 0] == other[3, 1, 0] == own[3, 1, 1] == other[1, 2, 1] == 1.0


def test_earlier_episodes_leave_no_trace():
    player = Player(SPEC)
    first = player.play(5, 400)
    player.play(6, 400)
    assert player.play(5, 400) == first and first.over
    assert np.isfinite(first.returns).all()
    player.close()
