"""WebArena by address: tasks in the published form, judged as its authors do, on a small site served here."""

import io
import json
import re
import threading
from socketserver import ThreadingMixIn
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import gymnasium
import numpy as np
import pytest

import arena
from arena.envs.web.apps.forum import operations as forum
from arena.envs.web.apps.forum.pages import FORUM
from arena.envs.web.apps.site import Site
from arena.envs.web.chromium import needs_chromium
from arena.envs.web.webarena.benchmarks import BENCHMARKS
from arena.envs.web.webarena.judging import RULES, PageError, is_done, unjudgeable
from arena.envs.web.webarena.lookups import LOGIN, look_up, unknown_lookup
from arena.envs.web.webarena.tasks import read_tasks
from arena.envs.web.webarena.window import read_tree
from arena.errors import EnvError, UnavailableError, UnknownNameError, UnparsableError
from arena.registry import missing
from arena.views import make_view

WEB, VISUAL = RULES["webarena"], RULES["visualwebarena"]
BROWSER = arena.EnvSpec("webarena/Browser-v0", "none:none", "web", needs=needs_chromium("playwright", get="install"))
in_chromium = pytest.mark.skipif(bool(missing(BROWSER)), reason=missing(BROWSER))


class Paper:
    """A page that was written down: what scripts give by their text."""

    def __init__(self, address="http://site/", source="", found=None):
        self.address, self._source, self._found = address, source, found or {}

    def goto(self, address):
        self.address = address

    def source(self):
        return self._source

    def evaluate(self, script):
        found = next((told for part, told in self._found.items() if part in script), PageError("no such element"))
        if isinstance(found, Exception):
            raise found
        return found


def _answered(rules, answer, **wanted):
    return is_done({"eval_types": ["string_match"], "reference_answers": wanted}, rules, answer, Paper())


def test_answers_are_compared_as_webarena_does():
    assert _answered(WEB, ' "Sprite" ', exact_match="sprite") and not _answered(WEB, "Sprites", exact_match="Sprite")
    assert _answered(WEB, "It is the Overnight Duffle.", must_include=["overnight duffle"])
    assert not _answered(WEB, "Overnight", must_include=["Overnight", "Duffle"])
    assert not _answered(WEB, "there are 10", must_include=["0"])  # one digit, all that is wanted: a word
    assert _answered(WEB, "there are 0.", must_include=["0"])
    assert _answered(WEB, "10 and 5", must_include=["0", "5"]) and not _answered(WEB, "", exact_match="a")


def test_answers_are_compared_as_visualwebarena_does():
    assert _answered(VISUAL, "21 inches", must_include=["21"]) and not _answered(VISUAL, "210", must_include=["21"])
    assert _answered(VISUAL, "in grey", must_include=["gray |OR| grey"])
    assert not _answered(VISUAL, "blue and red", must_exclude=["red"])
    assert _answered(VISUAL, "a hundred reds", must_exclude=["red"], one_of=["hundred", "100"])
    assert _answered(VISUAL, "1,200", required_values=[">= 1000", "< 10 |OR| == 1200"])
    assert not _answered(VISUAL, "about 5", required_values=["> 1"]) and not _answered(
        VISUAL, "5", required_values=["> 5"]
    )


@pytest.mark.parametrize(
    ("rules", "wanted", "reached", "note", "is_there"),
    [
        (WEB, "http://s/shop?q=a&page=1", "http://s/shop/?page=1&q=a&sort=x", "GOLD in PRED", True),
        (WEB, "http://s/shop?q=a", "http://s/shop?q=b", "", False),
        (WEB, "http://s/a |OR| http://s/b", "http://s/b/more", "", True),
        (WEB, "http://s/shop?q=a |OR| http://s/shop?q=b", "http://s/shop?q=b", "", True),
        (WEB, "http://s/shop", "http://s/", "", False),
        (VISUAL, "http://s/item?id=4", "http://s/item?id=4", "EXACT", True),
        (VISUAL, "http://s/item?id=4", "http://s/item?id=42", "", False),
        (VISUAL, "http://s/item?id=4", "http://s/item?id=42", "GOLD in PRED", True),
    ],
)
def test_addresses_are_compared(rules, wanted, reached, note, is_there):
    check = {"eval_types": ["url_match"], "reference_url": wanted, **({"url_note": note} if note else {})}
    assert is_done(check, rules, "", Paper(reached)) == is_there


