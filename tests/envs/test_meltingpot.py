"""The adapter, with the package faked at the import boundary: its build downloads what a test cannot."""

import random
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import arena
from arena.envs.games.meltingpot import MeltingPot
from arena.errors import UnavailableError
from arena.registry import missing

SPECS = [spec for spec in arena.specs("games") if spec.family == "meltingpot"]


class FakeGame:
    """As meltingpot's Substrate: dm_env's interface with a tuple along the players, randomness from `random`."""

    def __init__(self, players=2):
        self.players, self.map = players, random.random()

    def observation_spec(self):
        parts = {
            "RGB": SimpleNamespace(shape=(88, 88, 3), dtype=np.uint8),
            "INVENTORY": SimpleNamespace(shape=(2,), dtype=np.float64),
            "WORLD.RGB": SimpleNamespace(shape=(9, 9, 3), dtype=np.uint8),
        }
        return [parts] * self.players

    def action_spec(self):
        return [SimpleNamespace(num_values=8)] * self.players

    def reset(self):
        self.steps = 0
        return self._timestep()

    def step(self, actions):
        assert len(actions) == self.players
        self.steps += 1
        return self._timestep()

    def close(self):
        pass

    def _timestep(self):
        seen = {
            "RGB": np.zeros((88, 88, 3), np.uint8),
            "INVENTORY": np.array([self.map, random.random()]),
            "WORLD.RGB": np.zeros((9, 9, 3), np.uint8),
        }
        rewards = tuple(np.float64(n) for n in range(self.players))
        return SimpleNamespace(observation=[seen] * self.players, reward=rewards, last=lambda: self.steps == 4)


class FakeFactory:
    """As meltingpot's ScenarioFactory: draws its bots in the order in which it holds their names."""

    def __init__(self):
        self._bots_by_role = {"default": frozenset(f"bot_{n}" for n in range(9))}

    def build(self):
        game = FakeGame(1)
        game.bot = random.choice(self._bots_by_role["default"])
        return game


@pytest.fixture(autouse=True)
def package(monkeypatch, tmp_path):
    (tmp_path / "assets" / "saved_models").mkdir(parents=True)
    config = SimpleNamespace(default_player_roles=("default",) * 2)
    substrate = SimpleNamespace(build=lambda name, roles: FakeGame(len(roles)), get_config=lambda name: config)
    scenario = SimpleNamespace(
        __file__=str(tmp_path / "scenario.py"),
        PERMITTED_OBSERVATIONS=frozenset({"RGB", "INVENTORY"}),
        get_factory=lambda name: FakeFactory(),
    )
    monkeypatch.setitem(sys.modules, "meltingpot", SimpleNamespace(substrate=substrate, scenario=scenario))
    monkeypatch.setitem(sys.modules, "meltingpot.scenario", scenario)
    return tmp_path


def numbers(env, seed, between=lambda: None):
    observations, _ = env.reset(seed=seed)
    found = [observations["player_0"]["INVENTORY"]]
    while env.agents:
        between()
        observations, *_ = env.step(dict.fromkeys(env.agents, 0))
        found.append(observations["player_0"]["INVENTORY"])
    return np.stack(found).tolist()


def test_a_seed_decides_the_game_whoever_else_draws_from_the_process_wide_generator():
    env = MeltingPot("coins", 2, 5, False)
    first = numbers(env, 1)
    random.seed(0)
    before = random.getstate()
    assert numbers(env, 2) != first
    assert numbers(env, 1, random.random) == first
    random.setstate(before)
    env.reset(seed=1)
    assert random.getstate() == before  # theirs is given back as it was


def test_only_what_agents_may_see_is_shown():
    env = MeltingPot("coins", 2, 5, False)
    observations, _ = env.reset(seed=1)
    assert set(observations["player_1"]) == {"RGB", "INVENTORY"}
    assert env.observation_space("player_1").contains(observations["player_1"])
    _, rewards, *_ = env.step({"player_0": 0, "player_1": 7})
    assert rewards == {"player_0": 0.0, "player_1": 1.0}


@pytest.mark.parametrize(("max_steps", "expected"), [(5, (True, False)), (4, (False, True)), (3, (False, True))])
def test_the_games_own_end_terminates_and_the_limit_truncates(max_steps, expected):
    env = MeltingPot("coins", 2, max_steps, False)
    env.reset(seed=1)
    while env.agents:
        _, _, terminated, truncated, _ = env.step(dict.fromkeys(env.agents, 0))
    assert (terminated["player_0"], truncated["player_0"]) == expected


def test_a_scenario_draws_its_bots_from_the_seed_in_order_of_name():
    env = MeltingPot("coins_0", 1, 5, True)
    names, drawn = [f"bot_{n}" for n in range(9)], []
    for seed in range(6):
        env.reset(seed=seed)
        drawn.append(env._game.bot)
        stream = random.Random(seed)
        stream.random()  # the map
        assert drawn[-1] == stream.choice(names)
    assert len(set(drawn)) > 1


def test_a_scenario_without_its_bots_says_how_to_get_them(package):
    (package / "assets" / "saved_models").rmdir()
    with pytest.raises(UnavailableError, match=r"scenario coins_0 needs the package's bots.*arena install meltingpot"):
        MeltingPot("coins_0", 1, 5, True)


def test_all_substrates_and_scenarios_of_the_package_are_listed():
    scenarios = [spec for spec in SPECS if "scenario" in spec.tags]
    assert (len(SPECS) - len(scenarios), len(scenarios)) == (49, 312)
    assert arena.find("meltingpot/CleanUp-v0").seats == 7
    assert arena.find("meltingpot/CleanUp-scenario0-v0").seats == 3
    assert not missing(SPECS[0]) or missing(SPECS[0]).endswith("arena install meltingpot")
