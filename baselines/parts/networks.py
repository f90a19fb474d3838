"""Actor-critic networks chosen by the shape of what is seen, and their forward pass on NumPy arrays."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from torch import Tensor, nn

from arena.errors import AgentError

__all__ = ["ActorCritic", "ImageActorCritic", "Inference", "make_network"]

CLIP = 10.0  # standard deviations; Andrychowicz et al. 2021, "What matters in on-policy RL?", section 3.6
GRID = 36  # pixels; the smallest side on which the three convolutions of Mnih et al. 2015 leave anything


class ActorCritic(nn.Module):
    """Base: scales observations, and holds a Gaussian policy's spread.

    `forward` returns the head (logits, or means of a Gaussian), (N, outputs), and the value, (N,).
    """

    def __init__(self, scaled_shape: tuple[int, ...], scale: float, action_space: gymnasium.Space[Any]) -> None:
        """Takes the trailing axes of an observation that are scaled one by one, and what to divide by at first."""
        super().__init__()
        if isinstance(action_space, spaces.Discrete):
            self.outputs = int(action_space.n)
        elif isinstance(action_space, spaces.Box) and len(action_space.shape) == 1:
            self.outputs = int(action_space.shape[0])
            self.log_std = nn.Parameter(torch.zeros(self.outputs))
        else:
            raise AgentError(f"ppo acts in Discrete and flat Box spaces, not in {action_space}")
        self.scaled_shape = scaled_shape
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.zeros(scaled_shape))
        self.register_buffer("std", torch.full(scaled_shape, scale))

    def scale(self, observation: Tensor) -> Tensor:
        """Returns the observation in frozen standard deviations from its frozen mean."""
        return ((observation - self.mean) / self.std).clamp(-CLIP, CLIP)


class FlatActorCritic(ActorCritic):
    """A vector: two separate tanh networks (Andrychowicz et al. 2021, section 3.2)."""

    def __init__(self, size: int, hidden_size: int, action_space: gymnasium.Space[Any]) -> None:
        super().__init__((size,), 1.0, action_space)
        self.actor = _mlp(size, hidden_size, self.outputs, gain=0.01)
        self.critic = _mlp(size, hidden_size, 1, gain=1.0)

    def forward(self, observation: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        features = self.scale(observation)  # (N, size)
        return self.actor(features), self.critic(features).squeeze(-1)


class ImageActorCritic(ActorCritic):
    """An image or a board, (H, W, C) or (C, H, W): one convolutional trunk, two linear heads."""

    def __init__(
        self, shape: tuple[int, ...], scale: float, hidden_size: int, action_space: gymnasium.Space[Any]
    ) -> None:
        super().__init__((), scale, action_space)
        self.channels_first = shape[0] < shape[2]  # there are fewer channels than rows or columns
        channels, height, width = shape if self.channels_first else (shape[2], shape[0], shape[1])
        if min(height, width) >= GRID:  # Mnih et al. 2015, with a hidden layer of our size
            convolutions = [
                _init(nn.Conv2d(channels, 32, 8, 4)), nn.ReLU(),
                _init(nn.Conv2d(32, 64, 4, 2)), nn.ReLU(),
                _init(nn.Conv2d(64, 64, 3, 1)), nn.ReLU(),
            ]  # fmt: skip
        else:  # a grid of cells: no cell may be skipped
            convolutions = [
                _init(nn.Conv2d(channels, 32, 3, padding=1)), nn.ReLU(),
                _init(nn.Conv2d(32, 32, 3, padding=1)), nn.ReLU(),
            ]  # fmt: skip
        self.convolutions = nn.Sequential(*convolutions, nn.Flatten())
        with torch.no_grad():
            size = self.convolutions(torch.zeros(1, channels, height, width)).shape[1]
        self.trunk = nn.Sequential(_init(nn.Linear(size, hidden_size)), nn.ReLU())
        self.actor = _init(nn.Linear(hidden_size, self.outputs), gain=0.01)
        self.critic = _init(nn.Linear(hidden_size, 1), gain=1.0)

    def forward(self, observation: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        planes = observation if self.channels_first else observation.permute(0, 3, 1, 2)
        features = self.trunk(self.convolutions(self.scale(planes)))  # (N, hidden)
        return self.actor(features), self.critic(features).squeeze(-1)


class CandidateActorCritic(ActorCritic):
    """A table (K, F) with one row per action: every candidate is scored by the same network, beside what all share."""

    def __init__(self, size: int, hidden_size: int, action_space: gymnasium.Space[Any]) -> None:
        super().__init__((size,), 1.0, action_space)
        self.encoder = nn.Sequential(
            _init(nn.Linear(size, hidden_size)), nn.ReLU(), _init(nn.Linear(hidden_size, hidden_size)), nn.ReLU()
        )
        self.actor = _mlp(2 * hidden_size, hidden_size, 1, gain=0.01)
        self.critic = _mlp(hidden_size, hidden_size, 1, gain=1.0)

    def forward(self, observation: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        if mask is not None and torch.is_grad_enabled():
            return self._packed(observation, mask)
        encoded = self.encoder(self.scale(observation))  # (N, K, hidden)
        weight = encoded.new_ones(encoded.shape[:2]) if mask is None else mask.to(encoded.dtype)
        pooled = (encoded * weight.unsqueeze(-1)).sum(1) / weight.sum(1, keepdim=True).clamp(min=1.0)  # (N, hidden)
        context = pooled.unsqueeze(1).expand_as(encoded)
        return self.actor(torch.cat([encoded, context], -1)).squeeze(-1), self.critic(pooled).squeeze(-1)

    def _packed(self, observation: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Does the same on the legal candidates alone, for learning: most slots are empty.

        Not for play, where a row's bits must not depend on how many candidates other rows have.
        """
        row = mask.nonzero(as_tuple=True)[0]  # (M,)
        encoded = self.encoder(self.scale(observation[mask]))  # (M, hidden)
        summed = encoded.new_zeros(len(mask), encoded.shape[1]).index_add(0, row, encoded)
        pooled = summed / mask.sum(1, keepdim=True).clamp(min=1)  # (N, hidden)
        scores = self.actor(torch.cat([encoded, pooled[row]], -1)).squeeze(-1)  # (M,)
        logits = torch.zeros(mask.shape, device=mask.device).masked_scatter(mask, scores)
        return logits, self.critic(pooled).squeeze(-1)


