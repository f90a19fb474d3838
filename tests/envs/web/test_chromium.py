"""Our applications in a real Chromium: text, numbers and scores as without it; points, keys and other views."""

import numpy as np
import pytest

import arena
from arena.envs.web import chromium
from arena.errors import UnparsableError
from arena.registry import missing
from arena.views import make_view

LIVE = "web/Shop-chromium-v0"
LACKING = missing(arena.find(LIVE))
in_chromium = pytest.mark.skipif(bool(LACKING), reason=LACKING)


@in_chromium
@pytest.mark.parametrize("name", ["Shop", "Mail-medium", "MailCalendar"])
def test_the_oracle_sees_and_scores_the_same_as_without_chromium(name):
    specs = [arena.find(f"web/{name}-v0"), arena.find(f"web/{name}-chromium-v0")]
    envs = [arena.make(spec.id) for spec in specs]
    try:
        views = [make_view(spec, "oracle", env) for spec, env in zip(specs, envs, strict=True)]
        shown = [env.reset(seed=5) for env in envs]
        is_over = False
        while not is_over:
            assert shown[0][0] == shown[1][0]
            answers = [view.observe(seen[0], None, seen[-1])[0] for view, seen in zip(views, shown, strict=True)]
            assert answers[0] == answers[1]
            shown = [env.step(answers[0]) for env in envs]
            assert shown[0][1:] == shown[1][1:]
            is_over = shown[0][2] or shown[0][3]
        assert shown[1][1] == 1.0
    finally:
        for env in envs:
            env.close()


@pytest.fixture
def shop():
    env = arena.make(LIVE)
    env.reset(seed=3)
    yield env
    env.close()


def field(env, name):
    """Returns the number of the first textbox of a name."""
    elements = enumerate(env.unwrapped.browser.page.elements, start=1)
    return next(number for number, e in elements if e.kind == "textbox" and e.name == name)


@in_chromium
def test_typing_keys_and_enter_search_the_shop(shop):
    search = field(shop, "Search")
    assert 'value="blue"' in shop.step(f'type {search} "blue"')[0]
    assert 'value="blue ke"' in shop.step('keys " ke"')[0]
    shop.step("key Enter")
    assert shop.unwrapped.browser.path.startswith("/search?q=blue+ke")
    assert "Error" in shop.step("key Blue")[0]
    shop.step("back")
    assert shop.unwrapped.browser.path == "/"


@in_chromium
def test_a_point_is_clicked_where_the_element_is(shop):
    browser = shop.unwrapped.browser
    number = next(n for n, e in enumerate(browser.page.elements, start=1) if e.name.startswith("Basket"))
    spot = "n => { const box = document.querySelectorAll('a, button, input, select')[n].getBoundingClientRect(); "
    spot += "return [box.x + box.width / 2, box.y + box.height / 2]; }"
    x, y = browser._call(lambda page: page.evaluate(spot, number - 1))
    shop.step(f"click {int(x)} {int(y)}")
    assert browser.path == "/basket"
    assert "Error: the window is 640 x 480" in shop.step("click 700 10")[0]


@in_chromium
def test_views_show_tree_dom_and_pixels(shop):
    spec = arena.find(LIVE)
    observation, info = shop.reset(seed=3)
    number = field(shop, "Search")
    shop.step(f'type {number} "kettle"')
    tree = make_view(spec, "ax/v1", shop)
    told, _ = tree.observe(observation, None, info)
    assert f'[{number}] searchbox "Search": kettle' in told and told in tree.observation_space
    told, _ = make_view(spec, "dom/v1", shop).observe(observation, None, info)
    assert f'number="{number}"' in told and 'value="kettle"' in told and "<style" not in told
    image = make_view(spec, "image/v1", shop)
    pixels, _ = image.observe(observation, None, info)
    assert pixels in image.observation_space and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20
    assert image.parse("I look.\nclick 30 40") == "click 30 40"
    with pytest.raises(UnparsableError):
        image.parse("click the button")


def test_a_chromium_is_looked_for_and_its_absence_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv(chromium.VARIABLE, str(tmp_path / "none"))
    assert chromium.chromium_path() == ""
    needs = chromium.needs_chromium("playwright", get="pip install x")
    assert needs.files == ("$ARENA_CHROMIUM",) and "apt-get install chromium" in needs.get
    (tmp_path / "none").write_text("#!/bin/sh\n")
    (tmp_path / "none").chmod(0o755)
    assert chromium.chromium_path() == str(tmp_path / "none")
