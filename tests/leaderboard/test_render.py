import io
import re

import numpy as np
import pytest
from rich.console import Console

from arena.leaderboard.board import build_board
from arena.leaderboard.compare import compare_agents
from arena.leaderboard.render import render_board, render_comparison

NAMES = ("plain", "[bold]x[/bold]", "<script>alert(1)</script>", "a-name-that-goes-on-" * 4, "日本語")


def printed(show, thing, width):
    console = Console(file=io.StringIO(), width=width)
    show(thing, console)
    return console.file.getvalue()


@pytest.fixture
def runs(run, spec):
    specs = [spec("minigrid/DoorKey-5x5-v0"), spec("mujoco/Ant-v5", "robotics"), spec("shop/Buy-v0", "web")]
    random = np.random.default_rng(0)
    return [run(name, {s.id: random.random(40) + k / 5 for s in specs}, specs) for k, name in enumerate(NAMES)]


@pytest.mark.parametrize("width", [80, 120])
def test_every_name_is_shown_as_it_is_and_no_line_is_too_long(runs, width):
    text = printed(render_board, build_board(runs), width)
    for name in ("plain", "[bold]x[/bold]", "日本語"):
        assert name in text
    joined = "".join(text.split())
    assert "<script>alert(1)</script>" in joined
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


def test_a_board_shows_mean_interval_rank_and_domains(run, spec):
    task, other = spec("a/One-v0", score_range=(0.0, 1.0)), spec("b/Two-v0", "text")
    scores = {task.id: [0.0, 1.0] * 20, other.id: [0.25, 0.75] * 20}
    text = printed(render_board, build_board([run("agent", scores, [task, other])]), 80)
    row = next(line for line in text.splitlines() if "reported" in line)
    # standard error sqrt(0.5^2 + 0.25^2) / sqrt(40) / 2 = 0.0442
    assert row.split()[:4] == ["1", "agent", "0.50", "[0.41,"]
    assert row.split()[-4:] == ["0.50", "0.50", "–", "reported"]
    assert "0.50 [0.35, 0.65] w" in text and re.search(r"0\.50 \[0\.4[123], 0\.5[78]\] b", text)
    assert "Provisional: 2 of 2 tasks" in text


def test_a_board_without_references_and_with_nothing_ranked_still_prints(run, spec):
    task = spec("a/One-v0", random=None)
    assert "12,345 [" not in printed(render_board, build_board([run("x", {task.id: [12345.0]}, [task])]), 80)
    assert "12,345" in printed(render_board, build_board([run("x", {task.id: [12345.0]}, [task])]), 80)
    half = spec("a/Two-v0")
    text = printed(render_board, build_board([run("x", {half.id: [0.5]}, [half], episodes=3)]), 80)
    assert "Rank" in text and "Incomplete, not ranked" in text and "2 pending of 3 episodes" in text


@pytest.mark.parametrize("width", [80, 120])
def test_a_comparison_fits_and_says_the_verdict(runs, width):
    text = printed(render_comparison, compare_agents(runs[1], runs[2]), width)
    assert max(map(len, text.splitlines())) <= width
    assert "[bold]x[/bold]" in text and "minigrid/DoorKey-5x5-v0" in text
