"""The same evaluation by the field's usual tools and by this harness, in turn: python tests/performance/peers.py

Every peer plays the shipped PPO policy (sampled; on Pong an untrained one with the Nature CNN) for a number of episodes
per environment, so that none counts short episodes only, and adds up returns; Arena besides records actions, digests
and rows. Peers that are not installed are left out: pip install 'envpool==1.2.5' 'stable-baselines3>=2.9'; PufferLib
needs an interpreter of its own (--puffer; docs/performance.md).
"""

import argparse
import dataclasses
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import gymnasium
import numpy as np
import torch
from counting import played
from rich.console import Console
from rich.table import Table

import arena
from arena.agent import Seating
from arena.baselines.ppo import CHECKPOINTS, PPO, Config, train
from arena.bench.measuring import Runner
from arena.bench.raw import Raw
from arena.registry import find

CHUNK_S = 3.0
TASKS = {
    "cartpole": ("classic/CartPole-v1", "CartPole-v1"),
    "cheetah": ("mujoco/HalfCheetah-v5", "HalfCheetah-v5"),
    "pong": ("atari/Pong-v5", "ALE/Pong-v5"),
}
ENVPOOL = {
    "cartpole": ("CartPole-v1", np.int32, (8, 64, 512)),
    "cheetah": ("HalfCheetah-v5", np.float64, (8, 64)),
    "pong": ("Pong-v5", np.int32, (8,)),
}
UNTRAINED = Path(tempfile.mkdtemp(prefix="arena-peers-")) / "pong"


def checkpoint(task):
    """Where a policy's weights are; None: the shipped ones. Pong's are made here, from one step of training."""
    if task != "pong":
        return None
    if not UNTRAINED.exists():
        config = Config(total_steps=8, num_envs=1, num_steps=8, num_minibatches=1, update_epochs=1, hidden_size=512)
        train(find(TASKS[task][0]), config, out=UNTRAINED)
    return UNTRAINED


def make(task):
    """One environment of Gymnasium's, as the field wraps it."""
    if task != "pong":
        return gymnasium.make(TASKS[task][1])
    env = gymnasium.make(TASKS[task][1], frameskip=1)
    env = gymnasium.wrappers.AtariPreprocessing(env, noop_max=0)
    return gymnasium.wrappers.FrameStackObservation(env, 4)


class Policy:
    """The shipped network in PyTorch, as people write it: a batch of observations in, a batch of actions out."""

    def __init__(self, task):
        spec = find(TASKS[task][0])
        env, agent = arena.make(spec.id), PPO(checkpoint=checkpoint(task))
        agent.begin(Seating(spec, env.observation_space, env.action_space, 1, "cpu"))
        self.network, self.is_discrete = agent._network, hasattr(env.action_space, "n")
        self.space = env.action_space
        env.close()
        torch.set_num_threads(1)

    @torch.inference_mode()
    def __call__(self, observations):
        head, _ = self.network(torch.as_tensor(observations, dtype=torch.float32), None)
        if self.is_discrete:
            return torch.distributions.Categorical(logits=head).sample().numpy()
        actions = torch.distributions.Normal(head, self.network.log_std.exp()).sample().numpy()
        return actions.clip(self.space.low, self.space.high)


def gymnasium_vector(kind):
    def build(task, n):
        mode = gymnasium.vector.AutoresetMode.SAME_STEP
        vec = kind([lambda: make(task)] * n, autoreset_mode=mode)
        policy = Policy(task)

        def step(actions):
            observations, rewards, terminated, truncated, _ = vec.step(actions)
            return observations, rewards, terminated | truncated

        return lambda episodes: played(lambda: vec.reset(seed=0)[0], step, policy, n, episodes)

    return build


def envpool_vector(task, n):
    import envpool

    name, kind, _ = ENVPOOL[task]
    vec = envpool.make(name, env_type="gymnasium", num_envs=n, num_threads=os.cpu_count())
    policy = Policy(task)

    def step(actions):
        observations, rewards, terminated, truncated, _ = vec.step(actions.astype(kind))
        return observations, rewards, terminated | truncated

    return lambda episodes: played(lambda: vec.reset()[0], step, policy, n, episodes)


def sb3_evaluate_policy(task, n):
    from stable_baselines3 import PPO as Theirs
    from stable_baselines3.common.evaluation import evaluate_policy
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import DummyVecEnv

    vec = DummyVecEnv([lambda: Monitor(gymnasium.make(TASKS[task][1]))] * n)
    model = Theirs("MlpPolicy", vec, device="cpu", policy_kwargs={"net_arch": [64, 64]})
    ours = [layer for layer in Policy(task).network.actor if isinstance(layer, torch.nn.Linear)]
    theirs = [layer for layer in model.policy.mlp_extractor.policy_net if isinstance(layer, torch.nn.Linear)]
    for mine, other in zip(ours, [*theirs, model.policy.action_net], strict=True):
        other.load_state_dict(mine.state_dict())

    def play(episodes):
        _, lengths = evaluate_policy(model, vec, episodes, deterministic=False, return_episode_rewards=True)
        return sum(lengths)

    return play


