import dataclasses

import pytest

from arena.evaluation import evaluate
from arena.training import training_of

CARTPOLE = "classic/CartPole-v1"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return evaluate("ppo", CARTPOLE, episodes=1, workers=0, out=tmp_path_factory.mktemp("runs"))


def named(run, **fields):
    return dataclasses.replace(run, manifest={**run.manifest, "agent": {**run.manifest["agent"], **fields}})


def test_a_shipped_checkpoint_tells_how_it_was_trained(run):
    training = training_of(run, CARTPOLE)
    assert training.command == f"arena train ppo --env {CARTPOLE}" and training.config["learning_rate"] > 0
    assert training.is_same
    steps = [step for step, _ in training.curve]
    assert steps == sorted(steps) and steps[-1] == training.env_steps
    assert training.curve[0][1] < 100 < training.curve[-1][1]  # it learned to balance


def test_a_checkpoint_that_changed_since_the_run_says_so(run):
    other = dataclasses.replace(run, manifest={**run.manifest, "lineups": {CARTPOLE: ["0" * 64]}})
    assert not training_of(other, CARTPOLE).is_same


def test_a_record_never_names_a_file_that_is_then_run(run, tmp_path):
    code = tmp_path / "evil.py"
    code.write_text("raise SystemExit('was run')")
    assert training_of(named(run, name=f"{code}:Agent", target=f"{code}:Agent"), CARTPOLE) is None
    assert training_of(named(run, target="somebody.elses:PPO"), CARTPOLE) is None
    assert training_of(named(run, name="random", target="arena.baselines.random:Random"), CARTPOLE) is None
