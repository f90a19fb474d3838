"""WebShop's published files, read as they were released: products, and instructions of what to buy."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from arena.envs.web.webshop.search import Index
from arena.errors import EnvError

__all__ = ["FOLDER", "Catalogue", "Goal", "Product", "load_catalogue"]

FOLDER = "ARENA_WEBSHOP"
UNPRICED = 100.0  # dollars, of a product without a price
_SHUFFLE = 233  # the seed with which the authors shuffle all instructions before they split them
_SPLITS = {"test": slice(0, 500), "dev": slice(500, 1500), "train": slice(1500, None), "all": slice(None)}  # as they do
_LONGEST_ASIN = 10


class Product(NamedTuple):
    """A product, as the original prepares it.

    Fields:
        query: the words by which the authors found it; `categories` from the widest to the narrowest.
        price: dollars; `price_text` is what is shown, a range for some.
        options: in lower case, by the name of what is chosen.
        attributes: hidden from agents: what the reward compares.
    """

    asin: str
    title: str
    query: str
    categories: tuple[str, ...]
    description: str
    features: tuple[str, ...]
    price: float
    price_text: str
    options: dict[str, tuple[str, ...]]
    attributes: tuple[str, ...]


class Goal(NamedTuple):
    """What is to be bought: the product it was written about, what of it counts, and its relative chance."""

    asin: str
    instruction: str
    attributes: tuple[str, ...]
    options: tuple[str, ...]
    weight: float = 1.0


class Catalogue(NamedTuple):
    """All products by their number, what searches them (in the same order), and the instructions of one split."""

    products: dict[str, Product]
    search: Index
    goals: tuple[Goal, ...]


def load_catalogue(items: str, attributes: str, human: str, split: str) -> Catalogue:
    """Reads files of the folder that the variable names; what was read stays in memory while they stay the same.

    Args:
        items: the file of products, `items_shuffle.json` or its first thousand.
        attributes: the file of their attributes and machine-made instructions, `items_ins_v2.json`.
        human: the file of instructions that people wrote, or "": those in `attributes`, with each choice of options.
        split: test (500 instructions), dev (1000), train (the rest) or all.

    Raises:
        EnvError: the split holds no instruction for these products.
    """
    folder = Path(os.path.expandvars(f"${FOLDER}"))
    files = [folder / name for name in (items, attributes, human or attributes)]
    products, search = _shelves(*files[:2], *map(_changed, files[:2]))
    goals = _goals(*files, not human, *map(_changed, files))[_SPLITS[split]]
    if not goals:
        raise EnvError(
            f"{files[2]} has no {split} instruction for the {len(products)} products of {items}; "
            "expected WebShop's files as its setup.sh gets them, of the same size (1000 or all)"
        )
    return Catalogue(products, search, goals)


def _changed(file: Path) -> int:
    return file.stat().st_mtime_ns


def _read(file: Path) -> Any:
    return json.loads(file.read_bytes())


@lru_cache(maxsize=1)
def _shelves(items: Path, attributes: Path, *changed: int) -> tuple[dict[str, Product], Index]:
    products = {product.asin: product for product in _products(_read(items), _read(attributes))}
    return products, Index(map(_document, products.values()))


@lru_cache(maxsize=1)
def _goals(items: Path, attributes: Path, told: Path, is_machine: bool, *changed: int) -> tuple[Goal, ...]:
    products, _ = _shelves(items, attributes, *changed[:2])
    goals = list((_machine_goals if is_machine else _human_goals)(products, _read(told)))
    random.Random(_SHUFFLE).shuffle(goals)
    return tuple(goals)


def _products(rows: list[dict[str, Any]], told: dict[str, Any]) -> Iterator[Product]:
    seen = set()
    for row in rows:
        asin = row["asin"]
        if asin == "nan" or len(asin) > _LONGEST_ASIN or asin in seen:
            continue
        seen.add(asin)
        price, price_text = _price(row.get("pricing") or "")
        features = row["small_description"] or []
        yield Product(
            asin=asin,
            title=row["name"],
            query=row["query"].lower().strip(),
            categories=tuple(part.strip() for part in row["product_category"].split("›")),
            description=row["full_description"] or "",
            features=tuple(features) if isinstance(features, list) else (features,),
            price=price,
            price_text=price_text,
            options=_options(row["customization_options"] or {}),
            attributes=tuple(told.get(asin, {}).get("attributes", ())),
        )


def _price(text: str) -> tuple[float, str]:
    """Returns dollars and what is shown: of a range (`$10.00$20.00`) the middle, where the original draws one.

    Example:
        >>> _price("$1,299.50"), _price("$10.00 to $20.00"), _price("")
        ((1299.5, '$1299.5'), (15.0, '$10.0 to $20.0'), (100.0, '$100.0'))
    """
    plain = [re.sub(r"[^\d.]", "", part) for part in text.split("$")[1:]]
    prices = [float(part) for part in plain if part][:2] or [UNPRICED]
    return sum(prices) / len(prices), " to ".join(f"${price}" for price in prices)


def _options(told: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        name.lower(): tuple(content["value"].strip().replace("/", " | ").lower() for content in contents)
        for name, contents in told.items()
        if contents is not None
    }


def _document(product: Product) -> str:
    """Returns what of a product is searched."""
    options = (f"{name}: {', '.join(values)}" for name, values in product.options.items())
    return " ".join((product.title, product.description, *product.features[:1], *options))


def _human_goals(products: dict[str, Product], told: dict[str, Any]) -> Iterator[Goal]:
    for asin in products:
        for row in told.get(asin, ()):
            if attributes := tuple(row["instruction_attributes"]):
                options = row["instruction_options"]
                values = options.values() if isinstance(options, dict) else options
                yield Goal(asin, row["instruction"].strip("."), attributes, tuple(values))


def _machine_goals(products: dict[str, Product], told: dict[str, Any]) -> Iterator[Goal]:
    goals = []
    for asin, product in products.items():
        row = told.get(asin, {})
        attributes = tuple(row.get("instruction_attributes") or ())
        if not row.get("instruction") or not attributes:
            continue
        names = sorted(product.options)
        for chosen in itertools.product(*(product.options[name] for name in names)):
            wish = ", and ".join(f"{name}: {value}" for name, value in zip(names, chosen, strict=True))
            goals.append(Goal(asin, f"{row['instruction']}{' with ' if wish else ''}{wish}", attributes, chosen))
    often = Counter(attribute for goal in goals for attribute in goal.attributes)
    for goal in goals:  # what few instructions ask for comes as often as what many do
        yield goal._replace(weight=sum(1 / often[name] for name in goal.attributes) / len(goal.attributes))
