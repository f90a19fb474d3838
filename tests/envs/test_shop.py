"""Shop: pages, forms and orders through the agent's browser and over a socket; the check of an order; its views."""

import argparse
import dataclasses
import http.cookiejar
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import arena
from arena.envs.web.shop import serve_command
from arena.envs.web.shop_app.app import Shop
from arena.envs.web.shop_app.browser import Browser, BrowserError, read_page
from arena.envs.web.shop_app.environment import ShopBrowsing
from arena.envs.web.shop_app.views import ArrayView, OracleView, TextView
from arena.errors import UnparsableError

SEEDS = range(200)
ADDRESS = {"Full name": "Ada Berg", "Street and number": "12 Mill Lane", "Postcode": "04229", "City": "Leipzig"}


def _number(browser, name, kind=""):
    """Returns the number of the first element of a name (and kind) on the page."""
    elements = enumerate(browser.page.elements, start=1)
    return next(n for n, e in elements if e.name == name and kind in ("", e.kind))


class _Person:
    """Acts in an environment by the names of things; `last` is what the last step returned."""

    def __init__(self, env):
        self.env = env

    def click(self, name, kind=""):
        self.last = self.env.step(f"click {_number(self.env.browser, name, kind)}")

    def type(self, name, value):
        self.last = self.env.step(f'type {_number(self.env.browser, name)} "{value}"')

    def select(self, name, option):
        self.last = self.env.step(f'select {_number(self.env.browser, name)} "{option}"')

    def put_into_basket(self, product, size, quantity):
        name = self.env.shop.database.execute("SELECT name FROM product WHERE id = ?", (product,)).fetchone()["name"]
        self.click("Home")
        self.type("Search", name)
        self.click("Search", "button")
        self.click(name)
        self.select("Size", size)
        self.type("Quantity", str(quantity))
        self.click("Add to basket")

    def check_out(self, delivery, **changes):
        self.click("Check out")
        for name, value in {**ADDRESS, **changes}.items():
            self.type(name, value)
        self.select("Delivery", delivery)
        self.click("Place order")


@pytest.fixture
def env():
    """A shop whose task is known by hand: two blue glass lamps of a kind that is there, at most 100 EUR, express."""
    env = ShopBrowsing()
    env.reset(seed=0)
    product = env.shop.database.execute("SELECT * FROM product WHERE category = 'lamp' AND price < 4000").fetchone()
    env.task = dataclasses.replace(
        env.task,
        product=product["id"],
        category="lamp",
        colour=product["colour"],
        material=product["material"],
        size=product["sizes"].split("|")[0],
        budget=4000,
        quantity=2,
        delivery="express",
        name=ADDRESS["Full name"],
        street=ADDRESS["Street and number"],
        postcode=ADDRESS["Postcode"],
        city=ADDRESS["City"],
    )
    return env


def test_a_right_order_earns_one_and_ends_the_episode(env):
    person = _Person(env)
    person.put_into_basket(env.task.product, env.task.size, 2)
    assert person.last[1:4] == (0.0, False, False)
    person.check_out("express")
    observation, reward, terminated, _, info = person.last
    assert (reward, terminated) == (1.0, True)
    assert info["metrics"] == {"success": 1.0, "score": 1.0}
    assert "It goes to Ada Berg, 12 Mill Lane, 04229 Leipzig." in observation
    order = env.shop.database.execute("SELECT * FROM purchase").fetchone()
    line = env.shop.database.execute("SELECT * FROM purchase_line").fetchone()
    assert (order["name"], order["delivery"], line["product"], line["quantity"]) == (
        "Ada Berg",
        "express",
        env.task.product,
        2,
    )
    assert order["total"] == 2 * line["price"] + 995


# Twelve requirements: category, colour, material, budget, size, quantity, nothing else, delivery, address (4).
def test_each_requirement_that_is_not_met_costs_its_share(env):
    person = _Person(env)
    person.put_into_basket(env.task.product, env.task.size, 3)
    person.check_out("pickup", City="Graz")
    assert person.last[1] == pytest.approx(9 / 12)
    assert person.last[4]["metrics"] == {"success": 0.0, "score": pytest.approx(9 / 12)}


def test_a_wrong_product_costs_what_is_wrong_about_it(env):
    wrong = env.shop.database.execute(
        "SELECT * FROM product WHERE category = 'chair' AND colour = ? AND price > 4000", (env.task.colour,)
    ).fetchone()
    person = _Person(env)
    person.put_into_basket(wrong["id"], wrong["sizes"].split("|")[0], 2)
    person.check_out("express")
    missed = {"category", "budget", "size"} | ({"material"} if wrong["material"] != env.task.material else set())
    assert person.last[1] == pytest.approx((12 - len(missed)) / 12)


