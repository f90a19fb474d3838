"""Multi-agent families that run here: what is paid, how an episode ends, and the traps of the packages."""

import numpy as np
import pytest

import arena
from arena.episode import Episode
from arena.registry import build


def _table(env_id):
    spec = arena.find(env_id)
    return Episode(spec, build(spec))


def test_every_mpe_scenario_ends_after_25_steps():
    pytest.importorskip("mpe2")
    specs = [spec for spec in arena.specs("games") if spec.family == "mpe"]
    assert len(specs) == 12
    for spec in specs:
        episode = Episode(spec, build(spec))
        turn = episode.start(0)
        while turn.seats:
            turn = episode.step([0] * len(turn.seats))
        assert (episode.length, {end.terminated for end in turn.ended}) == (25, {False}), spec.id


def test_bob_is_paid_for_the_message_and_for_eves_mistake():
    pytest.importorskip("mpe2")
    episode = _table("mpe/SimpleCrypto-v0")  # seats: Eve, Bob, Alice
    episode.start(0)
    message = int(np.argmax(episode.env.unwrapped.world.agents[0].goal_a.color))
    assert episode.step([message, message, 0]).rewards == (pytest.approx([0.0, 0.0, 0.0]))
    assert episode.step([3 - message, message, 0]).rewards == pytest.approx([-2.0, 2.0, 2.0])


def test_a_team_that_loads_all_food_scores_exactly_one():
    pytest.importorskip("lbforaging")
    episode = _table("lbforaging/Foraging-10x10-3p-3f-v3")
    episode.start(0)
    game = episode.env.game
    game.field[:] = 0
    game.field[4, 4] = sum(player.level for player in game.players)
    game._food_spawned = game.field.sum()
    for player, place in zip(game.players, ((3, 4), (5, 4), (4, 3)), strict=True):
        player.position = place
    game._gen_valid_moves()
    turn = episode.step([5, 5, 5])
    assert [end.terminated for end in turn.ended] == [True] * 3
    assert episode.scores() == [1.0] * 3
    assert sum(turn.rewards) == pytest.approx(1.0)


def test_foragers_who_load_nothing_are_cut_off_after_50_steps():
    pytest.importorskip("lbforaging")
    episode = _table("lbforaging/Foraging-8x8-2p-1f-v3")
    turn = episode.start(0)
    while turn.seats:
        turn = episode.step([0, 0])
    assert (episode.length, [end.terminated for end in turn.ended], episode.scores()) == (50, [False] * 2, [0.0] * 2)


def test_a_delivered_shelf_scores_for_the_team():
    pytest.importorskip("rware")
    episode = _table("rware/tiny-2ag-v2")
    episode.start(0)
    game = episode.env.game
    carrier, shelf = game.agents[0], game.request_queue[0]
    carrier.x, carrier.y = shelf.x, shelf.y = game.goals[0]
    carrier.carrying_shelf = shelf
    game._recalc_grid()
    assert episode.step([0, 0]).rewards == [1.0, 0.0]
    while episode.turn.seats:
        episode.step([0, 0])
    assert episode.length == 500
    assert episode.scores() == [1.0, 1.0]


def test_the_first_zombie_comes_at_the_same_step_whatever_was_played_before():
    pytest.importorskip("pygame")
    episode = _table("butterfly/KnightsArchersZombies-v11")

    def first_zombie(seed):
        episode.start(seed)
        while not len(episode.env.unwrapped.zombie_list):
            episode.step([5] * 4)
        return episode.length

    assert [first_zombie(seed) for seed in (1, 2)] == [20, 20]
    for _ in range(7):
        episode.step([5] * 4)
    assert first_zombie(1) == 20


@pytest.mark.parametrize("env_id", ["butterfly/Pistonball-v6", "butterfly/CooperativePong-v6"])
def test_the_games_are_drawn_and_looking_changes_nothing(env_id):
    pytest.importorskip("pymunk")
    digests = []
    for looks in (False, True):
        episode = _table(env_id)
        turn = episode.start(3)
        first = np.array(turn.observations[0])
        for _ in range(4):
            actions = [np.ones(1, np.float32)] * 20 if len(turn.seats) == 20 else [1, 2]
            turn = episode.step(actions)
            if looks:
                episode.env.render()
        assert (np.array(turn.observations[0]) != first).any()
        digests.append(episode.digest)
    assert digests[0] == digests[1]


def test_the_ball_is_out_at_minus_ten():
    pytest.importorskip("pygame")
    episode = _table("butterfly/CooperativePong-v6")
    turn = episode.start(0)
    while turn.seats:
        turn = episode.step([1, 1])  # both paddles up and away
    assert turn.rewards == [-10.0, -10.0]
    assert episode.scores() == pytest.approx([(episode.length - 1) / 9 - 10] * 2)


