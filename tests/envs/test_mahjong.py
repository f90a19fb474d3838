import json

import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.views import make_view

riichienv = pytest.importorskip("riichienv")

IDS = ("mahjong/Riichi-v0", "mahjong/RiichiEast-v0", "mahjong/Sanma-v0", "mahjong/SanmaEast-v0")


def _play(env_id, seed, steps=10_000):
    """Plays random legal moves; yields the environment before each."""
    env, random = arena.make(env_id), np.random.default_rng(seed)
    env.reset(seed=seed)
    for _ in range(steps):
        if env.terminations[env.agent_selection]:
            return
        yield env
        env.step(int(random.choice(np.flatnonzero(env.observe(env.agent_selection)["action_mask"]))))
    yield env


@pytest.mark.parametrize("env_id", ("mahjong/RiichiEast-v0", "mahjong/SanmaEast-v0"))
def test_every_legal_move_has_a_number_of_its_own(env_id):
    for env in _play(env_id, 1, 250):
        legal = {move.to_mjai() for move in env.seen.legal_actions()}
        assert {move.to_mjai() for move in env.moves.values()} == legal
        view = make_view(arena.find(env_id), "text/v1", env, env.agent_selection)
        names = view._moves()
        assert len(set(names)) == len(names) == len(legal)
        assert [view.parse(name) for name in names] == sorted(env.moves)


def test_a_red_five_and_a_plain_one_are_two_discards():
    found = False
    for env in _play("mahjong/RiichiEast-v0", 0):
        events = [json.loads(move.to_mjai()) for move in env.moves.values()]
        discards = {event["pai"] for event in events if event["type"] == "dahai"}
        if {"5m", "5mr"} <= discards:
            numbers = {json.loads(m.to_mjai()).get("pai"): n for n, m in env.moves.items() if "dahai" in m.to_mjai()}
            assert numbers["5mr"] - numbers["5m"] == 82
            found = True
    assert found


@pytest.mark.parametrize("env_id", IDS)
def test_a_game_is_paid_by_placement(env_id):
    spec = arena.find(env_id)
    episode, random = Episode(spec, arena.make(env_id)), np.random.default_rng(0)
    turn = episode.start(5)
    while turn.seats:
        turn = episode.step([int(random.choice(np.flatnonzero(turn.masks[0])))])
    assert all(end.terminated for end in turn.ended)
    ranks = [metrics["rank"] for metrics in episode.metrics]
    points = [metrics["points"] for metrics in episode.metrics]
    assert sorted(ranks) == list(range(1, spec.seats + 1))
    assert sorted(points, reverse=True) == [points[ranks.index(rank)] for rank in sorted(ranks)]
    assert episode.returns == pytest.approx([1 - 2 * (rank - 1) / (spec.seats - 1) for rank in ranks])
    assert sum(points) <= 25000 * 4 if spec.seats == 4 else 35000 * 3


def test_the_seed_deals_the_tiles_and_nothing_else_does():
    env = arena.make("mahjong/Riichi-v0")
    hands = []
    for seed in (1, 2, 1):
        env.reset(seed=seed)
        hands.append(tuple(env.seen.hand))
        assert len(env.seen.hand) == 14
    assert hands[0] == hands[2] != hands[1]


def test_who_may_claim_one_discard_answers_without_seeing_the_others_answer():
    seen = False
    for env in _play("mahjong/Riichi-v0", 2):
        if len(env._asked) > 1 and len(env._waiting) == len(env._asked):
            later = env.possible_agents[env._waiting[1]]
            before = env.observe(later)["observation"]
            copy = before.copy()
            env.step(max(env.moves))
            np.testing.assert_array_equal(env.observe(later)["observation"], copy)
            assert env.agent_selection == later
            seen = True
            break
    assert seen