def test_something_else_in_the_order_costs_one_requirement(env):
    person = _Person(env)
    person.put_into_basket(env.task.product, env.task.size, 2)
    person.click("Home")
    person.click(env.browser.page.elements[8].name)
    person.click("Add to basket")
    person.check_out("express")
    assert person.last[1] == pytest.approx(11 / 12)


def test_another_product_that_fits_is_as_good(env):
    env.task = dataclasses.replace(env.task, material="", budget=0, size="", delivery="")
    other = env.shop.database.execute(
        "SELECT * FROM product WHERE category = 'lamp' AND colour = ? AND id != ?",
        (env.task.colour, env.task.product),
    ).fetchone()
    person = _Person(env)
    person.put_into_basket(other["id"], other["sizes"].split("|")[1], 2)
    person.check_out("pickup")
    assert person.last[1] == 1.0


def test_no_order_no_reward(env):
    person = _Person(env)
    person.put_into_basket(env.task.product, env.task.size, 2)
    person.last = env.step("stop")
    assert person.last[1:4] == (0.0, True, False)
    assert person.last[4]["metrics"] == {"success": 0.0, "score": 0.0}
    env.reset(seed=1)
    ends = [env.step("back")[1:4] for _ in range(40)]
    assert ends == [(0.0, False, False)] * 39 + [(0.0, False, True)]


def test_an_order_with_an_empty_field_is_refused_and_what_was_typed_stays(env):
    person = _Person(env)
    person.put_into_basket(env.task.product, env.task.size, 2)
    person.check_out("express", City="  ")
    observation, reward, terminated, *_ = person.last
    assert (reward, terminated) == (0.0, False)
    assert "City is missing." in observation and "Full name is missing." not in observation
    assert 'textbox "Full name" value="Ada Berg"' in observation
    assert 'select "Delivery" value="express"' in observation
    person.type("City", "Leipzig")
    person.click("Place order")
    assert person.last[1] == 1.0


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("click 99", "there is no element 99"),
        ("click 0", "there is no element 0"),
        ("click 3", "element 3 is a textbox"),
        ('type 1 "x"', "element 1 is a link"),
        ('select 5 "purple"', 'no option "purple"'),
        ("back", "no page to go back to"),
        ("buy it", "an action is click 12"),
        (TextView.default(None, None), "an action is click 12"),
        ('type 3 "a\nb"', "an action is click 12"),
        ('type 3 "a\tb"', "printable characters only"),
        (f'type 3 "{"x" * 101}"', "at most 100 characters"),
        ("", "an action is click 12"),
    ],
)
def test_what_makes_no_sense_is_an_error_on_the_page_and_costs_a_step(env, action, error):
    before = env.browser.text()
    observation, reward, terminated, truncated, info = env.step(action)
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert f"Error: {error}" in observation or error in observation
    assert env.browser.text() == before
    assert info["turns_left"] == 39
    assert observation in env.observation_space


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "\"'; DROP TABLE product; --", "100%_", "a&b<c>", "käse 雪", "{{ 7*7 }}", '"x"'],
)
def test_markup_and_sql_are_only_text(env, text):
    person = _Person(env)
    person.type("Search", text)
    person.click("Search", "button")
    browser = env.browser
    assert browser.value(_number(browser, "Search", "textbox")) == text
    assert {element.kind for element in browser.page.elements} <= {"link", "button", "textbox", "select"}
    assert "49" not in browser.path
    html, _ = browser._request("GET", browser.path, "")
    assert "<script" not in html
    person.put_into_basket(env.task.product, env.task.size, 2)
    person.check_out("express", City=text)
    assert person.last[0] in env.observation_space
    assert env.shop.database.execute("SELECT city FROM purchase").fetchone()["city"] == text
    assert env.shop.database.execute("SELECT count(*) FROM product").fetchone()[0] == 320
    assert person.last[1] == pytest.approx(11 / 12)


def _results(browser, **fields):
    browser.open("/search?" + urllib.parse.urlencode(fields))
    cards = re.findall(r'link "\w+ \w+ (\w+)" ([\d.]+) EUR, (\w+), (\w+), rated ([\d.]+)', browser.text())
    found = re.search(r"(\d+) products? found, page (\d+) of (\d+)", browser.text())
    return cards, tuple(map(int, found.groups()))


