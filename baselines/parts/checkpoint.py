"""Checkpoints: numbers in safetensors, the rest in JSON, and a state to resume from; each written atomically."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from arena.errors import AgentError

__all__ = ["CHECKPOINT", "WEIGHTS", "load_checkpoint", "drop_state", "load_state", "save_checkpoint", "save_state"]

WEIGHTS, CHECKPOINT, STATE = "model.safetensors", "checkpoint.json", "training-state.pt"


def save_checkpoint(folder: Path, tensors: dict[str, Tensor], data: dict[str, Any]) -> None:
    """Writes the weights and then their description; a reader sees the old files or the new ones, never half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    _write(folder / WEIGHTS, lambda path: path.write_bytes(save(plain)))
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in data.items())
    _write(folder / CHECKPOINT, lambda path: path.write_text(f"{{\n{lines}\n}}\n"))


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Returns the tensors, on the CPU, and the description.

    Raises:
        AgentError: the folder does not hold both.
    """
    absent = [name for name in (WEIGHTS, CHECKPOINT) if not (folder / name).is_file()]
    if absent:
        raise AgentError(f"{str(folder)!r} is no checkpoint: it lacks {' and '.join(absent)}")
    return load_file(folder / WEIGHTS), json.loads((folder / CHECKPOINT).read_text())


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Writes what training needs to go on: tensors and plain data only."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / STATE, lambda path: torch.save(state, path))


def load_state(folder: Path) -> dict[str, Any] | None:
    """Returns the state of an unfinished training, or None; reads tensors and plain data, never code."""
    if not (folder / STATE).is_file():
        return None
    state: dict[str, Any] = torch.load(folder / STATE, weights_only=True, map_location="cpu")
    return state


def drop_state(folder: Path) -> None:
    """Removes the state: the training is finished."""
    (folder / STATE).unlink(missing_ok=True)


def _write(path: Path, write: Callable[[Path], Any]) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(new)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
