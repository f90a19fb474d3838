import json
import shutil

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from arena.errors import ArenaError, RecordError
from arena.leaderboard.board import build_board
from arena.leaderboard.sources import load_runs
from arena.leaderboard.store import Store
from arena.leaderboard.store_schema import EPISODES, RUNS, STEPS, migrate
from arena.run import load_run


@pytest.fixture
def runs(record, spec, tmp_path):
    """Four runs of three agents on two tasks, one of them cut short."""
    specs = [spec("a/One-v0"), spec("b/Two-v0", domain="text")]
    random = np.random.default_rng(0)
    for k, (name, agent, written) in enumerate(
        [("x1", "x", None), ("x2", "x", None), ("y", "y", None), ("cut", "z", 30)]
    ):
        scores = {s.id: list(random.normal(0.2 * k, 0.1, 20)) for s in specs}
        record(name, agent, scores, specs, created=f"2025-01-0{k + 1}T00:00:00Z", written=written)
    return tmp_path / "runs"


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path}/board.db"
    store = Store(url, create=True)
    yield store
    store.close()


def fill(store, folders):
    return [store.index(folder.resolve()) for folder in folders]


def board_of(source):
    runs, left_out = load_runs([str(source)])
    return json.dumps(build_board(runs).to_json()), left_out


def verify(folder, level="replayed"):
    run = load_run(folder)
    run.add_finding({"head": run.head, "level": level})


def test_the_board_from_a_store_is_the_board_from_its_folders(runs, store):
    assert fill(store, sorted(runs.iterdir())) == ["added"] * 4
    assert board_of(store.url) == board_of(runs)
    assert fill(store, sorted(runs.iterdir())) == ["unchanged"] * 4


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_the_order_of_indexing_changes_no_byte(runs, tmp_path, shuffler, number):
    copy = runs / "copy-of-y"
    if not copy.exists():
        shutil.copytree(runs / "y", copy)
        verify(copy)
    folders = sorted(runs.iterdir()) * 2
    shuffler.shuffle(folders)
    store = Store(f"sqlite:///{tmp_path}/{number}.db", create=True)
    fill(store, folders)
    assert board_of(store.url) == board_of(runs)
    store.close()


def test_a_run_that_went_on_replaces_what_was_indexed_of_it(runs, store, record, spec):
    fill(store, [runs / "cut"])
    specs = [spec("a/One-v0"), spec("b/Two-v0", domain="text")]
    before = shutil.copytree(runs / "cut", runs / "copy")
    scores = {s.id: [0.5] * 20 for s in specs}
    record("cut", "z", scores, specs, created="2025-01-04T00:00:00Z")
    assert fill(store, [runs / "cut", before, runs / "cut"]) == ["updated", "superseded", "unchanged"]
    (run,) = store.runs()
    assert len(run.records) == 40 and run.is_ended
    assert len(store.scores("b/Two-v0")) == 20


def test_a_new_verification_is_taken_in_without_reading_the_rows(runs, store, monkeypatch):
    fill(store, [runs / "y"])
    verify(runs / "y")
    monkeypatch.setattr("arena.leaderboard.store.load_run", None)
    assert fill(store, [runs / "y"]) == ["updated"]
    (run,) = store.runs()
    assert run.level == "replayed" and run.findings[0]["level"] == "replayed"
    shutil.rmtree(runs / "y")  # the store needs the folder no more
    assert load_runs([store.url])[0][0].level == "replayed"


@pytest.mark.parametrize("damage", ["edit", "remove", "manifest"])
def test_a_broken_chain_is_refused_by_name_and_leaves_the_store_as_it_was(runs, store, damage):
    fill(store, [runs / "y"])
    rows = runs / "x1" / "rows.jsonl"
    lines = rows.read_text().splitlines(keepends=True)
    if damage == "edit":
        lines[3] = lines[3].replace('"attempt":1', '"attempt":2')
    elif damage == "remove":
        del lines[3]
    else:
        manifest = runs / "x1" / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"split":"dev"', '"split":"test"'))
    rows.write_text("".join(lines))
    with pytest.raises(RecordError, match=r"x1.*chain is broken"):
        store.index(runs / "x1")
    assert [run.manifest["agent"]["name"] for run in store.runs()] == ["y"]


def test_what_fails_half_way_leaves_nothing_behind(runs, store, monkeypatch):
    def fails(run):
        yield {"run_id": run.id, "position": 0}  # and lacks the rest

    fill(store, [runs / "y"])
    monkeypatch.setattr("arena.leaderboard.store._episode_lines", fails)
    with pytest.raises(ArenaError):
        store.index(runs / "x1")
    monkeypatch.undo()
    assert len(store.runs()) == 1 and store.index(runs / "x1") == "added"


