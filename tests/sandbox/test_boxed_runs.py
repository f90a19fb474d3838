"""Whole runs with boxed agents: the same results as without a box, and each failure its own agent's."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

import arena
from arena.actions import BadAction
from arena.agent import resolve_agent
from arena.batching import Group
from arena.errors import AgentError, ArenaError
from arena.loading import import_file
from arena.sandbox import levels
from arena.sandbox.agent import SandboxedAgent, _Keys
from arena.sandbox.levels import best, boxed, reach
from arena.sandbox.package import pack
from arena.sandbox.process import Layers, Stopped
from arena.views import View
from tests.sandbox.batches import ROWS, batch

HOSTILE = Path(__file__).with_name("hostile")
import_file(Path(__file__).parents[1] / "arena/toy.py")  # registers the toy environments
PLAYER = """
import numpy as np
from arena import Agent

class Player(Agent):
    def act(self, batch):
        if isinstance(self.seating.action_space.sample(), np.ndarray):
            shape = (self.seating.rows, *self.seating.action_space.shape)
            return np.full(shape, 1, self.seating.action_space.dtype)
        numbers = batch.random.uniform()[:, 0]
        if batch.masks is None:
            return (numbers * 2).astype(np.int64)
        return [int(np.flatnonzero(mask)[int(n * mask.sum())]) for n, mask in zip(numbers, batch.masks)]

def speak(observation, mask, random):
    return observation[-2:] + str(random.integers(10))
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    return make_folder(tmp_path / "mine", PLAYER, "Player")


def make_folder(folder: Path, code: str, entry: str, **keys: str) -> Path:
    folder.mkdir()
    (folder / "a.py").write_text(code)
    lines = [f"{key} = {value}\n" for key, value in {"entry": f'"a.py:{entry}"', **keys}.items()]
    (folder / "agent.toml").write_text("".join(lines))
    return folder


def totals(run: Any) -> tuple[int, int, int]:
    sums = run.counts.sum()
    return int(sums.n_ok), int(sums.n_agent_fail), int(sums.n_infra)


@pytest.mark.parametrize(
    "env_id, entry", [("Counter", "Player"), ("Box", "Player"), ("Masked", "Player"), ("Echo", "speak")]
)
def test_a_box_changes_no_result(tmp_path, env_id, entry):
    agent = str(make_folder(tmp_path / "mine", PLAYER, entry))
    free = arena.evaluate(
        agent, f"toy/{env_id}-v0", episodes=10, workers=0, out=tmp_path / "free", sandbox="none", is_trusted=True
    )
    shut = arena.evaluate(agent, f"toy/{env_id}-v0", episodes=10, workers=0, out=tmp_path / "shut")
    assert free.manifest["isolation"] == "none" and shut.manifest["isolation"] == best()
    assert free.manifest["agent"]["digest"] == shut.manifest["agent"]["digest"]
    columns = ["key", "cause", "score", "length", "digest", "answers_retried"]
    assert totals(free) == (10, 0, 0)
    assert free.episodes[columns].equals(shut.episodes[columns])
    assert free.id != shut.id and shut.manifest["envelope"]["box"]["level"] == best()


def test_workers_and_boxes_together(tmp_path, folder):
    inline = arena.evaluate(str(folder), "toy/Counter-v0", episodes=20, workers=0, out=tmp_path / "a")
    apart = arena.evaluate(str(folder), "toy/Counter-v0", episodes=20, workers=2, out=tmp_path / "b")
    assert inline.episodes.digest.equals(apart.episodes.digest) and totals(apart) == (20, 0, 0)


