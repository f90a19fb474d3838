"""ARC in its runtime: tasks can be solved, are seeded, and end; the text view reads what it says."""

from types import SimpleNamespace

import numpy as np
import pytest
from gymnasium import spaces

import arena
from arena.envs.games.arc import OPERATIONS, ArcText
from arena.episode import Episode
from arena.errors import UnparsableError
from arena.registry import build, missing
from arena.views import make_view

SPECS = [spec for spec in arena.specs("games") if spec.family == "arc"]
needs_runtime = pytest.mark.skipif(bool(missing(SPECS[0])), reason=missing(SPECS[0]) or "the runtime is there")


def _view():
    actions = spaces.Dict({"operation": spaces.Discrete(35), "selection": spaces.Box(0, 1, (5, 5), np.int8)})
    return ArcText(SimpleNamespace(observation_space=spaces.Dict({}), action_space=actions), None)


def test_an_answer_names_an_operation_and_rectangles():
    action = _view().parse("It grows to the right.\ncolor3 0 0 1 1  4 4 4 4")
    assert OPERATIONS[35][action["operation"]] == "Color3"
    assert np.argwhere(action["selection"]).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [4, 4]]
    assert _view().parse("Submit")["operation"] == 34


@pytest.mark.parametrize(
    "answer", ["", "Colour3 0 0 1 1", "Color3 0 0 1", "Color3 0 0 5 1", "Color3 2 0 1 1", "Submit!"]
)
def test_what_is_not_stated_is_not_guessed(answer):
    with pytest.raises(UnparsableError):
        _view().parse(answer)


@needs_runtime
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_the_oracle_solves_tasks(spec):
    episode = Episode(spec, build(spec))
    view = make_view(spec, "oracle", episode.env)
    assert len(OPERATIONS[int(episode.env.action_space["operation"].n)]) == episode.env.action_space["operation"].n
    for seed in range(3):
        turn = episode.start(seed)
        while turn.seats:
            turn = episode.step([view.parse(view.observe(turn.observations[0], None, turn.infos[0])[0])])
        assert (episode.scores(), turn.ended[0].terminated) == ([1.0], True)
    episode.close()


@needs_runtime
def test_the_seed_chooses_the_task_and_three_wrong_submissions_end_it():
    env = arena.make("arc/O2ARCv2-training-v0")
    tasks = [env.reset(seed=seed)[1]["task"] for seed in (1, 2, 3, 1)]
    assert tasks[0] == tasks[3] and len(set(tasks)) == 3
    nothing = np.zeros((30, 30), np.int8)
    told = [env.step({"operation": 34, "selection": nothing}) for _ in range(3)]
    assert [terminated for _, _, terminated, _, _ in told] == [False, False, True]
    assert told[-1][4]["metrics"] == {"success": 0.0}
    env.close()


@needs_runtime
def test_the_examples_of_the_rule_are_shown():
    env = arena.make("arc/RawARC-mini-v0", view="text/v1")
    text, _ = env.reset(seed=0)
    assert "Example 1, output:" in text and "3 submissions remain" in text and "ResizeToAnswer" in text
    env.close()
