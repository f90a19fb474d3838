from __future__ import annotations

import functools
import json
import math
from pathlib import Path

import pytest

import arena
from arena.agent import resolve_agent
from arena.baselines.random import Random
from arena.errors import AgentError, ArenaError, UnknownNameError
from arena.loading import import_file

_GOOD = "def act(observation):\n    return 0\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_are_read_in_every_form(here, toy):
    assert resolve_agent("random").target == "arena.baselines.random:Random"
    ref = resolve_agent("ppo?greedy=true&lr=0.5&name=a=b")
    assert ref.config == {"greedy": True, "lr": 0.5, "name": "a=b"} and ref.name == "ppo?greedy=true&lr=0.5&name=a=b"
    assert resolve_agent(f"{toy}:Good").name == "Good"
    (here / "mine").mkdir()
    (here / "mine/agent.toml").write_text('name = "me"\nentry = "a.py:act"\n[config]\nx = 1\ny = 2\n')
    (here / "mine/a.py").write_text(_GOOD)
    ref = resolve_agent("mine?y=3")
    assert (ref.name, ref.config) == ("me", {"x": 1, "y": 3})
    (here / "saved").mkdir()
    (here / "saved/checkpoint.json").write_text('{"agent": "ppo"}')
    ref = resolve_agent("saved")
    assert (ref.name, ref.checkpoint) == ("ppo:saved", str(here / "saved"))


def test_a_folder_does_not_hide_a_registered_agent(here):
    (here / "random").mkdir()
    assert resolve_agent("random").target == "arena.baselines.random:Random"
    with pytest.raises(AgentError, match="holds neither"):
        resolve_agent("./random")


@pytest.mark.parametrize(
    "text, told",
    [
        ("randm", "did you mean 'random'"),
        ("", "unknown agent ''"),
        ("ppo?greedy", "key=value"),
        ("missing.py:Name", "no such agent file: 'missing.py'"),
        ("missing.py", "missing.py:Name"),
    ],
)
def test_a_name_that_is_none_says_what_was_expected(here, text, told):
    with pytest.raises(ArenaError, match=told):
        resolve_agent(text)
    with pytest.raises(ArenaError):
        arena.evaluate(text, "toy/Counter-v0", episodes=1, workers=0)


@pytest.mark.parametrize(
    "toml, told",
    [
        ("entry = ", "agent.toml: "),
        (b"\xff\xfe\x00", "agent.toml: "),
        ("", "entry must be 'file.py:Name'"),
        ("entry = 5", "entry must be 'file.py:Name'"),
        ('entry = "module"', "entry must be 'file.py:Name'"),
        ('entry = "a.py:act"\ncolour = 1', r"unknown keys \['colour'\]"),
        ('entry = "a.py:act"\nname = 5', "name must be text"),
        ('entry = "a.py:act"\nconfig = 5', "config a table"),
    ],
)
def test_a_malformed_agent_toml_says_what_is_wrong(here, toml, told):
    (here / "agent.toml").write_bytes(toml if isinstance(toml, bytes) else toml.encode())
    with pytest.raises(AgentError, match=told):
        resolve_agent(".")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"agent": ["ppo"]}', '{"agent": "pp"}', "\xff"])
def test_a_malformed_checkpoint_says_what_is_wrong(here, text):
    (here / "checkpoint.json").write_bytes(text.encode("latin-1"))
    with pytest.raises((AgentError, UnknownNameError), match=r"checkpoint\.json"):
        resolve_agent(".")


