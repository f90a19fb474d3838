"""MiniGrid and BabyAI: what the views show, how far the reward goes, and that BabyAI's bot does what it claims."""

import numpy as np
import pytest

pytest.importorskip("minigrid")

import arena
from arena.envs.games.minigrid import GridMissionArray
from arena.episode import Episode
from arena.errors import UnparsableError
from arena.registry import build
from arena.views import make_view

FORWARD, RIGHT, LEFT = 2, 1, 0
MINIGRID = [spec for spec in arena.specs("games") if spec.family == "minigrid"]
BABYAI = [spec for spec in arena.specs("games") if spec.family == "babyai"]


@pytest.mark.parametrize(
    ("env_id", "actions"),
    [
        ("minigrid/Empty-5x5-v0", [FORWARD] * 2 + [RIGHT] + [FORWARD] * 2),
        ("minigrid/Empty-16x16-v0", [FORWARD] * 13 + [RIGHT] + [FORWARD] * 13),
        ("minigrid/DistShift1-v0", [FORWARD, RIGHT] + [FORWARD] * 2 + [LEFT] + [FORWARD] * 5 + [LEFT] + [FORWARD] * 2),
        ("minigrid/DistShift2-v0", [FORWARD, RIGHT, FORWARD, LEFT] + [FORWARD] * 5 + [LEFT, FORWARD]),
    ],
)
def test_the_shortest_way_earns_the_stated_optimum(env_id, actions):
    spec = arena.find(env_id)
    episode = Episode(spec, build(spec))
    episode.start(5)
    for action in actions:
        episode.step([action])
    assert episode.turn.seats == ()
    assert episode.scores() == pytest.approx([spec.expert.value])


def test_a_ball_in_the_way_costs_one():
    spec = arena.find("minigrid/Dynamic-Obstacles-5x5-v0")
    episode, worst = Episode(spec, build(spec)), 0.0
    for seed in range(20):
        turn, random = episode.start(seed), np.random.default_rng(seed)
        while turn.seats:
            turn = episode.step([int(random.integers(3))])
        worst = min(worst, *episode.scores())
    assert worst == spec.failure_score == -1.0


@pytest.mark.parametrize("spec", [s for s in MINIGRID + BABYAI if "Mission" in s.views["array"]], ids=lambda s: s.id)
def test_the_array_view_knows_every_word_of_a_mission(spec):
    env = build(spec)
    view = make_view(spec, "array", env)
    for seed in range(2):
        observation, info = env.reset(seed=seed)
        seen, _ = view.observe(observation, None, info)
        assert view.observation_space.contains(seen)
        words = observation["mission"].replace(",", "").split()
        shown = seen[984:].reshape(72, -1)
        assert [GridMissionArray._VOCABULARY[row.argmax()] for row in shown if row.any()] == words


def test_babyais_longest_sentence_fits():
    env = build(arena.find("babyai/BossLevel-v0"))
    view = make_view(arena.find("babyai/BossLevel-v0"), "array", env)
    observation, info = env.reset(seed=0)
    put = "put the yellow ball in front of you next to the purple door in front of you"
    observation["mission"] = f"{put} and {put} after you {put} and {put}"
    seen, _ = view.observe(observation, None, info)
    assert seen[984:].sum() == len(observation["mission"].split()) == 72


def test_babyai_is_silent_and_reports_success(capfd):
    spec = arena.find("babyai/GoToRedBall-v0")
    episode = Episode(spec, build(spec))
    oracle = make_view(spec, "oracle", episode.env)
    for seed in range(12):
        turn = episode.start(seed)
        while turn.seats:
            answer, _ = oracle.observe(turn.observations[0], None, {})
            turn = episode.step([oracle.parse(answer)])
        assert episode.scores() == [1.0]
        assert 0.1 < episode.returns[0] < 1.0
    assert capfd.readouterr().out == ""


def test_babyai_that_runs_out_of_steps_has_failed():
    spec = arena.find("babyai/GoToObjS4-v0")
    episode = Episode(spec, build(spec))
    turn = episode.start(0)
    while turn.seats:
        turn = episode.step([6])
    assert (episode.length, episode.scores()) == (spec.max_steps, [0.0])
    assert not turn.ended[0].terminated


@pytest.mark.parametrize("spec", [s for s in BABYAI if s.oracle][::9], ids=lambda spec: spec.id)
def test_the_bot_carries_out_missions(spec):
    episode = Episode(spec, build(spec))
    oracle = make_view(spec, "oracle", episode.env)
    turn = episode.start(1)
    while turn.seats:
        answer, _ = oracle.observe(turn.observations[0], None, {})
        turn = episode.step([oracle.parse(answer)])
    assert episode.scores() == [1.0]


def test_the_text_shows_the_mission_and_the_parser_guesses_nothing():
    spec = arena.find("babyai/PutNextLocal-v0")
    env = build(spec)
    view = make_view(spec, "text/v1", env)
    observation, info = env.reset(seed=0)
    text, _ = view.observe(observation, None, info)
    assert text.startswith(f"Mission: {observation['mission']}.\n") and "next to" in text
    assert view.parse("I pick it up.\nAction: pick up") == 3
    with pytest.raises(UnparsableError):
        view.parse("walk")


@pytest.mark.parametrize("spec", BABYAI, ids=lambda spec: spec.id)
def test_no_mission_has_more_time_than_the_spec_allows(spec):
    level = build(spec).unwrapped.level
    for seed in range(3):
        level.reset(seed=seed)
        assert 0 < level.max_steps <= spec.max_steps
