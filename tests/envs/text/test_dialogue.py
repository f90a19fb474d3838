"""Dialogue: the rules of each game by hand-played moves, what stays hidden, and that the oracles reach the optimum."""

import itertools

import numpy as np
import pytest

import arena
from arena.envs.text.dialogue.deal import ITEMS, TOTAL, DealOrNoDeal
from arena.envs.text.dialogue.guessing import Guessing, read_question
from arena.envs.text.dialogue.table import split_speech
from arena.envs.text.dialogue.things import THINGS
from arena.envs.text.dialogue.ultimatum import Ultimatum
from arena.envs.text.dialogue.werewolf import SEER, WOLF
from arena.episode import Episode
from arena.errors import UnparsableError
from arena.views import make_view


def _deal(objective, pool=(2, 2, 1), values=((1, 3, 2), (5, 0, 0)), first=0):
    """Starts with a known pool and known values."""
    env = DealOrNoDeal(objective)
    env.reset(seed=0)
    env.pool, env.values, env._first = pool, list(values), first
    env._look()
    return env


@pytest.mark.parametrize(
    ("objective", "scores"),
    # the first takes both hats and the ball, 3 + 3 + 2 = 8 of 10; the other both books, 10 of 10: the most there is
    [("own", (0.8, 1.0)), ("cooperative", (1.0, 1.0)), ("competitive", (-0.2, 0.2))],
)
def test_a_deal_pays_by_the_objective(objective, scores):
    env = _deal(objective)
    env.step("say: The books are yours.\npropose 0 2 1")
    assert "player_0: The books are yours. [propose 0 2 1]" in env.observe("player_1")
    assert "accept" in env.infos["player_1"]["moves"]
    env.step("accept")
    assert env.terminations == {"player_0": True, "player_1": True}
    assert tuple(env.rewards.values()) == pytest.approx(scores)
    assert env.infos["player_0"]["metrics"] == {"points": 8.0, "joint_points": 18.0, "deal": 1.0, "pareto": 1.0}


def test_a_wasteful_deal_is_not_pareto():
    env = _deal("own")
    env.step("propose 2 0 0")
    env.step("accept")
    assert tuple(env.rewards.values()) == (0.2, 0.0)
    assert env.infos["player_1"]["metrics"]["pareto"] == 0.0


def test_without_a_deal_both_get_nothing_and_an_offer_lapses():
    env = _deal("competitive")
    env.step("propose 2 2 1")
    env.step("talk")
    assert "accept" not in env.infos["player_0"]["moves"]
    env.step("accept")  # there is nothing to accept: it counts as talk
    assert '"accept" was no move: you played talk.' in env.observe("player_0")
    env.step("leave")
    assert env.rewards == {"player_0": 0.0, "player_1": 0.0}
    env = _deal("own")
    for _ in range(20):
        env.step("talk")
    assert all(env.terminations.values()) and env.rewards == {"player_0": 0.0, "player_1": 0.0}


def test_problems_keep_the_rules_and_values_stay_private():
    env = DealOrNoDeal("own")
    for seed in range(50):
        env.reset(seed=seed)
        assert 5 <= sum(env.pool) <= 7 and min(env.pool) >= 1
        for values in env.values:
            assert sum(v * c for v, c in zip(values, env.pool, strict=True)) == TOTAL
        assert all(max(pair) > 0 for pair in zip(*env.values, strict=True))
        assert any(min(pair) > 0 for pair in zip(*env.values, strict=True))
        for seat in range(2):
            shown = ", ".join(f"{item} {value}" for item, value in zip(ITEMS, env.values[seat], strict=True))
            assert shown in env.observe(f"player_{seat}")
            assert env.values[0] == env.values[1] or shown not in env.observe(f"player_{1 - seat}")


def test_the_best_split_is_that_of_all_splits():
    env = DealOrNoDeal("cooperative")
    for seed in range(30):
        env.reset(seed=seed)
        totals = [
            sum(env.values[0][k] * taken[k] + env.values[1][k] * (env.pool[k] - taken[k]) for k in range(3))
            for taken in itertools.product(*(range(count + 1) for count in env.pool))
        ]
        assert env._most() == max(totals)
        env.step(f"propose {' '.join(map(str, env.best_split()))}")
        assert env.is_best()
        env.step("accept")
        assert env.rewards == {"player_0": 1.0, "player_1": 1.0}


