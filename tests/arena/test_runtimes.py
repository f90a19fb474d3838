"""Runtimes: locks, installation that survives failure, and environments of another interpreter as ordinary ones."""

import dataclasses
import json
import multiprocessing
import os
import subprocess
import sys
import sysconfig
import textwrap

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import arena
from arena.episode import Episode
from arena.errors import EnvError, SpecError, UnavailableError, UnknownNameError
from arena.registry import build, missing
from arena.runtimes import locks
from arena.runtimes.install import InstallError, install, uninstall
from arena.runtimes.locks import MARKER, Runtime, find_runtime
from arena.runtimes.wire import Channel, dumps

TOYS = """
    import os

    import gymnasium
    import numpy as np
    from gymnasium import spaces
    from pettingzoo import AECEnv, ParallelEnv

    from arena.runtimes import here


    class One(gymnasium.Env):
        \"\"\"Says where it runs.\"\"\"

        metadata = {"render_modes": ["rgb_array"]}

        def __init__(self, render_mode=None):
            self.render_mode = render_mode
            self.observation_space = spaces.Dict(
                {"a": spaces.Box(-np.inf, np.inf, (2,), np.float64), "t": spaces.Text(20, charset="aclopty")}
            )
            self.action_space = spaces.Discrete(5)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.n = 0
            return self._see(), {"where": here(), "pid": os.getpid(), "options": options}

        def step(self, action):
            self.n += 1
            if action == 2:
                raise RuntimeError("two is too much")
            if action == 3:
                os._exit(7)
            if action == 4:
                print("a word on the standard output", flush=True)
                return self._see(), 0.0, False, False, {"thing": object()}
            return self._see(), np.float32(action), self.n == 3, False, {"metrics": {"n": np.int64(self.n)}}

        def render(self):
            return np.full((4, 4, 3), self.n, np.uint8)

        def _see(self):
            return {"a": self.np_random.normal(size=2), "t": "local" if here() == "local" else "toy"}


    class Both(ParallelEnv):
        metadata = {"name": "both"}
        possible_agents = ["x", "y"]

        def observation_space(self, agent):
            return spaces.Discrete(9)

        def action_space(self, agent):
            return spaces.MultiDiscrete([2, 3])

        def reset(self, seed=None, options=None):
            self.agents, self.n = ["x", "y"], seed % 3
            return {"x": self.n, "y": 0}, {"x": {}, "y": {}}

        def step(self, actions):
            self.n += 1
            over = {"x": self.n > 4, "y": self.n > 3}
            seen = {name: self.n for name in self.agents}
            rewards = {name: float(actions[name].sum()) for name in self.agents}
            ends = {name: over[name] for name in self.agents}
            infos = {name: {} for name in self.agents}
            cut = dict.fromkeys(self.agents, False)
            self.agents = [name for name in self.agents if not over[name]]
            return seen, rewards, ends, cut, infos


    class Turns(AECEnv):
        metadata = {"name": "turns"}
        possible_agents = ["x", "y"]

        def observation_space(self, agent):
            return spaces.Dict(
                {"observation": spaces.Box(0, 99, (1,), np.int64), "action_mask": spaces.Box(0, 1, (3,), np.int8)}
            )

        def action_space(self, agent):
            return spaces.Discrete(3)

        def reset(self, seed=None, options=None):
            self.agents = ["x", "y"]
            self.n = seed % 2
            self.agent_selection = "x"
            for name in ("rewards", "_cumulative_rewards"):
                setattr(self, name, dict.fromkeys(self.agents, 0.0))
            for name in ("terminations", "truncations"):
                setattr(self, name, dict.fromkeys(self.agents, False))
            self.infos = {"x": {}, "y": {}}

        def observe(self, agent):
            return {"observation": np.array([self.n + ord(agent) - ord("x")]), "action_mask": np.ones(3, np.int8)}

        def step(self, action):
            name = self.agent_selection
            if self.terminations[name]:
                return self._was_dead_step(action)
            self.n += 1
            self._cumulative_rewards[name] = 0
            self.rewards = {"x": float(action), "y": -float(action)}
            self._accumulate_rewards()
            if self.n > 5:
                self.terminations = {"x": True, "y": True}
            self.agent_selection = "y" if name == "x" else "x"
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A ready runtime made without a package index: an interpreter of its own that sees this one's packages."""
    cache = tmp_path_factory.mktemp("cache")
    toys = cache / "toys.py"
    toys.write_text(textwrap.dedent(TOYS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARENA_CACHE", str(cache))
        runtime = Runtime("toy", "# description: for tests\nnumpy==0\n")
        patch.setitem(locks._locks(), "toy", runtime)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(runtime.folder)], check=True)
        inside = runtime.folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        (inside / "main.pth").write_text(sysconfig.get_path("purelib"))
        (runtime.folder / MARKER).write_text(json.dumps({"bytes": 1}))
        yield toys