def _held(rules, page, locator, wanted, url="last", **more):
    target = {"url": url, "locator": locator, "required_contents": wanted, **more}
    check = {"eval_types": ["program_html"], "program_html": [target]}
    assert not unjudgeable(check, rules)
    return is_done(check, rules, "", page)


def test_contents_of_pages_are_compared():
    page = Paper(source="<p>Fish &amp; chips</p>", found={"innerText": "Fish", "count": 7, "empty": "", "0=0": True})
    assert _held(WEB, page, "", {"must_include": ["fish & chips"]})
    assert not _held(VISUAL, page, "", {"must_include": ["fish & chips"]})
    assert _held(WEB, page, "document.body.innerText", {"exact_match": "fish"})
    assert _held(WEB, page, "document.body.innerText", {"must_include": ["meat |OR| is"]})
    assert not _held(VISUAL, page, "document.body.innerText", {"must_include": ["meat |OR| is"]})
    assert not _held(WEB, page, "document.nothing", {"must_include": ["Fish"]})
    assert _held(VISUAL, page, "document.nothing", {"must_exclude": ["Fish"]})
    assert not _held(VISUAL, page, "lambda: () => missing", {"must_exclude": ["Fish"]})  # nothing is found
    assert not _held(VISUAL, page, "lambda: () => empty", {"must_exclude": ["Fish"]})
    assert _held(VISUAL, page, "lambda: () => count", {"required_values": [">= 7"]})
    assert _held(VISUAL, page, "[...document.all].map(() => 0=0)", {"exact_match": "True"})
    assert _held(WEB, page, "document.body.innerText", {"exact_match": "fish"}, prep_actions=["document.unknown()"])


def test_a_check_leads_to_the_page_it_names_and_all_checks_must_hold():
    page = Paper("http://s/f/books/12/title/-/comment/3", found={"innerText": "Fish"})
    check = {
        "eval_types": ["program_html", "url_match"],
        "reference_url": "http://s/f/books/12",
        "program_html": [
            {"url": "func:reddit_get_post_url('__last_url__')", "locator": "document.body.innerText",
             "required_contents": {"exact_match": "fish"}},
        ],
    }  # fmt: skip
    assert is_done(check, WEB, "", page) and page.address == "http://s/f/books/12/"
    assert not is_done({**check, "reference_url": "http://s/f/films"}, WEB, "", page)
    assert look_up("func:reddit_get_post_url('http://s/user/x')", page) == "http://s/user/x"


def test_what_only_a_model_could_judge_is_told():
    fuzzy = {"eval_types": ["string_match"], "reference_answers": {"fuzzy_match": "N/A"}}
    assert "language model" in unjudgeable(fuzzy, WEB)
    assert "describes pictures" in unjudgeable({"eval_types": ["page_image_query"]}, VISUAL)
    assert unjudgeable({"eval_types": ["dream"]}, WEB) == "check by dream"
    target = {"url": "last", "locator": "func:os.system('x')", "required_contents": {"exact_match": "a"}}
    assert "not known here" in unjudgeable({"eval_types": ["program_html"], "program_html": [target]}, WEB)
    target = {**target, "locator": "", "required_contents": {"fuzzy_match": "a"}}
    assert "language model" in unjudgeable({"eval_types": ["program_html"], "program_html": [target]}, VISUAL)
    noted = {"eval_types": ["url_match"], "url_note": "CLOSE", "reference_url": ""}
    assert "CLOSE" in unjudgeable(noted, WEB)


