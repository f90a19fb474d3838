"""`arena train`: trains an agent on an environment, with a progress bar, and resumes what was killed."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from arena.agent import agent_names, resolve_agent
from arena.errors import AgentError
from arena.loading import load_symbol
from arena.registry import find

__all__ = ["command", "configure"]


def command(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Adds the arguments of `arena train` and returns what runs it."""
    parser.description = "Train an agent on an environment; run the same command again to go on after a kill."
    parser.add_argument("agent", help="a registered agent that can be trained, say ppo")
    parser.add_argument("--env", required=True, metavar="ID", help="environment to train on")
    parser.add_argument("--steps", type=int, metavar="N", help="environment steps (default: the agent's preset)")
    parser.add_argument("--seed", type=int, default=1, help="of weights, sampling and training episodes (default 1)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="checkpoint folder (default checkpoints/AGENT/ID)")
    parser.add_argument("--config", nargs="+", default=[], metavar="KEY=VALUE", help="settings other than the preset's")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return run


def run(arguments: argparse.Namespace) -> int:
    """Trains and prints where the checkpoint lies; returns 0.

    Raises:
        ArenaError: the agent cannot be trained, the environment cannot be built, or a setting is not one.
    """
    spec = find(arguments.env)
    agent = _trainable(arguments.agent)
    stated = dict(_split(text) for text in arguments.config)
    if arguments.steps is not None:
        stated["total_steps"] = str(arguments.steps)
    config = configure(agent.Config, agent.preset(spec.id), stated)
    out = arguments.out or Path("checkpoints", arguments.agent, spec.id)
    with _bar() as bar:
        task = bar.add_task(f"{arguments.agent} on {spec.id}", total=config.total_steps, result="")

        def report(progress: Any) -> None:
            result = "" if progress.mean_return is None else f"return {progress.mean_return:.4g}"
            bar.update(task, completed=progress.env_steps, result=result)

        done = agent.train(
            spec, config, out=out, seed=arguments.seed, device=arguments.device, command=_command(), report=report
        )
    if arguments.json:
        print(json.dumps({"env": spec.id, "checkpoint": str(out), **done._asdict()}))
        return 0
    mean_return = "no episode ended" if done.mean_return is None else f"mean return {done.mean_return:.4g}"
    print(f"{spec.id}: {done.env_steps} steps, {mean_return}; checkpoint in {out}")
    return 0


def configure(config_class: Any, preset: dict[str, Any], stated: dict[str, str]) -> Any:
    """Returns a configuration: the defaults, overridden by the preset, overridden by what was stated as text.

    Raises:
        AgentError: a key that is no field (names the nearest), or a value that is not of the field's type.
    """
    fields = {field.name: field for field in dataclasses.fields(config_class)}
    values = dict(preset)
    for key, text in stated.items():
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.0)[0]
            raise AgentError(f"unknown setting {key!r}; did you mean {near!r}? The settings are: {', '.join(fields)}")
        values[key] = _value(key, text, type(fields[key].default))
    return config_class(**values)


def _value(key: str, text: str, kind: type) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e6
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise AgentError(f"setting {key!r} takes {kind.__name__}, got {text!r}")
    return value


def _split(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise AgentError(f"--config takes KEY=VALUE, got {text!r}")
    return key, value


def _trainable(name: str) -> Any:
    """Returns the class of a registered agent that has `train`, `Config` and `preset`."""
    agent = load_symbol(resolve_agent(name).target)
    if hasattr(agent, "train"):
        return agent
    able = [other for other in agent_names() if _can_train(other)]
    raise AgentError(f"agent {name!r} has nothing to train; those that can be trained: {', '.join(able)}")


def _can_train(name: str) -> bool:
    try:
        return hasattr(load_symbol(resolve_agent(name).target), "train")
    except (ImportError, KeyError):  # a plugin whose package is missing
        return False


def _command() -> str:
    return shlex.join(["arena", *sys.argv[1:]])


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f} steps/s")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate(),
        TextColumn("{task.fields[result]}"), TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip
