from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from rich.color import Color

import arena
from arena.cli import main
from arena.errors import ArenaError, UnknownNameError
from arena.loading import import_file
from arena.run import find_runs, load_run
from arena.suite import Suite, Task
from arena.watching import Film, Frame, film, median_episode, write_video
from arena.watching.board import find_board
from arena.watching.marking import mark_action
from arena.watching.screen import screen_page, screen_picture
from arena.watching.terminal import half_blocks
from arena.watching.transcript import transcript

import_file(Path(__file__).with_name("shown.py"))  # registers environments that can be seen

_RESULTS = Path(__file__).parents[2] / "results"
_SUITE = Suite("seen", (
    Task("shown/Light-v0", 5), Task("shown/Dark-v0", 1), Task("shown/Dusk-v0", 1), Task("toy/Long-v0", 1),
    Task("toy/Matching-v0", 1), Task("toy/Turns-v0", 2, ("random",)), Task("toy/Echo-v0", 1),
))  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return arena.evaluate("random", _SUITE, workers=0, out=tmp_path_factory.mktemp("runs"))


def filmed(run, env_id, **options) -> Film:
    return film(run, median_episode(run, env_id), **options)


# --- films ------------------------------------------------------------------------------------------------------------


def test_a_film_shows_each_step_what_was_done_there_and_what_was_paid(run):
    record = median_episode(run, "shown/Light-v0")
    seen = film(run, record)
    assert seen.kind == "video" and seen.digest_matches and seen.n_steps == 6
    assert [frame.step for frame in seen.frames] == list(range(7))
    assert [int(frame.image[0, 0, 0]) for frame in seen.frames] == [0, 10, 20, 30, 40, 50, 60]
    assert [frame.action == "on" for frame in seen.frames[:-1]] == [reward == 1.0 for reward in seen.rewards[:, 0]]
    assert [frame.reward for frame in seen.frames[1:]] == seen.rewards[:, 0].tolist()
    assert seen.frames[-1].action == "" and seen.frames[-1].seat is None and seen.frames[0].seat == 0
    assert sum(seen.rewards[:, 0]) == record.returns[0] == seen.scores[0]
    assert seen.seating == ("random",) and seen.seed == record.seed


def test_a_long_episode_is_thinned_evenly_and_no_reward_is_lost(run):
    told = []
    seen = filmed(run, "toy/Long-v0", frames=11, progress=lambda done, total: told.append((done, total)))
    assert [frame.step for frame in seen.frames] == list(range(0, 401, 40))
    assert seen.rewards.shape == (400, 1) and told[-1] == (400, 400)
    assert sum(frame.reward for frame in seen.frames) == pytest.approx(seen.rewards.sum())
    assert seen.kind == "text" and "float32 of shape (3,)" in seen.frames[0].text


def test_an_edited_record_is_shown_and_told(run):
    record = median_episode(run, "shown/Light-v0")
    seen = film(run, dataclasses.replace(record, seed=record.seed + 1))
    assert not seen.digest_matches and seen.level == "diverged" and len(seen.frames) == 7
    assert "not the recorded episode" in seen.verdict and "at step 0" in seen.verdict


def test_drawing_that_fails_is_told_and_the_next_best_is_shown(run):
    dark = filmed(run, "shown/Dark-v0")
    assert dark.kind == "html" and dark.digest_matches and "no graphics today" in dark.note
    assert dark.frames[3].text == "step <3>" and "&lt;3&gt;" in dark.frames[3].html
    dusk = filmed(run, "shown/Dusk-v0")
    assert dusk.kind == "video" and dusk.digest_matches and len(dusk.frames) == 6
    assert "step 6 cannot be drawn" in dusk.note


def test_seats_are_told_apart(run):
    together = filmed(run, "toy/Matching-v0")
    assert together.frames[0].seat is None and together.frames[0].action.startswith("first: ")
    assert "; second: " in together.frames[0].action and together.rewards.shape == (4, 2)
    assert together.frames[2].seat == 1  # the first has left
    turns = filmed(run, "toy/Turns-v0")
    assert [frame.seat for frame in turns.frames] == [0, 1, 0, 1, 0, 1, None]
    record = median_episode(run, "toy/Turns-v0")
    own = list(record.seating).index(0)
    assert turns.frames[-1].reward == record.scores[own] and turns.frames[0].reward == 0.0


def test_an_episode_that_its_agent_failed_is_shown_until_then(toy, tmp_path):
    run = arena.evaluate(f"{toy}:Faulty?kind=raise", "toy/Counter-v0", episodes=1, workers=0, out=tmp_path)
    seen = filmed(run, "toy/Counter-v0")
    assert seen.cause == "agent_exception" and seen.digest_matches and seen.n_steps == 1
    assert [frame.step for frame in seen.frames] == [0, 1] and seen.frames[1].action == ""


def test_text_is_shown_as_it_was_read_and_said(run):
    seen = filmed(run, "toy/Echo-v0")
    assert seen.kind == "text" and seen.frames[1].text == f"said{seen.frames[0].action}"


def test_the_median_episode(run):
    scores = {r.index: r.scores[0] for r in run.settled.values() if r.env_id == "shown/Light-v0"}
    assert median_episode(run, "shown/Light-v0").scores[0] == sorted(scores.values())[2]
    assert median_episode(run).env_id == "shown/Light-v0"
    with pytest.raises(UnknownNameError, match="did you mean 'shown/Light-v0'"):
        median_episode(run, "shown/Ligt-v0")


def test_an_environment_that_changed_is_not_shown_as_another(run, tmp_path):
    manifest = json.loads((run.path / "manifest.json").read_text())
    manifest["specs"]["shown/Light-v0"]["max_steps"] = 3
    changed = dataclasses.replace(run, manifest=manifest)
    with pytest.raises(ArenaError, match="definition here differs"):
        filmed(changed, "shown/Light-v0")


# --- the shipped results ----------------------------------------------------------------------------------------------

_KINDS = {
    "crafter/Reward-v0": "video",
    "nle/Score-v0": "html",
    "mujoco/InvertedPendulum-v5": "video",
    "minigrid/DoorKey-5x5-v0": "video",
    "mpe/SimpleSpread-v0": "video",
    "boardgames/ConnectFour-v0": "html",
    "text/Quest-v0": "text",
    "web/Shop-v0": "html",
}


@pytest.fixture(scope="module")
def shipped():
    runs = [load_run(path) for path in find_runs(_RESULTS) if path.name.startswith("random-quick")]
    assert runs, "the random agent's run of suite quick is shipped"
    return runs[0]


@pytest.mark.parametrize("env_id", _KINDS)
def test_looking_changes_nothing(shipped, env_id):
    seen = filmed(shipped, env_id, frames=5)
    assert seen.digest_matches, seen.verdict
    assert seen.kind == _KINDS[env_id] and seen.note == "" and 2 <= len(seen.frames) <= 5
    for frame in seen.frames:
        shown = {"video": frame.image, "html": frame.html, "text": frame.text}[seen.kind]
        assert shown is not None and len(shown)
    if seen.kind == "video":
        assert any((seen.frames[0].image != frame.image).any() for frame in seen.frames[1:])


@pytest.mark.parametrize(
    ("env_id", "words"),
    [
        ("minigrid/DoorKey-5x5-v0", {"turn left", "turn right", "go forward", "pick up", "drop", "toggle", "done"}),
        ("boardgames/ConnectFour-v0", set("0123456")),
    ],
)
def test_actions_have_the_words_of_the_text_view(shipped, env_id, words):
    actions = {frame.action for frame in filmed(shipped, env_id).frames[:-1]}
    assert len(actions) > 1 and actions <= words


def test_a_page_of_the_web_shows_what_was_typed_and_what_is_clicked(shipped):
    seen = filmed(shipped, "web/Shop-v0")
    for frame in seen.frames[:-1]:
        kind, _, rest = frame.action.partition(" ")
        if kind in ("click", "type", "select"):
            begins = f"{kind} {rest.split(' ')[0]}"
            assert f'data-action="{begins}" data-acted=""' in frame.html
        assert "<script" not in frame.html and 'href="/' not in frame.html
    typed = [(at, frame) for at, frame in enumerate(seen.frames[:-1]) if frame.action.startswith("type ")]
    assert typed
    at, frame = typed[0]
    word = frame.action.split('"')[1]
    assert f'value="{word}"' in seen.frames[at + 1].html or "Error:" in seen.frames[at + 1].html


# --- boards, screens, marks -------------------------------------------------------------------------------------------

_OTHELLO = """Black (x) to play:
  a b c d
1 - x - - 1
2 o x - - 2
3 - o x - 3
  a b c d"""
_HEX = "o o x .\n o x x .\n  x x . o\n   . o . x"
_ULTIMATE = "ox. .oo x..\n... ... ...\n... .x. ...\n\n... .x. ...\n... .x. .o.\n... .o. ..."
_DUNGEON = "  -----\n  |...|\n  |.@.|\n  -----\n\nAgent the Candidate"


def test_boards_are_found_and_nothing_else_is_taken_for_one():
    chess = find_board("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1")
    assert chess.is_chess and chess.rows[0] == list("rnbqkbnr") and chess.rows[4] == [""] * 8
    othello = find_board(_OTHELLO)
    assert othello.rows == [["", "x", "", ""], ["o", "x", "", ""], ["", "o", "x", ""]]
    assert othello.rest == "Black (x) to play:" and othello.has_discs
    shogi = find_board("l  n +P\n.  .  .\nP  .  K\n\nP*2")
    assert shogi.rows == [["l", "n", "+P"], ["", "", ""], ["P", "", "K"]] and not shogi.has_discs
    for other in (_HEX, _ULTIMATE, _DUNGEON, "", "plain words\nof three\nlines long"):
        assert find_board(other) is None


def test_a_screen_is_escaped_and_keeps_its_colours():
    page = screen_page("\x1b[31m<b>red</b>\x1b[0m & plain")
    assert "<b>" not in page and "&lt;b&gt;red" in page and "color:" in page and "\x1b" not in page
    assert screen_page(_OTHELLO).count("<circle") == 5


def test_text_is_drawn_and_what_is_too_long_is_cut():
    assert screen_picture(_OTHELLO).size == (160, 120)
    assert screen_picture("x" * 200 + "\n" * 100 + "y").size[1] == screen_picture("\n".join("x" * 48)).size[1]


def test_only_the_element_acted_on_is_marked():
    page = '<head></head><a data-action="click 1">a</a><input data-action="type 12"><a data-action="click 12">b</a>'
    assert mark_action(page, "click 12").count("data-acted=") == 1
    assert '"type 12" data-acted=""' in mark_action(page, 'type 12 "click 1"')
    assert "data-acted=" not in mark_action(page, "back")


def test_half_blocks_show_two_pixels_each():
    image = np.array([[[255, 0, 0]], [[0, 0, 255]]], np.uint8)
    text = half_blocks(image, columns=1, rows=1)
    assert text.plain == "▀\n"
    style = text.spans[0].style
    assert (style.color, style.bgcolor) == (Color.from_rgb(255, 0, 0), Color.from_rgb(0, 0, 255))
    assert half_blocks(np.zeros((400, 600, 3), np.uint8), 60, 30).plain.count("\n") == 20


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def short() -> Film:
    pictures = [np.full((5, 7, 3), 40 * k, np.uint8) for k in range(4)]
    frames = tuple(Frame(k, 0, "on", 0.0, image=picture) for k, picture in enumerate(pictures))
    return Film("video", frames, "shown/Light-v0", 1, ("me",), (0.0,), "completed", 3, np.zeros((3, 1)), "bits", "yes")


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "h264"), (".webm", "vp9")])
def test_a_video_plays_and_has_the_same_bytes_again(short, tmp_path, suffix, codec):
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_video(short, first, fps=4)
    write_video(short, second, fps=4)
    assert first.read_bytes() == second.read_bytes()
    reader = imageio_ffmpeg.read_frames(str(first), pix_fmt="rgb24")
    meta = next(reader)
    assert meta["size"] == (7 * 52, 5 * 52) and meta["fps"] == 4.0 and meta["codec"] == codec
    assert meta["pix_fmt"].startswith("yuv420p")
    means = [np.frombuffer(frame, np.uint8).mean() for frame in reader]
    assert means == pytest.approx([0, 40, 80, 120], abs=4)


