"""WebShop's pages as text: search, results, a product with its options, and what is told of it; buying ends it."""

from __future__ import annotations

import re
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from arena.envs.text.letters import LETTERS, spelled
from arena.envs.web.webshop.catalogue import Product, load_catalogue
from arena.envs.web.webshop.reward import Worth, worth

__all__ = ["COMMAND", "LONGEST", "WebShop"]

COMMAND = re.compile(r"(?P<search>search)\[(?P<words>[^\n]+)\]|click\[(?P<name>[^\n]+)\]")
LONGEST = 20_000  # characters of a page; what is told beyond is cut
RESULTS, PAGE = 50, 10  # products found, and on a page
_TABS = ("description", "features", "reviews", "attributes")
_STEPS = [10.0 * tens for tens in range(1, 100)]  # dollars, price limits that an instruction may name


class WebShop(gymnasium.Env[str, str]):
    """Find, configure and buy a product as an instruction says, among products of a real shop.

    Observation:
        Text: the instruction and the page in lines; what can be clicked stands in brackets. The search page; ten
        results a page, of fifty; a product with its options, title and price; its description, features and reviews.
        `info` holds `instruction`, `clickables`, `can_search`, `chosen` (options by name) and `metrics`.
    Action:
        Text: `search[words]` on the search page, else `click[name]` with a name that stands in brackets, in any case.
        Anything else changes nothing and costs a step.
    Reward:
        At `click[buy now]`, 0 to 1: the share of the goal's attributes, options and price limit that the product with
        the options chosen meets, times 1, 0.5, 0.1 or 0 for the kind of product (`reward.py`). 0 before.
    Episode end:
        Terminated when something is bought; truncated at the spec's limit.
    Start:
        An instruction drawn by the seed from its split, with a price limit drawn above the product's price.
    Score:
        Metric `score`, 0 to 1: the reward; `success` is 1 where it is 1. In the original and its whole catalogue people
        score 0.755, experts among them 0.821 (success 0.596), a rule that buys the first result 0.456.
    Versions:
        v0: first. A score belongs to the files that were used.
    Source:
        Yao et al. 2022, arXiv 2207.01206, https://github.com/princeton-nlp/WebShop. Differences: plain BM25 over words
        without plural s, where the original has Lucene's analyser (same k1, b and fields); a title's words count
        unless they are among thirty common ones, where it takes the nouns that spaCy finds; 36 colours of our own,
        where its list has about a hundred; of a price range the middle, where it draws one; the price limit is drawn
        anew in each episode; searching works on the search page only, as in the paper; no reviews are known, for none
        are released.
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(
        self,
        items: str,
        attributes: str,
        human: str,
        split: str,
        show_attributes: bool = False,
        render_mode: str | None = None,
    ) -> None:
        """Takes names of files and a split, as `load_catalogue`; with `show_attributes` products tell these, too."""
        self._catalogue = load_catalogue(items, attributes, human, split)
        self._listed = list(self._catalogue.products.values())  # as the search counts them
        weights = np.array([goal.weight for goal in self._catalogue.goals])
        self._chances = weights / weights.sum()
        self._tabs = _TABS if show_attributes else _TABS[:-1]
        self.render_mode = render_mode
        self.observation_space = spaces.Text(LONGEST, charset=LETTERS)
        self.action_space = spaces.Text(1000, charset=LETTERS)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.goal = self._catalogue.goals[int(self.np_random.choice(len(self._chances), p=self._chances))]
        self.wanted = self._catalogue.products[self.goal.asin]
        limits = [step for step in _STEPS if step > self.wanted.price][:4]
        self._limit = float("inf")
        self.instruction = self.goal.instruction
        if len(limits) > 1:
            self._limit = float(max(self.np_random.choice(limits, 2, replace=False)))
            self.instruction += f", and price lower than {self._limit:.2f} dollars"
        self._worth: Worth | None = None
        self._open_search()
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        match = COMMAND.fullmatch(action.strip())
        if match is not None and match["search"]:
            if self._page == "search":
                self._open_results(match["words"])
        elif match is not None and match["name"].lower() in self._clickables():
            self._click(match["name"].lower())
        reward = self._worth.total if self._worth else 0.0
        return self._text(), reward, self._worth is not None, False, self._info()

    def next_action(self) -> str:
        """Returns what someone who knows the product does next; finding it is left to the search for its title."""
        clickables = self._clickables()
        if self._page == "search":
            return f"search[{spelled(self.wanted.title).strip()}]"
        if self._product is None:
            finds = (self.goal.asin.lower(), "next >", "back to search")
            return f"click[{next(name for name in finds if name in clickables)}]"
        for option in map(spelled, self.goal.options):
            if option.lower() in clickables and option.lower() not in map(str.lower, self._chosen.values()):
                return f"click[{option}]"
        return "click[buy now]" if "buy now" in clickables else "click[< prev]"

    def render(self) -> Any:
        return self._text()

    def _open_search(self) -> None:
        self._page = "search"
        self._product: Product | None = None
        self._chosen: dict[str, str] = {}

    def _open_results(self, words: str) -> None:
        self._found = [self._listed[place] for place in self._catalogue.search.best(words, RESULTS)]
        self._number = 1
        self._show_results()

    def _show_results(self) -> None:
        self._page, self._product, self._chosen = "results", None, {}

    def _click(self, name: str) -> None:
        """Does what a name in brackets stands for; it is one of `_clickables`."""
        if name == "back to search":
            self._open_search()
        elif self._page == "results":
            if name in ("next >", "< prev"):
                self._number += 1 if name == "next >" else -1
            else:
                self._page, self._product = "item", next(p for p in self._found if p.asin.lower() == name)
        elif name == "< prev":
            if self._page == "item":
                self._show_results()
            else:
                self._page = "item"
        elif name in self._tabs:
            self._page = name
        elif name == "buy now" and self._product is not None:
            self._worth = worth(self._product, self._chosen.values(), self.goal, self.wanted, self._limit)
        else:
            option, value = self._values()[name]
            self._chosen[option] = value

    def _clickables(self) -> list[str]:
        """Returns what can be clicked, in lower case and in the page's order."""
        if self._page == "search":
            return []
        if self._page == "results":
            turns = [("< prev", self._number > 1), ("next >", self._number * PAGE < len(self._found))]
            names = [name for name, is_there in turns if is_there]
            return ["back to search", *names, *(product.asin.lower() for product in self._on_page())]
        if self._page == "item":
            return list(dict.fromkeys(["back to search", "< prev", *self._values(), *self._tabs, "buy now"]))
        return ["back to search", "< prev"]

    def _on_page(self) -> list[Product]:
        return self._found[(self._number - 1) * PAGE : self._number * PAGE]

    def _values(self) -> dict[str, tuple[str, str]]:
        """Returns the product's choices by the name to click: which option, and its value."""
        options = self._product.options if self._product else {}
        return {spelled(value).lower(): (name, value) for name, values in options.items() for value in values}

    def _text(self) -> str:
        return spelled("\n".join([f"Instruction: {self.instruction}", *self._lines()]))[:LONGEST]

    def _lines(self) -> list[str]:
        if self._worth is not None:
            return [f"Thank you for shopping with us. Your score: {self._worth.total:.2f}"]
        if self._page == "search":
            return ["WebShop: search for products."]
        if self._page == "results":
            turns = " ".join(f"[{name.capitalize()}]" for name in self._clickables() if name in ("< prev", "next >"))
            head = f"Page {self._number} (Total results: {len(self._found)})"
            lines = [line for p in self._on_page() for line in (f"[{p.asin}]", p.title, p.price_text)]
            return ["[Back to Search]", head, *([turns] if turns else []), *lines]
        return ["[Back to Search]", "[< Prev]", *self._of_product()]

    def _of_product(self) -> list[str]:
        product = self._product
        assert product is not None, "no product is open on this page"
        if self._page == "item":
            tabs = " ".join(f"[{tab.capitalize()}]" for tab in self._tabs)
            offered = [f"{name}: {' '.join(f'[{v}]' for v in values)}" for name, values in product.options.items()]
            chosen = [f"You have chosen {name}: {value}" for name, value in self._chosen.items()]
            return [*offered, *chosen, product.title, f"Price: {product.price_text}", "Rating: N.A.", tabs, "[Buy Now]"]
        told = {
            "description": [product.description],
            "features": list(product.features) or ["No Features"],
            "reviews": ["No reviews found"],
            "attributes": [*product.attributes, " ".join((product.query, *product.categories))],
        }
        return told[self._page]

    def _info(self) -> dict[str, Any]:
        score = self._worth.total if self._worth else 0.0
        return {
            "instruction": spelled(self.instruction),
            "clickables": [] if self._worth else self._clickables(),
            "can_search": self._page == "search",
            "chosen": dict(self._chosen),
            "metrics": {"score": score, "success": float(score == 1.0)},
        }
