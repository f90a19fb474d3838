"""Agents: what acts on a batch of turns, and how an agent is named, loaded and identified."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import inspect
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt

from arena.errors import AgentError, ArenaError, unknown
from arena.loading import is_file_target, load_symbol
from arena.runtimes.locks import cache_folder
from arena.sandbox.package import MANIFEST, read_manifest, unpack
from arena.seeding import RowRandom
from arena.spec import EnvSpec
from arena.views import view_digest

if TYPE_CHECKING:
    from arena.calls import ModelCall

__all__ = ["Agent", "AgentRef", "Batch", "Seating", "agent_names", "resolve_agent"]

GROUP = "arena.agents"  # entry point: agent name -> Agent subclass
CHECKPOINT = "checkpoint.json"  # marks a folder as a checkpoint and names the agent that reads it


class Seating(NamedTuple):
    """Where an agent is asked to sit: given once, before its first batch."""

    spec: EnvSpec
    observation_space: gymnasium.Space[Any]
    action_space: gymnasium.Space[Any]
    rows: int
    device: str


class Batch(NamedTuple):
    """The turns an agent must answer at once. The shape is fixed for a whole run; a row keeps its place.

    Fields:
        observations: stacked by row: (rows, ...) array of the space's dtype, a dict or tuple of such, or a list of str.
            Rows that are not active hold stale content.
        masks: (rows, actions) bool, true where legal; None where the environment has no masks.
        active: (rows,) bool: rows that need an answer now.
        starts: (rows,) bool: rows that begin an episode now; forget what you remember of them.
        seats: (rows,) seat at the table of each row.
        random: independent random numbers by row; the only randomness an agent may use.
    """

    observations: Any
    masks: npt.NDArray[np.bool_] | None
    active: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.bool_]
    seats: npt.NDArray[np.int64]
    random: RowRandom


class Agent:
    """Acts on batches of turns. Subclass and override `act`, or `act_one` for one observation at a time.

    Class attributes:
        view: which view of the environment it reads ("array", "text/v1").
        files: paths that make up the agent beside its code (weights); their bytes are part of its identity.
        calls_models: whether its answers come from a model's endpoint. It then keeps its own time, has `take_calls`
            and answers with a ProviderError where the endpoint failed; an episode without a single call is no score.
    """

    view = "array"
    calls_models = False

    def __init__(self, *, checkpoint: Path | None = None, **config: Any) -> None:
        """Takes the checkpoint folder and the configuration it was named with; unknown keys must be an error."""
        if config:
            raise AgentError(f"{type(self).__name__} takes no configuration, got {sorted(config)}")
        self.checkpoint = checkpoint

    def plays(self, spec: EnvSpec) -> str:
        """Returns "" if it can play this environment, else why not (shown; the task is then not scheduled)."""
        return ""

    def view_of(self, spec: EnvSpec) -> str:
        """Returns which view it reads there; override where it differs between environments."""
        return self.view

    def files(self, spec: EnvSpec) -> list[Path]:
        """Returns the files beside its code (weights) that decide its play there; their bytes are its identity."""
        return []

    def begin(self, seating: Seating) -> None:
        """Prepares for one environment: loads weights, builds networks. Called again for each environment."""
        self.seating = seating

    def act(self, batch: Batch) -> Sequence[Any] | npt.NDArray[Any]:
        """Returns one answer per row; answers of rows that are not active are ignored.

        An exception in place of an answer means that this row failed. If `act` itself raises, the harness asks again
        row by row to find out whose fault it was; so do not change what you remember before you are sure to return.
        """
        answers: list[Any] = [None] * len(batch.active)
        for row in np.flatnonzero(batch.active):
            mask = None if batch.masks is None else batch.masks[row]
            try:
                answers[row] = self.act_one(
                    take_row(batch.observations, int(row)), mask, batch.random.generator(int(row))
                )
            except Exception as error:  # the agent is a stranger: whatever it raises is its outcome
                answers[row] = error
        return answers

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        """Returns the answer to one observation; override this or `act`."""
        raise AgentError(f"{type(self).__name__} defines neither act nor act_one")

    def take_calls(self, row: int) -> list[ModelCall]:
        """Returns the model calls made for a row since this was asked last, oldest first, and forgets them."""
        return []

    def close(self) -> None:
        """Frees what `begin` took."""


class _FunctionAgent(Agent):
    """A plain function `f(observation)`, `f(observation, mask)` or `f(observation, mask, random)` as an agent."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self._function = function
        self._arguments = min(3, len(inspect.signature(function).parameters))

    def act_one(self, observation: Any, mask: npt.NDArray[np.bool_] | None, random: np.random.Generator) -> Any:
        return self._function(*(observation, mask, random)[: self._arguments])


