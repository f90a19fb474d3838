from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import arena
from arena.errors import ArenaError, EnvError, UnknownNameError
from arena.vector.frames import Frames


def alike(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, dict):
        return set(ours) == set(theirs) and all(alike(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, tuple):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(ours, np.ndarray) and ours.dtype == object:
        return ours.shape == theirs.shape and all(map(alike, ours.tolist(), theirs.tolist()))
    if isinstance(ours, np.ndarray):
        return ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
    return type(ours) is type(theirs) and ours == theirs


@pytest.mark.parametrize(
    "env_id, steps, options",
    [
        ("classic/CartPole-v1", 200, {}),
        ("minigrid/Empty-Random-5x5-v0", 60, {}),
        ("toy/Masked-v0", 30, {"steps": 7}),
        ("toy/Echo-v0", 20, {}),
        ("text/Countdown-v0", 20, {"view": "array"}),
    ],
)
def test_workers_change_nothing(env_id, steps, options):
    inline = arena.make_vec(env_id, 5, workers=0, **options)
    spread = arena.make_vec(env_id, 5, workers=2, **options)
    try:
        assert inline.observation_space == spread.observation_space and inline.action_space == spread.action_space
        assert alike(inline.reset(seed=7), spread.reset(seed=7))
        inline.action_space.seed(1)
        ended = 0
        for _ in range(steps):
            actions = inline.action_space.sample()
            expected, found = inline.step(actions), spread.step(actions)
            assert alike(expected, found)
            ended += int((expected[2] | expected[3]).sum())
        assert ended > 0  # so that the automatic reset was compared too
        seeds = [3, 1, 4, 1, 5]
        assert alike(inline.reset(seed=seeds), spread.reset(seed=seeds))
    finally:
        inline.close()
        spread.close()


def test_results_are_copies():
    envs = arena.make_vec("toy/Counter-v0", 2, workers=1)
    first, _ = envs.reset(seed=1)
    kept = first.copy()
    envs.step(np.zeros(2, np.int64))
    assert np.array_equal(first, kept)
    envs.close()


def test_an_environment_that_raises_is_told_and_the_vector_stays_usable():
    envs = arena.make_vec("toy/Counter-v0", 4, workers=2, fault="raise", seeds=[1])
    envs.reset(seed=0)  # environment 1 has seed 1
    envs.step(np.zeros(4, np.int64))
    with pytest.raises(EnvError, match="RuntimeError: no step today"):
        envs.step(np.zeros(4, np.int64))
    observations, _ = envs.reset(seed=10)
    assert observations[:, 1].tolist() == [10.0, 11.0, 12.0, 13.0] and observations[:, 0].tolist() == [0.0] * 4
    assert envs.step(np.zeros(4, np.int64))[0][:, 0].tolist() == [1.0] * 4
    envs.close()


def test_a_worker_that_dies_is_told():
    envs = arena.make_vec("toy/Segfault-v0", 2, workers=2)
    envs.reset(seed=0)
    envs.step(np.zeros(2, np.int64))
    with pytest.raises(EnvError, match="exit code -11"):
        envs.step(np.zeros(2, np.int64))
    envs.close()


def test_bad_arguments_are_told():
    for num_envs, workers in ((0, 0), (2, 3), (2, -1)):
        with pytest.raises(ArenaError, match="expected 0 <= workers <= num_envs"):
            arena.make_vec("toy/Counter-v0", num_envs, workers=workers)
    with pytest.raises(ArenaError, match="one-seat"):
        arena.make_vec("toy/Matching-v0", 2)
    with pytest.raises(UnknownNameError, match="did you mean"):
        arena.make_vec("toy/Countr-v0", 2)
    with pytest.raises(UnknownNameError, match="unknown view"):
        arena.make_vec("toy/Counter-v0", 2, workers=1, view="txt")
    with pytest.raises(TypeError):
        arena.make_vec("toy/Counter-v0", 2, workers=1, colour="red")


def test_frames_arrive_whole_however_they_are_cut():
    class Trickle:
        def __init__(self, data: bytes) -> None:
            self.data = data

        def recv(self, size: int) -> bytes:
            taken, self.data = self.data[:7], self.data[7:]
            return taken

    class Sink:
        data = b""

        def sendall(self, data: bytes) -> None:
            self.data += data

    sink = Sink()
    for k in range(3):
        Frames(sink).send({"number": k}, bytes([k]) * k * 10)
    frames = Frames(Trickle(sink.data))
    assert [frames.receive() for _ in range(4)] == [({"number": k}, bytes([k]) * k * 10) for k in range(3)] + [None]