def test_a_tree_is_cut_to_the_window():
    snapshot = """- generic [active] [ref=e1] [box=8,-500,784,2384]:
  - navigation [ref=e2] [box=8,-400,784,18]:
    - link "Above" [ref=e3] [cursor=pointer] [box=8,-400,57,17]:
      - /url: /above
  - generic [ref=e4] [box=8,84,784,42]:
    - text: "Name: x"
    - textbox "Name" [ref=e5] [box=46,105,177,21]: v
    - combobox [ref=e6] [box=223,106,48,19]:
      - option "blue" [selected] [box=0,0,0,0]
  - paragraph [ref=e7] [box=8,900,784,18]: Below
  - iframe [ref=e8] [box=8,300,300,150]:
    - button "In frame" [ref=f1e2] [box=8,8,65,21]
    - button "Below the window" [ref=f1e3] [box=8,700,65,21]
  - generic [ref=e9] [cursor=pointer] [box=8,200,10,10]: press
  - paragraph [ref=e10] [box=8,220,10,10]: "[ref=e5] [cursor=pointer]"
  - 'link "It''s: \\"x\\" [ref=e5]" [ref=e11] [cursor=pointer] [box=8,240,10,10]': here"""
    assert [(line.depth, line.text, line.ref) for line in read_tree(snapshot, (800, 600))] == [
        (0, "generic:", ""), (1, "generic:", ""), (2, 'text: "Name: x"', ""), (2, 'textbox "Name": v', "e5"),
        (2, "combobox:", "e6"), (3, 'option "blue" [selected]', ""), (1, "iframe:", ""),
        (2, 'button "In frame"', "f1e2"), (1, "generic: press", "e9"),
        (1, 'paragraph: "[ref=e5] [cursor=pointer]"', ""), (1, 'link "It\'s: \\"x\\" [ref=e5]": here', "e11"),
    ]  # fmt: skip


# A site: our forum, and a few pages in the form of the benchmarks' own.

PAGES = {
    "/item": "<h1>Kayak</h1><p class='price'>$ 270.00</p><p class='desc'>A Blue kayak</p>",
    "/more": "<a href='/item' target='_blank'>Open the item</a> <button onclick=\"this.textContent = "
    "confirm('Really?') ? 'Gone' : 'Kept'\">Delete</button><div style='height: 3000px'></div><a href='/item'>End</a>",
    "/f/books/12/": "<div id='main'><b class='fg-inherit'>ann</b>" + "".join(
        f"<article class='comment'><div class='comment__main'><header><h1><span><b class='fg-inherit'>{user}</b>"
        f"<time datetime='2024-01-0{day}T00:00:00Z'></time></span></h1></header><p class='comment__content'>{text}</p>"
        f"</div>{inner}</article>"
        for user, day, text, inner in (
            ("bob", 1, "First", ""),
            ("cid", 2, "Second", "<article class='comment'><div class='comment__main'><header><h1><span><b class="
             "'fg-inherit'>bob</b><time datetime='2024-01-05T00:00:00Z'></time></span></h1></header>"
             "<p class='comment__content'>Third</p></div></article>"),
        )
    ) + "</div>",
    "/order": "<table id='my-orders-table'><tbody><tr><td class='col name'><strong>Tea</strong><dl><dt>Size</dt>"
    "<dd>Large</dd></dl></td><td class='col sku'> T1 </td><td class='col qty'>Ordered<br>12</td></tr></tbody></table>",
}  # fmt: skip
API = {
    "/rest/V1/orders": {"items": [{"increment_id": "000000188"}]},
    "/rest/V1/products/T1/reviews": [{"nickname": "old"}, {"nickname": "new", "ratings": [{"percent": 80}]}],
    "/rest/V1/products/T2/reviews": [],
    "/rest/V1/products/T1": {"custom_attributes": [{"attribute_code": "url_key", "value": "tea"}]},
}


