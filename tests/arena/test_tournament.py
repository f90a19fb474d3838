import itertools

import numpy as np
import pytest

from arena.registry import find
from arena.spec import EnvSpec
from arena.suite import schedule
from arena.tournament import FLOOR, anchor_pairs, informative_pairs, play, round_robin, suite_of

ENTRY = {"entry_point": "x:X", "domain": "games", "interface": "parallel"}
TWO = EnvSpec(id="toy/Two-v0", seats=2, payoff="zero-sum", **ENTRY)
FOUR = EnvSpec(id="toy/Four-v0", seats=4, payoff="general-sum", **ENTRY)
LANES = {"toy/Two-v0": 8}
TEAM = EnvSpec(id="toy/Team-v0", seats=2, payoff="cooperative", **ENTRY)


def test_everybody_meets_everybody_once_whatever_the_order():
    assert round_robin(["c", "a", "b"], TWO) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert round_robin(["b", "a"], TEAM) == [("a", "b"), ("a",), ("b",)]  # where it matters, also with themselves


def test_larger_tables_are_all_combinations():
    tables = [pairing for pairing in round_robin("abcde", FOUR) if len(pairing) > 1]
    assert tables == list(itertools.combinations("abcde", 4))


def test_a_pool_smaller_than_the_table_takes_turns_at_one_seat():
    assert round_robin("ba", FOUR) == [("a", "b"), ("b", "a"), ("a",), ("b",)]


def test_many_tables_are_chosen_so_that_all_sit_about_equally_often():
    tables = [pairing for pairing in round_robin([f"{i:02}" for i in range(20)], FOUR) if len(pairing) > 1]
    sat = [sum(f"{i:02}" in table for table in tables) for i in range(20)]
    assert len(tables) < 100 and min(sat) >= FLOOR and max(sat) - min(sat) <= 3


def test_a_pairing_plays_each_seed_from_every_seat():
    suite = suite_of("toy/Two-v0", ("a", "b"), 199, 2)
    assert suite.name == "match/toy/Two-v0" and suite.tasks[0].episodes == 200
    entries = schedule(suite, {"toy/Two-v0": TWO}, "dev", LANES, {"toy/Two-v0": ["x", "y"]})
    for first, second in zip(entries[::2], entries[1::2], strict=True):
        assert first.seed == second.seed and first.seating == second.seating[::-1] == (0, 1)


def test_self_play_is_on_the_seeds_of_the_others():
    alone = suite_of("toy/Two-v0", ("a",), 200, 2)
    both = suite_of("toy/Two-v0", ("a", "b"), 200, 2)
    seeds = [
        {entry.seed for entry in schedule(suite, {"toy/Two-v0": TEAM}, "dev", LANES, {"toy/Two-v0": digests})}
        for suite, digests in ((alone, ["x"]), (both, ["x", "y"]))
    ]
    assert seeds[0] == seeds[1] and len(seeds[0]) == 100


def test_a_large_pool_meets_its_anchors_first():
    pool = [f"a{i}" for i in range(40)] + ["random", "ppo"]
    pairs = anchor_pairs(pool)
    assert len(pairs) == len(set(pairs)) == 40 * 2 + 1
    assert all({"random", "ppo"} & set(pair) for pair in pairs)


def test_then_pairs_that_tell_most_each_agent_once_a_round():
    strengths, covariance = [0.0, 0.1, 3.0, 3.1], np.diag([1.0, 1.0, 1.0, 1.0])
    assert sorted(informative_pairs(strengths, covariance, np.zeros((4, 4)))) == [(0, 1), (2, 3)]  # close ones
    unsure = np.diag([0.01, 9.0, 9.0, 0.01])
    assert informative_pairs([0.0] * 4, unsure, np.zeros((4, 4)))[0] == (1, 2)  # uncertain ones
    met = np.zeros((4, 4), bool)
    met[0, 1] = met[1, 0] = True
    assert (0, 1) not in informative_pairs(strengths, covariance, met)


def test_rounds_end_when_everybody_has_the_floor():
    random, met = np.random.default_rng(0), np.zeros((40, 40), bool)
    for _ in range(100):
        pairs = informative_pairs(random.normal(size=40), np.eye(40), met)
        if not pairs:
            break
        for i, j in pairs:
            assert not met[i, j]
            met[i, j] = met[j, i] = True
    assert not pairs and met.sum(axis=1).min() >= FLOOR and met.sum() < 40 * 2 * FLOOR


def test_it_plays_parallel_tables_and_resumes(tmp_path):
    env_id = "boardgames/MatchingPennies3-v0"
    file = tmp_path / "players.py"
    file.write_text("def heads(seen, mask):\n    return 0\n\ndef tails(seen, mask):\n    return 1\n")
    agents = ["random", f"{file}:heads", f"{file}:tails"]
    seen = []
    pairings = round_robin(agents, find(env_id))
    runs = play(
        env_id, pairings, games=9, workers=0, out=tmp_path, progress=lambda done, total, _: seen.append((done, total))
    )
    assert [run.n_scheduled for run in runs] == [9, 3, 3, 3] and all(run.is_complete for run in runs)
    assert seen[-1] == (18, 18)
    assert sorted(map(tuple, runs[0].episodes.seating[:3])) == [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    again = play(env_id, pairings, games=9, workers=0, out=tmp_path)
    assert [run.head for run in again] == [run.head for run in runs]


@pytest.mark.parametrize("env_id", ["boardgames/RockPaperScissors-v0"])
def test_enough_ends_a_pairing_and_the_same_call_goes_on(tmp_path, env_id):
    file = tmp_path / "players.py"
    file.write_text("def rock(seen, mask):\n    return 0\n")
    pairing = [(f"{file}:rock", "random")]
    (short,) = play(env_id, pairing, games=20, workers=0, out=tmp_path, enough=lambda records: len(records) >= 6)
    assert len(short.records) == 6 and not short.is_complete and not short.is_ended
    (more,) = play(env_id, pairing, games=20, workers=0, out=tmp_path, enough=lambda records: len(records) >= 9)
    assert more.id == short.id and more.records[:6] == short.records and len(more.records) == 9
    (whole,) = play(env_id, pairing, games=20, workers=0, out=tmp_path, enough=lambda records: False)
    assert whole.id == short.id and whole.is_complete and whole.is_ended
