"""Quest: its rules, its rewards, and that every house can be solved from wherever one is."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import arena
from arena.envs.text.house import CARRIED, MAX_ACTIONS, House, Place
from arena.envs.text.quest import ArrayView, OracleView, Quest, TextView
from arena.errors import UnparsableError

SEEDS = range(200)


def _play(env, view, choose, seed):
    """Plays an episode; returns the rewards, the number of steps and the last info."""
    observation, info = env.reset(seed=seed)
    rewards, done = [], False
    while not done:
        seen, mask = view.observe(observation, None, info)
        observation, reward, terminated, truncated, info = env.step(view.parse(choose(seen, mask)))
        rewards.append(reward)
        done = terminated or truncated
    return rewards, info


def _small_house():
    """Two rooms, a brass door between them; the key in a closed box, the mug behind the door."""
    return House(
        exits={"hall": {"north": "study"}, "study": {"south": "hall"}},
        doors={("hall", "north"): "brass", ("study", "south"): "brass"},
        places={"pine box": Place("pine box", "hall", "in", is_open=False), "desk": Place("desk", "study", "on")},
        where={"brass key": "pine box", "red mug": "desk"},
        room="hall",
        goal_thing="red mug",
        goal_place="pine box",
        explored={"hall"},
    )


def test_a_house_played_by_hand():
    house = _small_house()
    assert house.needed_unlocks() == ["unlock brass door"]
    walkthrough = [
        "open pine box", "take brass key", "unlock brass door", "go north", "take red mug", "go south",
        "put red mug in pine box",
    ]  # fmt: skip
    for action in walkthrough:
        assert house.next_step() == action
        assert action in house.actions()
        assert not house.is_solved()
        house.do(action)
    assert house.is_solved()


def test_a_locked_door_holds_until_its_key_is_carried():
    house = _small_house()
    assert house.actions() == ["open pine box"]
    house.do("open pine box")
    assert house.actions() == ["take brass key"]
    house.do("take brass key")
    assert house.actions() == ["unlock brass door", "put brass key in pine box", "drop brass key"]
    house.do("drop brass key")
    assert "unlock brass door" not in house.actions()


def test_the_oracle_solves_every_house_and_is_paid_one_in_all():
    env = arena.make("text/Quest-v0")
    view = OracleView(env, None)
    for seed in SEEDS:
        rewards, info = _play(env, view, lambda seen, _: seen, seed)
        assert sum(rewards) == pytest.approx(1.0, abs=1e-12), seed
        assert info["metrics"] == {"success": 1.0, "score": 1.0}
        assert rewards[-1] == pytest.approx(0.5) and sum(reward > 0 for reward in rewards) >= 3


def test_the_oracle_goes_on_from_wherever_random_play_has_led():
    env = Quest()
    for seed in range(100):
        env.reset(seed=seed)
        random = np.random.default_rng(seed)
        for _ in range(150):
            actions = env.house.actions()
            assert len(actions) <= MAX_ACTIONS
            env.house.do(actions[int(random.integers(len(actions)))])
        for _ in range(60):
            if env.house.is_solved():
                break
            step = env.house.next_step()
            assert step in env.house.actions()
            env.house.do(step)
        assert env.house.is_solved(), seed


def test_random_play_is_well_below():
    env = Quest()
    view, random = ArrayView(env, None), np.random.default_rng(0)
    scores = []
    for seed in range(100):
        rewards, info = _play(env, view, lambda _, mask: random.choice(np.flatnonzero(mask)), seed)
        scores.append(info["metrics"]["score"])
        assert sum(rewards) == pytest.approx(info["metrics"]["score"])
    assert np.mean(scores) < 0.2


def test_a_subgoal_is_paid_once():
    env = Quest()
    env.reset(seed=3)
    taken = f"take {env.house.goal_thing}"
    while (action := env.house.next_step()) != taken:
        env.step(action)
    assert env.step(taken)[1] > 0
    assert env.step(taken.replace("take", "drop"))[1] == 0
    assert env.step(taken)[1] == 0


@pytest.mark.parametrize("action", ["", TextView.default(None, None), "fly", "go nowhere", "GO NORTH", "take é\n<b>"])
def test_what_cannot_be_done_is_explained_and_costs_a_turn(action):
    env = Quest()
    _, before = env.reset(seed=1)
    observation, reward, terminated, truncated, info = env.step(action)
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert info["valid_actions"] == before["valid_actions"]
    assert info["turns_left"] == 59
    assert "You cannot do" in observation and observation in env.observation_space


def test_the_turns_end_an_episode():
    env = Quest()
    env.reset(seed=1)
    ends = [env.step("wait")[2:4] for _ in range(60)]
    assert ends == [(False, False)] * 59 + [(False, True)]


def test_the_text_shows_every_valid_action_and_the_parser_takes_only_these():
    env = Quest()
    view = TextView(env, None)
    observation, info = env.reset(seed=2)
    seen, _ = view.observe(observation, None, info)
    assert seen in view.observation_space
    assert "You can:\n" + "\n".join(info["valid_actions"]) + "\n\n" in seen
    first = info["valid_actions"][0]
    assert view.parse(f"Let me see.\n> {first.upper()}") == first
    for answer in ["", f"{first} now", f"{first}\nDone.", first[:-1]]:
        with pytest.raises(UnparsableError):
            view.parse(answer)


def test_rows_of_the_array_view_are_the_valid_actions():
    env = Quest()
    view = ArrayView(env, None)
    observation, info = env.reset(seed=2)
    rows, mask = view.observe(observation, None, info)
    assert rows in view.observation_space
    assert mask.sum() == len(info["valid_actions"])
    assert [view.parse(k) for k in np.flatnonzero(mask)] == info["valid_actions"]
    assert (rows[mask][:, 0] == 1).all() and not rows[~mask].any()
    with pytest.raises(UnparsableError):
        view.parse(int(mask.sum()))


def test_what_is_carried_is_seen():
    env = Quest()
    env.reset(seed=5)
    while env.house.where[env.house.goal_thing] != CARRIED:
        observation, *_, info = env.step(env.house.next_step())
    assert env.house.goal_thing in info["carried"]
    carried = next(line for line in observation.splitlines() if line.startswith("You carry: "))
    assert env.house.goal_thing in carried


def test_gymnasium_accepts_it():
    check_env(Quest(), skip_render_check=True)
