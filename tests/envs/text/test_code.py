"""Code: programs run apart and bounded, verdicts are exact, and every task has a program that passes."""

import json
import os
import re

import pytest

import arena
from arena.envs.text.code.programming import Programming, read_program
from arena.envs.text.code.runner import Call, run_calls
from arena.envs.text.code.tasks import DIFFICULTIES
from arena.errors import UnparsableError


def _results(code, *arguments):
    return run_calls(code, [Call("f", given) for given in arguments])


def test_calls_return_values_in_order_from_one_module():
    first, second = _results(
        "import math\nseen = []\ndef f(n):\n seen.append(n)\n return (math.gcd(n, 6), seen)", [4], [9]
    )
    assert first.value == [2, [4]] and second.value == [3, [4, 9]]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("\n  while True: pass", "instructions"),
        ("\n  while True:\n   try: n += 1\n   except BaseException: pass", "instructions"),
        ("return [0] * 10**10", "MemoryError"),
        ("return f(n)", "RecursionError"),
        ("return {1, 2}", "TypeError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("import os; os._exit(0)", "early"),
        ("return g", "NameError"),
    ],
)
def test_what_does_not_return_is_told(body, error):
    (result,) = _results(f"def f(n): {body}", [1])
    assert result.value is None and error in result.error


def test_no_file_process_or_network_can_be_had(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("seed")
    attempts = (
        f"return open({str(secret)!r}).read()",
        f"return open({str(tmp_path / 'new')!r}, 'w').write('x')",
        "import os; return os.listdir('/home')",
        "import os; return os.fork()",
        "import subprocess; return subprocess.run(['ls']).returncode",
        "import socket; return str(socket.socket())",
        f"import os; os.kill({os.getpid()}, 0); return 1",
    )
    names = "\n".join(f"def f{k}(n): {attempt}" for k, attempt in enumerate(attempts))
    results = run_calls(names, [Call(f"f{k}", [1]) for k in range(len(attempts))])
    assert all("Error" in result.error for result in results), results
    assert not (tmp_path / "new").exists()


def test_sets_are_walked_alike_each_time():
    code = "import random\ndef f(n): return [list({'pear', 'plum', 'fig', 'kiwi'}), random.random()]"
    assert _results(code, [1]) == _results(code, [1])


@pytest.mark.parametrize("difficulty", sorted(DIFFICULTIES))
def test_every_tasks_program_passes_and_shows_three_tests(difficulty):
    env = Programming(difficulty)
    for seed in range(60):
        observation, _ = env.reset(seed=seed)
        assert observation in env.observation_space
        assert len(env.task.inputs) == len(env.expected) == 12
        assert len(re.findall(r"^solve\(", observation, re.MULTILINE)) == 3
        names = {}
        exec(env.task.program, names)
        for arguments, expected in zip(json.loads(json.dumps(env.task.inputs)), env.expected, strict=True):
            assert json.loads(json.dumps(names["solve"](*arguments))) == expected
    _, reward, terminated, _, info = env.step(env.task.program)
    assert (reward, terminated, info["metrics"]["success"]) == (1.0, True, 1.0)


def _known(text, program, tests):
    """Puts a known task in place of that drawn."""
    env = Programming("easy", tries=3)
    env.reset(seed=0)
    env.task = env.task._replace(text=text, program=program, parameters="n", inputs=[[n] for n, _ in tests])
    env.expected = [expected for _, expected in tests]
    return env


def test_a_verdict_is_exact_and_three_tries_tell_the_first_failure():
    env = _known("Return n doubled.", "def solve(n): return 2 * n", [(0, 0), (1, 2), (5, 10), (7, 14)])
    observation, reward, terminated, _, info = env.step("def solve(n): return n + n if n < 5 else 2.0 * n")
    assert (reward, terminated, info["metrics"]["fraction"]) == (0.0, False, 0.5)
    assert "Try 1: 2 of 4 tests passed. The first that failed: solve(5) returns 10, not 10.0" in observation
    _, reward, terminated, _, info = env.step("def other(n): return 2 * n")
    assert (reward, terminated, info["metrics"]["fraction"]) == (0.0, False, 0.5)
    _, reward, terminated, _, info = env.step("def solve(n): return 2 * n")
    assert (reward, terminated, info["metrics"]) == (1.0, True, {"success": 1.0, "fraction": 1.0, "tries": 3.0})


def test_tasks_do_what_their_words_say():
    """Known by hand: coins of 2, 5 and 9 pay 14 as 7x2, 2x2+2x5 and 5+9; the ring of one live cell, by its rule."""
    from arena.envs.text.code import tasks

    def program(maker, wanted):
        import numpy as np

        drawn = (maker(np.random.default_rng(seed)) for seed in range(1000))
        names = {}
        exec(next(task for task in drawn if wanted in task.text).program, names)
        return names["solve"]

    assert program(tasks._coins, "coins of 2, 5 and 9")(14) == 3
    assert program(tasks._shift, "moved 3 places")("xyz, XA!") == "abc, AD!"
    assert program(tasks._runs, "at least 3 equal")("aaabba") == "a3bba"
    assert program(tasks._base, "base 16")(-255) == "-ff"
    assert program(tasks._merge, "less than 1 whole")([[5, 7], [1, 2], [3, 4], [9, 9]]) == [[1, 7], [9, 9]]
    assert program(tasks._rising, "at least 3 greater")([1, 2, 4, 3, 7]) == 3
    assert program(tasks._grid, "cell right or down, on")(["...", ".#.", "..."]) == 2
    assert program(tasks._grid, "diagonally")(["..", ".."]) == 3
    assert program(tasks._stack, "modulo 7")("3 4 sub dup add mul") == [-2]
    assert program(tasks._stack, "modulo 7")("1 2 swap 20 mod") == [2, 1, 6]
    assert program(tasks._queue, "at most 2 keys")(["a", "b", "a", "c", "b"]) == [1, ["c", "b"]]
    assert program(tasks._life, "they are 1 or 2")([1, 0, 0, 0, 0, 0, 0], 1) == [0, 1, 1, 0, 0, 1, 1]


def test_the_program_is_the_last_block_or_all_of_the_answer():
    assert read_program("First\n```python\ndef f(): 1\n```\nno:\n```\ndef g(): 2\n```\nDone.") == "def g(): 2\n"
    assert read_program("def f(n):\n    return n") == "def f(n):\n    return n"
    for answer in ("", "I would def ine it so", "```python\ndef f(): 1", "return 5"):
        with pytest.raises(UnparsableError):
            read_program(answer)


def test_random_text_scores_nothing_without_a_process():
    env = arena.make("code/Functions-easy-v0")
    env.reset(seed=1)
    _, reward, terminated, _, info = env.step("x(7 q")
    assert (reward, terminated, info["metrics"]["fraction"]) == (0.0, True, 0.0)
