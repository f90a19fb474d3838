"""WebShop: files in the released form, here of a few products made up, are read, searched, shown and paid for."""

import json
import re

import pytest

import arena
from arena.envs.web.webshop.catalogue import Goal, Product, load_catalogue
from arena.envs.web.webshop.reward import likeness, worth
from arena.envs.web.webshop.search import Index
from arena.errors import EnvError, UnavailableError, UnparsableError
from arena.views import make_view

SMALL = "webshop/WebShop-small-v0"
ASINS = ("B000000001", "B000000002", "B000000003")
FILES = ("items_shuffle_1000.json", "items_ins_v2_1000.json")


def _item(asin, name, category, pricing, options=None, query="kettles", description="", features=()):
    values = {key: [{"value": value, "image": None} for value in found] for key, found in (options or {}).items()}
    return {
        "asin": asin, "name": name, "query": query, "product_category": category, "pricing": pricing,
        "full_description": description, "small_description": list(features), "customization_options": values,
        "category": "kitchen", "images": ["none"],
    }  # fmt: skip


KETTLES, SHOES = "Home › Kitchen › Kettles", "Clothing › Men › Shoes"
ITEMS = [
    _item("B000000001", "Acme Electric Kettle", KETTLES, "$24.50",
          {"Color": ["Navy Blue", "black/white"], "Size": ["1 litre", "2 litre"]}, features=["Boils fast, BPA free"]),
    _item("B000000002", "Acme Stovetop Kettle", KETTLES, "$10.00$30.00", description="Made of stainless steel."),
    _item("B000000003", "Runner Shoes", SHOES, "", {"size": ["9", "10"]}, query="shoes"),
    _item("B000000001", "A duplicate", KETTLES, "$1.00"),
    _item("nan", "No number", KETTLES, "$1.00"),
    *[_item(f"C{number:09d}", f"Tea towel {number}", "Home › Linen", "$5.00", query="towels") for number in range(25)],
]  # fmt: skip
TOLD = {
    "B000000001": {"attributes": ["fast boiling", "bpa free"], "instruction": "i want a kettle that is bpa free",
                   "instruction_attributes": ["bpa free"]},
    "B000000002": {"attributes": ["stainless steel"], "instruction": None},
    "B000000003": {"attributes": ["rubber sole"], "instruction": "find shoes with a rubber sole",
                   "instruction_attributes": ["rubber sole"]},
}  # fmt: skip
HUMAN = {
    "B000000002": [
        {"instruction": "I need a steel kettle.", "instruction_attributes": ["stainless steel"],
         "instruction_options": []},
        {"instruction": "Nothing is asked.", "instruction_attributes": [], "instruction_options": []},
    ]
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ARENA_WEBSHOP", str(tmp_path))
    for name, data in (*zip(FILES, (ITEMS, TOLD), strict=True), ("items_human_ins.json", HUMAN)):
        (tmp_path / name).write_text(json.dumps(data))
    return tmp_path


@pytest.fixture
def products(folder):
    return load_catalogue(*FILES, "", "all").products


def test_without_the_files_the_way_to_get_them_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("ARENA_WEBSHOP", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"items_shuffle_1000.json.*setup.sh -d small"):
        arena.make(SMALL)


def test_products_are_read_as_released(products):
    assert len(products) == 28  # without the duplicate and the one without a number
    kettle, other, shoes = (products[asin] for asin in ASINS)
    assert kettle.options == {"color": ("navy blue", "black | white"), "size": ("1 litre", "2 litre")}
    assert (kettle.price, kettle.price_text) == (24.5, "$24.5")
    assert (other.price, other.price_text) == (20.0, "$10.0 to $30.0")
    assert (shoes.price, shoes.categories) == (100.0, ("Clothing", "Men", "Shoes"))


def test_machine_made_instructions_come_with_each_choice_of_options(folder):
    goals = load_catalogue(*FILES, "", "all").goals
    assert sorted(goal.instruction for goal in goals) == [
        "find shoes with a rubber sole with size: 10",
        "find shoes with a rubber sole with size: 9",
        "i want a kettle that is bpa free with color: black | white, and size: 1 litre",
        "i want a kettle that is bpa free with color: black | white, and size: 2 litre",
        "i want a kettle that is bpa free with color: navy blue, and size: 1 litre",
        "i want a kettle that is bpa free with color: navy blue, and size: 2 litre",
    ]
    assert {goal.asin: goal.weight for goal in goals} == {"B000000001": 1 / 4, "B000000003": 1 / 2}


def test_instructions_of_people_are_read_and_split(folder):
    (goal,) = load_catalogue(*FILES, "items_human_ins.json", "test").goals
    assert goal == Goal("B000000002", "I need a steel kettle", ("stainless steel",), ())
    with pytest.raises(EnvError, match="has no train instruction for the 28 products"):
        load_catalogue(*FILES, "items_human_ins.json", "train")


def test_search_ranks_rare_words_and_short_documents_first():
    index = Index(["kettle", "kettle and a long tail of words", "red kettle", "towel", "berries"])
    assert index.best("kettles", 10) == [0, 2, 1]
    assert index.best("red kettle", 1) == [2]
    assert index.best("berry", 10) == [4] and index.best("unknown", 10) == []


# Of the formula in section 3: r = kind * (attributes + options + price) / (wanted attributes + wanted options + 1).


def test_a_purchase_is_worth_the_share_of_what_was_asked_for(products):
    kettle, stovetop, shoes, towel = (
        products[f"{n}"] for n in ("B000000001", "B000000002", "B000000003", "C000000000")
    )
    goal = Goal(kettle.asin, "", ("fast boiling", "bpa free"), ("navy blue", "1 litre"))
    assert worth(kettle, ["navy blue", "1 litre"], goal, kettle, 30.0) == (1.0, 2, 2, True, 1.0)
    assert worth(kettle, ["navy blue"], goal, kettle, 20.0) == (1.0, 2, 1, False, 3 / 5)
    assert worth(kettle, [], goal, kettle, 30.0).total == 3 / 5
    assert worth(stovetop, [], goal, kettle, 30.0) == (1.0, 0, 0, True, 1 / 5)  # the same kind, nothing else
    assert worth(shoes, ["9"], goal, kettle, 30.0) == (0.0, 0, 0, False, 0.0)  # no word of the title
    assert worth(towel, [], goal, kettle, 30.0).kind == 0.0
    by_text = Goal(kettle.asin, "", ("boils fast",), ())
    assert worth(kettle, [], by_text, kettle, 10.0).total == 1 / 2  # a feature says it; too dear
    assert worth(stovetop, [], Goal("", "", ("stainless steel",), ()), kettle, 20.0).total == 1.0


def _named(title, query="a", categories=("x",)):
    return Product("", title, query, categories, "", (), 1.0, "", {}, ())


@pytest.mark.parametrize(
    ("bought", "kind"),
    [
        (_named("one"), 0.5),  # a tenth of the words
        (_named("one two three"), 1.0),  # more than a fifth
        (_named("one", query="b"), 1.0),  # found by the same words
        (_named("one", categories=("p", "q", "r")), 1.0),  # two categories
        (_named("eleven", query="b"), 0.0),
    ],
)
def test_the_kind_of_product_is_judged_by_title_search_and_categories(bought, kind):
    wanted = _named("one two three four five six seven eight nine ten", "b", ("q", "p"))
    assert worth(bought, (), Goal("", "", ("a",), ()), wanted, 2.0).kind == kind
    eleven = _named("one two three four five six seven eight nine ten twelve", "c")
    assert worth(_named("one", query="c"), (), Goal("", "", ("a",), ()), eleven, 2.0).kind == 0.1  # whatever else


def test_options_are_alike_by_their_words_and_colours(products):
    kettle = products["B000000001"]
    for wish, chosen, found in (
        ("navy blue", "blue", 1), ("dark red", "red | gold", 0), ("pack of 12", "12 pack of", 1), ("xl", "xx-large", 0),
    ):  # fmt: skip
        assert worth(kettle, [chosen], Goal("", "", ("a",), (wish,)), kettle, 1.0).options == found, wish


def test_likeness_is_that_of_thefuzz():
    for one, other, percent in (  # by thefuzz.fuzz.token_set_ratio of thefuzz 0.22.1
        ("essential oils", "essential oil", 96), ("1 litre", "2 litre", 86), ("powder snow", "cool powder snow", 100),
        ("x-large", "xx-large", 93), ("bpa free", "free of BPA", 100), ("gluten free", "sugar free", 57),
        ("women's wide", "men wide", 80), ("", "a", 0), ("red", "blue", 29),
    ):  # fmt: skip
        assert likeness(one, other) == percent, (one, other)


@pytest.fixture
def shop(folder):
    env = arena.make(SMALL)
    yield env
    env.close()


def _seed_of(env, asin):
    return next(s for s in range(200) if env.reset(seed=s) and env.unwrapped.goal.asin == asin)


def test_a_kettle_is_searched_for_configured_and_bought(shop):
    seed = _seed_of(shop, "B000000001")
    observation, info = shop.reset(seed=seed)
    assert info["can_search"] and info["clickables"] == [] and "search for products" in observation
    assert info["instruction"].endswith(" dollars") and "price lower than" in observation
    observation, _, _, _, info = shop.step("search[electric kettle]")
    assert "[B000000001]\nAcme Electric Kettle\n$24.5" in observation and "(Total results: 2)" in observation
    assert info["clickables"] == ["back to search", "b000000001", "b000000002"]
    assert shop.step("search[towel]")[0] == observation  # only on the search page
    observation, _, _, _, info = shop.step("click[B000000001]")
    assert "color: [navy blue] [black | white]" in observation and "[Description] [Features] [Reviews]" in observation
    assert "Boils fast" in shop.step("click[features]")[0] and "No reviews" not in shop.step("click[< Prev]")[0]
    assert shop.step("click[nonsense]")[1] == 0.0
    for option in shop.unwrapped.goal.options:
        observation, _, _, _, info = shop.step(f"click[{option}]")
    assert len(info["chosen"]) == 2 and "You have chosen color:" in observation
    _, reward, terminated, _, info = shop.step("click[Buy Now]")
    assert (reward, terminated, info["metrics"]) == (1.0, True, {"score": 1.0, "success": 1.0})


def test_results_are_shown_ten_at_a_time(shop):
    shop.reset(seed=0)
    first, _, _, _, info = shop.step("search[tea towel]")
    assert "[Next >]" in first and "[< Prev]" not in first and len(info["clickables"]) == 12
    for _ in range(2):
        last, _, _, _, info = shop.step("click[next >]")
    assert "Page 3 (Total results: 25)" in last and "next >" not in info["clickables"] and len(info["clickables"]) == 7
    assert shop.step("click[next >]")[0] == last
    shop.step("click[< prev]")
    assert shop.step("click[< prev]")[0] == first


def test_attributes_are_shown_where_that_is_asked_for(folder):
    env = arena.make(SMALL, show_attributes=True)
    env.reset(seed=0)
    env.step("search[shoes]")
    env.step("click[b000000003]")
    assert "rubber sole" in env.step("click[attributes]")[0]


def test_the_oracle_gets_everything_and_the_views_read_what_they_show(shop):
    spec = arena.find(SMALL)
    oracle, text, array = (make_view(spec, view, shop) for view in ("oracle", "text/v1", "array"))
    for seed in range(8):
        observation, info = shop.reset(seed=seed)
        terminated = False
        while not terminated:
            assert re.findall(r"\[(.+?)\]", observation.lower()) == info["clickables"]
            rows, mask = array.observe(observation, None, info)
            assert rows in array.observation_space and mask.any()
            answers = [array.parse(place) for place in range(int(mask.sum()))]
            assert all(text.parse(f"Let me think.\n{answer}") == answer for answer in answers)
            action = text.parse(oracle.observe(observation, None, info)[0])
            assert info["can_search"] or action in answers
            observation, reward, terminated, _, info = shop.step(action)
        assert reward == 1.0
    with pytest.raises(UnparsableError):
        text.parse("buy the kettle")
