"""PPO: its parts against numbers known by hand, its files, its row independence, and that it learns."""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium import spaces

from arena.agent import Batch, Seating, resolve_agent
from arena.baselines import ppo
from arena.baselines.parts.gae import gae
from arena.baselines.parts.moments import Moments
from arena.baselines.parts.networks import Inference, make_network
from arena.baselines.parts.rollout import Collector, Decision
from arena.baselines.ppo import PPO, Config, gumbel_max, train
from arena.baselines.train import command, configure
from arena.errors import AgentError, ArenaError
from arena.seeding import TRAIN_SEEDS, RowRandom
from arena.spec import EnvSpec

TINY = Path(__file__).parent / "tiny_envs.py"
ECHO = EnvSpec(id="tiny/Echo-v0", entry_point=f"{TINY}:Echo", domain="games")
CANDIDATES = dataclasses.replace(ECHO, id="tiny/Candidates-v0", kwargs={"candidates": True})
AIM = EnvSpec(id="tiny/Aim-v0", entry_point=f"{TINY}:Aim", domain="robotics")
TURNS = EnvSpec(
    id="tiny/LastMoveWins-v0",
    entry_point=f"{TINY}:LastMoveWins",
    domain="games",
    interface="aec",
    seats=2,
    payoff="zero-sum",
)
QUICK = Config(total_steps=8_000, num_steps=32, learning_rate=3e-3)
FEW = Config(total_steps=1_024, num_steps=32)
LEARNS = 9.0  # of 10; a policy that ignores what it sees gets 5


def first_action(observations, masks):
    n = len(observations)
    return Decision(np.zeros(n, np.int64), np.zeros(n, np.float32), np.full(n, 5.0, np.float32))


def seven(observations, masks):
    return np.full(len(observations), 7.0, np.float32)


def test_gae_lets_value_flow_past_a_truncation_but_not_past_a_termination():
    rewards = np.array([[1, 1], [2, 2], [3, 3], [9, 9]], np.float32)
    values = np.array([[0.5, 0.5], [0.6, 0.6], [0.7, 0.7], [9, 9]], np.float32)
    next_values = np.array([[0.6, 0.6], [0.0, 2.0], [0.8, 0.8], [9, 9]], np.float32)  # row 0 terminates, row 1 is cut
    ends = np.array([[0, 0], [1, 1], [0, 0], [0, 0]], bool)
    valid = np.array([[1, 1], [1, 1], [1, 1], [0, 0]], bool)
    advantages = gae(rewards, values, next_values, ends, valid, discount=0.9, gae_lambda=0.8)
    # delta_2 = 3 + .9*.8 - .7 = 3.02; delta_1 = 2 - .6 or 2 + .9*2 - .6; delta_0 = 1 + .9*.6 - .5 = 1.04
    np.testing.assert_allclose(advantages[:, 0], [1.04 + 0.72 * 1.4, 1.4, 3.02, 0], rtol=1e-6)
    np.testing.assert_allclose(advantages[:, 1], [1.04 + 0.72 * 3.2, 3.2, 3.02, 0], rtol=1e-6)


@pytest.mark.parametrize(("terminates", "beyond"), [(True, 0.0), (False, 7.0)])
def test_collector_bootstraps_only_a_truncated_episode(terminates, beyond):
    spec = dataclasses.replace(ECHO, kwargs={"terminates": terminates})
    collector = Collector(spec, num_envs=2, num_steps=11, random=np.random.default_rng(0))
    rollout = collector.collect(first_action, seven)
    assert rollout.ends[:10].sum(0).tolist() == [1, 1] and rollout.ends[9].all()
    assert (rollout.next_values[9] == beyond).all()
    assert (rollout.next_values[:9] == 5.0).all()  # the value of the next decision
    assert rollout.valid.sum(0).tolist() == [10, 10]  # the eleventh is open: nobody knows yet what follows
    assert collector.collect(first_action, seven).valid.sum(0).tolist() == [11, 11]  # and it was not lost
    assert len(collector.finished) == 4 and collector.env_steps == 44


