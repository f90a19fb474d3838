import gymnasium
import numpy as np
import pytest

import arena
from arena.agent import Batch, Seating, resolve_agent
from arena.baselines.heuristics.connect_four import ConnectFourScripted
from arena.baselines.oracle import Oracle
from arena.baselines.random import Random
from arena.baselines.scripted import HEURISTICS, Scripted
from arena.episode import Episode
from arena.registry import build
from arena.seeding import RowRandom
from arena.views import make_view


def _batch(rows, observations, masks=None, step=0):
    return Batch(
        observations,
        masks,
        np.ones(rows, dtype=bool),
        np.full(rows, step == 0),
        np.zeros(rows, dtype=np.int64),
        RowRandom(range(rows), [step] * rows),
    )


def _score(env_id, agents, episodes):
    spec = arena.find(env_id)
    episode = Episode(spec, build(spec), trace=False)
    players, views = [], []
    for seat in range(spec.seats):
        agent = resolve_agent(agents[seat]).load()
        view = make_view(spec, agent.view_of(spec), episode.env, episode.agents[seat])
        agent.begin(Seating(spec, view.observation_space, view.action_space, 1, "cpu"))
        players.append(agent)
        views.append(view)
    scores = []
    for seed in range(episodes):
        turn, steps = episode.start(seed), [0] * spec.seats
        while turn.seats:
            actions = []
            for seat, observation, mask, info in zip(
                turn.seats, turn.observations, turn.masks, turn.infos, strict=True
            ):
                seen, legal = views[seat].observe(observation, mask, info)
                batch = _batch(1, np.asarray(seen)[None], None if legal is None else legal[None], steps[seat])
                steps[seat] += 1
                actions.append(views[seat].parse(players[seat].act(batch)[0]))
            turn = episode.step(actions)
        scores.append(episode.scores())
    episode.close()
    return np.array(scores)


def test_door_key_is_solved_on_every_seed():
    assert _score("minigrid/DoorKey-5x5-v0", ["scripted"], 50).min() > 0.9


def test_connect_four_beats_random_from_both_seats():
    assert _score("boardgames/ConnectFour-v0", ["scripted", "random"], 10)[:, 0].mean() > 0.8
    assert _score("boardgames/ConnectFour-v0", ["random", "scripted"], 10)[:, 1].mean() > 0.8


def test_the_pole_stands_for_the_whole_episode():
    assert _score("mujoco/InvertedPendulum-v5", ["scripted"], 2).tolist() == [[1000.0], [1000.0]]
    assert _score("classic/CartPole-v1", ["scripted"], 5).min() == 500.0


def test_agents_that_share_out_the_landmarks_beat_random_ones():
    scripted = _score("mpe/SimpleSpread-v0", ["scripted"] * 3, 20)
    random = _score("mpe/SimpleSpread-v0", ["random"] * 3, 20)
    assert (scripted.mean(axis=1) > random.mean(axis=1)).all()


def _planes(own, other):
    board = np.zeros((3, 6, 7), np.float32)
    for plane, cells in ((0, own), (1, other)):
        for row, column in cells:
            board[plane, row, column] = 1.0
    return board


@pytest.mark.parametrize(
    ("own", "other", "column"),
    [
        ([(0, 0), (0, 1), (0, 2)], [(1, 0), (1, 1), (1, 2)], 3),  # wins at once rather than stopping the other
        ([(0, 6), (0, 5)], [(0, 0), (1, 0), (2, 0)], 0),  # stops a column
        ([(0, 0), (1, 1), (2, 2), (0, 4)], [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)], 3),  # a diagonal
        ([], [], 3),  # the middle
    ],
)
def test_connect_four_finds_the_move(own, other, column):
    assert ConnectFourScripted().act_one(_planes(own, other), None, np.random.default_rng()) == column


def test_scripted_plays_what_it_has_a_heuristic_for_and_names_its_source():
    agent = Scripted()
    spec = arena.find("boardgames/ConnectFour-v0")
    assert agent.plays(spec) == ""
    assert agent.view_of(spec) == "array"
    assert [path.name for path in agent.files(spec)] == ["connect_four.py"]
    assert "no heuristic" in agent.plays(arena.find("nle/Score-v0"))


def test_every_heuristic_belongs_to_a_registered_environment():
    known = {spec.id for spec in arena.specs()}
    assert set(HEURISTICS) <= known


def _random(space):
    agent = Random()
    agent.begin(Seating(arena.find("classic/CartPole-v1"), space, space, 4000, "cpu"))
    return agent


def test_random_is_uniform_over_the_legal_actions():
    space = gymnasium.spaces.Discrete(4)
    masks = np.tile([True, False, True, True], (4000, 1))
    drawn = np.bincount(_random(space).act(_batch(4000, np.zeros((4000, 1)), masks)), minlength=4)
    assert drawn[1] == 0
    assert all(1200 < drawn[k] < 1470 for k in (0, 2, 3))  # 1333 expected, 30 standard deviation
    drawn = np.bincount(_random(space).act(_batch(4000, np.zeros((4000, 1)))), minlength=4)
    assert all(880 < count < 1120 for count in drawn)


@pytest.mark.parametrize(
    "space",
    [
        gymnasium.spaces.Discrete(3, start=5),
        gymnasium.spaces.Box(-2.0, 3.0, (2, 2), np.float32),
        gymnasium.spaces.Box(0, 3, (2,), np.uint8),
        gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float32),
        gymnasium.spaces.MultiDiscrete([2, 5]),
        gymnasium.spaces.MultiBinary(3),
        gymnasium.spaces.Tuple([gymnasium.spaces.Discrete(2), gymnasium.spaces.Box(0.0, 1.0, (1,))]),
    ],
    ids=lambda space: str(space)[:20],
)
def test_random_stays_in_any_space_and_repeats_itself(space):
    first, second = (_random(space).act(_batch(50, np.zeros((50, 1)))) for _ in range(2))
    assert all(space.contains(answer) for answer in first)
    assert repr(list(first)) == repr(list(second))
    assert len({repr(answer) for answer in first}) > 1


def test_the_oracle_repeats_what_its_view_states():
    assert Oracle().act_one("go north", None, np.random.default_rng()) == "go north"
    assert Oracle().plays(arena.find("text/Countdown-v0")) == ""
    assert "oracle" in Oracle().plays(arena.find("classic/CartPole-v1"))