def make_network(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any], hidden_size: int
) -> ActorCritic:
    """Returns the network that fits: candidates (K, F) for K actions, an image, else a flat vector.

    Raises:
        AgentError: the spaces are of another kind.
    """
    if not isinstance(observation_space, spaces.Box):
        raise AgentError(f"ppo reads Box observations, not {observation_space}")
    shape = observation_space.shape
    if len(shape) == 2 and isinstance(action_space, spaces.Discrete) and shape[0] == action_space.n:
        return CandidateActorCritic(shape[1], hidden_size, action_space)
    if len(shape) == 3:
        scale = 255.0 if observation_space.dtype == np.uint8 else 1.0
        return ImageActorCritic(shape, scale, hidden_size, action_space)
    if len(shape) == 1:
        return FlatActorCritic(shape[0], hidden_size, action_space)
    raise AgentError(f"ppo reads vectors, images and one row per action, not the shape {shape}")


class Inference:
    """A network's forward pass on NumPy arrays: always follows the network's present weights.

    A vector's small network on the CPU runs in NumPy, on the parameters' own memory: several times faster than PyTorch
    for a handful of rows, because nearly all of PyTorch's time there is dispatch.
    """

    def __init__(self, network: ActorCritic, device: str) -> None:
        self._network = network
        self._device = device
        self._flat = isinstance(network, FlatActorCritic) and device == "cpu"
        if isinstance(network, FlatActorCritic) and self._flat:
            self._actor, self._critic = _layers(network.actor), _layers(network.critic)

    def policy(self, observations: npt.NDArray[Any], masks: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.float32]:
        """Returns the head alone, (N, outputs) float32."""
        if self._flat:
            return _forward(self._actor, self._scaled(observations))
        return self.policy_and_value(observations, masks)[0]

    def policy_and_value(
        self, observations: npt.NDArray[Any], masks: npt.NDArray[np.bool_] | None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Returns the head, (N, outputs), and the value, (N,), both float32."""
        if self._flat:
            features = self._scaled(observations)
            return _forward(self._actor, features), _forward(self._critic, features)[:, 0]
        with torch.inference_mode():
            tensor = torch.as_tensor(observations, device=self._device).float()
            mask = None if masks is None else torch.as_tensor(masks, device=self._device)
            head, value = self._network(tensor, mask)
        return head.cpu().numpy(), value.cpu().numpy()

    def _scaled(self, observations: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        mean, std = self._network.mean.numpy(), self._network.std.numpy()
        scaled: npt.NDArray[np.float32] = ((observations.astype(np.float32) - mean) / std).clip(-CLIP, CLIP)
        return scaled


_Layers = list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]


def _layers(network: nn.Sequential) -> _Layers:
    """Returns weights (in, out) and biases that share the network's memory."""
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    return [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in linear]


def _forward(layers: _Layers, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    for weight, bias in layers[:-1]:
        features = np.tanh(features @ weight + bias)
    weight, bias = layers[-1]
    head: npt.NDArray[np.float32] = features @ weight + bias
    return head


def _mlp(inputs: int, hidden_size: int, outputs: int, gain: float) -> nn.Sequential:
    return nn.Sequential(
        _init(nn.Linear(inputs, hidden_size)), nn.Tanh(),
        _init(nn.Linear(hidden_size, hidden_size)), nn.Tanh(),
        _init(nn.Linear(hidden_size, outputs), gain),
    )  # fmt: skip


def _init(layer: Any, gain: float = 2**0.5) -> Any:
    """Orthogonal weights and zero biases: detail 2 of Huang et al. 2022, "The 37 implementation details of PPO"."""
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer
