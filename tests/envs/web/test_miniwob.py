"""MiniWoB: tasks solved by scripts and refused nonsense in a real Chromium; what its views show and read."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import arena
from arena.envs.web.miniwob import TASKS
from arena.envs.web.miniwob.environment import describe
from arena.envs.web.miniwob.oracle import next_action
from arena.envs.web.miniwob.views import ArrayView, TextView, values_of
from arena.errors import UnparsableError
from arena.registry import missing

LACKING = missing(arena.find("miniwob/click-test-v0"))
in_chromium = pytest.mark.skipif(bool(LACKING), reason=LACKING)

BUTTON = {
    "ref": 3,
    "depth": 1,
    "tag": "button",
    "id": "subbtn",
    "classes": "",
    "text": "Submit",
    "box": [5, 141, 53, 20],
}
FIELD = {"ref": 2, "depth": 1, "tag": "input_text", "id": "tt", "classes": "", "value": "", "box": [5, 90, 128, 21]}


def solve(env, seed):
    """Plays an episode by the scripts; returns the rewards."""
    _, info = env.reset(seed=seed)
    rewards = []
    while True:
        _, reward, terminated, truncated, info = env.step(next_action(info["utterance"], info["elements"]))
        rewards.append(reward)
        if terminated or truncated:
            return rewards


def test_there_are_more_than_a_hundred_tasks():
    assert len(TASKS) == 129 and len({task.name for task in TASKS}) == 129


@in_chromium
@pytest.mark.parametrize("task", ["click-test", "click-dialog", "enter-text"])
def test_a_script_solves_the_task(task):
    env = arena.make(f"miniwob/{task}-v0")
    try:
        for seed in range(2):
            assert solve(env, seed)[-1] == 1.0  # the whole reward, whatever the time it took
    finally:
        env.close()


@in_chromium
def test_time_passes_only_by_steps_and_nonsense_costs_one():
    env = arena.make("miniwob/stock-market-v0")
    try:
        price = [line for line in env.reset(seed=1)[0].splitlines() if "stock-price" in line]
        time.sleep(0.3)  # three changes of the price, if the page's clock ran
        observation, *_ = env.step("click 999")
        assert "Error: there is no element 999 on this page." in observation
        assert [line for line in observation.splitlines() if "stock-price" in line] != price
        assert env.reset(seed=1)[0].count("Error") == 0
        assert "this is no action" in env.step("buy it")[0]
    finally:
        env.close()


@in_chromium
def test_two_pages_of_one_browser_do_not_meet():
    first, second = arena.make("miniwob/copy-paste-v0"), arena.make("miniwob/enter-text-v0")
    try:
        _, info = first.reset(seed=1)
        second.reset(seed=1)
        area = next(e for e in info["elements"] if e["tag"] == "textarea")
        for action in (f"click {area['ref']}", "key Control+a", "key Control+c"):
            first.step(action)
        second.step("click 4")
        _, _, _, _, other = second.step("key Control+v")
        assert next(e for e in other["elements"] if e["tag"] == "input_text")["value"] == ""
        target = next(e for e in info["elements"] if e["tag"] == "input_text")
        first.step(f"click {target['ref']}")
        _, _, _, _, info = first.step("key Control+v")
        assert next(e for e in info["elements"] if e["tag"] == "input_text")["value"] == area["value"] != ""
    finally:
        first.close()
        second.close()


@in_chromium
def test_the_picture_is_the_task():
    env = arena.make("miniwob/click-color-v0", render_mode="rgb_array")
    try:
        _, info = env.reset(seed=1)
        picture = env.render()
        assert picture.shape == (210, 160, 3) and picture.dtype == np.uint8
        box = next(e for e in info["elements"] if e["classes"] == "color")
        left, top, width, height = box["box"]
        shown = tuple(picture[top + height // 2, left + width // 2].tolist())
        assert f"rgb{shown}" == box["color"]
    finally:
        env.close()


@in_chromium
def test_the_browser_ends_with_a_killed_process():
    code = (
        "import arena, time\n"
        "env = arena.make('miniwob/click-test-v0')\n"
        "env.reset(seed=1)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    mark = f"arena-test-{os.getpid()}-{time.monotonic_ns()}"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "MARK": mark})
    try:
        assert process.stdout.readline() == b"ready\n"
        assert len(_marked(mark)) > 3  # itself, the runtime's interpreter, Playwright's driver, Chromium
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + 20
    while (left := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


def _marked(mark):
    """Returns the processes that inherited a variable, zombies apart."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if mark.encode() in file.read():
                    found.append(pid)
        except OSError:
            continue  # it ended, or is not ours
    return found


class _Bare:
    """What a view needs of an environment it never asks anything."""

    observation_space = action_space = None


def test_an_element_is_a_line():
    assert describe(BUTTON) == '[3] button#subbtn "Submit" 5,141 53x20'
    ticked = {**FIELD, "tag": "input_checkbox", "checked": True, "color": "rgb(1, 2, 3)", "classes": "a b"}
    assert describe(ticked) == '[2] input_checkbox#tt.a.b value="" checked rgb(1,2,3) 5,90 128x21'


@pytest.mark.parametrize("answer", ["click 3", "Yes.\nclick 80 120", 'type 2 "a \\"b"', "drag 1 to 20 30", "wait"])
def test_the_text_view_reads_actions(answer):
    assert TextView(_Bare(), None).parse(answer) == answer.splitlines()[-1]


@pytest.mark.parametrize("answer", ["", "click", "click Submit", "press Enter", "click 3 or 4", "type 2 abc"])
def test_the_text_view_guesses_nothing(answer):
    with pytest.raises(UnparsableError):
        TextView(_Bare(), None).parse(answer)


def test_candidates_are_clicks_values_and_waiting():
    view = ArrayView(_Bare(), None)
    info = {
        "utterance": 'Enter "Ada" into the text field and press Submit.',
        "steps_left": 30,
        "elements": [FIELD, BUTTON],
    }
    rows, mask = view.observe("", None, info)
    assert mask.sum() == 4 and rows.min() >= -1.0 and rows.max() <= 1.0
    assert [view.parse(k) for k in range(4)] == ["click 2", 'type 2 "Ada"', "click 3", "wait"]
    with pytest.raises(UnparsableError):
        view.parse(4)


def test_values_to_type_are_what_the_task_names():
    assert values_of('Enter "x y" on 05/22/2018 at 7:16 AM') == ["x y", "05/22/2018", "7:16 AM"]
