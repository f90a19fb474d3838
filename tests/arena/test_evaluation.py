from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arena
from arena import EnvSpec
from arena.job import Entry, cut
from arena.outcome import forfeit
from arena.packing import unpack
from arena.play import Stage
from arena.run import Run, load_run
from arena.seeding import episode_seeds
from arena.suite import Suite, Task
from arena.vector.pool import Limits

QUICK = Limits(move_s=0.4, step_s=1.0, begin_s=20.0, output_bytes=1 << 20)


def content(run: Run, *, without: Sequence[int] = ()) -> list[Any]:
    """What must be alike when a run is repeated: all but the timing, by place in the schedule."""
    settled = [run.settled[index] for index in sorted(run.settled) if index not in without]
    rows = [dataclasses.replace(record, timing={}, blob=(), attempt=0) for record in settled]
    return [(row, run.blob(record)) for row, record in zip(rows, settled, strict=True)]


def tags(env_id: str, count: int) -> list[int]:
    return [seed % 1000 for seed in episode_seeds(env_id, count)]


def totals(run: Run) -> tuple[int, int, int]:
    sums = run.counts.sum()
    assert sums.n_ok + sums.n_agent_fail + sums.n_infra == sums.n_scheduled and sums.n_pending == 0
    return int(sums.n_ok), int(sums.n_agent_fail), int(sums.n_infra)


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Run:
    """Forty episodes of the good agent, played inline."""
    toy = Path(__file__).with_name("toy.py")
    return arena.evaluate(
        f"{toy}:Good", "toy/Counter-v0", episodes=40, workers=0, out=tmp_path_factory.mktemp("good"), limits=QUICK
    )


# --- what a run promises ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 3])
def test_results_do_not_depend_on_the_number_of_workers(good, tmp_path, toy, workers):
    run = arena.evaluate(f"{toy}:Good", "toy/Counter-v0", episodes=40, workers=workers, out=tmp_path, limits=QUICK)
    assert run.id == good.id and content(run) == content(good)


def test_every_interface_and_a_real_environment_are_alike_for_any_workers(tmp_path):
    suite = Suite(
        "mixed",
        (
            Task("classic/CartPole-v1", 9),
            Task("toy/Masked-v0", 9),
            Task("toy/Box-v0", 9),
            Task("toy/Multi-v0", 9),
            Task("toy/Matching-v0", 9),
            Task("toy/Turns-v0", 8, ("random",)),
        ),
    )
    runs = [arena.evaluate("random", suite, workers=n, out=tmp_path / str(n)) for n in (0, 2)]
    assert totals(runs[0]) == (53, 0, 0) and content(runs[0]) == content(runs[1])


ALONE = ("classic/CartPole-v1", "classic/Pendulum-v1", "toy/Masked-v0", "text/Countdown-v0", "minigrid/DoorKey-5x5-v0")


@pytest.mark.parametrize("env_id", ALONE)
def test_an_agent_alone_plays_as_at_a_table(tmp_path, monkeypatch, env_id):
    alone = arena.evaluate("random", env_id, episodes=20, workers=0, out=tmp_path / "alone")
    monkeypatch.setattr(Stage, "_choose", lambda stage, lane: None)
    table = arena.evaluate("random", env_id, episodes=20, workers=0, out=tmp_path / "table")
    assert totals(alone) == (20, 0, 0) and content(alone) == content(table)


def test_each_scheduled_episode_counts_once_and_short_ones_are_not_favoured(good):
    assert good.episodes["index"].tolist() == list(range(40)) and totals(good) == (40, 0, 0)
    assert good.episodes.seed.tolist() == episode_seeds("toy/Counter-v0", 40)
    assert good.episodes.lane.tolist() == [k % 8 for k in range(40)]


def test_the_same_call_again_plays_nothing(good, toy):
    seen = []
    again = arena.evaluate(
        f"{toy}:Good", "toy/Counter-v0", episodes=40, workers=0, out=good.path.parent, limits=QUICK,
        progress=lambda done, total, record: seen.append((done, total, record)),
    )  # fmt: skip
    assert again.head == good.head and seen == [(40, 40, None)]


