"""The adapter, with the package faked at the import boundary: its engine takes half an hour to compile."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import arena
from arena.envs.games.football import Football, FootballSolo
from arena.registry import missing


class FakeEnv:
    """As gfootball's FootballEnv: told what to do by its config, one observation and reward for each player."""

    def __init__(self, config):
        self.config, self.starts = config, []
        (definition,) = config["players"]
        self.left, self.right = (int(part.partition("=")[2]) for part in definition.partition(":")[2].split(","))

    def reset(self):
        self.starts.append({name: self.config[name] for name in ("game_engine_random_seed", "episode_number")})
        self.steps_left = 3
        return self._seen()

    def step(self, actions):
        assert len(actions) == self.left + self.right
        self.steps_left -= 1
        is_goal = 12 in actions  # a shot
        return self._seen(), [1.0] * self.left + [-1.0] * self.right, is_goal or not self.steps_left, {}

    def close(self):
        pass

    def _seen(self):
        return [{"steps_left": self.steps_left, "player": n} for n in range(self.left + self.right)]


def features(seen, fixed_positions):
    assert fixed_positions
    return np.stack([np.full(115, one["player"]) for one in seen])


@pytest.fixture(autouse=True)
def package(monkeypatch):
    parts = {
        "gfootball": SimpleNamespace(),
        "gfootball.env": SimpleNamespace(
            config=SimpleNamespace(Config=dict), football_env=SimpleNamespace(FootballEnv=FakeEnv)
        ),
        "gfootball.env.wrappers": SimpleNamespace(Simple115StateWrapper=SimpleNamespace(convert_observation=features)),
    }
    for name, module in parts.items():
        monkeypatch.setitem(sys.modules, name, module)


def test_a_seed_decides_noise_and_kick_off_and_each_episode_has_its_own():
    env, other = FootballSolo("11_vs_11_stochastic"), FootballSolo("11_vs_11_stochastic")
    for seed in (1, None, 2):
        env.reset(seed=seed)
    for seed in (2, 1, None):
        other.reset(seed=seed)
    first, second, third = env._game._env.starts
    assert other._game._env.starts == [third, first, second]
    assert len({start["game_engine_random_seed"] for start in (first, second, third)}) == 3
    kick_offs = set()
    for seed in range(20):
        env.reset(seed=seed)
        kick_offs.add(env._game._env.starts[-1]["episode_number"] % 2)
    assert kick_offs == {0, 1}


def test_a_goal_terminates_and_time_truncates():
    env = FootballSolo("academy_empty_goal")
    env.reset(seed=0)
    assert env.step(12)[2:4] == (True, False)
    env.reset(seed=0)
    assert [env.step(0)[2:4] for _ in range(3)] == [(False, False), (False, False), (False, True)]


def test_seats_see_and_are_paid_by_team():
    env = Football("11_vs_11_competition", 1, 1)
    observations, _ = env.reset(seed=0)
    assert {agent: seen[0] for agent, seen in observations.items()} == {"left_0": 0.0, "right_0": 1.0}
    assert env.observation_space("left_0").contains(observations["left_0"])
    _, rewards, terminated, _, _ = env.step({"left_0": 12, "right_0": 0})
    assert rewards == {"left_0": 1.0, "right_0": -1.0} and all(terminated.values()) and not env.agents


def test_without_its_runtime_it_says_how_to_get_it():
    spec = arena.find("football/ElevenVsEleven-v0")
    assert not missing(spec) or missing(spec).endswith("arena install football")
