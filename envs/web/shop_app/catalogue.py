"""The shop's database: a catalogue made from the seed, baskets and orders, in SQLite in memory."""

from __future__ import annotations

import sqlite3

import numpy as np

__all__ = ["CATEGORIES", "COLOURS", "DELIVERIES", "SEPARATOR", "open_catalogue"]

PRODUCTS = 320
SEPARATOR = "|"  # between the sizes of a product
COLOURS = ("black", "white", "red", "blue", "green", "yellow", "grey")
DELIVERIES = {"standard": 395, "express": 995, "pickup": 0}  # price in cents
CATEGORIES: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] = {  # lowest price in EUR, materials, sizes
    "backpack": (30, ("cotton", "nylon", "leather"), ("20 l", "30 l", "40 l")),
    "blanket": (20, ("cotton", "wool", "fleece"), ("130 cm", "150 cm", "200 cm")),
    "chair": (60, ("oak", "steel", "bamboo"), ("low", "standard", "high")),
    "jacket": (50, ("cotton", "wool", "nylon"), ("S", "M", "L", "XL")),
    "kettle": (25, ("steel", "glass", "ceramic"), ("1 l", "1.5 l", "1.7 l")),
    "lamp": (15, ("steel", "glass", "bamboo"), ("small", "medium", "large")),
    "mug": (5, ("ceramic", "glass", "steel"), ("250 ml", "350 ml", "500 ml")),
    "notebook": (3, ("paper", "linen", "leather"), ("A4", "A5", "A6")),
}
_NAMES = tuple(CATEGORIES)
_BRANDS = (
    *("Norden", "Velto", "Marlow", "Kasimir", "Ostara", "Brisk"),
    *("Tamsin", "Ferrow", "Lumo", "Quill", "Haldis", "Orry"),
)
_SERIES = (
    *("Alva", "Bero", "Cato", "Dune", "Elmo", "Fjord", "Gale", "Hilo", "Ivo", "Juno", "Kiro", "Lark", "Mira", "Nova"),
    *("Opal", "Pico", "Quay", "Rune", "Sora", "Tilo", "Umbra", "Vega", "Wren", "Xeno", "Yara", "Zola", "Arlo", "Bryn"),
)
_SCHEMA = """
CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, category TEXT, colour TEXT, material TEXT,
                      price INTEGER, rating INTEGER, sizes TEXT, words TEXT);
CREATE TABLE line (id INTEGER PRIMARY KEY, session TEXT, product INTEGER, size TEXT, quantity INTEGER,
                   UNIQUE (session, product, size));
CREATE TABLE purchase (id INTEGER PRIMARY KEY, session TEXT, name TEXT, street TEXT, postcode TEXT, city TEXT,
                       delivery TEXT, total INTEGER);
CREATE TABLE purchase_line (purchase INTEGER, product INTEGER, size TEXT, quantity INTEGER, price INTEGER);
"""


def open_catalogue(random: np.random.Generator) -> sqlite3.Connection:
    """Makes a shop's database: 320 products of eight categories, no baskets, no orders. Prices are in cents."""
    database = sqlite3.connect(":memory:", check_same_thread=False)  # a served shop may answer from another thread
    database.row_factory = sqlite3.Row
    database.executescript(_SCHEMA)
    names = random.permutation(len(_BRANDS) * len(_SERIES))[:PRODUCTS].tolist()
    draws = random.random((PRODUCTS, 5)).tolist()
    products = []
    for number, (name, (c, m, p, r, s)) in enumerate(zip(names, draws, strict=True), start=1):
        category = _NAMES[number % len(_NAMES)]
        lowest, materials, sizes = CATEGORIES[category]
        colour, material = COLOURS[int(c * len(COLOURS))], materials[int(m * len(materials))]
        title = f"{_BRANDS[name // len(_SERIES)]} {_SERIES[name % len(_SERIES)]} {category}"
        price = int(lowest * (1 + 2 * p) * 20) * 5
        missing = int(s * len(sizes))  # every product comes in all sizes but one
        offered = SEPARATOR.join(sizes[:missing] + sizes[missing + 1 :])
        words = f" {title} {colour} {material} ".lower()
        products.append((number, title, category, colour, material, price, 25 + int(r * 26), offered, words))
    database.executemany("INSERT INTO product VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", products)
    return database