def spec_of(toys, name, **fields):
    return arena.EnvSpec(f"toyruntime/{name}-v0", f"{toys}:{name}", "games", runtime="toy", **fields)


def both(spec):
    """The same environment in its runtime and here."""
    return [Episode(s, build(s)) for s in (spec, dataclasses.replace(spec, runtime="local"))]


def test_a_one_seat_environment_is_the_same_behind_its_runtime(toy):
    env = build(spec_of(toy, "One"), "rgb_array")
    observation, info = env.reset(seed=3, options={"o": 1})
    assert info["where"] == "toy" and info["pid"] != os.getpid() and info["options"] == {"o": 1}
    assert observation["a"].tolist() == np.random.default_rng(3).normal(size=2).tolist()
    assert env.observation_space.contains(observation) and env.action_space == spaces.Discrete(5)
    observation, reward, terminated, truncated, info = env.step(1)
    assert (reward, terminated, truncated, info) == (1.0, False, False, {"metrics": {"n": 1}})
    assert env.render().tolist() == np.ones((4, 4, 3)).tolist() and env.render_mode == "rgb_array"
    assert isinstance(env, gymnasium.Env) and env.__doc__ == "Says where it runs."
    env.close()


def test_many_seats_play_the_same_episode_behind_a_runtime(toy):
    for name, interface, action in (("Both", "parallel", np.array([1, 2])), ("Turns", "aec", 2)):
        spec = spec_of(toy, name, interface=interface, seats=2, payoff="general-sum")
        digests = []
        for episode in both(spec):
            turn = episode.start(4)
            while turn.seats:
                episode.announce([action] * len(turn.seats))
                turn = episode.step([action] * len(turn.seats))
            digests.append((episode.digest, episode.returns, episode.length))
            episode.close()
        assert digests[0] == digests[1] and digests[0][2] > 2


def test_environments_of_a_process_share_one_host_and_answers_find_their_asker(toy):
    envs = [build(spec_of(toy, "One")) for _ in range(3)]
    pids = {env.reset(seed=i)[1]["pid"] for i, env in enumerate(envs)}
    assert len(pids) == 1
    for env, action in zip(envs, (0, 1, 0), strict=True):
        env.announce(action)
    rewards = [env.step(action)[1] for env, action in reversed(list(zip(envs, (0, 1, 0), strict=True)))]
    assert rewards == [0.0, 1.0, 0.0]
    for env in envs:
        env.close()


def test_what_an_environment_raises_says_where_and_leaves_the_others_alone(toy):
    env, other = build(spec_of(toy, "One")), build(spec_of(toy, "One"))
    env.reset(seed=1), other.reset(seed=1)
    with pytest.raises(EnvError, match=r"raised in runtime 'toy'[\s\S]*two is too much"):
        env.step(2)
    with pytest.raises(EnvError, match="a object cannot leave its runtime"):
        env.step(4)
    assert other.step(1)[1] == 1.0
    with pytest.raises(EnvError, match="ended with exit code 7"):
        env.step(3)
    env.close(), other.close()
    again = build(spec_of(toy, "One"))  # a lost process is replaced
    assert again.reset(seed=1)[1]["where"] == "toy"
    again.close()