def test_search_filters_sorts_and_pages():
    browser = Browser(Shop(np.random.default_rng(0)))
    cards, (count, page, pages) = _results(browser, category="kettle", sort="lowest price")
    assert (count, page, pages, len(cards)) == (40, 1, 5, 8)
    assert {card[0] for card in cards} == {"kettle"}
    prices = [float(card[1]) for card in cards]
    browser.click(_number(browser, "Next page"))
    more = re.findall(r"([\d.]+) EUR, ", browser.text())
    assert prices == sorted(prices) and float(more[0]) >= prices[-1]
    browser.click(_number(browser, "Previous page"))
    assert "page 1 of 5" in browser.text()
    cards, _ = _results(browser, colour="blue", price="20")
    assert cards and all(card[2] == "blue" and float(card[1]) <= 20 for card in cards)
    cards, _ = _results(browser, q="Wool Blanket", sort="best match")
    assert cards[0][0] == "blanket" and cards[0][3] == "wool"
    assert _results(browser, q="zzzz")[1] == (0, 1, 1)
    browser.open("/search?price=cheap")
    assert "The highest price must be an amount" in browser.text()


def test_the_basket_can_be_changed(env):
    person = _Person(env)
    person.put_into_basket(env.task.product, env.task.size, 3)
    person.put_into_basket(env.task.product, env.task.size, 4)
    name = env.browser.page.elements[2].name
    assert env.browser.value(_number(env.browser, f"Quantity of {name}")) == "7"
    person.type(f"Quantity of {name}", "0")
    person.click("Update quantities")
    assert "Quantities must be whole numbers" in person.last[0]
    person.type(f"Quantity of {name}", "2")
    person.click("Update quantities")
    assert 'link "Basket (2)"' in person.last[0]
    person.click(f"Remove {name}")
    assert "Your basket is empty." in person.last[0]


def test_a_select_and_a_textbox_keep_what_was_put_in_until_the_page_changes(env):
    person = _Person(env)
    person.select("Colour", "blue")
    person.type("Search", "lamp")
    assert 'select "Colour" value="blue"' in person.last[0] and 'textbox "Search" value="lamp"' in person.last[0]
    person.click("Search", "button")
    assert env.browser.path == "/search?q=lamp&category=&colour=blue&price=&sort=best+match"
    person.last = env.step("back")
    assert env.browser.path == "/" and 'select "Colour" value="any"' in person.last[0]


def test_the_oracle_does_every_task():
    env = arena.make("web/Shop-v0")
    view = OracleView(env, None)
    for seed in SEEDS:
        observation, info = env.reset(seed=seed)
        total, done = 0.0, False
        while not done:
            answer, _ = view.observe(observation, None, info)
            observation, reward, terminated, truncated, info = env.step(view.parse(answer))
            assert "\nError: " not in observation
            total, done = total + reward, terminated or truncated
        assert total == 1.0 and info["metrics"]["success"] == 1.0, seed


def test_the_oracle_goes_on_from_wherever_random_play_has_led():
    for seed in range(30):
        env = ShopBrowsing()
        view, oracle, random = ArrayView(env, None), OracleView(env, None), np.random.default_rng(seed)
        observation, info = env.reset(seed=seed)
        for _ in range(60):  # longer than an episode: the limit is the spec's, the shop does not mind
            _, mask = view.observe(observation, None, info)
            action = view.parse(random.choice(np.flatnonzero(mask)))
            if action == f"click {_place_order(env)}":
                continue
            observation, *_, info = env.step(action)
        for _ in range(60):
            if env.shop.last_order:
                break
            observation, reward, *_, info = env.step(oracle.observe(observation, None, info)[0])
        assert reward == 1.0, seed


def _place_order(env):
    return next((n for n, e in enumerate(env.browser.page.elements, start=1) if e.name == "Place order"), 0)


def test_random_play_is_well_below():
    env = ShopBrowsing()
    view, random = ArrayView(env, None), np.random.default_rng(0)
    wins = 0
    for seed in range(100):
        observation, info = env.reset(seed=seed)
        done = False
        while not done:
            rows, mask = view.observe(observation, None, info)
            assert rows in view.observation_space and mask.any()
            observation, _, terminated, truncated, info = env.step(view.parse(random.choice(np.flatnonzero(mask))))
            assert "\nError: " not in observation and observation in env.observation_space
            done = terminated or truncated
        wins += info["metrics"]["success"]
    assert wins < 10


