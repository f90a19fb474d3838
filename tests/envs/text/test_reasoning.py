"""Reasoning: one number decides a question, graders run nothing that an answer says, and known answers score 1."""

import os
import subprocess
import sys
import time

import pytest

import arena
from arena.errors import UnparsableError
from arena.views import make_view

pytest.importorskip("reasoning_gym")

from arena.envs.text.reasoning.answers import known_answer
from arena.envs.text.reasoning.drawing import LOADED_ONCE, Drawer
from arena.envs.text.reasoning.grading import grade

IDS = [spec.id for spec in arena.specs("text") if spec.family == "reasoning"]
EVALUATED = (
    "binary_matrix", "countdown", "intermediate_integration", "n_queens", "polynomial_multiplication", "puzzle24",
    "simple_integration", "spiral_matrix", "string_insertion",
)  # fmt: skip
UNANSWERED = ("boxnet", "graph_color", "propositional_logic", "rubiks_cube", "rush_hour")


def _score(name, seed, answer=None):
    dataset, item = Drawer(name).draw(seed)
    return grade(name, dataset, item, known_answer(name, item) if answer is None else answer)


@pytest.mark.parametrize("name", (*UNANSWERED, *EVALUATED, "game_of_life_halting", "coin_flip"))
def test_a_known_answer_scores_1(name):
    assert [_score(name, seed) for seed in (3,)] == [1.0]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("env_id", IDS)
def test_a_known_answer_to_every_dataset_scores_1(env_id):
    name = arena.find(env_id).kwargs["dataset"]
    assert [_score(name, seed) for seed in range(10)] == [1.0] * 10


def test_each_dataset_of_the_package_is_here_but_two():
    from reasoning_gym.factory import DATASETS

    names = {arena.find(env_id).kwargs["dataset"] for env_id in IDS}
    assert set(DATASETS) - names == {"codeio", "composite"} and names <= set(DATASETS)


@pytest.mark.parametrize("name", EVALUATED)
def test_no_grader_runs_an_answer(name, tmp_path):
    mark = tmp_path / "ran"
    attempts = (f"open({str(mark)!r}, 'w')", f"[open({str(mark)!r}, 'w')]", f"__import__('os').mkdir({str(mark)!r})")
    for attempt in attempts:
        assert _score(name, 1, attempt) == 0.0
    assert not mark.exists()


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("countdown", "9**9**9**9"),
        ("polynomial_multiplication", "9**9**9**9"),
        ("simple_integration", "((9**90)**90)**90"),
        ("simple_integration", "-" * 5000 + "1"),
        ("rubiks_cube", "R999999999"),
        ("rush_hour", "A+9999999999"),
        ("coin_flip", "1e999999999"),
        ("n_queens", "[0]*10**10"),
    ],
)
def test_an_answer_that_would_never_be_graded_scores_0_at_once(name, answer):
    dataset, item = Drawer(name).draw(1)
    began = time.monotonic()
    assert grade(name, dataset, item, answer) == 0.0
    assert time.monotonic() - began < 2.0


def test_an_integral_is_no_answer_to_itself():
    dataset, item = Drawer("simple_integration").draw(1)
    variable, integrand = item["metadata"]["variable"], item["metadata"]["integrand"]
    assert dataset.score_answer(f"Integral({integrand}, {variable})", item) == 1.0  # so the package has it
    assert grade("simple_integration", dataset, item, f"Integral({integrand}, {variable})") == 0.0


def test_graders_that_passed_wrong_answers_are_mended():
    dataset, item = Drawer("game_of_life_halting").draw(3)
    wrong = "False" if item["answer"] == "True" else "True"
    assert dataset.score_answer(wrong, item) == 1.0  # so the package has it
    assert grade("game_of_life_halting", dataset, item, wrong) == 0.0
    dataset, item = Drawer("puzzle24").draw(3)
    assert sorted(item["metadata"]["numbers"]) != [1, 2, 3, 4]
    assert dataset.score_answer("1*2*3*4", item) == 1.0
    assert grade("puzzle24", dataset, item, "1*2*3*4") == 0.01


@pytest.mark.slow
@pytest.mark.parametrize("name", LOADED_ONCE)
def test_a_dataset_that_is_kept_draws_as_a_new_one(name):
    kept = Drawer(name)
    kept.draw(1)
    assert kept.draw(2)[1] == Drawer(name).draw(2)[1]


DRAWN = """
import hashlib, random, sys
from arena.envs.text.reasoning.drawing import Drawer
random.seed(int(sys.argv[1]))
items = [Drawer(name).draw(seed)[1] for name in sys.argv[2].split(",") for seed in (2, 9)]
print(hashlib.sha256(repr([(item["question"], item["answer"]) for item in items]).encode()).hexdigest())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [
        "isomorphic_strings,ransom_note,list_functions,pool_matrix",
        "polynomial_multiplication,word_ladder,knight_swap",
    ],
)
def test_what_walked_sets_or_drew_from_global_generators_draws_alike_in_fresh_processes(names):
    printed = set()
    for number in ("1", "2"):
        command = [sys.executable, "-c", DRAWN, number, names]
        environment = {**os.environ, "PYTHONHASHSEED": number}
        printed.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(printed) == 1


def test_three_tries_pay_what_each_adds_and_tell_the_scores():
    env = arena.make("reasoning/countdown-retry-v0")
    env.reset(seed=4)
    known = env.unwrapped.known_answer()
    observation, reward, terminated, _, info = env.step("1 + 1")
    assert (reward, terminated, info["metrics"]["tries"]) == (0.05, False, 1.0)
    assert "Answer 1: 1 + 1\nIts score, of 1: 0.05" in observation and "Tries left: 2" in observation
    _, reward, terminated, _, _ = env.step("")
    assert (reward, terminated) == (0.0, False)
    _, reward, terminated, _, info = env.step(known)
    assert (reward, terminated, info["metrics"]["score"]) == (0.95, True, 1.0)
    env.reset(seed=4)
    assert env.step(known)[2], "a right answer ends it"


def test_the_parser_reads_the_tagged_answer_or_a_single_line():
    spec = arena.find("reasoning/gcd-v0")
    view = make_view(spec, "text/v1", arena.make(spec.id))
    assert view.parse("First <answer>3</answer>, no:\n<answer>\n4\n5 </answer>") == "4\n5"
    assert view.parse(" 12 ") == "12"
    for answer in ("", "I think\n12", "<answer>12", "so <answer>"):
        with pytest.raises(UnparsableError):
            view.parse(answer)