def test_a_run_that_was_edited_in_the_store_is_found_out(runs, store):
    fill(store, [runs / "y"])
    with store._transaction(writes=True) as connection:
        (manifest,) = connection.execute(sql.select(RUNS.c.manifest)).scalars()
        connection.execute(RUNS.update().values(manifest=manifest + b" "))
    with pytest.raises(RecordError, match="chain is broken"):
        store.runs()


def test_scores_by_agent_are_those_of_the_records(runs, store):
    fill(store, sorted(runs.iterdir()))
    table = store.scores("a/One-v0")
    expected = load_run(runs / "x2").episodes.query("env_id == 'a/One-v0'")["score"].to_numpy()
    mine = table[table["run"] == load_run(runs / "x2").id]
    assert list(table.columns) == ["digest", "run", "seed", "score"] and len(table) == 80
    np.testing.assert_array_equal(mine["score"], expected)


def test_a_reader_does_not_wait_for_a_writer(runs, store):
    fill(store, [runs / "y"])
    with store._transaction(writes=True) as connection:
        connection.execute(EPISODES.delete())
        assert len(store.scores("a/One-v0")) == 20 and len(store.runs()) == 1


def test_a_store_of_the_first_schema_is_brought_to_the_newest(runs, tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    engine = sql.create_engine(url)
    with engine.begin() as connection:
        STEPS[0](connection)
        connection.exec_driver_sql("UPDATE arena_store SET version = 1")
    store = Store(url)
    fill(store, [runs / "y"])
    assert board_of(url) == board_of(runs / "y")
    indexes = {index["name"] for index in sql.inspect(engine).get_indexes("episodes")}
    assert indexes == {"scores_by_environment"}
    store.close()
    engine.dispose()


def test_a_store_of_a_newer_arena_is_refused(store):
    with store._transaction(writes=True) as connection:
        connection.exec_driver_sql("UPDATE arena_store SET version = 99")
    with pytest.raises(ArenaError, match=r"schema 99.*update Arena"):
        Store(store.url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///absent.db", "arena index --store sqlite:///absent.db"),
        ("nonsense://x", "not a store's URL"),
        ("sqlite://", "holds no store"),
    ],
)
def test_a_wrong_url_is_an_error_that_helps(url, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArenaError, match=words):
        Store(url)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_an_error(tmp_path):
    (tmp_path / "x.db").write_text("not a database, but long enough to be looked at " * 40)
    with pytest.raises(ArenaError, match="not a database"):
        Store(f"sqlite:///{tmp_path}/x.db", create=True)


def test_the_tables_can_be_made_in_postgresql():
    ddl = " ".join(str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in (RUNS, EPISODES))
    assert "BYTEA" in ddl and "DOUBLE PRECISION" in ddl


def test_migrating_a_new_store_twice_does_nothing(store):
    with store._transaction(writes=True) as connection:
        migrate(connection, create=True)
        assert connection.exec_driver_sql("SELECT version FROM arena_store").scalars().all() == [len(STEPS)]


def test_folders_and_stores_can_be_mixed_and_each_run_counts_once(runs, store):
    fill(store, [runs / "x1", runs / "y"])
    mixed, left_out = load_runs([str(runs), store.url, str(runs / "y")])
    assert [run.id for run in mixed] == [run.id for run in load_runs([str(runs)])[0]]
    assert left_out == []


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_an_export_reads_back_as_it_was(runs, tmp_path, suffix):
    from arena.leaderboard.export import episode_table, write_episodes

    found, _ = load_runs([str(runs)])
    path = tmp_path / f"episodes.{suffix}"
    assert write_episodes(found, path) == 20 * 2 * 3 + 30
    is_csv = suffix == "csv"
    back = pd.read_csv(path, keep_default_na=False) if is_csv else pd.DataFrame(json.loads(path.read_text()))
    table = episode_table(found)
    assert list(back.columns) == list(table.columns)
    np.testing.assert_array_equal(back["score"], table["score"])
    assert list(back["seed"]) == list(table["seed"]) and list(back["measurement"]) == list(table["measurement"])
    assert list(back["run"]) == list(table["run"]) and set(back["metrics"]) == {"{}"}


def test_an_export_says_what_it_cannot_write(runs, tmp_path, monkeypatch):
    from arena.leaderboard.export import write_episodes

    found, _ = load_runs([str(runs)])
    with pytest.raises(ArenaError, match=r"\.csv, \.json or \.parquet"):
        write_episodes(found, tmp_path / "x.xlsx")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ArenaError, match="pip install"):
        write_episodes(found, tmp_path / "x.parquet")
    with pytest.raises(ArenaError, match="cannot write"):
        write_episodes(found, tmp_path / "absent" / "x.csv")
