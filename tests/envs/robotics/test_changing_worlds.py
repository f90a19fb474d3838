"""Physics that is drawn, seen or hidden, and physics that drifts."""

import math

import numpy as np
import pytest

import arena
from arena.envs.robotics.contextual import Contextual
from arena.envs.robotics.nonstationary import Drift
from arena.envs.robotics.physics import Physics
from arena.errors import SpecError
from arena.suite import load_suite


def play(env, seed, steps=60):
    observation, _ = env.reset(seed=seed)
    seen, rewards = [observation], []
    for step in range(steps):
        action = step % 2 if env.action_space.shape == () else np.full(env.action_space.shape, 0.3, np.float32)
        observation, reward, terminated, truncated, info = env.step(action)
        seen.append(observation)
        rewards.append(reward)
        if terminated or truncated:
            break
    return np.array(seen), rewards, info["metrics"]


def test_the_factors_reach_the_world_and_what_follows_from_them():
    world = arena.make("classic/CartPole-v1")
    Physics(world).scale({"mass": 2.0, "length": 0.5, "force": 3.0})
    cart = world.unwrapped
    assert (cart.masspole, cart.total_mass, cart.length, cart.polemass_length) == (0.2, 1.2, 0.25, 0.05)
    assert (cart.force_mag, cart.gravity) == (30.0, 9.8)
    world = arena.make("mujoco/Hopper-v5")
    model = world.unwrapped.model
    before = model.body_subtreemass[0], model.body_invweight0[1, 0], model.opt.gravity[2], model.geom_friction[0, 0]
    physics = Physics(world)
    for _ in range(2):  # always of the nominal values
        physics.scale({"mass": 2.0, "gravity": 0.5, "friction": 1.5})
    after = model.body_subtreemass[0], model.body_invweight0[1, 0], model.opt.gravity[2], model.geom_friction[0, 0]
    assert np.divide(after, before) == pytest.approx([2.0, 0.5, 0.5, 1.5], rel=0.05)  # armature has no mass
    with pytest.raises(SpecError, match="'colour'"):
        physics.scale({"colour": 2.0})
    with pytest.raises(SpecError, match="no known physics"):
        Physics(arena.make("classic/Acrobot-v1"))


def test_factors_of_1_are_the_task_itself_whatever_was_set_before():
    rewards = []
    for factors in ((), (2.0, 1.0)):
        world = arena.make("mujoco/Hopper-v5")
        physics = Physics(world)
        for factor in factors:
            physics.scale(dict.fromkeys(("gravity", "mass", "friction", "damping", "force"), factor))
        world.reset(seed=3)
        rewards.append([world.step(np.full(3, 0.3, np.float32))[1] for _ in range(10)])
    assert rewards[0] == rewards[1]


def test_a_range_goes_from_low_to_high():
    with pytest.raises(ValueError, match="low to high"):
        Contextual(arena.make("classic/Pendulum-v1"), ["mass"], [[1.2, 0.8]], visible=False)


@pytest.mark.parametrize("part", ["train", "interpolation", "extrapolation"])
def test_contexts_lie_in_their_ranges_and_no_two_parts_share_any(part):
    inside = {
        "train": lambda x: 0.7 <= x <= 0.9 or 1.1 <= x <= 1.3,
        "interpolation": lambda x: 0.9 <= x <= 1.1,
        "extrapolation": lambda x: 0.4 <= x <= 0.7 or 1.3 <= x <= 1.6,
    }[part]
    env = arena.make(f"contextual/CartPole-{part}-v0")
    drawn = np.array([env.reset(seed=seed)[0][4:] for seed in range(200)])
    assert all(map(inside, drawn.astype(float).round(4).ravel()))
    assert (drawn < 1).mean() == pytest.approx(0.5, abs=0.06)


def test_a_context_is_seen_or_hidden_and_the_same_by_the_seed_alone():
    shown, hidden = (arena.make(f"contextual/Pendulum{name}-train-v0") for name in ("", "-hidden"))
    assert (shown.observation_space.shape, hidden.observation_space.shape) == ((5,), (3,))
    play(shown, 9)  # another episode before
    (seen, rewards, metrics), (bare, same, _) = play(shown, 4), play(hidden, 4)
    assert seen.dtype == bare.dtype == np.float32
    assert np.array_equal(seen[:, :3], bare) and rewards == same
    assert seen[0, 3:] == pytest.approx([metrics["context/mass"], metrics["context/length"]])


def test_the_generalisation_suite_pairs_every_part_to_train_on_with_two_held_out():
    tags = [tag for task in load_suite("generalization-contextual").tasks for tag in arena.find(task.env).tags]
    train = sorted(tag.removesuffix("-train") for tag in tags if tag.endswith("-train"))
    test = sorted(tag.removesuffix("-test") for tag in tags if tag.endswith("-test"))
    assert train == test and len(set(train)) == len(train) == 20


def test_drift_follows_a_sine_whose_phase_is_the_seeds():
    within = Drift(arena.make("classic/Pendulum-v1"), "mass", amplitude=0.5, cycle=40)
    masses = []
    within.reset(seed=2)
    for _ in range(40):
        masses.append(within.unwrapped.m)
        info = within.step(np.zeros(1, np.float32))[4]
    start = info["metrics"]["phase"]
    assert masses == pytest.approx([1 + 0.5 * math.sin(2 * math.pi * (start + t / 40)) for t in range(40)])
    assert [info["metrics"][f"steps/{k}"] for k in (1, 2, 3, 4)] == [10] * 4
    between = Drift(arena.make("classic/Pendulum-v1"), "mass", amplitude=0.5, cycle=None)
    _, rewards, metrics = play(between, 2)
    assert between.unwrapped.m == masses[0] and metrics["phase"] == start
    quarter = int(4 * start) + 1
    assert metrics[f"steps/{quarter}"] == 60 and metrics[f"reward/{quarter}"] == pytest.approx(sum(rewards))


def test_the_seasons_of_a_schedule_cover_the_cycle():
    env = arena.make("nonstationary/Pendulum-between-v0")
    phases = [play(env, seed, steps=1)[2]["phase"] for seed in range(100)]
    assert np.histogram(phases, 4, (0, 1))[0].min() >= 12  # 25 expected, 3 standard deviations are 13
    assert phases == [play(env, seed, steps=1)[2]["phase"] for seed in range(100)]


def test_scores_at_all_frequencies_are_of_the_same_time_of_the_world():
    for repeat, decisions in ((1, 200), (16, 13)):
        env = arena.make(f"frequency/Pendulum-x{repeat}-v0")
        assert len(_decisions(env)) == decisions


def _decisions(env):
    env.reset(seed=0)
    rewards = []
    while True:
        _, reward, terminated, truncated, _ = env.step(np.zeros(1, np.float32))
        rewards.append(reward)
        if terminated or truncated:
            return rewards


def test_real_world_observations_come_late_in_the_spaces_of_the_task():
    pytest.importorskip("dm_control")
    easy, plain = arena.make("realworld/cartpole-swingup-easy-v0"), arena.make("dm_control/cartpole-swingup-v0")
    assert easy.observation_space == plain.observation_space and easy.action_space == plain.action_space
    first = easy.reset(seed=1)[0]
    shown = [easy.step(np.ones(1, np.float32))[0] for _ in range(4)]
    assert all(np.array_equal(first, late) for late in shown[:2]) and not np.array_equal(first, shown[3])