def test_starts_mark_every_seats_first_turn(tmp_path, toy):
    # the first mover begins with 1 and so does the second: 1 + 0 + 0 each, a draw
    run = arena.evaluate(
        f"{toy}:Started", "toy/Turns-v0", opponents=[f"{toy}:Started"], episodes=4, workers=0, out=tmp_path
    )
    assert run.episodes.score.tolist() == [0.0] * 4
    arrays = unpack(run.blob(run.records[0]))
    assert arrays["actions0"].tolist() == arrays["actions1"].tolist() == [1, 0, 0]
    alone = arena.evaluate(f"{toy}:Started", "toy/Matching-v0", episodes=2, workers=0, out=tmp_path)
    assert unpack(alone.blob(alone.records[0]))["actions1"].tolist() == [1, 0, 0, 0]


def test_one_agent_in_both_seats_of_a_turn_game_sees_both_begin(tmp_path, toy):
    # `Turns` as a cooperative table: one agent, one group of two seats that act one after the other
    spec = EnvSpec("toy/SharedTurns-v0", f"{toy}:Turns", "games", interface="aec", seats=2, payoff="cooperative")
    arena.register(spec)
    run = arena.evaluate(f"{toy}:Started", spec.id, episodes=2, workers=0, out=tmp_path)
    arrays = unpack(run.blob(run.records[0]))
    assert arrays["actions0"].tolist() == arrays["actions1"].tolist() == [1, 0, 0]


def test_a_score_can_be_a_metric(tmp_path):
    run = arena.evaluate("random", "toy/Steps-v0", episodes=3, workers=0, out=tmp_path)
    assert run.episodes.score.tolist() == [5.0] * 3


# --- agents that fail -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, cause",
    [
        ("raise", "agent_exception"),
        ("unshowable", "agent_exception"),
        ("quit", "agent_exception"),
        ("short", "agent_exception"),
        *((kind, "invalid_action") for kind in (
            "garbage", "none", "bool", "float", "nan", "list", "range", "negative", "huge", "object")),
    ],
)  # fmt: skip
def test_an_agent_that_fails_bears_it_in_that_episode_and_neighbours_do_not(tmp_path, toy, kind, cause):
    own = tags("toy/Counter-v0", 16)
    at_fault = [index for index, tag in enumerate(own) if tag in (own[2], own[3], own[9])]
    chosen = [own[index] for index in at_fault]
    run = arena.evaluate(
        f"{toy}:Faulty?kind={kind}&tags={chosen}", "toy/Counter-v0", episodes=16, workers=0, out=tmp_path
    )
    same = arena.evaluate(f"{toy}:Faulty?kind=never", "toy/Counter-v0", episodes=16, workers=0, out=tmp_path)
    assert totals(run) == (16 - len(at_fault), len(at_fault), 0)
    failed = run.episodes.loc[at_fault]
    assert set(failed.cause) == {cause} and set(failed.score) == {-1.0} and set(failed.length) == {1}
    assert all(detail.startswith("step 1, seat 0: ") for detail in failed.detail)
    ours = [(r[0].scores, r[0].digest, r[1]) for r in content(run, without=at_fault)]
    assert ours == [(r[0].scores, r[0].digest, r[1]) for r in content(same, without=at_fault)]


@pytest.mark.parametrize("kind", ["begin", "begin exit"])
def test_an_agent_that_cannot_take_its_seat_fails_every_episode(tmp_path, toy, kind):
    run = arena.evaluate(f"{toy}:Faulty?kind={kind}", "toy/Counter-v0", episodes=10, workers=0, out=tmp_path)
    assert totals(run) == (0, 10, 0) and set(run.episodes.cause) == {"agent_exception"}


def test_an_agent_that_raises_when_closed_keeps_its_results(tmp_path, toy, capsys):
    suite = Suite("two", (Task("toy/Counter-v0", 2), Task("toy/Box-v0", 2)))
    run = arena.evaluate(f"{toy}:Faulty?kind=close", suite, workers=0, out=tmp_path)
    assert totals(run)[0] == 2 and "I will not go" in capsys.readouterr().out


@pytest.mark.parametrize(
    "kind, cause, told",
    [
        ("exit", "agent_crash", "exit code 7"),
        ("segfault", "agent_crash", "SIGSEGV"),
        ("hang", "move_timeout", "no answer for"),
        ("print", "output_limit", "printed over 1048576 bytes"),
        ("hang_up", "agent_crash", "closed the connection"),
    ],
)
def test_an_agent_that_takes_its_process_down_bears_it_alone(good, tmp_path, toy, kind, cause, told):
    own = tags("toy/Counter-v0", 40)
    chosen = [own[2], own[3]]  # two crash in one batch
    at_fault = [index for index, tag in enumerate(own) if tag in chosen]
    run = arena.evaluate(
        f"{toy}:Faulty?kind={kind}&tags={chosen}", "toy/Counter-v0", episodes=40, workers=2, out=tmp_path, limits=QUICK
    )
    assert totals(run) == (40 - len(at_fault), len(at_fault), 0)
    failed = run.episodes.loc[at_fault]
    assert set(failed.cause) == {cause} and set(failed.score) == {-1.0} and told in failed.detail.iloc[0]
    ours = [(r[0].scores, r[0].digest, r[1]) for r in content(run, without=at_fault)]
    assert ours == [(r[0].scores, r[0].digest, r[1]) for r in content(good, without=at_fault)]
    assert "cancelled" in set(run.attempts.cause)  # its neighbours were cut short, and played again


