"""The static site: what it holds, that it is safe and the same every time, and that it works in a real browser."""

import dataclasses
import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from arena.errors import ArenaError
from arena.evaluation import evaluate
from arena.leaderboard.intervals import Interval
from arena.leaderboard.numbers import limits, number
from arena.leaderboard.page import build
from arena.leaderboard.page.build import build_site
from arena.leaderboard.page.figures import Point, cost_front
from arena.leaderboard.page.names import file_names
from arena.leaderboard.page.site import normalised, site_of
from arena.leaderboard.page.suites import suite_page
from arena.run import load_run

EVIL = "<img src=x onerror=alert(1)>"
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"}


class Page(HTMLParser):
    """What a page refers to, its ids, and whether its elements are closed in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.refers, self.ids, self.handlers, self.text, self.open = path, [], set(), [], [], []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src", "poster"):
                self.refers.append(value)
            elif name == "id":
                assert value not in self.ids, f"{self.path}: id {value!r} twice"
                self.ids.add(value)
            elif name.startswith("on"):
                self.handlers.append((tag, name))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{self.path}: </{tag}> closes another element"

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Real runs: one agent alone, filmed as pictures, and one game against an opponent."""
    out = tmp_path_factory.mktemp("runs")
    for agent in ("random", "scripted"):
        evaluate(agent, "classic/CartPole-v1", episodes=4, workers=0, out=out, command=f"arena run --agents {agent}")
    evaluate("scripted", "boardgames/ConnectFour-v0", episodes=4, opponents=["random"], workers=0, out=out)
    return [load_run(path.parent) for path in sorted(out.rglob("manifest.json"))]


@pytest.fixture(scope="module")
def runs(recorded):
    from tests.leaderboard.conftest import make_run, make_spec

    tasks = [
        make_spec("a/One-v0", score_range=(0.0, 1.0), description="<b>bold</b>"),
        make_spec("b/Two-v0", "text", higher_is_better=True),
        make_spec("c/Three-v0", "web", random=None),
    ]
    good = {"a/One-v0": [0.0, 1.0, 1.0, 1.0] * 10, "b/Two-v0": [0.5, 0.7] * 20, "c/Three-v0": [3.0] * 40}
    weak = {"a/One-v0": [0.0, 0.0, 1.0, 0.0] * 10, "b/Two-v0": [0.1, 0.4] * 20, "c/Three-v0": [2.0] * 40}
    part = {"a/One-v0": [1.0] * 40}
    return [
        make_run(EVIL, good, tasks, run="1" * 16),
        make_run("../weak", weak, tasks, run="2" * 16),
        make_run("part", part, tasks, run="3" * 16, skipped={"b/Two-v0": "part: </script> unread"}),
        *recorded,
    ]


