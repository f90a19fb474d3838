from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import arena
from arena.errors import RecordError
from arena.packing import pack, unpack
from arena.record import BLOBS, MANIFEST, ROWS, VERIFICATIONS, EpisodeRecord
from arena.recording import RunWriter
from arena.run import chain_end, load_run

_DTYPES = st.one_of(
    hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(), hnp.floating_dtypes(), hnp.boolean_dtypes(),
    hnp.complex_number_dtypes(),
)  # fmt: skip
_ARRAYS = hnp.arrays(_DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))


@given(st.dictionaries(st.text(max_size=5), _ARRAYS, max_size=4))
def test_packed_arrays_come_back(arrays):
    again = unpack(pack(arrays))
    assert list(again) == list(arrays)
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype and again[name].shape == array.shape
        assert again[name].tobytes() == array.tobytes()


@given(st.binary(max_size=60), st.integers(0, 200))
def test_bytes_that_are_no_pack_are_a_clear_error(junk, cut):
    whole = pack({"rewards": np.arange(20.0), "ticks": np.zeros((3, 2), np.uint8)})
    for data in (junk, whole[: min(cut, len(whole) - 1)]):
        with pytest.raises(RecordError, match="damaged"):
            unpack(data)


def test_two_hundred_long_robot_episodes_take_under_six_megabytes():
    # HalfCheetah-like: 1000 steps of six float32 actions from a clipped Gaussian policy, rewards, two bytes of digest
    random = np.random.default_rng(0)
    sizes = []
    for _ in range(10):
        actions = np.clip(random.normal(0.0, 0.6, (1000, 6)), -1, 1).astype(np.float32)
        rewards = random.normal(1.0, 2.0, (1000, 1)).astype(np.float32)
        ticks = random.integers(0, 256, (1001, 2)).astype(np.uint8)
        sizes.append(len(pack({"actions0": actions, "rewards": rewards, "ticks": ticks})))
    assert 20 * sum(sizes) < 6e6


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A finished run of ten episodes."""
    return arena.evaluate("random", "toy/Counter-v0", episodes=10, workers=0, out=tmp_path_factory.mktemp("runs")).path


@pytest.fixture
def folder(finished, tmp_path) -> Path:
    """A copy of it, to be damaged."""
    for name in (MANIFEST, ROWS, BLOBS):
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    return tmp_path


def manifest_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / MANIFEST).read_text())


def test_a_finished_run_reads_back(finished):
    run = load_run(finished)
    assert run.is_complete and run.is_ended and len(run.records) == 10
    assert run.episodes["index"].tolist() == list(range(10))
    assert sorted(run.episodes.score) == sorted(record.returns[0] for record in run.records)
    assert run.counts.loc["toy/Counter-v0"].to_dict() == {
        "n_ok": 10, "n_agent_fail": 0, "n_infra": 0, "n_pending": 0, "n_scheduled": 10,
    }  # fmt: skip
    for record in run.records:
        arrays = unpack(run.blob(record))
        assert len(arrays["actions0"]) == record.length == 5
        assert math.isclose(arrays["rewards"].sum(), record.returns[0], rel_tol=1e-5)


@pytest.mark.parametrize(
    "damage, told",
    [
        (lambda lines: [*lines[:3], lines[3].replace(b'"seed":', b'"seed":1'), *lines[4:]], "line 5: the chain is"),
        (lambda lines: [*lines[:3], *lines[4:]], "line 4: the chain is broken"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 1: the chain is broken"),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], "line 4: the chain is broken"),
        (lambda lines: [*lines[:3], b"not json", *lines[3:]], "line 4: not a row"),
        (lambda lines: [*lines[:3], b"\xff\xfe", *lines[3:]], "line 4: not a row"),
        (lambda lines: [*lines[:3], b"[]", *lines[3:]], "line 4: not a row"),
        (lambda lines: [*lines, lines[-1]], "line 12"),
        (lambda lines: [*lines[:-1], lines[-1].replace(b'"rows":10', b'"rows":11')], "line 11: expected an episode"),
    ],
)
def test_a_damaged_line_is_named(folder, damage, told):
    rows = folder / ROWS
    rows.write_bytes(b"".join(line + b"\n" for line in damage(rows.read_bytes().splitlines())))
    with pytest.raises(RecordError, match=told):
        load_run(folder)


def test_the_chains_end_is_read_from_the_last_whole_line(folder):
    assert chain_end(folder) == load_run(folder).head
    rows = folder / ROWS
    lines = rows.read_bytes().splitlines(keepends=True)
    rows.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])  # a kill within a row
    assert chain_end(folder) == load_run(folder).head
    rows.write_bytes(b"")
    assert chain_end(folder) == load_run(folder).head
    rows.write_bytes(b"nonsense\n")
    with pytest.raises(RecordError, match="last line is damaged"):
        chain_end(folder)


def test_an_edited_manifest_breaks_the_chain(folder):
    path = folder / MANIFEST
    path.write_text(path.read_text().replace('"name":"random"', '"name":"champion"'))
    with pytest.raises(RecordError, match="line 1: the chain is broken: this line, the one before or the manifest"):
        load_run(folder)


@pytest.mark.parametrize(
    "text, told",
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "schema None"),
        ('{"schema_version":1}', "schema 1; this Arena reads schema 2"),
        ('{"schema_version":2}', "lacks agent, run_id, schedule, specs, suite"),
    ],
)
def test_a_manifest_that_is_none_is_a_clear_error(folder, text, told):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(RecordError, match=told):
        load_run(folder)


def test_no_run_is_a_clear_error(tmp_path):
    with pytest.raises(RecordError, match="no run at"):
        load_run(tmp_path)


@pytest.mark.parametrize("cut", [1, 2, 50])
def test_a_line_cut_by_a_kill_is_dropped_and_the_run_goes_on(folder, cut):
    rows, whole = folder / ROWS, load_run(folder)
    rows.write_bytes(rows.read_bytes()[:-cut])
    (folder / BLOBS).open("ab").write(b"a blob whose row was never written")
    cut_short = load_run(folder)
    assert not cut_short.is_ended and cut_short.records == whole.records
    writer = RunWriter(folder, manifest_of(folder))
    writer.end(10)
    writer.close()
    assert load_run(folder).head == whole.head
    assert (folder / BLOBS).stat().st_size == sum(r.blob[1] for r in whole.records)


def test_blobs_that_were_cut_or_removed_are_a_clear_error(folder):
    (folder / BLOBS).write_bytes((folder / BLOBS).read_bytes()[:-1])
    run = load_run(folder)
    with pytest.raises(RecordError, match="missing or were edited"):
        run.blob(run.records[-1])
    with pytest.raises(RecordError, match="was cut"):
        RunWriter(folder, manifest_of(folder))
    (folder / BLOBS).unlink()
    with pytest.raises(RecordError, match="cannot be read"):
        run.blob(run.records[0])


def test_a_folder_of_another_run_is_refused(folder):
    with pytest.raises(RecordError, match="not another"):
        RunWriter(folder, {**manifest_of(folder), "run_id": "another"})


def test_two_processes_never_write_one_run(folder):
    first = RunWriter(folder, manifest_of(folder))
    code = f"from arena.recording import RunWriter; RunWriter(__import__('pathlib').Path({str(folder)!r}), {{}})"
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert second.returncode == 1 and "being written by another process" in second.stderr
    first.close()
    RunWriter(folder, manifest_of(folder)).close()


def test_a_refused_writer_leaves_no_lock(folder):
    for _ in range(2):
        with pytest.raises(RecordError, match="not another"):
            RunWriter(folder, {**manifest_of(folder), "run_id": "another"})


def test_an_unwritable_place_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot write a record"):
        arena.evaluate("random", "toy/Counter-v0", episodes=1, workers=0, out=tmp_path / "file")


def test_a_full_disk_is_told_and_what_was_written_goes_on(tmp_path):
    def play() -> arena.run.Run:
        return arena.evaluate("random", "toy/Counter-v0", episodes=30, workers=0, out=tmp_path)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (11_000, hard))
    try:
        with pytest.raises(RecordError, match=r"cannot write to .*; \d+ episodes are kept: make room and run"):
            play()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (folder,) = tmp_path.iterdir()
    kept = load_run(folder).records
    assert 1 < len(kept) < 30
    resumed = play()
    assert resumed.is_complete and resumed.is_ended and resumed.records[: len(kept)] == kept


def test_a_disk_too_full_for_the_manifest_leaves_nothing_behind(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        with pytest.raises(RecordError, match="cannot write to"):
            arena.evaluate("random", "toy/Counter-v0", episodes=3, workers=0, out=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert arena.evaluate("random", "toy/Counter-v0", episodes=3, workers=0, out=tmp_path).is_complete


def test_damaged_findings_are_a_clear_error(folder):
    (folder / VERIFICATIONS).write_text('{"head":')
    with pytest.raises(RecordError, match="verify again"):
        _ = load_run(folder).level


def test_a_finding_counts_only_for_the_record_it_was_made_of(folder):
    run = load_run(folder)
    run.add_finding({"head": run.head, "level": "replayed"})
    assert load_run(folder).level == "replayed"
    run.add_finding({"head": "another", "level": "reported"})
    assert load_run(folder).level == "replayed"


def test_missing_fields_of_a_row_are_named():
    with pytest.raises(RecordError, match="seating"):
        EpisodeRecord.from_json({"index": 0, "key": "", "env_id": "", "seed": 0, "lane": 0, "attempt": 1, "cause": ""})
