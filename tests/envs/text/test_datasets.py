"""Datasets by path: files as their authors release them, here small ones made up, are read and graded as they grade."""

import gzip
import json

import pytest

import arena
from arena.envs.text.datasets import equal_math, equal_number, last_boxed
from arena.errors import EnvError, UnavailableError
from arena.views import make_view

GSM8K = [
    {"question": "Two pens cost 3 dollars each. What do they cost?", "answer": "2*3 = <<2*3=6>>6\n#### 6"},
    {"question": "How many metres are 1.2 kilometres?", "answer": "#### 1,200"},
]
MATH = {"problem": "What is $1/2+1/4$?", "solution": "It is $\\boxed{\\frac{3}{4}}$.", "level": "Level 1"}
MMLU = 'What is 2 + 2?,1,2,3,4,D\n"Which, of these, is even?",1,2,3,5,B\n'
HUMAN_EVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'def double(n: int) -> int:\n    """Returns n doubled."""\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * n\n",
    "test": "def check(candidate):\n    assert candidate(3) == 6\n    assert candidate(0) == 0\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ARENA_DATASETS", str(tmp_path))
    for name in ("gsm8k", "MATH/test/algebra", "mmlu/test", "human-eval"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "gsm8k/test.jsonl").write_text("\n".join(map(json.dumps, GSM8K)))
    (tmp_path / "MATH/test/algebra/1.json").write_text(json.dumps(MATH))
    (tmp_path / "mmlu/test/high_school_mathematics_test.csv").write_text(MMLU)
    (tmp_path / "human-eval/HumanEval.jsonl.gz").write_bytes(gzip.compress(json.dumps(HUMAN_EVAL).encode()))
    return tmp_path


def _answered(env_id, *answers):
    """Returns the rewards of answers to the question of seed 1."""
    env = arena.make(env_id)
    rewards = []
    for answer in answers:
        env.reset(seed=1)
        _, reward, terminated, _, info = env.step(answer)
        assert terminated and info["metrics"]["success"] == reward
        rewards.append(reward)
    return rewards


def test_without_the_files_the_way_to_get_them_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("ARENA_DATASETS", str(tmp_path))
    with pytest.raises(UnavailableError, match="openai/human-eval"):
        arena.make("datasets/HumanEval-v0")


def test_gsm8k_asks_every_question_and_compares_numbers(folder):
    env = arena.make("datasets/GSM8K-v0")
    seen = {env.reset(seed=seed)[0].splitlines()[0]: env.unwrapped.item.answer for seed in range(20)}
    assert seen == {GSM8K[0]["question"]: "6", GSM8K[1]["question"]: "1,200"}
    env.reset(seed=next(s for s in range(20) if "kilometres" in env.reset(seed=s)[0]))
    assert env.step("$1200.00")[1] == 1.0


def test_numbers_and_terms_are_equal_as_the_authors_have_it():
    assert equal_number("+6.0", "6") and equal_number("-.5", "-0.5")
    assert not any(equal_number(given, "6") for given in ("", "six", "6 7", "inf", "nan", "1e1", "-", ",", "6 dollars"))
    assert last_boxed("so \\boxed{1} or \\boxed{\\frac{1}{2}} holds") == "\\frac{1}{2}"
    assert last_boxed("it is $\\boxed 5$.") == "5"
    for given, answer in (
        ("\\tfrac34", "\\frac{3}{4}"), ("x=4", "4"), ("10\\%", "10"), ("90^\\circ", "90"), ("\\sqrt3", "\\sqrt{3}"),
        ("\\left(1, 2\\right)", "(1,2)"), (".5", "\\frac12"), ("5\\text{ cm}", "5"), ("$\\boxed{7}$", "7"),
    ):  # fmt: skip
        assert equal_math(given, answer), (given, answer)
    assert not equal_math("0.75", "\\frac34") and not equal_math("", "1")


def test_math_mmlu_and_human_eval_grade_by_hand_checked_answers(folder):
    assert _answered("datasets/MATH-v0", "\\dfrac{3}{4}", "3/4", "0.7", "") == [1.0, 1.0, 0.0, 0.0]
    env = arena.make("datasets/MMLU-v0")
    observation, _ = env.reset(seed=next(s for s in range(20) if "2 + 2" in env.reset(seed=s)[0]))
    assert "A question about high school mathematics." in observation and "\nD. 4\n" in observation
    assert env.step("d.")[1] == 1.0
    right, wrong = HUMAN_EVAL["prompt"] + "    return n + n\n", HUMAN_EVAL["prompt"] + "    return n\n"
    assert _answered("datasets/HumanEval-v0", right, wrong, "", "def other(): 1") == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("name", ["GSM8K", "MATH", "MMLU", "HumanEval"])
def test_the_oracle_view_shows_a_right_answer_that_both_views_read(folder, name):
    spec = arena.find(f"datasets/{name}-v0")
    env = arena.make(spec.id)
    oracle, text = (make_view(spec, view, env) for view in ("oracle", "text/v1"))
    for seed in range(4):
        observation, info = env.reset(seed=seed)
        shown, _ = oracle.observe(observation, None, info)
        assert env.step(text.parse(f"Let me think.\n{shown}"))[1] == 1.0


def test_an_empty_folder_is_told(folder):
    (folder / "MATH/test/algebra/1.json").unlink()
    with pytest.raises(EnvError, match="holds no question of MATH"):
        arena.make("datasets/MATH-v0")
