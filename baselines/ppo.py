"""Proximal policy optimisation for vectors, images and tables of candidates, with discrete or continuous actions.

Source: Schulman et al. 2017, "Proximal policy optimization algorithms"; the details follow Huang et al. 2022, "The 37
implementation details of proximal policy optimization", and CleanRL (JMLR 23(274)). Deliberate differences: a truncated
episode is bootstrapped with the value of its last observation; the value loss is not clipped (Andrychowicz et al. 2021
found that it hurts); statistics for normalisation change between updates, not within them, and are frozen afterwards.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from torch import Tensor, nn

from arena.agent import Agent, Batch, Seating
from arena.baselines.parts import checkpoint as disk
from arena.baselines.parts import networks
from arena.baselines.parts.gae import gae
from arena.baselines.parts.moments import Moments
from arena.baselines.parts.networks import ActorCritic, ImageActorCritic, Inference, make_network
from arena.baselines.parts.rollout import Collector, Decision, Rollout
from arena.errors import AgentError
from arena.spec import EnvSpec

__all__ = ["PPO", "PRESETS", "Config", "Progress", "train"]

CHECKPOINTS = Path(__file__).parent / "checkpoints" / "ppo"  # the shipped ones: <family>/<Name-vN>/
SAVE_EVERY = 20.0  # seconds of training that a kill can lose
RECENT = 100  # episodes in a reported return
ILLEGAL = -1e9  # logit of an illegal action: exp() of it is exactly 0 in float32


@dataclass(frozen=True)
class Config:
    """How to train. Defaults: CleanRL's ppo.py, with 8 environments as in Huang et al. 2022 (detail 1)."""

    total_steps: int = 500_000  # environment steps (a move, or a joint step, counts once)
    num_envs: int = 8  # episodes played at the same time
    num_steps: int = 128  # steps of each environment between two updates
    learning_rate: float = 2.5e-4  # of Adam, at the start; falls linearly to 0
    discount: float = 0.99  # per decision
    gae_lambda: float = 0.95  # Schulman et al. 2016
    num_minibatches: int = 4  # per epoch
    update_epochs: int = 4  # passes over each rollout
    clip_coef: float = 0.2  # largest change of a decision's probability that is rewarded, as a ratio
    entropy_coef: float = 0.01  # weight of the entropy bonus
    value_coef: float = 0.5  # weight of the squared value error
    max_grad_norm: float = 0.5  # gradient's L2 norm is scaled down to this
    hidden_size: int = 64  # units of a hidden layer
    initial_log_std: float = 0.0  # natural logarithm of a Gaussian policy's first standard deviation
    normalize_observations: bool = False  # divide by a running standard deviation, which the checkpoint then freezes
    normalize_rewards: bool = False  # divide by the running standard deviation of the discounted return


_CONTINUOUS = {  # CleanRL's ppo_continuous_action.py; its 2048 steps of one environment as 256 of 8
    "num_steps": 256,
    "learning_rate": 3e-4,
    "num_minibatches": 32,
    "update_epochs": 10,
    "entropy_coef": 0.0,
    "normalize_observations": True,
    "normalize_rewards": True,
}
PRESETS: dict[str, dict[str, Any]] = {  # by family, then by id
    "mujoco": _CONTINUOUS,
    "classic/CartPole-v1": {  # RL Baselines3 Zoo, hyperparams/ppo.yml
        "total_steps": 100_000,
        "num_steps": 32,
        "learning_rate": 1e-3,
        "discount": 0.98,
        "gae_lambda": 0.8,
        "num_minibatches": 1,
        "update_epochs": 20,
        "entropy_coef": 0.0,
    },
    "minigrid/DoorKey-5x5-v0": {"num_envs": 16, "learning_rate": 1e-3, "total_steps": 300_000},
    "boardgames/ConnectFour-v0": {  # self-play; many games at once, for they are short
        "total_steps": 1_200_000,
        "num_envs": 64,
        "num_steps": 64,
        "learning_rate": 1e-3,
        "num_minibatches": 8,
        "update_epochs": 3,
        "entropy_coef": 0.03,  # a narrow self-play policy never meets the odd positions that others bring about
        "hidden_size": 128,
    },
    "mpe": {"num_envs": 16, "num_steps": 125, "learning_rate": 7e-4, "update_epochs": 10, "normalize_rewards": True},
    "mpe/SimpleSpread-v0": {"total_steps": 600_000},
    "text/Quest-v0": {"total_steps": 1_000_000, "num_envs": 32, "num_steps": 64, "learning_rate": 1e-3},
    "text/Countdown-v0": {  # about one random episode in 200 is rewarded at all
        "total_steps": 1_500_000,
        "num_envs": 64,
        "num_steps": 64,
        "learning_rate": 1e-3,
        "hidden_size": 128,
    },
    "web/Shop-v0": {"total_steps": 200_000},  # faster settings stop at buying the first product they see
    "crafter/Reward-v0": {  # 250 environment steps a second: few steps, so small rollouts
        "total_steps": 60_000,
        "num_steps": 64,
        "learning_rate": 5e-4,
        "update_epochs": 3,
        "hidden_size": 256,
    },
    "nle/Score-v0": {"total_steps": 400_000, "num_envs": 16, "learning_rate": 5e-4, "normalize_rewards": True},
    "mujoco/InvertedPendulum-v5": {"total_steps": 200_000},
    "mujoco/HalfCheetah-v5": {  # discount, lambda and a smaller spread as in RL Baselines3 Zoo
        "total_steps": 1_000_000,
        "discount": 0.98,
        "gae_lambda": 0.92,
        "initial_log_std": -1.0,
    },
}