@pytest.mark.parametrize(
    "code, name, told",
    [
        ("def act(:", "act", "SyntaxError"),
        ("import no_such_package", "act", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("raise RuntimeError('boom')", "act", "RuntimeError: boom"),
        ("import sys; sys.exit('bye')", "act", "SystemExit: bye"),
        (_GOOD, "atc", "unknown attribute .*did you mean 'act'"),
        ("act = 5", "act", "is a int; expected a subclass of arena.Agent or a function"),
        ("class Wrong: pass", "Wrong", "expected a subclass of arena.Agent or a function"),
        ("import arena\nmade = arena.Agent()", "made", "expected a subclass of arena.Agent or a function"),
        ("import arena\nclass A(arena.Agent):\n def __init__(self): pass", "A", "TypeError"),
        ("import arena\nclass A(arena.Agent):\n def plays(self, spec): 1 / 0", "A", "whether it plays .*ZeroDivision"),
        ("import arena\nclass A(arena.Agent):\n def view_of(self, spec): 1 / 0", "A", "identified: ZeroDivision"),
        ("import arena\nclass A(arena.Agent):\n view = 'txet'", "A", "unknown view"),
        (
            "import arena, pathlib\nclass A(arena.Agent):\n def files(self, spec): return [pathlib.Path('weights')]",
            "A", "identified: FileNotFoundError",
        ),
        ("import arena\nclass A(arena.Agent):\n def plays(self, spec): return 'too young'", "A", "too young"),
        ("from math import sin as act", "act", "cannot be identified"),
    ],
)  # fmt: skip
def test_an_agent_file_that_cannot_play_says_why(here, code, name, told):
    (here / "agent.py").write_text(code)
    with pytest.raises(ArenaError, match=told):
        arena.evaluate(f"agent.py:{name}", "toy/Counter-v0", episodes=1, workers=0)
    assert not (here / "runs").exists()  # nothing was begun


def test_an_option_that_nobody_takes_is_an_error():
    with pytest.raises(AgentError, match=r"takes no configuration, got \['colour'\]"):
        arena.evaluate("random?colour=red", "toy/Counter-v0", episodes=1, workers=0)


def test_a_function_takes_no_configuration(toy):
    with pytest.raises(AgentError, match="is a function and takes no configuration"):
        arena.evaluate(f"{toy}:plain?x=1", "toy/Counter-v0", episodes=1, workers=0)


def test_classes_and_functions_of_a_module_are_agents(tmp_path, toy):
    module = import_file(Path(toy))
    by_name = arena.evaluate("random", "toy/Counter-v0", episodes=4, workers=0, out=tmp_path / "a")
    by_class = arena.evaluate(Random, "toy/Counter-v0", episodes=4, workers=0, out=tmp_path / "b")
    assert [r.digest for r in by_name.records] == [r.digest for r in by_class.records]
    run = arena.evaluate(module.plain, "toy/Counter-v0", episodes=4, workers=0, out=tmp_path)
    assert run.manifest["agent"]["name"] == "plain" and run.counts.n_ok.sum() == 4


@pytest.mark.parametrize(
    "agent, told",
    [
        (lambda observation: 0, "<lambda> is local to a function"),
        (functools.partial(max, 0), "got an agent of type partial"),
        (Random(), "got an agent of type Random"),
        (5, "got an agent of type int"),
        (math.sin, "cannot be identified"),
    ],
)
def test_what_no_worker_can_find_is_refused(agent, told):
    with pytest.raises(AgentError, match=told):
        arena.evaluate(agent, "toy/Counter-v0", episodes=1, workers=0)


def test_the_digest_follows_code_configuration_and_weights(here):
    code = (
        "import arena, pathlib\n"
        "class A(arena.Agent):\n"
        " def __init__(self, checkpoint=None, x=0): pass\n"
        " def files(self, spec): return [pathlib.Path('weights')]\n"
    )
    spec = arena.find("toy/Counter-v0")

    def digest(text: str) -> str:
        ref = resolve_agent(text)
        return ref.identity(ref.load(), [spec])["digest"]

    (here / "a.py").write_text(code)
    (here / "b.py").write_text(code + "# changed\n")
    (here / "weights").write_bytes(b"1")
    first = digest("a.py:A")
    assert digest("a.py:A") == first
    assert len({first, digest("a.py:A?x=1"), digest("b.py:A")}) == 3
    (here / "weights").write_bytes(b"2")
    assert digest("a.py:A") != first


def test_two_agents_of_one_name_are_two_agents(here):
    for name, weights in (("one", "1"), ("two", "2")):
        (here / name).mkdir()
        (here / name / "agent.py").write_text(
            "import arena, pathlib\n"
            "class Same(arena.Agent):\n"
            " def act_one(self, observation, mask, random): return 0\n"
            f" def files(self, spec): return [pathlib.Path({str(here / name / 'weights')!r})]\n"
        )
        (here / name / "weights").write_text(weights)
    run = arena.evaluate(
        "one/agent.py:Same", "toy/Turns-v0", opponents=["two/agent.py:Same"], episodes=2, workers=0, out=here
    )
    mine, theirs = run.manifest["lineups"]["toy/Turns-v0"]
    alone = resolve_agent("two/agent.py:Same")
    assert theirs == alone.identity(alone.load(), [arena.find("toy/Turns-v0")])["digest"] != mine


def test_an_agent_reads_its_answers_options_as_json(here):
    assert resolve_agent("random?a=[1,2]&b=null&c=text").config == {"a": [1, 2], "b": None, "c": "text"}
    assert json.dumps(resolve_agent("random?a=1").config) == '{"a": 1}'
