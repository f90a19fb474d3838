"""Families whose game is not here: what is said, and the adaptation, against fakes of the missing modules alone."""

import sys
from types import ModuleType, SimpleNamespace

import gymnasium
import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.errors import UnavailableError
from arena.registry import missing


def _module(monkeypatch, name, **members):
    module = ModuleType(name)
    for key, value in members.items():
        setattr(module, key, value)
    monkeypatch.setitem(sys.modules, name, module)
    return module


@pytest.mark.parametrize(
    ("env_id", "words"),
    [
        ("starcraft/MoveToBeacon-v0", ("pysc2", "SC2PATH", "licence")),
        ("diambra/StreetFighterIIIVersus-v0", ("diambra.arena", "DIAMBRAROMSPATH", "ROM")),
        ("minerl/ObtainDiamond-v0", ("minerl", "Java 8", "xvfb-run")),
        ("rocketleague/Soccar1v1-v0", ("$RS_COLLISION_MESHES/soccar", "RLArenaCollisionDumper")),
    ],
)
def test_what_is_missing_is_told_with_the_way_to_get_it(env_id, words, monkeypatch):
    monkeypatch.delenv("RS_COLLISION_MESHES", raising=False)
    if not missing(arena.find(env_id)):
        pytest.skip("it is here")
    with pytest.raises(UnavailableError) as refused:
        arena.make(env_id)
    assert all(word in str(refused.value) for word in words), refused.value


class _StarCraft:
    """PySC2's environment as far as the adapter asks it: two functions, of which the second is never available."""

    made: list = []

    def __init__(self, **settings):
        self.settings, self.calls, self.closed = settings, [], False
        _StarCraft.made.append(self)

    def action_spec(self):
        kind = SimpleNamespace
        screen = kind(name="screen", sizes=(64, 64))
        queued = kind(name="queued", sizes=(2,))
        functions = [kind(id=0, args=()), kind(id=331, args=(queued, screen)), kind(id=12, args=(queued,))]
        return [kind(types=[screen, queued], functions=functions)]

    def observation_spec(self):
        return [{"feature_screen": (27, 64, 64), "feature_minimap": (11, 64, 64), "player": (11,)}]

    def reset(self):
        return [self._step(0.0, False)]

    def step(self, calls):
        self.calls.append(calls[0])
        return [self._step(1.0, len(self.calls) == 3)]

    def close(self):
        self.closed = True

    def _step(self, reward, last):
        seen = {
            "feature_screen": np.ones((27, 64, 64), np.uint8),
            "feature_minimap": np.ones((11, 64, 64), np.uint8),
            "player": np.arange(11, dtype=np.int32),
            "available_actions": np.array([331, 0], np.int32),
        }
        return SimpleNamespace(observation=seen, reward=reward, last=lambda: last)


@pytest.fixture
def starcraft(monkeypatch):
    class LaunchError(Exception):
        pass

    sc2_env = ModuleType("pysc2.env.sc2_env")
    sc2_env.SC2Env = _StarCraft
    sc2_env.Agent = sc2_env.Bot = lambda *given: given
    sc2_env.Race = SimpleNamespace(terran="terran")
    sc2_env.Difficulty, sc2_env.BotBuild = SimpleNamespace(very_easy=1), SimpleNamespace(macro=2)
    sc2_env.AgentInterfaceFormat = sc2_env.Dimensions = lambda **given: given
    monkeypatch.setitem(sys.modules, "pysc2.env.sc2_env", sc2_env)
    _module(monkeypatch, "absl.flags", FLAGS=SimpleNamespace(is_parsed=lambda: True))
    _module(monkeypatch, "absl", flags=sys.modules["absl.flags"])
    _module(monkeypatch, "pysc2.lib.sc_process", SC2LaunchError=LaunchError)
    _module(monkeypatch, "pysc2.lib.actions", FunctionCall=lambda function, arguments: (function, arguments))
    _module(
        monkeypatch,
        "pysc2.lib",
        sc_process=sys.modules["pysc2.lib.sc_process"],
        actions=sys.modules["pysc2.lib.actions"],
    )
    _module(monkeypatch, "pysc2.env", sc2_env=sc2_env)
    _module(monkeypatch, "pysc2", env=sys.modules["pysc2.env"], lib=sys.modules["pysc2.lib"])
    monkeypatch.setattr(_StarCraft, "made", [])
    return sc2_env