def test_walkers_that_still_stand_at_the_end_of_time_are_truncated():
    pytest.importorskip("Box2D")
    episode = _table("sisl/Multiwalker-v9")
    episode.start(0)
    episode.env.unwrapped.env.frames = 499
    turn = episode.step([np.zeros(4, np.float32)] * 3)
    assert [end.terminated for end in turn.ended] == [False] * 3
    episode.start(0)
    episode.env.unwrapped.env.game_over = True  # the package fell
    turn = episode.step([np.zeros(4, np.float32)] * 3)
    assert [end.terminated for end in turn.ended] == [True] * 3


def test_pursuers_pay_a_tenth_for_each_step():
    pytest.importorskip("pettingzoo")
    episode = _table("sisl/Pursuit-v5")
    episode.start(0)
    assert episode.step([4] * 8).rewards[0] == pytest.approx(-0.1, abs=0.01)


def test_a_battle_is_won_by_the_team_with_more_survivors_and_the_dead_see_nothing():
    pytest.importorskip("magent2")
    episode = _table("magent/CombinedArmsSmall-v6")
    turn, random = episode.start(11), np.random.default_rng(11)
    assert [seen.shape for seen in turn.observations] == [(12, 13, 13, 9)] * 2
    while turn.seats:
        living = [sum(map(episode.env.game.env.get_num, handles)) for handles in episode.env._handles.values()]
        assert [int(seen.any(axis=(1, 2, 3)).sum()) for seen in turn.observations] == living
        turn = episode.step([random.integers(episode.env.action_space(team).nvec) for team in ("red", "blue")])
    survivors = [metrics["survivors"] for metrics in episode.metrics]
    assert episode.scores() == [np.sign(survivors[0] - survivors[1]), np.sign(survivors[1] - survivors[0])]
    assert min(survivors) < 1.0


def test_a_teams_reward_is_the_mean_over_its_members():
    pytest.importorskip("magent2")
    episode = _table("magent/AdversarialPursuit-v4")
    episode.start(0)
    moves = [np.zeros(25, np.int64), np.zeros(50, np.int64)]
    assert episode.step(moves).rewards == [0.0, 0.0]
    moves[0][:5] = 12  # five of 25 predators tag; each attempt costs 0.2
    predators, prey = episode.step(moves).rewards
    assert predators == pytest.approx(5 * -0.2 / 25 - 2 * prey)  # a tag is +1 for one of 25 and -1 for one of 50


def test_both_teams_act_as_told_from_the_first_step_on():
    pytest.importorskip("magent2")
    episode = _table("magent/BattleSmall-v4")
    stay, hit = np.full(12, 6), np.full(12, 13)  # of 13 moves the middle one is none; an attack costs 0.1
    for moves, paid in (((stay, hit), [-0.005, -0.105]), ((hit, stay), [-0.105, -0.005])):
        episode.start(0)
        assert episode.step(moves).rewards == pytest.approx(paid)


def test_a_battle_depends_on_its_seed():
    pytest.importorskip("magent2")
    episode = _table("magent/Battlefield-v5")
    first, second = (episode.start(seed).observations[0].tobytes() for seed in (1, 2))
    assert first != second


@pytest.fixture
def match():
    pytest.importorskip("RocketSim")
    episode = _table("rocketleague/Box1v1-v0")
    episode.start(0)
    return episode


IDLE = np.array([1, 1, 1, 1, 0, 0, 0])


def _put_ball(match, place, speed):
    sim, ball = match.env._sim, match.env.arena.ball
    state = ball.get_state()
    state.pos, state.vel = sim.Vec(*place), sim.Vec(*speed)
    ball.set_state(state)


def test_a_goal_pays_its_team_and_the_next_kick_off_looks_alike_to_both(match):
    first, second = match.turn.observations
    assert np.allclose(first, second, atol=1e-5)
    _put_ball(match, (0, 5000, 100), (0, 4000, 0))
    turn = match.step([IDLE, IDLE])
    while turn.rewards == [0.0, 0.0]:
        turn = match.step([IDLE, IDLE])
    assert turn.rewards == [1.0, -1.0]
    assert match.env.arena.ball.get_state().pos.as_tuple()[:2] == (0.0, 0.0)
    match.env._steps = 899
    turn = match.step([IDLE, IDLE])
    assert match.scores() == [1.0, -1.0]
    assert [end.terminated for end in turn.ended] == [True, True]


def test_the_box_has_back_walls_beside_and_above_the_goals(match):
    for place in ((2000, 4800, 500), (0, 4800, 1200)):
        _put_ball(match, place, (0, 3000, 0))
        for _ in range(10):
            match.step([IDLE, IDLE])
            assert match.env.arena.ball.get_state().pos.y < 5120


def test_the_games_own_field_is_refused_with_the_way_to_get_it(monkeypatch, tmp_path):
    pytest.importorskip("RocketSim")
    from arena.envs.games import rocketleague

    monkeypatch.setattr(rocketleague, "_loaded", "")
    monkeypatch.setenv("RS_COLLISION_MESHES", str(tmp_path))
    with pytest.raises(arena.errors.UnavailableError, match="RLArenaCollisionDumper"):
        rocketleague._load("soccar")
    monkeypatch.setattr(rocketleague, "_loaded", "box")
    with pytest.raises(arena.errors.UnavailableError, match="one field per process"):
        rocketleague._load("soccar")
