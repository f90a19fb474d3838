"""Lanes that step together: native twins are their environments to the bit, and where a step is made is no matter."""

import hashlib
import zlib

import numpy as np
import pytest

import arena
from arena.envs.games.classic_native import CartPole
from arena.loading import load_symbol
from arena.registry import build
from arena.trace import Trace

ROWS = 7  # no multiple of what a processor handles at once
TWINS = [spec for spec in arena.specs() if spec.native]


@pytest.mark.parametrize("spec", TWINS, ids=lambda spec: spec.id)
def test_a_native_twin_is_its_environment_to_the_bit(spec):
    native, envs = load_symbol(spec.native)(ROWS, **spec.kwargs), [build(spec) for _ in range(ROWS)]
    random = envs[0].action_space
    random.seed(3)
    for seed in (20, 40):  # the second after a first, whose end left its state behind
        for row, env in enumerate(envs):
            assert native.reset(row, seed + row).tobytes() == env.reset(seed=seed + row)[0].tobytes()
        running, ends = list(range(ROWS)), set()
        for _ in range(250):
            actions = np.stack([random.sample() for _ in range(ROWS)])
            observations, rewards, terminated = native.step(actions, np.array(running))
            for row in list(running):
                action = int(actions[row]) if actions.ndim == 1 else actions[row]
                observation, reward, is_terminated, truncated, _ = envs[row].step(action)
                assert observations[row].tobytes() == observation.tobytes()
                assert (float(rewards[row]), bool(terminated[row])) == (float(reward), is_terminated)
                if is_terminated or truncated:
                    running.remove(row)
                    ends.add(is_terminated)
        assert spec.max_steps > 250 or not running


def test_every_classic_task_whose_formulas_allow_it_has_a_twin():
    assert {spec.id for spec in TWINS} >= {"classic/CartPole-v1", "classic/MountainCar-v0", "mujoco/HalfCheetah-v5"}


@pytest.mark.parametrize("env_id", ["classic/Acrobot-v1", "mpe/SimpleSpread-v0", "boardgames/ConnectFour-v0"])
def test_where_environments_are_stepped_changes_no_row(tmp_path, env_id):
    opponents = ["random"] if env_id.startswith("boardgames") else []
    runs = [
        arena.evaluate("random", env_id, episodes=5, opponents=opponents, out=tmp_path / str(k), **where)
        for k, where in enumerate(({"workers": 0}, {"workers": 2, "placement": "central"}))
    ]
    kept = ["key", "cause", "scores", "returns", "length", "digest", "blob"]
    first, second = ([[vars(run.settled[k])[name] for name in kept] for k in range(5)] for run in runs)
    assert [row[:-1] for row in first] == [row[:-1] for row in second]
    assert [runs[0].blob(runs[0].settled[k]) for k in range(5)] == [runs[1].blob(runs[1].settled[k]) for k in range(5)]
    assert runs[0].id == runs[1].id and runs[1].manifest["placement"] == "central"


def test_an_unknown_placement_is_named(tmp_path):
    with pytest.raises(arena.errors.UnknownNameError, match="central"):
        arena.evaluate("random", "classic/CartPole-v1", episodes=1, workers=0, out=tmp_path, placement="centre")


def test_a_trace_is_what_its_definition_says_however_its_steps_come():
    steps = np.random.default_rng(0).integers(0, 256, (150, 20), dtype=np.uint8)
    one, many = Trace(), Trace()
    for step in steps:
        one.add(step.tobytes())
    many.add(steps[0].tobytes())
    many.extend(steps[1:])
    assert one.digest == many.digest == hashlib.sha256(steps.tobytes()).digest()
    assert one.ticks == many.ticks == b"".join((zlib.crc32(s) & 0xFFFF).to_bytes(2, "little") for s in steps)


def test_a_long_step_enters_a_trace_by_its_own_digest():
    trace, step = Trace(), bytes(5000)
    trace.add(step)
    inner = hashlib.sha256(step).digest()
    assert trace.digest == hashlib.sha256(inner).digest()
    assert trace.ticks == (zlib.crc32(inner) & 0xFFFF).to_bytes(2, "little")


def test_an_episode_that_fails_in_a_twin_is_played_again_and_changes_no_other(tmp_path, monkeypatch):
    def played(out):
        return arena.evaluate("random", "classic/CartPole-v1", episodes=6, workers=0, out=tmp_path / out)

    whole, reset, failed = played("whole"), CartPole.reset, []

    def faulty(self, row, seed):
        if seed == whole.settled[3].seed and not failed:
            failed.append(row)
            raise RuntimeError("no reset today")
        return reset(self, row, seed)

    monkeypatch.setattr(CartPole, "reset", faulty)
    run = played("faulty")
    assert [record.cause for record in run.records if record.index == 3] == ["env_exception", "completed"]
    assert [run.settled[k].digest for k in range(6)] == [whole.settled[k].digest for k in range(6)]
    assert len(run.records) == 7