def test_text_that_cannot_be_read_is_asked_for_once_more(tmp_path, toy):
    spoken = arena.evaluate(f"{toy}:speak", "toy/Echo-v0", episodes=2, workers=0, out=tmp_path)
    assert spoken.episodes.score.tolist() == [15.0, 15.0]
    shouted = arena.evaluate(f"{toy}:shout", "toy/Echo-v0", episodes=2, workers=0, out=tmp_path)
    assert shouted.episodes.score.tolist() == [6.0, 6.0] and shouted.episodes.answers_retried.tolist() == [3, 3]
    mumbled = arena.evaluate(f"{toy}:mumble", "toy/Echo-v0", episodes=2, workers=0, out=tmp_path)
    assert totals(mumbled) == (0, 2, 0) and set(mumbled.episodes.cause) == {"unparsable"}


def test_an_illegal_action_is_checked_by_the_harness(tmp_path, toy):
    run = arena.evaluate(f"{toy}:plain", "toy/Masked-v0", episodes=4, workers=0, out=tmp_path)
    assert totals(run) == (0, 4, 0) and set(run.episodes.cause) == {"illegal_action"}
    assert "legal are [1, 2]" in run.episodes.detail[0]


def test_an_opponents_failure_is_a_win_and_not_the_agents(tmp_path, toy):
    run = arena.evaluate(
        "random", "toy/Turns-v0", opponents=[f"{toy}:Faulty?kind=begin"], episodes=4, workers=0, out=tmp_path
    )
    assert totals(run) == (4, 0, 0) and run.episodes.score.tolist() == [1.0] * 4
    assert set(run.episodes.cause) == {"agent_exception"} and set(run.episodes.at_fault) == {1}


def test_what_a_forfeit_costs_follows_the_payoff():
    def spec(payoff: Any, seats: int, **fields: Any) -> EnvSpec:
        return EnvSpec("toy/P-v0", "m:X", "games", interface="aec" if seats > 1 else "gymnasium", seats=seats,
                       payoff=payoff, **{"failure_score": -1.0, **fields})  # fmt: skip

    assert forfeit(spec("single", 1), [3.0], [0], 0) == [-1.0]
    assert forfeit(spec("single", 1), [-7.0], [0], 0) == [-7.0]  # it had already done worse
    assert forfeit(spec("single", 1, higher_is_better=False, failure_score=99.0), [3.0], [0], 0) == [99.0]
    assert forfeit(spec("zero-sum", 2), [0.0, 0.0], [0, 1], 1) == [1.0, -1.0]
    assert forfeit(spec("zero-sum", 3), [0.0] * 3, [0, 1, 2], 0) == [-1.0, 0.5, 0.5]
    assert forfeit(spec("cooperative", 2), [5.0, 5.0], [0, 1], 1) == [-1.0, -1.0]
    assert forfeit(spec("general-sum", 2), [5.0, 6.0], [0, 1], 1) == [5.0, -1.0]


# --- environments that fail -------------------------------------------------------------------------------------------


def test_an_environment_that_raises_is_tried_three_times_and_never_imputed(tmp_path):
    names = ("Reset", "Raise", "Nan", "Shape", "Exit", "Metric", "NoMetric", "NoMask", "WrongSeats")
    suite = Suite("broken", tuple(Task(f"toy/{name}-v0", 2) for name in names))
    run = arena.evaluate("random", suite, workers=0, out=tmp_path)
    assert totals(run) == (0, 0, 2 * len(names)) and run.is_complete and run.is_ended
    assert set(run.attempts.cause) == {"env_exception"} and run.episodes.score.isna().all()
    assert run.attempts.groupby("index").attempt.apply(list).tolist() == [[1, 2, 3]] * 2 * len(names)
    told = dict(zip(run.episodes.env_id, run.episodes.detail, strict=True))
    assert "no reset today" in told["toy/Reset-v0"] and "no step today" in told["toy/Raise-v0"]
    assert "an observation of shape (1,); its space says (3,)" in told["toy/Shape-v0"]
    assert "0 legal actions" in told["toy/NoMask-v0"] and "3 seats" in told["toy/WrongSeats-v0"]
    assert "is nan" in told["toy/Nan-v0"] and "SystemExit" in told["toy/Exit-v0"]