def test_an_ultimatum_is_shared_or_lost():
    env = Ultimatum(2)
    env.reset(seed=3)
    first, second = env.possible_agents[env._first], env.possible_agents[1 - env._first]
    assert env.agent_selection == first and len(env.infos[first]["moves"]) == 11
    env.step(f"offer {3 * env.coins // 10}")
    env.step("accept")
    assert env.agent_selection == second  # the parts change
    env.step(f"offer {env.coins // 2}")
    env.step("reject")
    assert env.rewards == {first: pytest.approx(0.35), second: pytest.approx(0.15)}
    assert env.infos[first]["metrics"] == {"joint": 0.5, "deals": 0.5}


def test_an_unreadable_offer_gives_all_away_and_an_unreadable_answer_takes_nothing():
    env = Ultimatum(1)
    env.reset(seed=3)
    first = env.agent_selection
    env.step("give me all")
    assert f"offer {env.coins}" in env.heard[-1]
    env.step("what?")
    assert env.rewards == {"player_0": 0.0, "player_1": 0.0} and first in env.rewards


def test_the_judge_counts_truths_and_caught_lies():
    env = arena.make("dialogue/Debate-v0")
    env.reset(seed=1)
    side = env.possible_agents.index(env.agent_selection)
    own, other = env._hands[side], env._hands[1 - side]
    true = [n for n in own if env._claims[n].is_true]
    lies = [n for n in own if not env._claims[n].is_true]
    others_true = next(n for n in other if env._claims[n].is_true)
    weight = {n: claim.weight for n, claim in env._claims.items()}
    for move in (
        f"state {true[0]}", f"state {others_true}",
        f"state {lies[0]}", f"challenge {lies[0]}",
        f"state {lies[1]}", f"challenge {true[0]}",
        f"challenge {others_true}", "pass", "pass", "pass",
    ):  # fmt: skip
        assert move in env.infos[env.agent_selection]["moves"]
        env.step(move)
    points = weight[true[0]] - weight[lies[0]] + weight[lies[1]] - weight[others_true]
    others = weight[others_true] - weight[true[0]]
    names = env.possible_agents
    assert env.infos[names[side]]["metrics"] == {"points": float(points), "margin": float(points - others)}
    assert env.rewards[names[side]] == np.sign(points - others) == -env.rewards[names[1 - side]]


def test_a_debater_knows_the_truth_of_own_claims_and_of_three_others():
    env = arena.make("dialogue/Debate-v0")
    env.reset(seed=2)
    for side, agent in enumerate(env.possible_agents):
        shown = env.observe(agent)
        known = [number for number, claim in env._claims.items() if f"{number}. {claim.text} (weight" in shown]
        assert set(known) == {*env._hands[side], *env._known[side]} and len(known) == 9


def _werewolf(seed=5):
    env = arena.make("dialogue/Werewolf-v0")
    env.reset(seed=seed)
    name = dict(zip(env.possible_agents, env.parts, strict=True))
    wolf = next(agent for agent, part in name.items() if part == WOLF)
    seer = next(agent for agent, part in name.items() if part == SEER)
    return env, wolf, seer


def test_the_seer_looks_talk_is_heard_by_all_and_votes_send_the_werewolf_out():
    env, wolf, seer = _werewolf()
    assert env.agent_selection == seer
    env.step(f"look {wolf}")
    assert f"{wolf} is the werewolf." in env.observe(seer)
    assert not any(f"{wolf} is the werewolf." in env.observe(a) for a in env.possible_agents if a != seer)
    for _ in range(5):
        speaks = env.agent_selection
        env.step("say: Good morning.\ndone" if speaks != seer else f"I am the seer: {wolf} is the werewolf.")
    heard = [f"{seer} says: I am the seer: {wolf} is the werewolf." in env.observe(a) for a in env.possible_agents]
    assert all(heard) and f"{speaks} says: " in env.observe(wolf)
    for _ in range(5):
        env.step("vote nobody" if env.agent_selection == wolf else f"vote {wolf}")
    assert env.rewards == {agent: -1.0 if agent == wolf else 1.0 for agent in env.possible_agents}
    assert env.infos[wolf]["metrics"] == {"is_werewolf": 1.0, "won": 0.0, "days": 1.0}