def take_row(observations: Any, row: int) -> Any:
    """Returns one row of stacked observations."""
    if isinstance(observations, dict):
        return {key: take_row(value, row) for key, value in observations.items()}
    if isinstance(observations, tuple):
        return tuple(take_row(value, row) for value in observations)
    return observations[row]


@dataclass(frozen=True)
class AgentRef:
    """An agent by name: plain data that any process turns into the same agent.

    Fields:
        name: what boards show.
        target: `module:attribute` or `file.py:attribute` of an Agent subclass or a function.
        checkpoint: folder with its weights, or "".
        config: keyword arguments of the class.
        folder: the folder with agent.toml that it comes from, or "".
        box: how its process is shut in, or that it is not (see arena.sandbox.levels.boxed); empty: not decided yet,
            which for a folder means as well as this machine can, and for others not at all.
    """

    name: str
    target: str
    checkpoint: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    folder: str = ""
    box: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_boxed(self) -> bool:
        """Whether it is decided that it runs in a process of its own."""
        return bool(self.box) and self.box["level"] != "none"

    def load(self) -> Agent:
        """Makes the agent; a boxed one's code is first run when it is asked something, in its box.

        Raises:
            AgentError: its code cannot be imported or constructed; carries the reason.
        """
        if self.folder and not self.box:  # a stranger's code is never imported here because somebody forgot to ask
            from arena.sandbox.levels import boxed

            return boxed(self, asked=None).load()
        if self.is_boxed:
            from arena.sandbox.agent import SandboxedAgent

            return SandboxedAgent(self)
        with self._at_fault("cannot be loaded"):
            symbol = load_symbol(self.target)
            if isinstance(symbol, type) and issubclass(symbol, Agent):
                return symbol(checkpoint=Path(self.checkpoint) if self.checkpoint else None, **self.config)
        if isinstance(symbol, Agent) or not callable(symbol) or isinstance(symbol, type):
            raise AgentError(
                f"{self.target!r} is a {type(symbol).__name__}; expected a subclass of arena.Agent or a function"
            )
        if self.config:
            raise AgentError(f"{self.target!r} is a function and takes no configuration, got {dict(self.config)}")
        with self._at_fault("cannot be loaded"):
            return _FunctionAgent(symbol)

    def refusal(self, agent: Agent, spec: EnvSpec) -> str:
        """Returns why it does not play an environment, or ""."""
        with self._at_fault(f"cannot say whether it plays {spec.id}"):
            return agent.plays(spec)

    @contextlib.contextmanager
    def _at_fault(self, what: str) -> Iterator[None]:
        """Turns whatever a stranger's code raises into an AgentError that names the agent."""
        try:
            yield
        except ArenaError:
            raise
        except (Exception, SystemExit) as error:
            raise AgentError(f"agent {self.name!r} {what}: {type(error).__name__}: {error}") from error

    def identity(self, agent: Agent, specs: Sequence[EnvSpec]) -> dict[str, Any]:
        """Returns what the record keeps of it: name, target, config, its view of each environment, and one digest.

        The digest covers everything that decides its play: code file, weights, configuration, views and parsers.
        """
        digest = hashlib.sha256()
        with self._at_fault("cannot be identified"):
            for content in self._code():
                digest.update(hashlib.sha256(content).digest())
            view = {spec.id: agent.view_of(spec) for spec in specs}
            digests = {env_id: view_digest(spec, view[env_id]) for env_id, spec in zip(view, specs, strict=True)}
            digest.update(json.dumps([digests, dict(self.config)], sort_keys=True, default=str).encode())
            weights = {path for spec in specs for path in self._weights(agent, spec)}
            for content_digest in sorted(hashlib.sha256(path.read_bytes()).digest() for path in weights):
                digest.update(content_digest)
        return {
            "name": self.name,
            "target": Path(self.target).name if ".py:" in self.target else self.target,
            "config": dict(self.config),
            "view": view,
            "view_digest": digests,
            "digest": digest.hexdigest(),
        }

    def _code(self) -> list[bytes]:
        """Returns the contents of the file that defines it, or of every file of its agent.toml folder."""
        if self.folder or (self.is_boxed and is_file_target(self.target)):  # a stranger's: read, never imported here
            source = Path(self.target.rpartition(":")[0])
        else:
            source = Path(inspect.getsourcefile(load_symbol(self.target)) or "")
        folder = Path(self.folder) if self.folder else source.parent
        if not (folder / MANIFEST).is_file():
            return [source.read_bytes()]
        files = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        return [path.read_bytes() for path in sorted(files)]

    def _weights(self, agent: Agent, spec: EnvSpec) -> list[Path]:
        """Returns the files beside its code that decide its play; those of its folder are counted with the code."""
        if self.folder or (self.is_boxed and is_file_target(self.target)):  # a boxed file can read nothing but itself
            return []
        return (replace(self, box={}).load() if self.is_boxed else agent).files(spec)