def test_a_gif_holds_every_frame(short, tmp_path):
    write_video(short, tmp_path / "a.gif", fps=5)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 4 and image.size == (7 * 52, 5 * 52) and image.info["duration"] == 200
        image.seek(3)
        assert image.convert("RGB").getpixel((10, 10)) == (120, 120, 120)


def test_what_cannot_be_written_is_told(short, tmp_path):
    with pytest.raises(ArenaError, match=r"ends in \.mp4, \.webm, \.gif"):
        write_video(short, tmp_path / "a.avi")
    with pytest.raises(ArenaError, match="No such file or directory"):
        write_video(short, tmp_path / "absent" / "a.mp4")
    with pytest.raises(ArenaError, match="at most 120"):
        write_video(short, tmp_path / "a.gif", fps=0)


def test_a_transcript_names_seats_rewards_and_actions(run):
    told = list(transcript(filmed(run, "toy/Turns-v0")))
    assert "replayed to the bit" in told[0] and len(told) == 8
    assert "step 1 of 6, reward 0 > random (seat 1): " in told[2]


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_tells_writes_and_lists(run, tmp_path, capsys):
    path = str(run.path)
    assert main(["watch", path]) == 0
    out = capsys.readouterr().out
    assert "shown/Light-v0" in out and "--out FILE.mp4" in out
    assert main(["watch", path, "--env", "toy/Echo-v0"]) == 0
    assert "said" in capsys.readouterr().out
    assert main(["watch", path, "--episode", "2", "--out", str(tmp_path / "a.txt"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["episode"] == 2 and told["digest_matches"] and told["n_frames"] == 7
    assert (tmp_path / "a.txt").read_text().count("step ") == 7
    for env_id, part in (
        ("shown/Light-v0", "data:video/mp4;base64,"),
        ("shown/Dark-v0", "<iframe"),
        ("toy/Echo-v0", "<article>"),
    ):
        assert main(["watch", path, "--env", env_id, "--out", str(tmp_path / "a.html")]) == 0
        assert part in (tmp_path / "a.html").read_text()


def test_a_replay_that_differs_exits_with_one(run, tmp_path, capsys, monkeypatch):
    record = median_episode(run, "shown/Light-v0")
    monkeypatch.setattr(
        "arena.watching.filming.median_episode", lambda *_: dataclasses.replace(record, digest="0" * 64)
    )
    assert main(["watch", str(run.path)]) == 1
    assert "not the recorded episode" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--episode", "99"], "has no episode 99; it has 0 to 11"),
        (["--episode", "0", "--env", "toy/Echo-v0"], "is of shown/Light-v0"),
        (["--env", "toy/Ecko-v0"], "did you mean 'toy/Echo-v0'"),
        (["--out", "a.avi"], "expected a name that ends in"),
        (["--fps", "0"], "more than 0"),
        (["--frames", "1"], "at least 2"),
    ],
)
def test_bad_requests_are_told(run, capsys, more, said):
    assert main(["watch", str(run.path), *more]) == 1
    assert said in capsys.readouterr().err


def test_there_must_be_one_run(run, tmp_path, capsys):
    assert main(["watch", str(tmp_path)]) == 1
    assert "no run at or below" in capsys.readouterr().err
    for name in ("a", "b"):
        shutil.copytree(run.path, tmp_path / name)
    assert main(["watch", str(tmp_path)]) == 1
    assert "2 runs below" in capsys.readouterr().err
    (tmp_path / "a" / "rows.jsonl").write_text("{}\n")
    assert main(["watch", str(tmp_path / "a")]) == 1
    assert "line 1" in capsys.readouterr().err