def _picture():
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 0, 0)).save(data, "png")
    return data.getvalue()


class Hosted:
    """The forum and the pages, with their address; `asked` keeps what was posted to /index.php."""

    def __init__(self):
        self.forum = Site((FORUM,), np.random.default_rng(0))
        self.asked, self._lock = [], threading.Lock()
        self._server = make_server("127.0.0.1", 0, self._answer, _Server, _Quiet)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ, start_response):
        path = environ["PATH_INFO"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        with self._lock:
            if path.startswith("/forum/"):
                return self.forum(environ, start_response)
            posted = environ["wsgi.input"].read(length).decode() if environ["REQUEST_METHOD"] == "POST" else ""
        kind, body = "text/html", f"<title>{path[1:]}</title>{PAGES.get(path, '<p>Nothing</p>')}".encode()
        if path == "/who":
            body = f"<p id='who'>{environ.get('HTTP_COOKIE', 'nobody')}</p>".encode()
        elif path == "/picture.png":
            kind, body = "image/png", _picture()
        elif path == "/index.php":
            self.asked.append(parse_qs(posted))
        elif path.startswith("/rest/"):
            kind, body = "application/json", self._api(path, posted, environ)
        start_response("401 No" if body == b"no" else "200 OK", [("Content-Type", kind)])
        return [body]

    def _api(self, path, posted, environ):
        if path.endswith("/token"):
            return b'"key"' if json.loads(posted) == {"username": "admin", "password": "a:b"} else b"no"
        return json.dumps(API[path]).encode() if environ["HTTP_AUTHORIZATION"] == "Bearer key" else b"no"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@pytest.fixture
def site():
    hosted = Hosted()
    yield hosted
    hosted.close()


def _task(number, intent, check, start="__REDDIT__/forum/", **more):
    return {
        "task_id": number, "sites": ["reddit"], "start_url": start, "intent": intent, "require_login": True,
        "storage_state": None, "geolocation": None, "require_reset": False, "eval": check, **more,
    }  # fmt: skip


@pytest.fixture
def hosted(site, tmp_path, monkeypatch):
    """Six tasks on the forum, three of which cannot be played."""
    author = forum.find(site.forum.database)[0]["author"]
    listed = {"url": "__REDDIT__/forum/?author=", "locator": "document.querySelector('table').innerText",
              "required_contents": {"must_include": ["Flea market", "Gardens"]}}  # fmt: skip
    tasks = [
        _task(0, "Who wrote the newest post?",
              {"eval_types": ["string_match"], "reference_answers": {"must_include": [author]}}),
        _task(1, 'Show the posts of board "Pets"',
              {"eval_types": ["url_match"], "reference_url": "__REDDIT__/forum/?board=Pets",
               "url_note": "GOLD in PRED", "reference_answers": None}),
        _task(2, 'Post "Flea market" in Gardens, saying "Who comes?"',
              {"eval_types": ["program_html"], "program_html": [listed], "reference_answers": None},
              "__REDDIT__/forum/new"),
        _task(3, "Why?", {"eval_types": ["string_match"], "reference_answers": {"fuzzy_match": ["because"]}}),
        _task(4, "Merge it", {"eval_types": ["url_match"], "reference_url": "__GITLAB__/x"}, "__GITLAB__"),
        _task(5, "Why not?", {"eval_types": ["string_match"], "reference_answers": {"fuzzy_match": "N/A"}}),
    ]  # fmt: skip
    file = tmp_path / "config_files" / "test.raw.json"
    file.parent.mkdir()
    file.write_text(json.dumps(tasks))
    monkeypatch.setenv("ARENA_WEBARENA_TASKS", str(file))
    for name in BENCHMARKS["webarena"].sites:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REDDIT", f"{site.address}/")
    return site


def test_tasks_that_cannot_be_played_are_counted(hosted, monkeypatch):
    tasks, left_out = read_tasks(BENCHMARKS["webarena"])
    assert [task.name for task in tasks] == ["test/0", "test/1", "test/2"]
    assert tasks[1].check["reference_url"] == f"{hosted.address}/forum/?board=Pets"
    assert dict(left_out) == {
        "need a language model as judge (fuzzy_match)": 2,
        "need GITLAB (set each variable to the site's address)": 1,
    }
    monkeypatch.delenv("REDDIT")
    with pytest.raises(UnavailableError, match="no task that can be played here: 5 need REDDIT"):
        read_tasks(BENCHMARKS["webarena"])


def test_without_tasks_or_with_other_files_the_way_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("ARENA_WEBARENA_TASKS", raising=False)
    assert "test.raw.json of github.com/web-arena-x/webarena" in missing(arena.find("webarena/WebArena-v0"))
    with pytest.raises(UnavailableError, match="ARENA_WEBARENA_TASKS must name a task file"):
        read_tasks(BENCHMARKS["webarena"])
    (tmp_path / "a.json").write_text('[{"task_id": 1, "eval": {}}]')
    monkeypatch.setenv("ARENA_WEBARENA_TASKS", str(tmp_path))
    with pytest.raises(EnvError, match="a task without start_url, intent"):
        read_tasks(BENCHMARKS["webarena"])


def test_the_shops_api_is_asked_as_its_administrator(site, monkeypatch):
    monkeypatch.setenv("SHOPPING", site.address)
    monkeypatch.delenv(LOGIN, raising=False)
    assert LOGIN in unknown_lookup("func:shopping_get_latest_order_url()")
    monkeypatch.setenv(LOGIN, "admin:a:b")
    assert not unknown_lookup("func:shopping_get_latest_order_url()")
    for call, found in (
        ("latest_order_url()", f"{site.address}/sales/order/view/order_id/188/"),
        ("sku_latest_review_author('T1')", "new"), ("sku_latest_review_rating('T1')", "80"),
        ("sku_latest_review_author('T2')", ""), ("sku_product_page_url('T1')", f"{site.address}/tea.html"),
    ):  # fmt: skip
        assert look_up(f"func:shopping_get_{call}", Paper()) == found
    monkeypatch.setenv(LOGIN, "admin:wrong")
    with pytest.raises(EnvError, match="shop's API did not answer"):
        look_up("func:shopping_get_latest_order_url()", Paper())


# In the browser.


def _click(observation, line):
    return f"click {_number(observation, line)}"


def _number(observation, line):
    return re.search(rf"^ *\[(\d+)\] {line}", observation, re.MULTILINE)[1]


def _played(task, *actions, env_id="webarena/WebArena-v0"):
    """Plays actions, in which <line> stands for the number of an element; returns what the last step did."""
    env = arena.make(env_id, task=task)
    try:
        observation, _ = env.reset(seed=0)
        for action in actions:
            action = re.sub("<(.*?)>", lambda match, shown=observation: _number(shown, match[1]), action)
            observation, reward, terminated, truncated, info = env.step(action)
            assert "Error:" not in observation, observation
        assert (terminated or truncated) and info["metrics"] == {"success": reward}
        return reward
    finally:
        env.close()


@in_chromium
def test_a_scripted_agent_does_the_tasks_and_another_does_not(hosted):
    author = forum.find(hosted.forum.database)[0]["author"]
    assert _played("test/0", f'answer "It was {author}."') == 1.0
    assert _played("test/0", 'answer "It was nobody."') == 0.0
    assert _played("test/1", 'select <combobox "Board"> "Pets"', 'click <button "Show">', "stop") == 1.0
    names = 'type <textbox "Title"> "Flea market"', 'type <textbox "Text"> "Who comes?"'
    written = ('select <combobox "Board"> "Gardens"', *names)
    assert _played("test/2", *written, 'click <button "Post">', "stop") == 1.0


def _drawn(env, seed):
    """Returns the task that `reset` draws, without the browser."""
    tasks = env.unwrapped._tasks
    return tasks[int(gymnasium.utils.seeding.np_random(seed)[0].integers(len(tasks)))]


@in_chromium
def test_tasks_are_drawn_by_seed_and_the_last_turn_is_judged(hosted):
    spec = arena.find("webarena/WebArena-v0")
    env = arena.make(spec.id, steps=2)
    try:
        _, info = env.reset(seed=3)
        assert info["playable"] == 3 and sum(info["left_out"].values()) == 3
        seeds = {task.name: seed for seed in range(20) for task in [_drawn(env, seed)]}
        assert sorted(seeds) == ["test/0", "test/1", "test/2"]
        observation, info = env.reset(seed=seeds["test/1"])
        assert info["task"] == "test/1"
        assert env.step("click 999")[0].count("Error: there is no element 999") == 1
        observation, reward, terminated, truncated, info = env.step(f'goto "{hosted.address}/forum/?board=Pets"')
        assert (reward, terminated, truncated, info["turns_left"]) == (1.0, False, True, 0)
        text, array = (make_view(spec, view, env) for view in ("text/v1", "array"))
        assert text.observe(observation, None, info)[0] in text.observation_space
        assert text.parse('I see.\ngoto "http://x"') == 'goto "http://x"'
        rows, mask = array.observe(observation, None, info)
        assert rows in array.observation_space and mask.sum() > 5
        typed = [answer for answer in map(array.parse, range(int(mask.sum()))) if answer.startswith("type")]
        assert any(answer.endswith('"Pets"') for answer in typed)
        with pytest.raises(UnparsableError):
            text.parse("click the button")
    finally:
        env.close()
    with pytest.raises(UnknownNameError, match="did you mean 'test/2'"):
        arena.make(spec.id, task="test/22")


@in_chromium
def test_a_site_that_is_down_is_told(hosted, monkeypatch):
    monkeypatch.setenv("REDDIT", "http://127.0.0.1:9")
    with pytest.raises(EnvError, match=r"did not load .*is the site up"):
        arena.make("webarena/WebArena-v0", task="test/0").reset(seed=0)


@in_chromium
@pytest.mark.slow
def test_tabs_dialogs_scrolling_and_going_back(hosted):
    env = arena.make("webarena/WebArena-v0", task="test/0")
    try:
        env.reset(seed=0)
        shown = env.step(f'goto "{hosted.address}/more"')[0]
        assert "End" not in shown and "Tab 1 (in front): more" in shown
        shown = env.step(_click(shown, 'link "Open the item"'))[0]
        assert "Tab 2 (in front): item" in shown and "Kayak" in shown
        shown = env.step("tab 1")[0]
        shown = env.step(_click(shown, 'button "Delete"'))[0]
        assert "A dialog said, and was accepted: Really?" in shown and 'button "Gone"' in shown
        shown = env.step("scroll 4000")[0]
        assert 'link "End"' in shown and "Open the item" not in shown
        assert "Address: about:blank" in env.step("new tab")[0]
        assert "Tab 3" not in env.step("close tab")[0]
        assert "Address: " + hosted.address in env.step("close tab")[0]
        assert "/forum/" in env.step("back")[0] and "/more" in env.step("forward")[0]
        for wrong, told in (
            ('goto "file:///etc/hosts"', "http://"), ("key Nothing", "Unknown key"), ("tab 7", "no tab 7"),
            ("jump", "an action is"), ("click 1280 5", "is outside"),
        ):  # fmt: skip
            assert re.search(f"Error: .*{told}", env.step(wrong)[0]), wrong
    finally:
        env.close()


@pytest.fixture
def visual(site, tmp_path, monkeypatch):
    """Tasks of VisualWebArena: a login, pictures, lookups on pages, and a site that goes back to its first state."""
    looked = [
        ("/item", "func:get_query_text(__page__, '.price')", {"must_include": ["270.00"]}),
        ("/item", "func:get_query_text_lowercase(__page__, '.desc')", {"exact_match": "a blue kayak"}),
        ("/f/books/12/", "func:reddit_get_latest_comment_content_by_username(__page__, 'bob')",
         {"exact_match": "Third"}),
        ("/f/books/12/", "func:reddit_get_parent_comment_username_of_latest_comment_by_username(__page__, 'bob')",
         {"exact_match": "cid"}),
        ("/f/books/12/", "func:reddit_get_parent_comment_username_of_latest_comment_by_username(__page__, 'cid')",
         {"exact_match": "ann"}),
        ("/order", "func:shopping_get_order_product_quantity(__page__, 'T0 |OR| T1')", {"required_values": ["== 12"]}),
        ("/order", "func:shopping_get_order_product_option(__page__, 'T1', 'Size')", {"exact_match": "Large"}),
        ("/order", "func:shopping_get_product_price(__page__)", {"required_values": ["< 1"]}),
        ("/who", "lambda: () => document.querySelector('#who').innerText", {"must_include": ["user=me"]}),
    ]  # fmt: skip
    targets = [
        {"url": f"__CLASSIFIEDS__{path}", "locator": locator, "required_contents": wanted}
        for path, locator, wanted in looked
    ]
    check = {"eval_types": ["program_html"], "program_html": targets, "reference_answers": None}
    told = {
        "storage_state": "./.auth/state.json", "require_reset": True, "sites": ["classifieds"],
        "image": ["__CLASSIFIEDS__/picture.png", "input.png"],
    }  # fmt: skip
    tasks = [
        _task(7, "Look", check, "__CLASSIFIEDS__/item |AND| __CLASSIFIEDS__/more", **told),
        _task(8, "See", {"eval_types": ["page_image_query"], "reference_answers": None}, "__CLASSIFIEDS__"),
    ]
    folder = tmp_path / "config_files" / "vwa"
    folder.mkdir(parents=True)
    (folder / "test_classifieds.raw.json").write_text(json.dumps(tasks))
    (folder / "test_classifieds.json").write_text(json.dumps(tasks))  # as the benchmark makes it from the other
    (folder / "input.png").write_bytes(_picture())
    cookie = {"name": "user", "value": "me", "domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": False,
              "secure": False, "sameSite": "Lax"}  # fmt: skip
    (tmp_path / ".auth").mkdir()
    (tmp_path / ".auth" / "state.json").write_text(json.dumps({"cookies": [cookie], "origins": []}))
    monkeypatch.setenv("ARENA_VISUALWEBARENA_TASKS", str(folder))
    monkeypatch.setenv("CLASSIFIEDS", site.address)
    monkeypatch.setenv("CLASSIFIEDS_RESET_TOKEN", "again")
    return site


@in_chromium
def test_a_visual_task_has_its_login_pictures_tabs_and_lookups(visual, tmp_path):
    spec = arena.find("webarena/VisualWebArena-v0")
    env = arena.make(spec.id)
    try:
        observation, info = env.reset(seed=0)
        assert visual.asked == [{"token": ["again"]}]
        assert info["left_out"] == {"need a model that describes pictures as judge (page_image_query)": 1}
        assert "Tab 1 (in front): item" in observation and "Tab 2: more" in observation
        assert f"Pictures: {visual.address}/picture.png, input.png" in observation
        image = make_view(spec, "image/v1", env)
        pixels, _ = image.observe(observation, None, info)
        assert pixels in image.observation_space and pixels.shape == (120 + 256 + 2048, 1280, 3)
        assert pixels[130, 5].tolist() == pixels[130, 645].tolist() == [200, 0, 0]
        assert image.parse("click 80 120") == "click 80 120"
        assert env.step("stop")[1] == 1.0
    finally:
        env.close()
    (tmp_path / ".auth" / "state.json").unlink()
    env = arena.make(spec.id)
    with pytest.raises(EnvError, match=r"test_classifieds/7 needs ./.auth/state.json.*auto_login.py"):
        env.reset(seed=0)