def test_collector_starts_episodes_from_training_seeds():
    collector = Collector(ECHO, num_envs=3, num_steps=1, random=np.random.default_rng(0))
    seeds = [episode.env.seed for episode in collector._episodes]
    assert all(TRAIN_SEEDS <= seed < 2 * TRAIN_SEEDS for seed in seeds) and len(set(seeds)) == 3


@pytest.mark.parametrize("num_steps", [4, 7])
def test_in_a_game_of_turns_the_loss_belongs_to_the_losers_last_move(num_steps):
    collector = Collector(TURNS, num_envs=1, num_steps=num_steps, random=np.random.default_rng(0))
    rewards, ends, seen = ([], []), ([], []), ([], [])
    for _ in range(4):
        rollout = collector.collect(first_action, seven)
        for seat in (0, 1):
            valid = rollout.valid[:, seat]
            rewards[seat].extend(rollout.rewards[valid, seat].tolist())
            ends[seat].extend(rollout.ends[valid, seat].tolist())
            seen[seat].extend(rollout.observations[valid, seat, 0].tolist())
    games = num_steps  # 4 rollouts of num_steps moves, 4 moves a game
    assert rewards == ([0.0, -1.0] * games, [0.0, 1.0] * games)
    assert ends == ([False, True] * games,) * 2
    assert seen == ([0.0, 2.0] * games, [1.0, 3.0] * games)


def test_moments_of_batches_are_those_of_the_whole():
    data = np.random.default_rng(0).normal(3.0, 2.0, (100, 2))
    moments = Moments((2,))
    for batch in (data[:1], data[1:40], data[40:]):
        moments.update(batch)
    np.testing.assert_allclose(moments.mean, data.mean(0))
    np.testing.assert_allclose(moments.variance, data.var(0))


def test_gumbel_max_draws_from_the_softmax_and_never_a_masked_action():
    logits = np.log(np.array([[0.1, 0.6, 0.3]], np.float32)).repeat(20_000, 0)
    uniform = np.random.default_rng(0).random(logits.shape)
    uniform[0] = 0.0  # the smallest number there is must not make a NaN
    drawn = np.bincount(gumbel_max(logits, uniform), minlength=3) / len(logits)
    np.testing.assert_allclose(drawn, [0.1, 0.6, 0.3], atol=0.015)
    masked = np.where([True, False, True], logits - 500.0, np.float32(ppo.ILLEGAL))
    assert not (gumbel_max(masked, uniform) == 1).any()


FLAT = spaces.Box(-np.inf, np.inf, (5,), np.float64)
GRID = spaces.Box(0, 255, (7, 7, 3), np.uint8)
BOARD = spaces.Box(-np.inf, np.inf, (3, 6, 7), np.float32)  # channels first, as OpenSpiel has them
PIXELS = spaces.Box(0, 255, (64, 64, 3), np.uint8)
TABLE = spaces.Box(-1, 1, (6, 4), np.float32)