def test_an_archive_plays_as_the_folder_it_was_made_from(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("ARENA_CACHE", str(tmp_path / "cache"))
    pack(folder, tmp_path / "mine.zip")
    runs = [
        arena.evaluate(str(agent), "toy/Counter-v0", episodes=3, workers=0, out=tmp_path / "runs")
        for agent in (folder, tmp_path / "mine.zip")
    ]
    assert runs[0].id == runs[1].id and runs[1].manifest["isolation"] == best()
    with pytest.raises(AgentError, match="no such archive"):
        resolve_agent(str(tmp_path / "other.zip"))


def test_two_strangers_at_one_table_have_a_box_each(tmp_path, folder):
    other = make_folder(tmp_path / "theirs", PLAYER, "Player", name='"theirs"')
    run = arena.evaluate(str(folder), "toy/Turns-v0", opponents=[str(other)], episodes=4, workers=0, out=tmp_path / "r")
    assert totals(run) == (4, 0, 0) and run.manifest["isolation"] == best()


def test_a_hostile_opponent_loses_and_the_honest_agent_plays_on(tmp_path, folder):
    run = arena.evaluate(
        str(folder), "toy/Turns-v0", opponents=[f"{HOSTILE / 'endings.py'}:Ending?kind=exit"], episodes=2, workers=0,
        out=tmp_path / "r", sandbox="auto",
    )  # fmt: skip
    assert set(run.episodes.cause) == {"agent_crash"} and set(run.episodes.at_fault) == {1}
    assert run.episodes.score.tolist() == [1.0, 1.0] and totals(run) == (2, 0, 0)


@pytest.mark.parametrize(
    "kind, cause, told",
    [
        ("exit", "agent_crash", "exit code 7"),
        ("raise_surrogate", "agent_exception", "RuntimeError: I give up"),
    ],
)
def test_a_boxed_agents_failure_is_its_own_alone(tmp_path, folder, kind, cause, told):
    good = arena.evaluate(str(folder), "toy/Counter-v0", episodes=10, workers=0, out=tmp_path / "good")
    tag = next(entry["seed"] for entry in good.manifest["schedule"]) % 1000
    run = arena.evaluate(
        f"{HOSTILE / 'endings.py'}:Ending?kind={kind}&tags=[{tag}]", "toy/Counter-v0", episodes=10, workers=1,
        out=tmp_path / "r", sandbox="auto",
    )  # fmt: skip
    failed = run.episodes[run.episodes.whose == "agent"]
    assert set(failed.cause) == {cause} and told in failed.detail.iloc[0] and set(failed.score) == {-1.0}
    assert totals(run) == (9, 1, 0)  # the others were cut short with it, and played again


def test_what_a_boxed_agent_prints_is_in_the_runs_log(tmp_path):
    code = "def act(observation):\n    print('thinking about', observation[0])\n    return 0\n"
    agent = make_folder(tmp_path / "mine", code, "act")
    run = arena.evaluate(str(agent), "toy/Counter-v0", episodes=2, workers=1, out=tmp_path / "r")
    logs = [path.read_text() for path in run.path.iterdir() if "log" in path.name]
    assert any("thinking about 1.0" in log for log in logs)


def test_what_runs_in_a_box_and_what_does_not(folder, tmp_path):
    toml, file, registered = resolve_agent(str(folder)), resolve_agent(f"{folder}/a.py:Player"), resolve_agent("random")
    assert boxed(toml, asked=None).box["level"] == best()
    assert boxed(file, asked=None).box == {} and boxed(registered, asked=None).box == {}
    assert all(boxed(ref, asked="auto").box["level"] == best() for ref in (toml, file, registered))
    assert boxed(registered, asked="auto", is_opponent=True).box == {}
    assert not boxed(toml, asked="none", is_trusted=True).is_boxed
    with pytest.raises(AgentError, match="--i-trust-this-agent"):
        boxed(toml, asked="none")
    with pytest.raises(AgentError, match=r"'process'.*--i-trust-this-agent"):
        boxed(toml, asked="process")
    with pytest.raises(ArenaError, match="did you mean 'partial'"):
        boxed(toml, asked="partail")
    with pytest.raises(AgentError, match="own folder"):
        boxed(toml, asked=None, away_from=folder / "runs")


def test_a_folder_is_never_imported_because_nobody_asked(tmp_path):
    code = "import os\nos.environ['ARENA_WAS_HERE'] = '1'\ndef act(observation):\n    return 0\n"
    ref = resolve_agent(str(make_folder(tmp_path / "mine", code, "act")))
    agent, spec = ref.load(), arena.find("toy/Counter-v0")
    assert ref.refusal(agent, spec) == "" and len(ref.identity(agent, [spec])["digest"]) == 64
    agent.close()
    assert "ARENA_WAS_HERE" not in os.environ


def test_a_weaker_machine_is_told_and_never_used_in_silence(folder, monkeypatch):
    weak = {name: levels.Found(Layers(), "" if name == "process" else "no kernel") for name in levels.LEVELS}
    monkeypatch.setattr(levels, "reach", weak.__getitem__)
    ref = resolve_agent(str(folder))
    with pytest.raises(AgentError, match=r"no partial: no kernel.*--i-trust-this-agent"):
        boxed(ref, asked=None)
    with pytest.raises(AgentError, match="--sandbox full: not reached on this machine: no kernel"):
        boxed(ref, asked="full")
    assert boxed(ref, asked=None, is_trusted=True).box["level"] == "process"


def test_memory_is_what_agent_toml_declares(tmp_path):
    ref = resolve_agent(str(make_folder(tmp_path / "mine", PLAYER, "Player", memory_mb="256")))
    assert boxed(ref, asked=None).box["limits"]["memory_bytes"] == 256 << 20


def test_a_view_that_the_environment_has_not_is_refused(tmp_path):
    code = "from arena import Agent\nclass A(Agent):\n    view = '../../etc'\n"
    ref = boxed(resolve_agent(str(make_folder(tmp_path / "mine", code, "A"))), asked=None)
    agent = SandboxedAgent(ref)
    with pytest.raises(AgentError, match=r"wants view '\.\./\.\./etc'"):
        agent.view_of(arena.find("toy/Counter-v0"))
    agent.close()


def test_an_agent_that_did_not_load_is_loaded_anew(tmp_path, capsys):
    code = "print('before')\nimport no_such_package\n"
    agent = SandboxedAgent(boxed(resolve_agent(str(make_folder(tmp_path / "mine", code, "A"))), asked=None))
    for _ in range(2):
        with pytest.raises(BadAction, match="no_such_package"):
            agent.plays(arena.find("toy/Counter-v0"))
    assert capsys.readouterr().out == "before\n" * 2


SPACES = {
    "nested": (
        spaces.Dict({
            "b": spaces.Tuple((spaces.Discrete(5), spaces.Box(0, 255, (2, 3), np.uint8))),
            "a": spaces.Text(20),
            "c": spaces.MultiBinary(3),
        }),
        spaces.Tuple((spaces.Discrete(3, start=-1), spaces.Dict({"x": spaces.Box(-1, 1, (2,), np.float64)}))),
    ),
    "text": (spaces.Text(20, charset="aé€𝄞"), spaces.Text(20, charset="aé€𝄞")),
}  # fmt: skip


@pytest.mark.parametrize("name", SPACES)
def test_spaces_of_every_kind_cross_both_ways(put_in_box, capsys, name):
    observed, acted = SPACES[name]
    for space in (observed, acted):
        space.seed(3)
    seen, said = [observed.sample() for _ in range(ROWS)], [acted.sample() for _ in range(ROWS)]
    agent = put_in_box("mirror.py:Mirror", spaces_of=(observed, acted), actions=acted.to_jsonable(said))
    stacked = _stacked(observed, seen)
    answers = agent.act(batch(stacked))
    assert all(_same(answer, action) for answer, action in zip(answers, said, strict=True))
    agent.close()
    assert capsys.readouterr().out.splitlines() == [repr(_plain(row)) for row in seen]


@pytest.mark.parametrize("name", SPACES)
def test_what_a_batch_holds_is_seen_by_the_box_and_by_the_next_one(put_in_box, capsys, name):
    observed, acted = SPACES[name]
    for space in (observed, acted):
        space.seed(5)
    said = acted.to_jsonable([acted.sample() for _ in range(ROWS)])
    agent = put_in_box("mirror.py:Mirror", spaces_of=(observed, acted), actions=said)
    view = View(SimpleNamespace(observation_space=observed, action_space=acted), None)
    group = Group(0, agent, (0,), view, ROWS)

    def show() -> tuple[list[Any], dict[int, Any]]:
        rows = [observed.sample() for _ in range(ROWS)]
        for row, seen in enumerate(rows):
            group.put(row, seen, None)
        group.starts[:] = True  # or what an ended process remembered would be missed
        return rows, group.ask(lambda *_: None)

    first, _ = show()
    agent._box.process.kill()
    _, stopped = show()
    second, _ = show()
    agent.close()
    assert [type(answer) for answer in stopped.values()] == [Stopped] * ROWS
    assert capsys.readouterr().out.splitlines() == [repr(_plain(row)) for row in first + second]


def _stacked(space: spaces.Space[Any], rows: list[Any]) -> Any:
    if isinstance(space, spaces.Dict):
        return {key: _stacked(part, [row[key] for row in rows]) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_stacked(part, [row[at] for row in rows]) for at, part in enumerate(space.spaces))
    return rows if isinstance(space, spaces.Text) else np.stack(rows)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, str) else np.asarray(value).tolist()