class Head(torch.nn.Module):
    """A network's logits alone."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, observations):
        return self.network(observations, None)[0]


def puffer_vector(python, backend):
    """PufferLib in an interpreter of its own, which is told how many episodes to play."""

    def build(task, n):
        policy, network = UNTRAINED.with_name("policy.pt"), Policy(task).network
        torch.jit.save(torch.jit.trace(Head(network), torch.zeros(n, 4)), policy)
        process = subprocess.Popen(
            [python, Path(__file__).with_name("puffer.py"), policy, str(n), backend],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

        def play(episodes):
            print(episodes, file=process.stdin, flush=True)
            return int(process.stdout.readline())

        return play

    return build


def peers(task, puffer):
    """Name -> function that builds it; only what is installed."""
    sync, widths = gymnasium_vector(gymnasium.vector.SyncVectorEnv), ENVPOOL[task][2]
    found = {}
    if task != "pong" or importlib.util.find_spec("cv2"):  # Gymnasium's pictures are reduced by OpenCV
        found |= {f"gymnasium Sync n={n}": (sync, n) for n in widths}
        found["gymnasium Async n=8"] = gymnasium_vector(gymnasium.vector.AsyncVectorEnv), 8
    if importlib.util.find_spec("stable_baselines3") and task != "pong":  # whose network would have to be theirs
        found["SB3 evaluate_policy n=8"] = (sb3_evaluate_policy, 8)
    if importlib.util.find_spec("envpool"):
        found |= {f"EnvPool n={n}": (envpool_vector, n) for n in ENVPOOL[task][2]}
    if puffer and task == "cartpole":
        found |= {f"PufferLib Serial n={n}": (puffer_vector(puffer, "Serial"), n) for n in widths}
        found["PufferLib Multiprocessing n=64"] = puffer_vector(puffer, "Multiprocessing"), 64
    return {name: build(task, n) for name, (build, n) in found.items()}


def ours(task, workers):
    spec = find(TASKS[task][0])
    agent = str(checkpoint(task) or "ppo")
    found = {"Arena": Runner(dataclasses.replace(spec, native=""), agent, "replica", workers)}
    return found | ({"Arena, native": Runner(spec, agent, "replica", workers)} if spec.native else {})


def sized(play, least):
    """Returns a function that gives steps a second, with as many episodes as fill a measurement."""
    began = time.perf_counter()
    play(least)
    episodes = max(least, round(least * CHUNK_S / (time.perf_counter() - began)))

    def rate():
        began = time.perf_counter()
        return play(episodes) / (time.perf_counter() - began)

    return rate


def main():
    assert CHECKPOINTS.is_dir()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", choices=sorted(TASKS), default=sorted(TASKS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--puffer", metavar="PYTHON", help="an interpreter that can import PufferLib 3.0")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    workers, report = os.cpu_count() or 1, {}
    for task in arguments.tasks:
        raw, runners = Raw(dataclasses.replace(find(TASKS[task][0]), native="")), ours(task, workers)
        for runner in runners.values():
            runner.calibrate()
        rates = {"raw core": lambda raw=raw: raw.steps_per_s(CHUNK_S / 2)}
        rates |= {
            name: sized(play, 8 if task == "pong" else 64) for name, play in peers(task, arguments.puffer).items()
        }
        rates |= {name: runner.steps_per_s for name, runner in runners.items()}
        rounds = [{name: rate() for name, rate in rates.items()} for _ in range(arguments.rounds)]
        for runner in runners.values():
            runner.close()
        report[task] = {
            name: {
                "steps_per_s": statistics.median(one[name] for one in rounds),
                "share_of_raw": statistics.median(one[name] / (workers * one["raw core"]) for one in rounds),
                "arena_is_times": statistics.median(one["Arena"] / one[name] for one in rounds),
                **(
                    {"native_is_times": statistics.median(one["Arena, native"] / one[name] for one in rounds)}
                    if "Arena, native" in rates
                    else {}
                ),
            }
            for name in rates
        }
    if arguments.json:
        json.dump(report, sys.stdout, indent=1)
        return
    for task, found in report.items():
        table = Table(title=f"{task}, {workers} cores, {arguments.rounds} rounds")
        for title in ("", "steps/s", "of cores x raw", "Arena is times", "native is times"):
            table.add_column(title, justify="right" if title else "left")
        for name, row in found.items():
            keys = ("share_of_raw", "arena_is_times", "native_is_times")
            cells = (f"{row[key]:.2f}" if key in row else "" for key in keys)
            table.add_row(name, f"{row['steps_per_s']:,.0f}", *cells)
        Console().print(table)


if __name__ == "__main__":
    main()