def test_the_parser_reads_the_last_line_and_never_guesses():
    view = TextView(ShopBrowsing(), None)
    for answer in ["click 12", 'type 7 "blue kettle"', 'select 8 "blue"', "back", "stop", 'type 3 "say "hi""']:
        assert view.parse(f"I think this is right.\n{answer}\n") == answer
    for answer in [
        "",
        "click",
        "click twelve",
        "type 7 blue",
        "Click 12",
        "click 12 please",
        "click 12\nDone.",
        "[12]",
    ]:
        with pytest.raises(UnparsableError):
            view.parse(answer)


def test_the_task_and_the_page_are_in_the_text():
    env = ShopBrowsing()
    view = TextView(env, None)
    observation, info = env.reset(seed=4)
    seen, _ = view.observe(observation, None, info)
    assert seen in view.observation_space
    assert env.task.instruction in seen and '[1] link "Home" [2] link "Basket (0)"' in seen
    assert all(value in env.task.instruction for name, value in info["values"].items() if name != "search")


def test_a_page_is_read_as_a_person_would():
    page = read_page(
        "<html><head><title>T</title><style>p {}</style></head><body><h1>Hello &amp; welcome</h1>"
        '<form action="/go" method="post">'
        '<p><label for="a">Age</label> <input id="a" name="a" value="3" inputmode="numeric" maxlength="2" /></p>'
        '<p><label for="s">Size</label> <select id="s" name="s"><option value="1">one</option>'
        '<option selected="selected">two</option></select> <button>Go</button></p></form>'
        '<ul><li><a href="/x">Link</a> 5 EUR</li></ul></body></html>'
    )
    age, size, button, link = page.elements
    assert (page.title, age.name, age.value, age.limit, age.is_numeric) == ("T", "Age", "3", 2, True)
    assert (size.name, size.value, size.options) == ("Size", "two", (("one", "1"), ("two", "two")))
    assert (button.kind, button.form, page.forms[0]) == ("button", 0, ("post", "/go"))
    assert (link.href, link.line) == ("/x", "Link 5 EUR")
    assert page.parts == ("# Hello & welcome\n", 0, "\n", 1, ' [3] button "Go"\n[4] link "Link" 5 EUR')


def test_nobody_sees_the_basket_or_the_order_of_another(env):
    person = _Person(env)
    person.put_into_basket(env.task.product, env.task.size, 2)
    other = Browser(env.shop)
    assert 'link "Basket (0)"' in other.text()
    person.check_out("express")
    other.open("/order/1")
    assert "This order cannot be found here." in other.text() and "Ada" not in other.text()
    other.open("/product/999")
    assert "This product cannot be found here." in other.text()
    with pytest.raises(BrowserError, match="no element 7"):
        other.click(7)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Says nothing."""


def test_the_same_shop_serves_an_ordinary_browser():
    shop = Shop(np.random.default_rng(0))
    with make_server("127.0.0.1", 0, validator(shop), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            base = f"http://127.0.0.1:{server.server_port}"
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
            )

            def ask(path, **form):
                data = urllib.parse.urlencode(form).encode() if form else None
                with opener.open(base + path, data, timeout=10) as answer:
                    return answer.geturl().removeprefix(base), answer.read().decode()

            _, home = ask("/")
            assert home.startswith("<!DOCTYPE html>") and '<label for="q">Search</label>' in home
            path, html = ask("/product/5")
            size = re.search(r"<option>([^<]+)</option>", html)[1]
            assert ask("/product/5", size=size, quantity="2")[0] == "/basket"
            path, html = ask("/checkout", name="Ada Berg", street="1 A", postcode="1", city="<b>", delivery="pickup")
            assert path == "/order/1" and "&lt;b&gt;" in html and "<b>" not in html
            with pytest.raises(urllib.error.HTTPError, match="404"):
                ask("/nowhere")
        finally:
            server.shutdown()
            thread.join()
    line = shop.database.execute("SELECT * FROM purchase_line").fetchone()
    assert (line["product"], line["size"], line["quantity"]) == (5, size, 2)


def test_the_agents_browser_speaks_plain_wsgi():
    browser = Browser(validator(Shop(np.random.default_rng(0))))
    browser.type(_number(browser, "Search", "textbox"), "lamp")
    browser.click(_number(browser, "Search", "button"))
    assert "40 products found" in browser.text()


def test_the_command_has_its_arguments():
    parser = argparse.ArgumentParser()
    run = serve_command(parser)
    arguments = parser.parse_args(["serve", "--port", "0", "--seed", "7"])
    assert callable(run)
    assert (arguments.host, arguments.port, arguments.seed) == ("127.0.0.1", 0, 7)


def test_gymnasium_accepts_it():
    check_env(ShopBrowsing(), skip_render_check=True)