def test_an_environment_that_takes_its_worker_down_does_not_hurt_its_neighbours(tmp_path, toy):
    for fault, cause in (("segfault", "env_crash"), ("hang", "env_timeout")):
        name = f"toy/{fault.capitalize()}Some-v0"
        own = tags(name, 16)
        kwargs = {"fault": fault, "seeds": [own[1]]}
        arena.register(EnvSpec(name, f"{toy}:Counter", "games", kwargs=kwargs, failure_score=-1.0))
        run = arena.evaluate(f"{toy}:Good", name, episodes=16, workers=2, out=tmp_path, limits=QUICK)
        assert totals(run) == (15, 0, 1)
        assert run.attempts[run.attempts["index"] == 1].cause.tolist()[-1] == cause
        assert (run.attempts[run.attempts["index"] == 1].cause == cause).sum() == 3


def test_what_a_worker_leaves_in_the_folder_for_temporary_files_goes_with_it(tmp_path, toy, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    run = arena.evaluate(f"{toy}:Good", "toy/Litter-v0", episodes=2, workers=1, out=tmp_path)
    assert (run.episodes.cause == "completed").all()
    assert list(folder.iterdir()) == []


def test_a_view_that_raises_is_the_environments_fault_and_hurts_no_neighbour(tmp_path, monkeypatch):
    tag = np.array(tags("toy/Blind-v0", 16))
    fails = (tag % 2 == 0) | (tag % 4 == 1)
    alone = arena.evaluate("random", "toy/Blind-v0", episodes=16, workers=0, out=tmp_path / "alone")
    assert 0 < fails.sum() < 16 and totals(alone) == (16 - fails.sum(), 0, fails.sum())
    assert (alone.episodes.score.isna() == fails).all()
    monkeypatch.setattr(Stage, "_choose", lambda stage, lane: None)
    table = arena.evaluate("random", "toy/Blind-v0", episodes=16, workers=0, out=tmp_path / "table")
    assert content(alone) == content(table)


def test_a_fault_that_passes_is_forgotten(tmp_path, toy):
    kwargs = {"fault": "segfault", "once": str(tmp_path / "happened")}
    arena.register(EnvSpec("toy/Once-v0", f"{toy}:Counter", "games", kwargs=kwargs, failure_score=-1.0))
    run = arena.evaluate(f"{toy}:Good", "toy/Once-v0", episodes=8, workers=1, out=tmp_path)
    assert totals(run) == (8, 0, 0)
    assert run.attempts.cause.value_counts().to_dict() == {"completed": 8, "cancelled": 7, "env_crash": 1}


def test_what_cannot_be_played_is_told_and_nothing_is_scheduled(tmp_path):
    with pytest.raises(arena.errors.ArenaError, match=r"nothing to play .*needs no_such_module: pip install"):
        arena.evaluate("random", "toy/Absent-v0", workers=0, out=tmp_path)
    run = arena.evaluate(
        "oracle", Suite("s", (Task("toy/Counter-v0", 1), Task("text/Countdown-v0", 1))), workers=0, out=tmp_path
    )
    assert run.manifest["skipped"] == {"toy/Counter-v0": "oracle: it has no oracle view"} and run.n_scheduled == 1


def test_bad_numbers_of_workers_are_refused(tmp_path, good):
    with pytest.raises(arena.errors.ArenaError, match="--workers -1"):
        arena.evaluate("random", "toy/Counter-v0", workers=-1, out=tmp_path)
    with pytest.raises(arena.errors.ArenaError, match="--workers -1"):
        arena.verify(good.path, workers=-1)
    assert load_run(good.path).head == good.head


@given(st.integers(0, 500), st.integers(1, 64), st.integers(1, 5))
def test_jobs_hold_each_episode_once_and_none_more_than_a_processs_share(count, lanes, processes):
    entries = [Entry(k, str(k), k, k % lanes, (0,)) for k in range(count)]
    jobs = list(cut(entries, lanes, processes))
    assert [entry for job in jobs for entry in job] == entries
    assert all(len(job) <= min(4 * lanes, -(-count // processes)) for job in jobs)