def test_starcraft_calls_a_function_with_its_own_arguments_and_seeds_each_game(starcraft):
    from arena.envs.games.starcraft import StarCraft

    env = StarCraft("MoveToBeacon", against_bot=False)
    assert env.action_space.nvec.tolist() == [3, 64, 64, 2]
    observation, _ = env.reset(seed=5)
    assert env.observation_space.contains(observation)
    assert observation["available"].tolist() == [1, 1, 0]
    first, game = _StarCraft.made
    assert first.closed
    assert (game.settings["random_seed"], game.settings["step_mul"], len(game.settings["players"])) == (5, 8, 1)
    env.step(np.array([1, 10, 20, 1]))
    env.step(np.array([2, 10, 20, 1]))  # not available
    *_, reward, terminated, truncated, _ = env.step(np.array([0, 0, 0, 0]))
    assert game.calls == [(331, [[1], [10, 20]]), (0, []), (0, [])]
    assert (reward, terminated, truncated) == (1.0, True, False)
    env.close()
    assert game.closed


def test_the_full_game_of_starcraft_is_against_the_built_in_player_and_says_when_it_cannot_start(
    starcraft, monkeypatch
):
    from arena.envs.games.starcraft import StarCraft

    StarCraft("Simple64", against_bot=True)
    assert _StarCraft.made[0].settings["players"] == [("terran",), ("terran", 1, 2)]

    def refuse(**settings):
        raise sys.modules["pysc2.lib.sc_process"].SC2LaunchError("no binary")

    monkeypatch.setattr(starcraft, "SC2Env", refuse)
    with pytest.raises(UnavailableError, match="no binary"):
        StarCraft("Simple64", against_bot=True)


class _Engine:
    """DIAMBRA's environment as far as the adapter asks it: ends in its second step, at two rounds to one."""

    max_delta_health = 200.0

    def __init__(self, players):
        side = gymnasium.spaces.Dict(
            {
                "health": gymnasium.spaces.Box(0, 200, (1,), np.int16),
                "wins": gymnasium.spaces.Box(0, 2, (1,), np.int16),
                "side": gymnasium.spaces.Discrete(2),
            }
        )
        frame = gymnasium.spaces.Box(0, 255, (4, 5, 3), np.uint8)
        self.observation_space = gymnasium.spaces.Dict({"frame": frame, "P1": side, "P2": side})
        moves = gymnasium.spaces.MultiDiscrete([9, 4])
        self.action_space = (
            moves if players == 1 else gymnasium.spaces.Dict(dict.fromkeys(("agent_0", "agent_1"), moves))
        )
        self.unwrapped = self
        self.actions = []

    def reset(self, seed=None):
        self.seed = seed
        return self._see(0, 0), {}

    def step(self, action):
        self.actions.append(action)
        return self._see(2, 1), 50.0, len(self.actions) == 2, False, {}

    def close(self):
        pass

    @staticmethod
    def _see(wins, losses):
        frame = np.frombuffer(bytes(60), np.uint8).reshape(4, 5, 3)  # as the engine hands it out: read-only
        sides = [{"health": np.array([200]), "wins": np.array([n]), "side": 1} for n in (wins, losses)]
        return {"frame": frame, "P1": sides[0], "P2": sides[1]}


@pytest.fixture
def engine(monkeypatch):
    made = []

    def make(game, settings, render_mode):
        made.append((game, settings, _Engine(settings["players"])))
        return made[-1][2]

    package = _module(
        monkeypatch,
        "diambra.arena",
        make=make,
        EnvironmentSettings=lambda **given: {"players": 1, **given},
        EnvironmentSettingsMultiAgent=lambda **given: {"players": 2, **given},
    )
    _module(monkeypatch, "diambra", arena=package)
    monkeypatch.setenv("DIAMBRA_ENVS", "localhost:50051")
    return made


