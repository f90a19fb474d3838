from __future__ import annotations

import dataclasses

import gymnasium
import numpy as np
import pytest

import arena
from arena import EnvSpec, Needs, WrapperSpec
from arena.errors import ArenaError, SpecError, UnavailableError, UnknownNameError
from arena.registry import missing


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(UnknownNameError, match="'toy/Cuonter-v0'; did you mean 'toy/Counter-v0'"):
        arena.make("toy/Cuonter-v0")
    with pytest.raises(UnknownNameError, match="did you mean 'classic/CartPole-v1'"):
        arena.find("classic/CartPole-v0")
    with pytest.raises(KeyError):  # who catches lookups the usual way is served too
        arena.find("nothing/like-it")


def test_an_unavailable_one_is_listed_and_says_how_to_get_it():
    assert "toy/Absent-v0" in [spec.id for spec in arena.specs()]
    assert "toy/Absent-v0" not in [spec.id for spec in arena.specs(available=True)]
    with pytest.raises(UnavailableError, match=r"needs no_such_module: pip install 'toy\[absent\]'"):
        arena.make("toy/Absent-v0")


def test_without_a_command_the_missing_modules_are_it():
    spec = dataclasses.replace(arena.find("toy/Absent-v0"), needs=Needs(("no_such_module",)))
    assert missing(spec).endswith("pip install no_such_module")


def test_registering_again_is_harmless_but_a_taken_id_is_an_error():
    spec = arena.find("toy/Counter-v0")
    assert arena.register(spec) == spec
    with pytest.raises(SpecError, match="new -vN"):
        arena.register(dataclasses.replace(spec, max_steps=7))


@pytest.mark.parametrize("kwargs", [{"size": (8, 8)}, {"f": len}, {"x": float("nan")}, {1: 2}])
def test_kwargs_that_another_process_would_read_differently_are_refused(kwargs):
    spec = EnvSpec("toy/Odd-v0", "m:X", "games", kwargs=kwargs)
    with pytest.raises(SpecError, match="plain JSON"):
        arena.register(spec)
    with pytest.raises(SpecError, match="plain JSON"):
        arena.register(EnvSpec("toy/Odd-v0", "m:X", "games", wrappers=(WrapperSpec("time-limit", kwargs),)))


def test_only_specs_are_registered():
    with pytest.raises(SpecError, match="got str"):
        arena.register("toy/X-v0")


def test_listing_is_by_domain_and_sorted():
    text = arena.specs("text")
    assert {spec.domain for spec in text} == {"text"} and "toy/Echo-v0" in [spec.id for spec in text]
    everything = arena.specs()
    assert [(s.domain, s.id) for s in everything] == sorted((s.domain, s.id) for s in everything)


def test_make_gives_the_plain_environment_and_passes_kwargs():
    env = arena.make("toy/Counter-v0", steps=2)
    env.reset(seed=1)
    assert not env.step(0)[2] and env.step(0)[2]
    with pytest.raises(TypeError):
        arena.make("toy/Counter-v0", setps=2)


def test_an_unknown_view_names_the_nearest_and_seats_have_their_own():
    with pytest.raises(UnknownNameError, match="did you mean 'array'"):
        arena.make("toy/Counter-v0", view="arrya")
    with pytest.raises(ArenaError, match="2 seats"):
        arena.make("toy/Matching-v0", view="array")


def test_gymnasium_makes_one_seat_environments_by_id():
    env = gymnasium.make("arena/toy/Counter-v0", disable_env_checker=True)
    direct = arena.make("toy/Counter-v0")
    observation, _ = env.reset(seed=3)
    assert np.array_equal(observation, direct.reset(seed=3)[0])
    assert env.step(1)[1] == direct.step(1)[1]
    env = gymnasium.make("arena/classic/CartPole-v1")
    env.reset(seed=0)
    assert sum(env.step(0)[1] for _ in range(5)) == 5.0
    assert "arena/toy/Matching-v0" not in gymnasium.registry
    with pytest.raises(gymnasium.error.Error):
        gymnasium.make("arena/classic/CartPol-v1")
    assert gymnasium.make("CartPole-v1").spec.id == "CartPole-v1"  # Gymnasium's own ids are read as before


def test_the_time_limit_is_the_specs_own():
    env = gymnasium.make("arena/classic/MountainCar-v0")
    env.reset(seed=0)
    flags = [env.step(1)[2:4] for _ in range(200)]
    assert flags[-1] == (False, True) and flags[-2] == (False, False)