def _same(one: Any, other: Any) -> bool:
    return bool(_plain(one) == _plain(other))


def test_hidden_seeds_cannot_be_looked_up_by_the_keys_of_streams(monkeypatch):
    keys = np.array([1, 2], dtype=np.uint64)
    monkeypatch.delenv("ARENA_TEST_KEY", raising=False)
    assert np.array_equal(_Keys().told(keys), keys)
    monkeypatch.setenv("ARENA_TEST_KEY", "secret")
    told = _Keys().told(keys)
    assert not np.array_equal(told, keys) and np.array_equal(told, _Keys().told(keys))
    monkeypatch.setenv("ARENA_TEST_KEY", "another")
    assert not np.array_equal(told, _Keys().told(keys))


def test_a_box_that_cannot_be_made_is_the_harnesss_failure(tmp_path, folder, monkeypatch):
    layers = dataclasses.replace(reach(best()).layers, cgroup=True)
    monkeypatch.setattr("arena.sandbox.limits._CGROUPS", tmp_path / "no such folder")
    monkeypatch.setattr(levels, "reach", lambda name: levels.Found(layers, ""))
    with pytest.raises(ArenaError, match="the box cannot be made"):
        arena.evaluate(str(folder), "toy/Counter-v0", episodes=2, workers=0, out=tmp_path / "r")