def test_a_run_records_its_lock_and_replays(toy, tmp_path):
    spec = arena.register(spec_of(toy, "Both", interface="parallel", seats=2, payoff="cooperative", max_steps=9))
    run = arena.evaluate("random", spec.id, episodes=6, workers=0, out=tmp_path)  # a worker knows no test's runtime
    assert (run.episodes.cause == "completed").all() and len(run.episodes) == 6
    assert run.manifest["packages"]["runtime toy"] == find_runtime("toy").digest
    assert all(report.is_verified for report in arena.verify(tmp_path, workers=0))


def test_what_is_absent_names_the_command(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("ARENA_CACHE", str(tmp_path))
    spec = spec_of(toy, "One")
    assert missing(spec) == "toyruntime/One-v0 needs runtime 'toy' (absent): arena install toy"
    with pytest.raises(UnavailableError, match="arena install toy"):
        build(spec)
    find_runtime("toy").folder.mkdir(parents=True)
    assert "(half-made)" in missing(spec)
    with pytest.raises(UnknownNameError, match="did you mean 'toy'"):
        find_runtime("toi")


def test_an_installation_that_fails_is_told_and_done_again_by_the_same_command(tmp_path, monkeypatch):
    monkeypatch.setenv("ARENA_CACHE", str(tmp_path))
    runtime = Runtime("empty", "# no packages: it cannot hold an environment\n")
    told = []
    for _ in range(2):
        with pytest.raises(
            InstallError, match=r"trying it failed \(exit code 1\); the same command tries again[\s\S]*numpy"
        ):
            install(runtime, told.append)
        assert runtime.state() == "half-made"
    assert any("half-made; making it again" in line for line in told)
    assert uninstall("empty") == [runtime.folder] and runtime.state() == "absent"


def _install(cache, name, pause):
    os.environ["ARENA_CACHE"] = cache
    raise SystemExit(0 if install(Runtime(name, pause)) else 3)


@pytest.mark.slow  # needs a package index
def test_two_at_once_make_one_installation(tmp_path):
    lock = (
        "numpy==2.4.6\ngymnasium==1.2.0\ncloudpickle==3.1.2\ntyping_extensions==4.16.0\nFarama-Notifications==0.0.6\n"
    )
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_install, args=(str(tmp_path), "pair", lock)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(200)
    assert sorted(process.exitcode for process in both) == [0, 3]


def test_a_lock_is_exact_and_its_digest_ignores_comments():
    lock = Runtime("x", "# description: words\n# build: wheel==1\n# python: 3.11 3.12\na==1  # why\nb==2\n")
    assert lock.pins == {"a": "1", "b": "2"} and lock.build_requirements == ["wheel==1"]
    assert lock.pythons == ["3.11", "3.12"] and lock.description == "words"
    assert lock.digest == Runtime("x", "# build: wheel==1\n# python: 3.11 3.12\nb==2\na==1\n").digest
    assert lock.digest != Runtime("x", "# python: 3.11 3.12\nb==2\na==1\n").digest
    with pytest.raises(SpecError, match="'a>=1' of its lock"):
        _ = Runtime("x", "a>=1\n").pins
    with pytest.raises(InstallError, match=r"locked for Python 9\.9"):
        install(Runtime("x", "# python: 9.9\n"))


def test_spaces_and_arrays_survive_the_wire():
    import socket

    ours, theirs = map(Channel, socket.socketpair())
    told = [
        spaces.Dict({"b": spaces.Box(-1, np.inf, (2, 3), np.float32), "a": spaces.MultiBinary(4)}),
        spaces.Tuple((spaces.Discrete(3, start=-1), spaces.MultiDiscrete([2, 5]), spaces.Text(9, charset="ab"))),
    ]
    ours.send(dumps(told))
    assert theirs.receive() == told
    big = np.arange(2000, dtype=np.uint16).reshape(2, -1)
    theirs.send(dumps((1, None, True, "ä", b"\0", {"k": big[:, :4]}, np.float32(0.5))))
    one, *_, mapping, number = ours.receive()
    assert one == 1 and mapping["k"].tolist() == big[:, :4].tolist() and number.dtype == np.float32
    assert mapping["k"].flags.writeable
    with pytest.raises(TypeError, match="a object cannot leave its runtime"):
        dumps({"thing": object()})
    theirs.socket.close()
    with pytest.raises(EOFError):
        ours.receive()