class Progress(NamedTuple):
    """Where a training stands, reported after each update."""

    env_steps: int
    total_steps: int
    mean_return: float | None  # of the last 100 episodes; None before the first ended
    finished: bool


class Training:
    """All that changes while PPO trains: network, optimiser, statistics, counters."""

    def __init__(self, spec: EnvSpec, config: Config, seed: int, device: str) -> None:
        self.config, self.device = config, device
        torch.manual_seed(seed)
        self.random = np.random.default_rng(seed)
        self.collector = Collector(spec, config.num_envs, config.num_steps, self.random)
        self.network = make_network(
            self.collector.observation_space, self.collector.action_space, config.hidden_size
        ).to(device)
        if hasattr(self.network, "log_std"):
            nn.init.constant_(self.network.log_std, config.initial_log_std)
        if not isinstance(self.network, ImageActorCritic):
            torch.set_num_threads(1)  # too small to share
        self.inference = Inference(self.network, device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate, eps=1e-5, fused=True)
        self.observations = Moments(self.network.scaled_shape)
        self.returns = Moments()
        self.recent: deque[float] = deque(maxlen=RECENT)
        self.curve: list[list[float]] = []  # [environment steps, mean return of the last 100 episodes]

    @property
    def mean_return(self) -> float | None:
        """Mean over the last 100 episodes."""
        return float(np.mean(self.recent)) if self.recent else None

    def iterate(self) -> None:
        """One iteration: collect, learn, then let the statistics follow."""
        config = self.config
        left = 1.0 - self.collector.env_steps / config.total_steps
        self.optimizer.param_groups[0]["lr"] = config.learning_rate * max(left, 0.0)
        rollout = self.collector.collect(self.act, self.value)
        self.recent.extend(self.collector.finished)
        self.collector.finished.clear()
        if config.normalize_rewards:
            rollout = rollout._replace(rewards=self.scaled_rewards(rollout))
        self.learn(rollout)
        if config.normalize_observations:
            self.observe(rollout.observations[rollout.valid])

    def act(self, observations: npt.NDArray[Any], masks: npt.NDArray[np.bool_] | None) -> Decision:
        """Samples the policy."""
        head, values = self.inference.policy_and_value(observations, masks)
        if hasattr(self.network, "log_std"):
            log_std = self.network.log_std.detach().cpu().numpy()
            noise = self.random.standard_normal(head.shape, np.float32)
            actions = head + np.exp(log_std) * noise
            log_probs = (-0.5 * noise**2 - log_std - 0.5 * np.log(2 * np.pi, dtype=np.float32)).sum(1)
            return Decision(actions, log_probs, values)
        logits = head if masks is None else np.where(masks, head, np.float32(ILLEGAL))
        actions = gumbel_max(logits, self.random.random(logits.shape))
        shifted = logits - logits.max(1, keepdims=True)
        log_probs = np.take_along_axis(shifted, actions[:, None], 1)[:, 0] - np.log(np.exp(shifted).sum(1))
        return Decision(actions, log_probs, values)

    def value(self, observations: npt.NDArray[Any], masks: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.float32]:
        """Returns the values of observations on which nobody acts."""
        return self.inference.policy_and_value(observations, masks)[1]

    def learn(self, rollout: Rollout) -> None:
        """Several epochs of minibatches on the clipped objective."""
        config, valid = self.config, rollout.valid
        advantages = gae(
            rollout.rewards, rollout.values, rollout.next_values, rollout.ends, valid,
            config.discount, config.gae_lambda,
        )  # fmt: skip
        arrays = (rollout.observations, rollout.actions, rollout.log_probs, advantages, advantages + rollout.values)
        observations, actions, log_probs, gains, targets = (
            torch.as_tensor(array[valid], device=self.device) for array in arrays
        )
        masks = None if rollout.masks is None else torch.as_tensor(rollout.masks[valid], device=self.device)
        parameters = list(self.network.parameters())
        for rows in self.minibatches(len(actions)):
            head, values = self.network(observations[rows].float(), None if masks is None else masks[rows])
            new_log_probs, entropy = self.distribution(head, actions[rows], None if masks is None else masks[rows])
            ratio = (new_log_probs - log_probs[rows]).exp()
            gain = gains[rows]
            gain = (gain - gain.mean()) / (gain.std() + 1e-8)
            clipped = ratio.clamp(1 - config.clip_coef, 1 + config.clip_coef)
            policy_loss = -torch.minimum(gain * ratio, gain * clipped).mean()
            value_loss = 0.5 * (values - targets[rows]).square().mean()
            loss = policy_loss + config.value_coef * value_loss - config.entropy_coef * entropy.mean()
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, config.max_grad_norm)
            self.optimizer.step()

    def minibatches(self, size: int) -> Iterator[Tensor]:
        """Yields the row numbers of each minibatch, every row once an epoch."""
        for _ in range(self.config.update_epochs):
            order = torch.from_numpy(self.random.permutation(size)).to(self.device)
            yield from order.chunk(self.config.num_minibatches)

    def distribution(self, head: Tensor, actions: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns log-probability and entropy of the present policy, (N,) each."""
        if hasattr(self.network, "log_std"):
            normal = torch.distributions.Normal(head, self.network.log_std.exp(), validate_args=False)
            return normal.log_prob(actions).sum(-1), normal.entropy().sum(-1)
        logits = head if mask is None else head.masked_fill(~mask, ILLEGAL)
        log_p = logits.log_softmax(-1)
        return log_p.gather(-1, actions.long().unsqueeze(-1)).squeeze(-1), -(log_p.exp() * log_p).sum(-1)

    def scaled_rewards(self, rollout: Rollout) -> npt.NDArray[np.float32]:
        """Rewards in standard deviations of the discounted return, at most 10 (Engstrom et al. 2020, section 3)."""
        returns = np.zeros_like(rollout.rewards)
        running = np.zeros(rollout.rewards.shape[1], np.float32)
        for t in reversed(range(len(returns))):
            running = rollout.rewards[t] + self.config.discount * np.where(rollout.ends[t], 0.0, running)
            running = np.where(rollout.valid[t], running, 0.0)
            returns[t] = running
        self.returns.update(returns[rollout.valid])
        scaled = rollout.rewards / np.float32(np.sqrt(self.returns.variance + 1e-8))
        return scaled.clip(-10.0, 10.0)

    def observe(self, observations: npt.NDArray[Any]) -> None:
        """Takes observations into the running mean and deviation that the network scales by."""
        self.observations.update(observations.reshape(-1, *self.network.scaled_shape))
        self.network.mean.copy_(torch.as_tensor(self.observations.mean))
        self.network.std.copy_(torch.as_tensor(np.sqrt(self.observations.variance + 1e-8)))

    def state(self) -> dict[str, Any]:
        """Returns what `restore` goes on from; running episodes are not part of it."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": self.random.bit_generator.state,
            "observations": self.observations.state(),
            "returns": self.returns.state(),
            "env_steps": self.collector.env_steps,
            "recent": list(self.recent),
            "curve": self.curve,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over a `state`; episodes begin anew."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.random.bit_generator.state = state["random"]
        self.observations.restore(state["observations"])
        self.returns.restore(state["returns"])
        self.collector.env_steps = state["env_steps"]
        self.recent.extend(state["recent"])
        self.curve = state["curve"]


def train(
    spec: EnvSpec,
    config: Config,
    *,
    out: Path,
    seed: int = 1,
    device: str = "cpu",
    command: str = "",
    report: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Trains on one environment and writes a checkpoint to `out`; goes on where a killed training stopped.

    Episodes start from seeds in [2^31, 2^32), which no evaluation uses.

    Raises:
        AgentError: `out` holds another training, or the environment's spaces are not ones that PPO reads.
    """
    state = disk.load_state(out)
    if state is None and (out / disk.CHECKPOINT).is_file():
        done = disk.load_checkpoint(out)[1]["env_steps"]
        raise AgentError(f"{str(out)!r} holds a finished training of {done} steps; give another --out or remove it")
    training = Training(spec, config, seed, device)
    if state is not None:
        if state["training"] != [spec.id, seed, asdict(config)]:
            raise AgentError(
                f"{str(out)!r} holds an unfinished training of another environment, seed or configuration; "
                "give another --out"
            )
        training.restore(state)
    saved = time.monotonic()
    while training.collector.env_steps < config.total_steps:
        training.iterate()
        env_steps, mean_return = training.collector.env_steps, training.mean_return
        finished = env_steps >= config.total_steps
        if mean_return is not None and (finished or env_steps >= len(training.curve) / 50 * config.total_steps):
            training.curve.append([env_steps, round(mean_return, 4)])
        if finished or time.monotonic() - saved > SAVE_EVERY:
            disk.save_checkpoint(out, training.network.state_dict(), _description(spec, training, seed, command))
            disk.save_state(out, {"training": [spec.id, seed, asdict(config)], **training.state()})
            saved = time.monotonic()
        progress = Progress(env_steps, config.total_steps, mean_return, finished)
        report(progress)
    disk.drop_state(out)
    training.collector.close()
    return progress


def _description(spec: EnvSpec, training: Training, seed: int, command: str) -> dict[str, Any]:
    config, preset = asdict(training.config), asdict(Config(**PPO.preset(spec.id)))
    return {
        "agent": "ppo",
        "env": spec.id,
        "config": config,
        "changes": {name: value for name, value in config.items() if value != preset[name]},
        "env_steps": training.collector.env_steps,
        "seed": seed,
        "command": command,
        "packages": {name: _version(name) for name in ("arena-bench", "numpy", "torch", "gymnasium", *spec.packages)},
        "learning_curve": training.curve,
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


class PPO(Agent):
    """Plays a trained policy: a checkpoint's, or for a shipped environment the one in the box.

    Configuration: `greedy=true` plays the likeliest action (the mean of a Gaussian); by default the policy is sampled.
    """

    Config = Config
    train = staticmethod(train)

    def __init__(self, *, checkpoint: Path | None = None, greedy: bool = False, **config: Any) -> None:
        super().__init__(checkpoint=checkpoint, **config)
        self.greedy = greedy

    @staticmethod
    def preset(env_id: str) -> dict[str, Any]:
        """Returns the settings in which training on this environment differs from the defaults."""
        return {**PRESETS.get(env_id.split("/", 1)[0], {}), **PRESETS.get(env_id, {})}

    def plays(self, spec: EnvSpec) -> str:
        folder = self._folder(spec)
        if self.checkpoint is not None:
            trained = disk.load_checkpoint(folder)[1]["env"]
            return "" if trained == spec.id else f"this checkpoint was trained on {trained}"
        if (folder / disk.CHECKPOINT).is_file():
            return ""
        return f"no shipped ppo checkpoint; train one: arena train ppo --env {spec.id}"

    def files(self, spec: EnvSpec) -> list[Path]:
        folder = self._folder(spec)
        return [folder / disk.WEIGHTS, folder / disk.CHECKPOINT, Path(networks.__file__)]

    def begin(self, seating: Seating) -> None:
        super().begin(seating)
        if seating.device == "cpu":
            torch.set_num_threads(1)  # many workers share the cores; and a row's bits must not depend on their number
        tensors, data = disk.load_checkpoint(self._folder(seating.spec))
        self._network: ActorCritic = make_network(
            seating.observation_space, seating.action_space, data["config"]["hidden_size"]
        )
        try:
            self._network.load_state_dict(tensors)
        except RuntimeError as error:
            raise AgentError(
                f"the checkpoint of {data['env']} does not fit {seating.spec.id} as it is now: {error}"
            ) from None
        self._network.eval().to(seating.device)
        self._inference = Inference(self._network, seating.device)

    def act(self, batch: Batch) -> npt.NDArray[Any]:
        head = self._inference.policy(batch.observations, batch.masks)
        space = self.seating.action_space
        if isinstance(space, spaces.Box):
            if not self.greedy:
                head = head + np.exp(self._network.log_std.detach().cpu().numpy()) * batch.random.normal(head.shape[1])
            return head.clip(space.low, space.high).astype(space.dtype)
        logits = head if batch.masks is None else np.where(batch.masks, head, np.float32(ILLEGAL))
        assert isinstance(space, spaces.Discrete)
        choice = logits.argmax(1) if self.greedy else gumbel_max(logits, batch.random.uniform(logits.shape[1]))
        return choice + space.start

    def _folder(self, spec: EnvSpec) -> Path:
        return self.checkpoint or CHECKPOINTS / spec.id


def gumbel_max(logits: npt.NDArray[np.float32], uniform: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Returns one action per row, drawn from the softmax of its logits with numbers in [0, 1): the Gumbel-max trick."""
    noise = -np.log(-np.log(np.maximum(uniform, np.finfo(np.float64).tiny)))
    return (logits + noise).argmax(1)
