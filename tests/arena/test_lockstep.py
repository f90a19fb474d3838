"""Lanes that step together: native twins are their environments to the bit, and where a step is made is no matter."""

import dataclasses
import hashlib
import zlib

import numpy as np
import pytest

import arena
from arena import registry
from arena.envs.games.classic_native import CartPole
from arena.episode import Episode
from arena.loading import load_symbol
from arena.registry import build
from arena.sampling import legal_action
from arena.trace import Trace
from arena.views import make_view

ROWS = 7  # no multiple of what a processor handles at once
TWINS = [spec for spec in arena.specs() if spec.native]
STUBBORN = """
import numpy as np
import arena

class Stubborn(arena.Agent):
    def act(self, batch):
        return np.full(len(batch.active), 3)  # until the column is full
"""


@pytest.mark.parametrize("spec", TWINS, ids=lambda spec: spec.id)
def test_a_native_twin_is_its_environment_to_the_bit(spec):
    native, envs = load_symbol(spec.native)(ROWS, **spec.kwargs), [build(spec) for _ in range(ROWS)]
    episodes = [Episode(spec, env) for env in envs]
    views = [
        [make_view(spec, "array", env, agent) for agent in e.agents] for e, env in zip(episodes, envs, strict=True)
    ]
    space, random = views[0][0].action_space, np.random.default_rng(3)

    def both_present(row, turn):
        """Whether the twin's row is a turn of the environment."""
        (seat,), (observation,), (mask,) = turn.seats, turn.observations, turn.masks
        shown, _ = views[row][seat].observe(observation, mask, turn.infos[0])
        assert native.observations[row].tobytes() == observation.tobytes()
        assert native.shown[row].tobytes() == shown.tobytes()
        assert seat == (0 if native.movers is None else native.movers[row])
        assert mask is None if native.masks is None else np.array_equal(native.masks[row], mask)

    for seed in range(20, 200, 20):  # each after others, whose ends left their state behind
        for row, episode in enumerate(episodes):
            native.reset(row, seed + row)
            both_present(row, episode.start(seed + row))
        running = list(range(ROWS))
        for _ in range(250):
            masks = [None if native.masks is None else native.masks[row] for row in range(ROWS)]
            actions = np.stack([legal_action(space, masks[k] if k in running else None, random) for k in range(ROWS)])
            rewards, terminated = native.step(actions, np.array(running))
            for row in list(running):
                turn = episodes[row].step([int(actions[row]) if actions.ndim == 1 else actions[row]])
                assert np.atleast_1d(rewards[row]).tobytes() == np.array(turn.rewards).tobytes()
                if turn.seats:
                    both_present(row, turn)
                    assert not terminated[row]
                    continue
                assert [end.seat for end in turn.ended] == list(range(spec.seats))
                for end in turn.ended:
                    assert end.terminated == terminated[row]
                    assert end.observation.tobytes() == native.observations[row].tobytes()
                running.remove(row)
            if not running:
                break
        assert spec.max_steps > 250 or not running


@pytest.mark.parametrize(("env_id", "agent"), [("classic/CartPole-v1", "random"), ("boardgames/ConnectFour-v0", "ppo")])
def test_rows_are_the_same_with_and_without_a_twin(tmp_path, monkeypatch, env_id, agent):
    opponents = ["random"] if env_id.startswith("boardgames") else []
    spec, kept = arena.find(env_id), []
    for native in (spec.native, ""):
        monkeypatch.setitem(registry._specs, env_id, dataclasses.replace(spec, native=native))
        run = arena.evaluate(agent, env_id, episodes=6, opponents=opponents, workers=0, out=tmp_path / f"twin{native}")
        rows = [vars(run.settled[k]) for k in range(6)]
        unlike = {"timing", "blob", "key"}  # the key is of the spec, too
        kept.append([({n: v for n, v in row.items() if n not in unlike}, row["blob"][2]) for row in rows])
    assert kept[0] == kept[1]


def test_who_answers_wrongly_at_a_twin_bears_it_alone(tmp_path):
    agent = tmp_path / "stubborn.py"
    agent.write_text(STUBBORN)
    run = arena.evaluate(
        f"{agent}:Stubborn", "boardgames/ConnectFour-v0", episodes=40, opponents=["random"], workers=0, out=tmp_path
    )
    causes = [run.settled[k].cause for k in range(40)]
    assert set(causes) == {"illegal_action", "completed"}
    for record in run.settled.values():
        if record.cause == "illegal_action":
            mine = record.seating.index(0)
            assert record.at_fault == 0 and record.detail.startswith(f"step {record.length}, seat {mine}: ")
            assert record.scores[mine] == -1.0
    assert arena.verify(run.path, workers=0)[0].is_verified


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
