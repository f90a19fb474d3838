from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import ArenaError
from arena.seeding import TEST_KEY_VARIABLE, TRAIN_SEEDS, RowRandom, episode_seeds, stream_key

_KEYS = st.integers(0, 2**64 - 1)


def splitmix64(seed: int, count: int) -> int:
    """The count-th output of SplitMix64 begun at `seed`, in plain integers (Steele, Lea, Flood 2014, figure 16)."""
    wrap = 2**64 - 1
    z = (seed + count * 0x9E3779B97F4A7C15) & wrap
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & wrap
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & wrap
    return z ^ (z >> 31)


def test_the_reference_generator_is_splitmix64():
    # published test vector: the first outputs for seed 1234567 (Rosetta Code, "Pseudo-random numbers/Splitmix64")
    assert [splitmix64(1234567, k) for k in (1, 2, 3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@given(st.lists(st.tuples(_KEYS, st.integers(0, 10**6)), min_size=1, max_size=5), st.integers(1, 4), st.integers(1, 4))
def test_rows_are_splitmix64_at_their_own_key_and_counter(rows, first, second):
    keys, steps = zip(*rows, strict=True)
    random = RowRandom(keys, steps)
    drawn = np.concatenate([random.uniform(first), random.uniform(second)], axis=1)
    expected = [
        [(splitmix64(key, (step << 24) + k) >> 11) * 2.0**-53 for k in range(1, first + second + 1)]
        for key, step in rows
    ]
    assert drawn.tolist() == expected


@given(st.lists(_KEYS, min_size=2, max_size=6, unique=True), st.integers(0, 1000))
def test_a_row_does_not_depend_on_its_neighbours(keys, step):
    together = RowRandom(keys, [step] * len(keys))
    numbers, normals = together.uniform(3), together.normal(2)
    for row, key in enumerate(keys):
        alone = RowRandom([key], [step])
        assert np.array_equal(alone.uniform(3)[0], numbers[row]) and np.array_equal(alone.normal(2)[0], normals[row])
        assert alone.generator(0).random() == together.generator(row).random()


def test_uniform_and_normal_numbers_have_their_moments():
    keys = [stream_key("moments", k) for k in range(2000)]
    u = RowRandom(keys, [3] * 2000).uniform(100)
    assert u.min() >= 0.0 and u.max() < 1.0
    assert abs(u.mean() - 0.5) < 5 * (1 / 12 / u.size) ** 0.5
    assert abs(u.var() - 1 / 12) < 0.001
    normal = RowRandom(keys, [3] * 2000).normal(100)
    assert abs(normal.mean()) < 5 / normal.size**0.5 and abs(normal.std() - 1.0) < 0.01
    assert np.isfinite(normal).all()
    neighbours = np.corrcoef(u[:-1, 0], u[1:, 0])[0, 1]
    assert abs(neighbours) < 0.1


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_longer_seed_list_begins_with_the_shorter_one(one, other):
    short, long = sorted((one, other))
    assert episode_seeds("toy/Counter-v0", long)[:short] == episode_seeds("toy/Counter-v0", short)


def test_dev_test_and_training_seeds_never_meet(monkeypatch):
    monkeypatch.setenv(TEST_KEY_VARIABLE, "secret")
    dev, test = episode_seeds("toy/Counter-v0", 5000), episode_seeds("toy/Counter-v0", 5000, "test")
    assert max(dev) < min(test) and max(test) < TRAIN_SEEDS and min(dev) >= 0
    assert len(set(dev)) > 4990 and len(set(test)) > 4990
    assert episode_seeds("toy/Other-v0", 20) != dev[:20]
    monkeypatch.setenv(TEST_KEY_VARIABLE, "another")
    assert episode_seeds("toy/Counter-v0", 5000, "test") != test


def test_test_seeds_need_the_key_and_splits_have_names(monkeypatch):
    monkeypatch.delenv(TEST_KEY_VARIABLE, raising=False)
    with pytest.raises(ArenaError, match=TEST_KEY_VARIABLE):
        episode_seeds("toy/Counter-v0", 1, "test")
    with pytest.raises(ArenaError, match="'dev' or 'test'"):
        episode_seeds("toy/Counter-v0", 1, "validation")


def test_stream_keys_tell_their_parts_apart():
    assert stream_key("a", "bc") != stream_key("ab", "c")
    assert 0 <= stream_key("a", 1) < 2**64


def test_a_row_generator_uses_every_bit_of_its_key():
    for key in (2**63 + 1, 2**64 - 1, 12345678901234567891):
        expected = np.random.Generator(np.random.Philox(key=np.array([key, 7 << 24], np.uint64)))
        assert RowRandom([key], [7]).generator(0).random() == expected.random()
    assert RowRandom([2**63], [0]).generator(0).random() != RowRandom([2**63 + 1], [0]).generator(0).random()
