"""The families of the runtime `jax`: known values by hand, ends of episodes, masks."""

import subprocess
import sys

import numpy as np
import pytest

import arena
from arena.registry import missing

FAMILIES = ("craftax", "pgx", "jumanji", "jaxmarl")
LACKING = missing(arena.find("pgx/TicTacToe-v0"))
needs_jax = pytest.mark.skipif(bool(LACKING), reason=LACKING)


def test_the_families_are_listed_without_jax():
    code = (
        "import sys, arena; names = [s.family for s in arena.specs()]; "
        f"print(*(names.count(family) for family in {FAMILIES}), 'jax' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["4", "21", "25", "28", "False"]


@needs_jax
def test_three_in_a_row_win_and_a_taken_cell_is_illegal():
    env = arena.make("pgx/TicTacToe-v0", opening=0)
    env.reset(seed=0)
    first = env.agent_selection
    for cell in (0, 3, 1, 4):
        env.step(cell)
    assert env.observe(first)["action_mask"].tolist() == [0, 0, 1, 0, 0, 1, 1, 1, 1]
    other = next(name for name in env.possible_agents if name != first)
    assert env.observe(other)["action_mask"].sum() == 0
    with pytest.raises(Exception, match="action 0 is not legal now"):
        env.step(0)
    env.step(2)
    assert env.terminations == {first: True, other: True}
    assert env.rewards == {first: 1.0, other: -1.0}
    env.close()


@needs_jax
def test_an_opening_that_ends_the_game_is_drawn_again():
    env = arena.make("pgx/TicTacToe-v0", opening=8)
    for seed in range(10):
        env.reset(seed=seed)
        assert env.observe(env.agent_selection)["action_mask"].sum() == 1
        assert not any(env.terminations.values())
    env.close()


@needs_jax
def test_kuhn_poker_pays_two_after_two_bets_and_deals_by_the_seed():
    env = arena.make("pgx/KuhnPoker-v0")
    gains = set()
    for seed in range(20):
        env.reset(seed=seed)
        env.step(0)  # bet
        env.step(0)
        assert sorted(env.rewards.values()) == [-2.0, 2.0]
        gains.add(env.rewards["player_0"])
    assert gains == {-2.0, 2.0}
    env.close()


@needs_jax
def test_a_move_of_2048_keeps_the_sum_of_tiles_but_for_the_new_one():
    env = arena.make("jumanji/Game2048-v0")
    observation, info = env.reset(seed=1)

    def total(board):
        return int(sum(1 << power for power in board.ravel() if power))

    for _ in range(20):
        before = total(observation["board"])
        observation, _, terminated, _, info = env.step(int(np.flatnonzero(info["action_mask"])[0]))
        assert total(observation["board"]) - before in (2, 4) and not terminated
    env.close()


@needs_jax
def test_the_tour_of_a_salesman_is_paid_by_its_length():
    env = arena.make("jumanji/TSP-v0")
    observation, info = env.reset(seed=5)
    cities = observation["coordinates"].astype(float)
    total, tour, is_over = 0.0, [], False
    while not is_over:
        assert info["action_mask"].sum() == 20 - len(tour)
        tour.append(int(np.flatnonzero(info["action_mask"])[-1]))
        _, reward, is_over, _, info = env.step(tour[-1])
        total += reward
    assert sorted(tour) == list(range(20))
    assert total == pytest.approx(-np.linalg.norm(cities[tour] - cities[np.roll(tour, 1)], axis=1).sum(), abs=1e-4)
    env.close()


@needs_jax
def test_cleaners_share_what_is_paid_and_each_sees_its_number():
    env = arena.make("jumanji/Cleaner-v0")
    observations, _ = env.reset(seed=0)
    assert [int(seen["observation"]["seat"]) for seen in observations.values()] == [0, 1, 2]
    dirty = int((observations["agent_0"]["observation"]["grid"] == 0).sum())
    actions = {name: int(np.argmax(seen["action_mask"])) for name, seen in observations.items()}
    observations, rewards, *_ = env.step(actions)
    cleaned = dirty - int((observations["agent_0"]["observation"]["grid"] == 0).sum())
    assert set(rewards.values()) == {cleaned - 0.5}
    env.close()


@needs_jax
def test_the_coin_game_pays_the_thief_and_is_truncated_after_100_steps():
    env = arena.make("jaxmarl/CoinGame-v0")
    observations, _ = env.reset(seed=3)
    random, steps = np.random.default_rng(0), 0
    while env.agents:
        before = observations
        observations, rewards, terminations, truncations, _ = env.step(
            {name: int(random.integers(5)) for name in env.agents}
        )
        steps += 1
        own = observations["agent_0"].reshape(3, 3, 4)[..., 0].argmax()  # where the first agent now stands
        red, blue = before["agent_0"].reshape(3, 3, 4)[..., 2:].reshape(9, 2).argmax(axis=0)  # where coins were
        other = observations["agent_0"].reshape(3, 3, 4)[..., 1].argmax()
        assert rewards["agent_0"] == int(own == red) + int(own == blue) - 2 * int(other == red)
    assert steps == 100
    assert set(truncations.values()) == {True} and set(terminations.values()) == {False}
    env.close()


@needs_jax
@pytest.mark.slow
def test_hanabi_forbids_a_discard_until_a_hint_was_given():
    env = arena.make("jaxmarl/Hanabi-2p-v0")
    env.reset(seed=0)
    assert env.agent_selection == "player_0"
    mask = env.observe("player_0")["action_mask"]
    assert mask[:5].sum() == 0 and mask[5:10].sum() == 5
    env.step(int(np.flatnonzero(mask)[-1]))  # a hint
    assert env.agent_selection == "player_1"
    assert env.observe("player_1")["action_mask"][:5].sum() == 5
    assert env.observe("player_0")["action_mask"].sum() == 0
    env.close()


@needs_jax
@pytest.mark.slow
def test_units_that_only_stand_lose_their_battle():
    env = arena.make("jaxmarl/SMAX-3m-v0")
    observations, _ = env.reset(seed=0)
    while env.agents:
        assert all(seen["action_mask"][4] for seen in observations.values())  # stop, also of the dead
        observations, _, terminations, _, infos = env.step(dict.fromkeys(env.agents, 4))
    assert set(terminations.values()) == {True}
    assert infos["agent_0"]["metrics"] == {"win": 0.0}
    env.close()


@needs_jax
@pytest.mark.slow
def test_craftax_counts_achievements_by_their_worth():
    env = arena.make("craftax/Craftax-Classic-Symbolic-v0")
    env.reset(seed=0)
    random, total, is_over = np.random.default_rng(0), 0.0, False
    while not is_over:
        _, reward, terminated, truncated, info = env.step(int(random.integers(17)))
        total, is_over = total + reward, terminated or truncated
    metrics = info["metrics"]
    assert metrics["reward_percent"] == pytest.approx(100 * total / 22, abs=1e-3)
    had = sum(value for name, value in metrics.items() if name.startswith("achievement/"))
    assert had == metrics["achievements"] == round(total + 0.9)  # death costs the nine points of health
    assert terminated and not truncated
    env.close()