def test_when_nobody_is_voted_out_the_werewolf_kills_one_a_night_and_wins_at_two():
    env, wolf, _ = _werewolf()
    living = []
    while not env.terminations[wolf]:
        moves = env.infos[env.agent_selection]["moves"]
        living.append(len(env._living))
        env.step("vote nobody" if "vote nobody" in moves else moves[0])
    assert sorted(set(living)) == [3, 4, 5] and len(env._living) == 2
    assert env.rewards == {agent: 1.0 if agent == wolf else -1.0 for agent in env.possible_agents}


def test_the_parser_takes_a_move_and_what_is_said_before_it():
    spec = arena.find("dialogue/Ultimatum-v0")
    episode = Episode(spec, arena.make(spec.id))
    turn = episode.start(1)
    view = make_view(spec, "text/v1", episode.env, episode.agents[turn.seats[0]])
    text, _ = view.observe(turn.observations[0], None, turn.infos[0])
    assert "Your moves:\noffer 0\n" in text
    said = view.parse("I think of half.\nSay: Half – is that fair?\nOffer 0")
    assert split_speech(said) == ("Half ? is that fair?", "offer 0")
    assert view.parse("offer 0") == "offer 0"
    for answer in ("", "offer 0 please", "offer -1", "I offer 0", "offer 0\nsay: done"):
        with pytest.raises(UnparsableError):
            view.parse(answer)


def test_questions_are_read_and_never_guessed():
    values = {"hair": ["black", "red"], "hat": ["no", "yes"], "name": ["Anna", "Bob", "Carl"]}
    assert read_question("Is the hair black or red?", values) == ("hair", frozenset(("black", "red")))
    assert read_question("does the person have a hat", values) == ("hat", frozenset(("yes",)))
    assert read_question("is the name Anna, Bob or Carl?", values)[1] == frozenset(("Anna", "Bob", "Carl"))
    for unclear in ("", "hair?", "is it big?", "hair green", "name Anna or Zed", "black hair", "is the hair not black"):
        with pytest.raises(UnparsableError):
            read_question(unclear, values)


@pytest.mark.parametrize(("game", "bound"), [("who", 5), ("things", 6)])
def test_halving_finds_every_secret_within_the_bound(game, bound):
    env = Guessing(game)
    env.reset(seed=1)
    for secret in env.names:
        env.reset(seed=1)
        env.secret, terminated = secret, False
        while not terminated:
            _, reward, terminated, truncated, info = env.step(env.halving())
            assert not truncated
        assert reward == info["metrics"]["score"] == 1.0 and info["metrics"]["questions"] <= bound


def test_late_guesses_score_less_wrong_ones_nothing_and_questions_run_out():
    env = Guessing("things")
    env.reset(seed=1)
    for _ in range(13):  # seven more than the bound of six, of fourteen that there are
        env.step("is it an animal?")
    _, reward, terminated, _, info = env.step(f"guess {env.secret}")
    assert terminated and reward == pytest.approx(1.0 - 0.95 * 7 / 14) and info["metrics"]["success"] == 1.0
    env.reset(seed=1)
    wrong = next(name for name in env.names if name != env.secret)
    assert env.step(f"guess {wrong}")[1:3] == (0.0, True)
    env.reset(seed=1)
    ends = [env.step("who is it?")[2:4] for _ in range(20)]
    assert ends == [(False, False)] * 19 + [(False, True)]


def test_answers_are_true_and_no_two_things_are_alike():
    assert THINGS["bee"]["flying"] == "yes" and THINGS["bee"]["machine"] == "no"
    assert len({tuple(thing.values()) for thing in THINGS.values()}) == len(THINGS) == 48
    env = Guessing("things")
    env.reset(seed=0)
    env.secret = "bee"
    assert "1. flying yes? Yes." in env.step("Can it be flying?")[0]
    assert "bee" in env.open and "cow" not in env.open