def test_a_fight_of_two_is_scored_by_rounds_and_paid_in_health_bars(engine):
    from arena.envs.games.diambra import Versus

    spec = arena.find("diambra/TekkenTagVersus-v0")
    episode = Episode(spec, Versus(**spec.kwargs))
    turn = episode.start(7)
    game, settings, env = engine[0]
    assert (game, settings["step_ratio"], env.seed) == ("tektagt", 6, 7)
    assert all(env.observation_space.contains(seen) for seen in turn.observations)
    assert episode.step([np.array([1, 2]), np.array([3, 0])]).rewards == [0.25, -0.25]
    turn = episode.step([np.array([0, 0]), np.array([0, 0])])
    assert env.actions[0] == {"agent_0": [1, 2], "agent_1": [3, 0]}
    assert ([end.terminated for end in turn.ended], episode.scores()) == ([True, True], [1.0, -1.0])


def test_the_arcade_mode_is_paid_in_health_bars(engine):
    from arena.envs.games.diambra import Arcade

    env = Arcade("doapp")
    observation, _ = env.reset(seed=3)
    assert env.observation_space.contains(observation)
    observation, reward, terminated, truncated, _ = env.step(np.array([2, 1]))
    assert env.observation_space.contains(observation)
    assert (reward, terminated, truncated) == (0.25, False, False)
    assert engine[0][2].actions == [[2, 1]]


def test_no_engine_is_told(engine, monkeypatch):
    from arena.envs.games.diambra import Arcade

    monkeypatch.delenv("DIAMBRA_ENVS")
    with pytest.raises(UnavailableError, match="diambra run"):
        Arcade("doapp")


class _Client:
    """MineRL's environment as far as the adapter asks it, with the spaces of an old gym."""

    def __init__(self):
        part = SimpleNamespace
        self.observation_space = part(
            spaces={
                "pov": part(low=0, high=255, shape=(64, 64, 3), dtype=np.uint8),
                "equipped": part(values=np.array(["air", "other", "wooden_axe"]), n=3),
                "inventory": part(spaces={"log": part(low=0, high=2304, shape=(), dtype=np.int64)}),
            }
        )
        self.action_space = part(
            spaces={
                "camera": part(low=-180.0, high=180.0, shape=(2,), dtype=np.float32),
                "craft": part(values=np.array(["none", "planks", "stick"]), n=3),
                "jump": part(n=2),
            }
        )
        self.actions, self.seeds = [], []

    def seed(self, seed):
        self.seeds.append(seed)

    def reset(self):
        return {"pov": np.zeros((64, 64, 3), np.uint8), "equipped": "wooden_axe", "inventory": {"log": np.array(3)}}

    def step(self, action):
        self.actions.append(action)
        return self.reset(), 4.0, len(self.actions) == 3, {}

    def close(self):
        pass


def test_minecrafts_words_become_numbers_and_its_limit_is_no_death(monkeypatch):
    from arena.envs.games.minerl import Minecraft

    clients = []
    _module(monkeypatch, "gym", make=lambda task: clients.append(_Client()) or clients[-1])
    _module(monkeypatch, "minerl")
    for limit, expected in ((5, (True, False)), (3, (False, True))):
        env = Minecraft("MineRLObtainDiamond-v0", max_steps=limit)
        observation, _ = env.reset(seed=9)
        assert env.observation_space.contains(observation)
        assert (observation["equipped"], int(observation["inventory"]["log"])) == (2, 3)
        action = {"camera": np.zeros(2, np.float32), "craft": 1, "jump": 0}
        assert env.action_space.contains(action)
        for _ in range(2):
            *_, reward, terminated, truncated, _ = env.step(action)
            assert (reward, terminated, truncated) == (4.0, False, False)
        *_, terminated, truncated, _ = env.step(action)
        assert (terminated, truncated) == expected
        assert (clients[-1].seeds, clients[-1].actions[0]["craft"]) == ([9], "planks")
