import numpy as np
import pytest

import arena
from arena.envs.games.crafter import Crafter, _OrderedSet
from arena.episode import Episode
from arena.errors import UnparsableError
from arena.registry import build
from arena.views import make_view, view_names

FAMILIES = ("boardgames", "classic", "crafter", "minigrid", "mpe", "nle")
SPECS = [spec for spec in arena.specs("games", available=True) if spec.family in FAMILIES]
STEPS = 40


def _choose(space, mask, random):
    if mask is not None:
        return int(random.choice(np.flatnonzero(mask)))
    if hasattr(space, "n"):
        return int(random.integers(space.n))
    return random.uniform(space.low, space.high).astype(space.dtype)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_what_comes_out_lies_in_the_spaces_of_every_view(spec):
    episode = Episode(spec, build(spec))
    random = np.random.default_rng(0)
    views = {
        (seat, name): make_view(spec, name, episode.env, agent)
        for seat, agent in enumerate(episode.agents)
        for name in view_names(spec)
    }
    turn = episode.start(3)
    while turn.seats and episode.length < STEPS:
        actions = []
        for seat, observation, mask, info in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True):
            for name in view_names(spec):
                view = views[seat, name]
                seen, legal = view.observe(observation, mask, info)
                assert view.observation_space.contains(seen), (name, seen)
                assert legal is None or (legal.dtype == bool and legal.any())
            actions.append(_choose(views[seat, "array"].action_space, mask, random))
        turn = episode.step(actions)
    episode.close()


@pytest.mark.parametrize("spec", [s for s in SPECS if "text/v1" in s.views], ids=lambda spec: spec.id)
def test_a_text_parser_reads_every_action_it_shows_and_guesses_none(spec):
    episode = Episode(spec, build(spec))
    turn = episode.start(0)
    view = make_view(spec, "text/v1", episode.env, episode.agents[turn.seats[0]])
    text, mask = view.observe(turn.observations[0], turn.masks[0], turn.infos[0])
    separator = next(word for word in ("Legal moves: ", "Actions: ", "Moves: ", "room: ") if word in text)
    shown = text.split(separator)[1].split(". Answer")[0].split(", ")
    read = [view.parse(f"I think so.\nAction: {name}") for name in shown]
    space = make_view(spec, "array", episode.env, episode.agents[turn.seats[0]]).action_space
    expected = range(space.n) if mask is None else np.flatnonzero(mask)
    assert read == list(expected)
    for wrong in ("", "99", shown[0] + " please", "somersault"):
        with pytest.raises(UnparsableError):
            view.parse(wrong)
    episode.close()


def test_minigrid_text_says_where_the_key_lies_and_array_shows_one_object_per_cell():
    spec = arena.find("minigrid/DoorKey-5x5-v0")
    env = build(spec)
    observation, info = env.reset(seed=3)
    text, _ = make_view(spec, "text/v1", env).observe(observation, None, info)
    assert "You face east. You carry nothing." in text
    assert "- a yellow key, 1 step to the right" in text
    assert "- a locked yellow door, 1 step forward and 1 step to the left" in text
    for action in (1, 3):  # turn right to the key, pick it up
        observation, *_ = env.step(action)
    text, _ = make_view(spec, "text/v1", env).observe(observation, None, info)
    assert "You face south. You carry a yellow key." in text
    array, _ = make_view(spec, "array", env).observe(observation, None, info)
    assert array.sum() == 49 * 3 + 1


@pytest.mark.parametrize("spec", [s for s in SPECS if s.family == "minigrid"], ids=lambda spec: spec.id)
def test_a_minigrid_spec_states_the_limit_on_which_its_reward_depends(spec):
    assert build(spec).unwrapped.max_steps == spec.max_steps


def test_a_vertical_four_wins_connect_four():
    spec = arena.find("boardgames/ConnectFour-v0")
    env = arena.make(spec.id, random_opening=0)
    episode = Episode(spec, env)
    turn = episode.start(0)
    assert turn.seats == (0,)
    for column in (3, 0, 3, 0, 3, 0):
        turn = episode.step([column])
    assert env.render().splitlines() == ["......."] * 3 + ["o..x..."] * 3
    turn = episode.step([3])
    assert (turn.seats, episode.returns) == ((), [1.0, -1.0])
    assert [end.terminated for end in turn.ended] == [True, True]


def test_the_first_plane_of_connect_four_is_the_lookers_own():
    env_id = "boardgames/ConnectFour-v0"
    spec = arena.find(env_id)
    env = arena.make(env_id, random_opening=0)
    env.reset(seed=0)
    env.step(1)  # the first player's piece
    for agent, planes in (("player_0", [1, 0]), ("player_1", [0, 1])):
        seen, _ = make_view(spec, "array", env, agent).observe(env.observe(agent)["observation"], None, {})
        assert [int(plane.sum()) for plane in seen[:2]] == planes


def test_a_full_connect_four_column_is_illegal():
    env = arena.make("boardgames/ConnectFour-v0", random_opening=0)
    env.reset(seed=0)
    for _ in range(6):
        env.step(2)
    mask = env.observe(env.agent_selection)["action_mask"]
    assert mask.tolist() == [1, 1, 0, 1, 1, 1, 1]


