import json

from arena.baselines.ppo import PPO
from arena.provenance import stated_training
from arena.registry import find


def write(folder, **data):
    path = folder / "checkpoint.json"
    path.write_text(json.dumps(data))
    return [folder / "model.safetensors", path]


def test_training_is_what_the_checkpoint_states(tmp_path):
    files = write(tmp_path, agent="ppo", config={"a": 1}, changes={"b": 0.5, "a": 1}, seed=3, env_steps=100)
    assert stated_training(files) == {"algorithm": "ppo", "recipe": "a=1 b=0.5", "seed": 3, "env_steps": 100}


def test_runs_that_differ_in_the_seed_alone_have_one_recipe_also_in_older_checkpoints(tmp_path):
    first, second, other = (
        stated_training(write(tmp_path, agent="ppo", config={"a": a}, seed=seed))
        for a, seed in ((1, 1), (1, 2), (2, 3))
    )
    assert first["recipe"] == second["recipe"] != other["recipe"]


def test_an_agent_without_a_checkpoint_says_nothing(tmp_path):
    assert stated_training([tmp_path / "model.safetensors"]) == {}


def test_the_shipped_checkpoints_say_how_they_were_trained():
    stated = stated_training(PPO().files(find("classic/CartPole-v1")))
    assert stated["algorithm"] == "ppo" and stated["seed"] == 1 and stated["env_steps"] > 0