@cache
def _registered() -> dict[str, importlib.metadata.EntryPoint]:
    return {entry.name: entry for entry in importlib.metadata.entry_points(group=GROUP)}


def agent_names() -> list[str]:
    """Returns the registered agents' names."""
    return sorted(_registered())


def resolve_agent(text: str) -> AgentRef:
    """Turns an agent string into a reference.

    Forms: a registered name (`random`; a folder of that name is `./random`), with configuration (`ppo?greedy=true`);
    a checkpoint folder (holds `checkpoint.json`); a folder with `agent.toml`, or the archive `arena pack` made of one;
    `path/to/file.py:Name` (a class or a function).

    Raises:
        UnknownNameError: no registered agent of this name; names the nearest.
        AgentError: a file or folder that does not hold what it should.
    """
    name, _, query = text.partition("?")
    config = _query(query)
    if name in _registered():
        return AgentRef(name=text, target=_registered()[name].value, config=config)
    if name and Path(name).is_dir():
        return _from_folder(Path(name), config)
    if name.endswith(".zip"):
        return _from_folder(_unpacked(Path(name)), config)
    if ".py:" in name:
        file, _, attribute = name.rpartition(":")
        if not Path(file).is_file():
            raise AgentError(f"no such agent file: {file!r}")
        return AgentRef(name=attribute, target=f"{Path(file).resolve()}:{attribute}", config=config)
    if name.endswith(".py"):
        raise AgentError(f"{text!r}: say which class or function of the file plays: {name}:Name")
    raise unknown("agent", name, agent_names(), "or give file.py:Name, a checkpoint or a folder with agent.toml")


def _query(query: str) -> dict[str, Any]:
    """Reads `key=value&key=value`; values as JSON where they are, else as text."""
    config: dict[str, Any] = {}
    for part in filter(None, query.split("&")):
        key, equals, value = part.partition("=")
        if not equals:
            raise AgentError(f"agent option {part!r} is not of the form key=value")
        try:
            config[key] = json.loads(value)
        except json.JSONDecodeError:
            config[key] = value
    return config


def _unpacked(archive: Path) -> Path:
    """Returns the folder that holds an archive's files: under the user's cache, by its digest and named as it is."""
    if not archive.is_file():
        raise AgentError(f"no such archive: {str(archive)!r}")
    kept = cache_folder().parent / "submissions" / hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    folder = kept / archive.stem
    if not folder.is_dir():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as draft:
            unpack(archive, Path(draft) / "agent")
            try:
                (Path(draft) / "agent").rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process was faster
                    raise
    return folder


def _from_folder(folder: Path, config: dict[str, Any]) -> AgentRef:
    folder = folder.resolve()
    if (folder / CHECKPOINT).is_file():
        try:
            data = json.loads((folder / CHECKPOINT).read_text())
            agent = str(data["agent"])
        except (ValueError, KeyError, TypeError) as error:
            raise AgentError(f"{folder / CHECKPOINT}: not a checkpoint description: {error!r}") from error
        if agent not in _registered():
            raise unknown("agent", agent, agent_names(), f"named by {folder / CHECKPOINT}")
        return AgentRef(f"{agent}:{folder.name}", _registered()[agent].value, str(folder), config)
    if not (folder / MANIFEST).is_file():
        raise AgentError(f"{str(folder)!r} holds neither {MANIFEST} nor {CHECKPOINT}")
    said = read_manifest(folder)
    return AgentRef(said.name, f"{folder / said.entry}", "", {**said.config, **config}, str(folder))