def test_numpy_forward_equals_torch_forward():
    torch.manual_seed(0)
    network = make_network(FLAT, spaces.Discrete(6), hidden_size=64)
    network.mean += 0.3
    network.std *= 2.0
    observations = np.random.default_rng(0).normal(0, 30, (16, 5))
    head, value = Inference(network, "cpu").policy_and_value(observations, None)
    with torch.inference_mode():
        expected = network(torch.as_tensor(observations).float(), None)
    np.testing.assert_allclose(head, expected[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(value, expected[1].numpy(), atol=1e-5)


def test_candidates_are_scored_alike_wherever_they_stand():
    torch.manual_seed(0)
    network = make_network(TABLE, spaces.Discrete(6), hidden_size=16)
    observations = torch.rand(1, 6, 4)
    mask = torch.tensor([[True, True, True, True, False, False]])
    order = torch.tensor([2, 0, 3, 1, 5, 4])
    logits, value = network(observations, mask)
    shuffled, same_value = network(observations[:, order], mask[:, order])
    torch.testing.assert_close(shuffled, logits[:, order])
    torch.testing.assert_close(same_value, value)
    observations[:, 4:] = 9.0  # what stands in masked rows is not read
    torch.testing.assert_close(network(observations, mask)[0][:, :4], logits[:, :4])
    with torch.inference_mode():  # in play as in learning
        played, played_value = network(observations, mask)
    torch.testing.assert_close(played[:, :4], logits[:, :4])
    torch.testing.assert_close(played_value, value)


@pytest.mark.parametrize("space", [FLAT, GRID, BOARD, PIXELS, TABLE], ids=["flat", "grid", "board", "pixels", "table"])
def test_a_rows_answer_does_not_depend_on_other_rows(space):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    inference = Inference(make_network(space, spaces.Discrete(6), hidden_size=64), "cpu")
    random = np.random.default_rng(0)
    masks = np.ones((8, 6), bool)
    for _ in range(5):
        first, second = (random.uniform(0, 9, (8, *space.shape)).astype(space.dtype) for _ in range(2))
        second[3] = first[3]
        a, b = inference.policy(first, masks), inference.policy(second, masks)
        assert a[3].tobytes() == b[3].tobytes() and a[2].tobytes() != b[2].tobytes()


def test_spaces_it_cannot_read_are_named(tmp_path):
    lake = dataclasses.replace(ECHO, entry_point="gymnasium.envs.toy_text.frozen_lake:FrozenLakeEnv")
    with pytest.raises(AgentError, match=r"Box observations, not Discrete\(16\)"):
        train(lake, FEW, out=tmp_path)
    with pytest.raises(AgentError, match="Dict"):
        make_network(spaces.Dict({"a": FLAT}), spaces.Discrete(2), 64)
    with pytest.raises(AgentError, match="MultiDiscrete"):
        make_network(FLAT, spaces.MultiDiscrete([2, 2]), 64)


def play(folder, spec, observations, masks=None, **config):
    agent = PPO(checkpoint=folder, **config)
    view = Collector(spec, 1, 1, np.random.default_rng(0))
    rows = len(observations)
    agent.begin(Seating(spec, view.observation_space, view.action_space, rows, "cpu"))
    row = np.zeros(rows, np.int64)
    return agent.act(Batch(observations, masks, row == 0, row == 1, row, RowRandom(list(range(rows)), row)))


@pytest.mark.parametrize("spec", [ECHO, CANDIDATES], ids=["flat", "candidates"])
def test_learns_to_name_what_it_sees_and_plays_it_from_the_checkpoint(spec, tmp_path):
    done = train(spec, QUICK, out=tmp_path)
    assert done.finished and done.mean_return > LEARNS
    seen = np.eye(2, dtype=np.float32)
    if spec is CANDIDATES:
        seen = np.float32([[[1, 1], [0, 1], [0, 0]], [[0, 1], [1, 1], [0, 0]]])
    masks = np.array([[True, True, False]] * 2)
    assert list(play(tmp_path, spec, seen, masks, greedy=True)) == [0, 1]
    many = np.array(play(tmp_path, spec, seen.repeat(500, 0), masks.repeat(500, 0)))
    assert np.mean(many == np.arange(2).repeat(500)) > 0.9 and not (many == 2).any()


def test_learns_where_to_aim_within_the_box(tmp_path):
    config = dataclasses.replace(QUICK, normalize_observations=True, normalize_rewards=True, initial_log_std=-1.0)
    done = train(AIM, config, out=tmp_path)
    assert done.mean_return > -1.5  # of five steps; the mean of the box would get -3, a uniform answer -3.4
    drawn = np.stack(play(tmp_path, AIM, np.full((200, 1), 100.0)))
    assert drawn.dtype == np.float32 and (abs(drawn) <= 1.0).all() and 0.3 < drawn.mean() < 0.9 and drawn.std() > 0.01
    assert play(tmp_path, AIM, np.full((2, 1), 100.0), greedy=True)[0] == pytest.approx(0.6, abs=0.2)


def test_a_checkpoint_says_how_it_was_made_and_who_plays_it(tmp_path):
    folder = tmp_path / "echo"
    train(ECHO, FEW, out=folder, seed=3, command="arena train ppo --env tiny/Echo-v0")
    agent = resolve_agent(str(folder)).load()
    assert isinstance(agent, PPO) and agent.plays(ECHO) == ""
    assert "tiny/Echo-v0" in agent.plays(AIM)
    assert sorted(path.name for path in agent.files(ECHO)) == ["checkpoint.json", "model.safetensors", "networks.py"]
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint.json", "model.safetensors"]
    data = ppo.disk.load_checkpoint(folder)[1]
    assert (data["env"], data["seed"], data["env_steps"]) == ("tiny/Echo-v0", 3, 1024)
    assert data["config"] == dataclasses.asdict(FEW) and data["command"] == "arena train ppo --env tiny/Echo-v0"
    assert data["learning_curve"][-1][0] == 1024
    assert "arena train ppo --env tiny/Echo-v0" in PPO().plays(ECHO)


def test_the_same_seed_trains_the_same_weights(tmp_path):
    for name in "ab":
        train(ECHO, FEW, out=tmp_path / name, seed=5)
    a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert a == b


def test_a_killed_training_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(ppo, "SAVE_EVERY", 0.0)

    def kill(progress):
        if progress.env_steps >= 512:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(ECHO, FEW, out=tmp_path, report=kill)
    assert ppo.disk.load_checkpoint(tmp_path)[1]["env_steps"] == 512
    for other in ({"config": dataclasses.replace(FEW, discount=0.5)}, {"config": FEW, "seed": 2}):
        with pytest.raises(AgentError, match="another environment, seed or configuration"):
            train(ECHO, out=tmp_path, **other)
    steps = []
    train(ECHO, FEW, out=tmp_path, report=lambda progress: steps.append(progress.env_steps))
    assert steps == [768, 1024]
    curve = ppo.disk.load_checkpoint(tmp_path)[1]["learning_curve"]
    assert [point[0] for point in curve] == [256, 512, 768, 1024]
    with pytest.raises(AgentError, match="finished training of 1024 steps"):
        train(ECHO, FEW, out=tmp_path)


def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path):
    train(ECHO, FEW, out=tmp_path)
    with pytest.raises(AgentError, match=r"tiny/Echo-v0 does not fit tiny/Aim-v0"):
        play(tmp_path, AIM, np.zeros((1, 1)))
    with pytest.raises(AgentError, match=r"lacks model\.safetensors and checkpoint\.json"):
        PPO(checkpoint=tmp_path / "none").plays(ECHO)


def test_settings_from_the_command_line():
    config = configure(Config, {"discount": 0.9, "num_envs": 2}, {"total_steps": "1e6", "discount": "1"})
    assert (config.total_steps, config.discount, config.num_envs) == (1_000_000, 1.0, 2)
    assert configure(Config, {}, {"normalize_rewards": "true"}).normalize_rewards is True
    with pytest.raises(AgentError, match=r"unknown setting 'learning_rat'; did you mean 'learning_rate'\?"):
        configure(Config, {}, {"learning_rat": "1"})
    for key, text in {"num_envs": "1.5", "discount": "high", "normalize_rewards": "1"}.items():
        with pytest.raises(AgentError, match=key):
            configure(Config, {}, {key: text})


def test_presets_are_settings():
    for name, preset in ppo.PRESETS.items():
        assert configure(Config, preset, {}) == dataclasses.replace(Config(), **preset), name


def test_train_command_writes_a_checkpoint(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    run = command(parser)
    arguments = ["ppo", "--env", "classic/CartPole-v1", "--steps", "512", "--out", str(tmp_path)]
    assert run(parser.parse_args([*arguments, "--config", "num_steps=16", "hidden_size=8"])) == 0
    assert "classic/CartPole-v1: 512 steps" in capsys.readouterr().out
    assert ppo.disk.load_checkpoint(tmp_path)[1]["config"]["hidden_size"] == 8
    with pytest.raises(AgentError, match=r"nothing to train; those that can be trained: .*ppo"):
        run(parser.parse_args(["random", "--env", "classic/CartPole-v1"]))
    with pytest.raises(ArenaError, match="classic/CartPole-v1"):
        run(parser.parse_args(["ppo", "--env", "classic/CartPol-v1"]))


@pytest.mark.slow
def test_learns_cartpole(tmp_path):
    config = configure(Config, PPO.preset("classic/CartPole-v1"), {})
    reached = []
    from arena.registry import find

    train(find("classic/CartPole-v1"), config, out=tmp_path, report=lambda p: reached.append(p.mean_return or 0.0))
    assert config.total_steps <= 150_000 and max(reached) >= 475