@pytest.fixture(scope="module")
def site(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp("site") / "page"
    build_site(runs, out, broken=["left out: <i>broken</i> record"])
    return out


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_kind_of_page_is_there(site):
    kinds = {path.relative_to(site).parts[0] for path in site.rglob("*.html")}
    assert kinds == {
        "index.html", "environments.html", "matches.html", "method.html",
        "suites", "compare", "agents", "environments", "episodes",
    }  # fmt: skip


def test_every_link_leads_somewhere_and_nothing_comes_from_a_network(site, pages):
    for path, page in pages.items():
        for link in page.refers:
            assert not link.startswith(("http:", "https:", "//", "javascript:")), (path, link)
            target, _, anchor = link.partition("#")
            if target.startswith("data:"):
                continue
            file = (path.parent / target).resolve() if target else path
            assert file.is_file() and site in file.parents, (path, link)
            assert not anchor or anchor in pages[file].ids, (path, link)
    style = (site / "assets" / "page.css").read_text()
    assert "http" not in style and "@import" not in style


def test_what_users_name_is_text_and_never_markup_or_a_path(site, pages):
    for path, page in pages.items():
        assert not page.handlers, (path, page.handlers)
        assert "<b>bold</b>" not in path.read_text() and "</script> unread" not in path.read_text()
    front = "".join(pages[site / "index.html"].text)
    assert EVIL in front and "part: </script> unread" in front and "left out: <i>broken</i> record" in front
    assert sorted(path.name for path in (site / "agents").iterdir()) == [
        "img-src-x-onerror-alert-1.html", "part.html", "random.html", "scripted.html", "weak.html",
    ]  # fmt: skip


def test_tables_and_controls_say_what_they_are_to_a_screen_reader(pages):
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert text.count("<table") == text.count("<caption>"), path
        assert text.count("<th ") == text.count("<th scope="), path
        assert text.count("<iframe ") == text.count('title="What there was') + text.count('title="A moment of'), path
        assert '<a class="skip" href="#main">' in text and '<main id="main">' in text and '<html lang="en">' in text


def test_figures_are_data_that_plotly_reads_and_have_words(site):
    text = (site / "compare" / "quick.html").read_text()
    assert text.count('role="img" aria-label="') == 2
    for part in text.split('<script type="application/json">')[1:]:
        data = json.loads(part.partition("</script>")[0])
        assert data["data"] and "height" in data["layout"]


def test_incomplete_rows_and_tasks_left_out_are_named_with_the_reason(site, pages):
    front = " ".join("".join(pages[site / "index.html"].text).split())
    assert "part is incomplete: b/Two-v0 skipped: part: </script> unread" in front
    assert "c/Three-v0 does not count in the suite score: no random score was measured." in front


def test_an_episode_is_replayed_and_one_that_cannot_be_says_why(site):
    cartpole = next((site / "episodes").glob("scripted-classic-CartPole*"))
    assert "replayed to the bit" in cartpole.read_text()
    (video,) = (site / "media").glob("scripted-classic-CartPole*.mp4")
    assert video.read_bytes()[4:8] == b"ftyp"
    board = next((site / "episodes").glob("scripted-boardgames*")).read_text()
    assert "<iframe sandbox " in board and "default-src &#39;none&#39;" in board
    (lost,) = (site / "episodes").glob("part-a-One-v0-*")
    assert "cannot be replayed here: no run at" in lost.read_text()


def test_same_records_in_any_order_give_the_same_bytes(runs, site, tmp_path):
    build_site(runs[::-1], tmp_path / "again", broken=["left out: <i>broken</i> record"])
    first = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    second = {p.relative_to(tmp_path / "again"): p.read_bytes() for p in (tmp_path / "again").rglob("*") if p.is_file()}
    assert first.keys() == second.keys()
    assert [str(name) for name in first if first[name] != second[name]] == []


def test_odd_records_still_give_pages(run, spec, tmp_path):
    tasks = [spec("a/One-v0"), spec("b/Two-v0", random=None)]
    odd = [
        run("once", {"a/One-v0": [0.5], "b/Two-v0": [1.0]}, tasks),
        run("same", {"a/One-v0": [0.5] * 30, "b/Two-v0": [1.0] * 30}, tasks, suite="other"),
        run("nan", {"a/One-v0": [float("nan")] * 5, "b/Two-v0": [float("inf")] * 5}, tasks),
        run("twice", {"a/One-v0": [0.1] * 3}, tasks, digest="a" * 64),
        run("twice", {"a/One-v0": [0.2] * 3}, tasks, digest="b" * 64),
        run("failed", {"a/One-v0": [0.0] * 3}, tasks, causes={"a/One-v0": ["env_crash"] * 3}),
    ]
    build_site(odd, tmp_path / "site")
    front = " ".join("".join(Page(tmp_path / "site" / "index.html").text).split())
    assert "twice@aaaaaaaa" in front and "twice@bbbbbbbb" in front and "3 infra of 3 episodes" in front
    assert "nan is left out: 10 measured scores are not finite numbers" in front


def test_a_site_of_games_alone_begins_with_them(recorded, tmp_path):
    games = [one for one in recorded if one.manifest["opponents"]]
    suite = {**games[0].manifest["suite"], "name": "match/boardgames/ConnectFour-v0"}
    build_site([dataclasses.replace(games[0], manifest={**games[0].manifest, "suite": suite})], tmp_path / "site")
    page = Page(tmp_path / "site" / "index.html")
    assert "Games against each other" in page.text
    assert all((tmp_path / "site" / link.partition("#")[0]).exists() for link in page.refers if link[:5] != "data:")


def test_a_folder_that_is_no_site_is_never_replaced(runs, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ArenaError, match="no site made by this command"):
        build_site(runs, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_file_names_are_safe_unique_and_not_to_be_taken_by_another_name():
    names = ["mujoco/Ant-v5", "mujoco-Ant-v5", "X", "x", "../..", "日本", "a" * 300, "solo"]
    names.append(file_names(names)["x"])  # somebody who is called like another's file
    found = file_names(names)
    assert found["solo"] == "solo"
    assert len({name.lower() for name in found.values()}) == len(names)
    assert all(name and set(name) <= set(map(chr, range(33, 127))) - set('/\\:*?"<>|') for name in found.values())
    assert max(map(len, found.values())) < 100 and not any(name.startswith(".") for name in found.values())


def test_the_front_holds_whom_nobody_beats_in_score_and_cost():
    points = [Point(name, cost, Interval(score, score, score, "t")) for name, cost, score in (
        ("cheap", 1.0, 0.2), ("worse", 2.0, 0.1), ("good", 3.0, 0.8), ("dear", 9.0, 0.8),
    )]  # fmt: skip
    figure = cost_front(points, "seconds")
    line, dots = json.loads(figure.data)["data"]
    assert line["x"] == [1.0, 3.0] and line["y"] == [0.2, 0.8]
    assert dots["x"] == [1.0, 2.0, 3.0, 9.0]
    assert figure.words.endswith("nobody is better and cheaper than cheap, good.")


def test_normalised_intervals_keep_their_order_where_lower_is_better(run, spec):
    task = spec("a/One-v0", higher_is_better=False, random=dataclasses.replace(spec("a/One-v0").random, value=10.0))
    made = run("x", {task.id: [4.0, 6.0] * 20}, [task])
    site = site_of([made], None, ())
    (table,) = site.suites[0].environments
    shown = normalised(table.rows[0], table)
    assert shown.value == pytest.approx((5 - 10) / (1 - 10))
    assert shown.low < shown.value < shown.high


def test_numbers_are_written_alike_everywhere():
    assert [number(x, 2) for x in (1234.5, -0.001, -2.0)] == ["1,234.50", "0.00", "-2.00"]
    assert limits([Interval(0.5, -0.23, 1.31, "t"), Interval(0.5, float("-inf"), float("inf"), "single")]) == (
        -0.3,
        1.4,
    )


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'arena-bench[dev]'")
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    if not any(found):
        pytest.skip("no Chromium found: apt-get install chromium")
    with api.sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=next(filter(None, found)), args=["--no-sandbox"])


@pytest.fixture
def visit(browser, site):
    """Opens a page; at the end there must have been no error and no request but for files."""
    contexts, wrong = [], []

    def open_(path, root=site, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.on("request", lambda r: r.url.startswith(("file:", "data:", "about:", "blob:")) or wrong.append(r.url))
        page.goto((root / path).as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


def agents(page):
    return page.locator("#ranking tbody tr:not(.group):visible th").all_inner_texts()


def test_the_board_sorts_searches_filters_and_leads_on(visit):
    page = visit("index.html")
    assert agents(page) == [EVIL, "../weak", "part"]
    head = page.get_by_role("columnheader", name="Agent").first
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending" and agents(page)[:2] == ["../weak", EVIL]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending" and agents(page)[:2] == [EVIL, "../weak"]
    tools = page.locator(".tools[data-for=tasks-table]")
    tools.get_by_label("Domain").select_option("text")
    assert tools.locator("output").inner_text() == "2 of 7 rows"
    tools.get_by_label("Search").fill("WEAK two")
    page.get_by_text("1 of 7 rows").wait_for()
    page.locator("#tasks-table tbody tr:visible").get_by_role("link", name="../weak").click()
    assert page.get_by_role("heading", level=1).inner_text() == "../weak"


def test_figures_are_drawn_and_follow_the_theme(visit):
    page = visit("compare/quick.html", color_scheme="dark")
    page.locator(".plot .main-svg").first.wait_for()
    page.get_by_text("Performance profiles").scroll_into_view_if_needed()
    page.locator(".plot .scatterlayer .trace").first.wait_for()
    assert page.locator(".plot .heatmaplayer image").count() == 1
    ink = "getComputedStyle(document.querySelector('.plot .xtick text')).fill"
    back = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ink), page.evaluate(back)
    switch = page.get_by_role("button", name="Dark")
    assert switch.get_attribute("aria-pressed") == "true"
    switch.click()
    page.wait_for_function(f"{ink} !== '{dark[0]}'")
    assert switch.get_attribute("aria-pressed") == "false" and page.evaluate(back) != dark[1]


def test_any_two_agents_can_be_compared(visit):
    page = visit("compare/quick.html")
    shown = page.locator("section:visible h3")
    assert shown.all_inner_texts() == [f"A = {EVIL}, B = ../weak"]
    page.get_by_label("Agent A").select_option("part")
    assert shown.all_inner_texts() == ["A = ../weak, B = part"]
    page.get_by_label("Agent B").select_option("part")
    assert shown.count() == 0 and page.get_by_text("Choose two different agents.").is_visible()


def test_an_episode_plays_frame_by_frame(visit, site):
    board = next((site / "episodes").glob("scripted-boardgames*")).relative_to(site)
    page = visit(board)
    assert page.locator(".frame:visible").count() == 1
    page.get_by_label("Frame of the episode").fill("2")
    assert page.get_by_text("frame 3 of").is_visible() and page.get_by_text("step 2").is_visible()


def test_no_kind_of_page_is_wider_than_a_phone(visit, site):
    page = visit("index.html", viewport={"width": 360, "height": 740})
    one_of_each = {path.parent: path for path in sorted(site.rglob("*.html")) if path.parent != site}
    for path in [*sorted(site.glob("*.html")), *one_of_each.values()]:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_tables_are_whole_without_a_script(visit):
    page = visit("index.html", java_script_enabled=False)
    assert agents(page) == [EVIL, "../weak", "part"]
    assert page.locator("#tasks-table tbody tr").count() == 7


@pytest.mark.slow
def test_ten_thousand_rows_open_and_sort_without_a_wait(visit, runs, tmp_path):
    small = site_of(runs, None, ())
    board = small.suites[0]
    table = board.environments[0]
    rows = tuple(dataclasses.replace(table.rows[0], agent=f"agent-{k}", n=k) for k in range(10_000))
    big = dataclasses.replace(board, environments=(dataclasses.replace(table, rows=rows),))
    shutil.copytree(Path(build.__file__).parent / "assets", tmp_path / "assets")
    (tmp_path / "assets" / "plotly.min.js").write_text("")
    build._Writer(dataclasses.replace(small, files={}), tmp_path)(
        "suite.html", "index.html", title="big", **{**suite_page(small, big), "fronts": []}
    )
    page = visit("index.html", root=tmp_path)
    body = page.locator("#tasks-table tbody tr")
    assert body.count() == 10_000 and page.locator("#tasks-table tbody tr:not([hidden])").count() == 200
    click = "(b) => { const begin = performance.now(); b.click(); return performance.now() - begin; }"
    took = page.locator("#tasks-table thead button").nth(3).evaluate(click)
    assert body.first.locator("td").nth(2).inner_text() == "9999"
    assert took < 3000, "milliseconds; about 150 on an idle machine"
    page.locator(".tools[data-for=tasks-table] input").fill("agent-9999")
    page.get_by_text("1 of 10000 rows").wait_for()