def test_the_random_opening_differs_by_seed_and_leaves_the_first_seat_to_move():
    env = arena.make("boardgames/ConnectFour-v0")
    boards = set()
    for seed in range(20):
        env.reset(seed=seed)
        assert env.agent_selection == "player_0"
        boards.add(str(env.position))
    assert len(boards) > 10


def test_cards_are_dealt_uniformly_and_hidden():
    env = arena.make("boardgames/KuhnPoker-v0")
    deals = []
    for seed in range(600):
        env.reset(seed=seed)
        deals.append(str(env.position).strip())
    assert sorted(set(deals)) == ["0 1", "0 2", "1 0", "1 2", "2 0", "2 1"]
    assert all(60 < deals.count(deal) < 140 for deal in set(deals))  # 100 each; 140 is 4.4 standard deviations away
    env.reset(seed=0)
    own, other = str(env.position).split()
    text, _ = make_view(arena.find("boardgames/KuhnPoker-v0"), "text/v1", env, "player_0").observe(None, None, {})
    card = text.splitlines()[2]
    assert card == own != other


def test_crafters_worlds_are_those_of_opensimplex_unhurried():
    """Lists in place of arrays change no bit of the noise: figures of opensimplex 0.4.5.1 as it is shipped."""
    import subprocess
    import sys

    points = "[float(opensimplex.OpenSimplex(7).noise3(k / 3, -k / 7, 2)) for k in range(99)]"
    code = f"import opensimplex; print({points})"
    shipped = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    Crafter()
    import opensimplex

    assert str(eval(points, {"opensimplex": opensimplex})) == shipped.strip()


def test_crafters_picture_is_the_engines_everywhere_by_day_and_night():
    from crafter import engine

    game = Crafter().game
    game.reset()
    player, world, view = game._player, game._world, game._local_view
    original = engine.LocalView(world, view._textures, view._grid)
    random = np.random.default_rng(0)
    for step in range(60):
        world.daylight = step / 60
        player.sleeping = step % 7 == 0
        x, y = random.integers(0, 64, 2) if step > 3 else ((0, 63)[step % 2], (0, 63)[step // 2])
        if world[(x, y)][1] is None:
            world.move(player, (x, y))
        state = world.random.get_state()
        expected = original(player, np.array([7, 7]))
        world.random.set_state(state)
        assert np.array_equal(view(player, np.array([7, 7])), expected)


def test_looking_at_crafter_changes_nothing_even_at_night():
    digests = []
    for looks in (False, True):
        env = Crafter()
        env.reset(seed=4)
        env.game._step = 250  # dark, and a rendering draws noise
        frames = []
        for _ in range(5):
            observation, *_ = env.step(0)
            if looks:
                assert env.render().shape == (512, 512, 3)
            frames.append(observation.tobytes())
        digests.append(frames)
    assert digests[0] == digests[1]


def test_crafter_dies_terminated_is_cut_truncated_and_counts_achievements():
    env = Crafter()
    env.reset(seed=1)
    env.game._player.achievements["collect_wood"] = 2
    env.game._player.health = 0
    *_, terminated, truncated, info = env.step(0)
    assert (terminated, truncated) == (True, False)
    assert info["metrics"]["achievements"] == info["metrics"]["achievement/collect_wood"] == 1.0
    assert len(info["metrics"]) == 23
    env.reset(seed=1)
    env.game._step = 9999
    *_, terminated, truncated, info = env.step(0)
    assert (terminated, truncated, info["metrics"]["achievements"]) == (False, True, 0.0)


def test_an_ordered_set_keeps_the_order_of_insertion():
    things = _OrderedSet()
    for thing in (3, 1, 2, 1):
        things.add(thing)
    things.remove(3)
    assert list(things) == [1, 2]


def test_nethacks_last_screen_forgets_earlier_games(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    spec = arena.find("nle/Score-v0")

    def play(episode, seed):
        turn, random = episode.start(seed), np.random.default_rng(seed)
        while turn.seats:
            turn = episode.step([int(random.integers(23))])
        return episode.digest, b"top ten" in turn.ended[0].observation["tty_chars"].tobytes()

    first = Episode(spec, build(spec))
    digest, shows_scores = play(first, 0)
    assert shows_scores
    later = Episode(spec, build(spec))
    play(later, 1)
    assert play(later, 0)[0] == digest
    first.close()
    later.close()
    assert list(tmp_path.iterdir()) == []


def test_nethacks_own_step_limit_never_ends_an_episode():
    env = build(arena.find("nle/Score-v0")).unwrapped
    env.reset(seed=0)
    env._env._steps = 5000  # NLE would call the next step an ABORTED end, and report it as terminated
    *_, terminated, truncated, _ = env.step(env.action_names.index("search"))
    env.close()
    assert (terminated, truncated) == (False, False)


def test_simple_spread_pays_half_for_distance_and_truncates_after_25_steps():
    spec = arena.find("mpe/SimpleSpread-v0")
    episode = Episode(spec, build(spec))
    turn = episode.start(0)
    world = episode.env.unwrapped.world
    turn = episode.step([0, 0, 0])
    distance = sum(
        min(np.linalg.norm(agent.state.p_pos - landmark.state.p_pos) for agent in world.agents)
        for landmark in world.landmarks
    )
    assert turn.rewards == pytest.approx([-distance / 2] * 3)  # seed 0: nobody touches anybody
    while turn.seats:
        turn = episode.step([0, 0, 0])
    assert episode.length == 25
    assert [end.terminated for end in turn.ended] == [False] * 3
