"""A stranger's agent as an ordinary one: what the loop asks is answered by a process in a box."""

from __future__ import annotations

import hmac
import os
import pickle
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from arena.actions import BadAction
from arena.agent import Agent, AgentRef, Batch, Seating
from arena.errors import AgentError, SandboxError
from arena.runtimes.wire import dumps
from arena.sandbox import wire
from arena.sandbox.limits import BoxLimits, batch_s
from arena.sandbox.process import Box, Layers, Stopped
from arena.seeding import TEST_KEY_VARIABLE
from arena.spec import EnvSpec
from arena.views import view_names

__all__ = ["SandboxedAgent"]


class SandboxedAgent(Agent):
    """Forwards what it is asked to a process of its own; starts that when it is first needed, and again if it died."""

    def __init__(self, ref: AgentRef) -> None:
        super().__init__()
        self._name = ref.name
        self._ref = {**asdict(ref), "box": {"level": "none"}}  # as the box itself loads it
        self._layers = Layers(**ref.box["layers"])
        self._limits = BoxLimits(**ref.box["limits"])
        self._readable: list[str] = ref.box["readable"]
        self._box: Box | None = None
        self._seating: Seating | None = None
        self._shared: tuple[wire.Seen, wire.Said] | None = None
        self._orphans = np.zeros(0, dtype=bool)  # rows whose episode was being played by a process that is gone

    def plays(self, spec: EnvSpec) -> str:
        return self._told(wire.PLAYS, spec)

    def view_of(self, spec: EnvSpec) -> str:
        name = self._told(wire.VIEW, spec)
        if name not in view_names(spec):  # before it names anything here
            raise AgentError(f"agent {self._name!r} wants view {name[:80]!r} of {spec.id}; it has {view_names(spec)}")
        return name

    def begin(self, seating: Seating) -> None:
        try:
            told = dumps({**seating._asdict(), "spec": seating.spec.to_json()})
        except TypeError as error:  # a space that is not plain arrays and text
            raise SandboxError(f"{seating.spec.id} cannot be played from a box: {error}") from error
        spaces = pickle.loads(told)  # our own bytes: the box cuts its places from spaces that came this way
        observed, acted, rows = spaces["observation_space"], spaces["action_space"], seating.rows
        seen_fd, seen = wire.shared_file(wire.Seen(None, observed, acted, rows).size, is_read_only=True)
        said_fd, said = wire.shared_file(wire.Said(None, acted, rows).size, is_read_only=False)
        self._shared = wire.Seen(seen, observed, acted, rows), wire.Said(said, acted, rows)
        self._seating = seating
        self._orphans = np.zeros(rows, dtype=bool)
        self._keys = _Keys()
        self._ask(wire.BEGIN, told, (seen_fd, said_fd))

    @property
    def room(self) -> Any:
        """Where it is shown observations, by row: a batch whose observations are this very room need not be copied."""
        assert self._shared is not None
        return self._shared[0].places

    def act(self, batch: Batch) -> Sequence[Any] | npt.NDArray[Any]:
        """Returns answers, or the BadAction in place of one.

        Raises:
            BadAction: the agent raised for the whole batch.
            Stopped: its process is gone; what it remembered of other rows is lost with it.
        """
        if self._box is None:
            assert self._seating is not None
            orphans = self._orphans
            try:
                self.begin(self._seating)
            except BadAction:  # it took its seat before; what it knew of these episodes is lost
                self.close()
                raise
            self._orphans = orphans
        if not self._orphans.any():
            return self._answers(batch)
        self._orphans &= ~batch.starts
        lost = np.flatnonzero(self._orphans & batch.active)
        batch = batch._replace(active=batch.active & ~self._orphans)
        answers = self._answers(batch) if batch.active.any() else [None] * len(batch.active)
        if not lost.size:
            return answers
        answers = list(answers)
        for row in lost:
            answers[row] = Stopped("agent_crash", "its process ended in the middle of this episode")
        return answers

    def _answers(self, batch: Batch) -> list[Any] | npt.NDArray[Any]:
        box = self._box
        assert box is not None and self._shared is not None
        seen, said = self._shared
        seen.write(batch, self._keys.told(batch.random.keys))
        try:
            box.ask(wire.ACT, batch_s(self._limits.move_s, int(batch.active.sum())))
        except Stopped:
            self._end()
            raise
        self._relay(box)
        return said.read(batch.active)

    def close(self) -> None:
        """Ends its process."""
        if self._box is not None:
            self._box.close()
        self._end()
        self._shared = None

    def _told(self, kind: int, spec: EnvSpec) -> str:
        return self._ask(kind, dumps({"spec": spec.to_json()}))

    def _ask(self, kind: int, told: bytes, fds: tuple[int, ...] = ()) -> str:
        """Asks something beside acting; loads the agent first where no process has it yet."""
        note, memory = wire.shared_file(len(told), is_read_only=True)
        memory[:] = told
        try:
            box = self._loaded()
            text = box.ask(kind, self._limits.begin_s, (note, *fds))
            self._relay(box)
            return text
        except Stopped:
            self._end()
            raise
        finally:
            for fd in (note, *fds):
                os.close(fd)

    def _loaded(self) -> Box:
        if self._box is None:
            box, self._relayed = Box(self._ref, self._readable, self._layers, self._limits), 0
            try:
                box.ask(wire.LOAD, self._limits.begin_s)
            except BadAction:
                box.close()
                self._relay(box)
                raise
            self._box = box
        return self._box

    def _end(self) -> None:
        """Forgets a process that is gone."""
        if self._box is not None:
            self._relay(self._box)
        self._box = None
        self._orphans[:] = True

    def _relay(self, box: Box) -> None:
        """Prints what the agent printed: a worker's output is kept in the run's log."""
        if len(box.log) > self._relayed:
            sys.stdout.write(box.told(self._relayed))
            sys.stdout.flush()
            self._relayed = len(box.log)


class _Keys:
    """The keys of random streams as a stranger is told them.

    A key is made from the episode's seed, so that who has a list of keys could look up which hidden seed is played.
    Where there are hidden seeds (the board's key is set), keys are hashed once more with that secret.
    """

    def __init__(self) -> None:
        self._secret = os.environ.get(TEST_KEY_VARIABLE, "").encode()
        self._known: dict[int, int] = {}

    def told(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Returns the keys to tell, row by row."""
        if not self._secret:
            return keys
        return np.array([self._hashed(key) for key in keys.tolist()], dtype=np.uint64)

    def _hashed(self, key: int) -> int:
        if key not in self._known:
            digest = hmac.digest(self._secret, b"random stream" + key.to_bytes(8, "little"), "sha256")
            self._known[key] = int.from_bytes(digest[:8], "little")
        return self._known[key]
