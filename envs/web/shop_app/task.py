"""What is to be bought: an instruction made from the seed, and the check of the order that was placed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np

from arena.envs.web.shop_app.catalogue import DELIVERIES, SEPARATOR

__all__ = ["Task", "check_order", "make_task"]

LEVELS = 3
_FIRST = ("Ada", "Bruno", "Clara", "Dario", "Edith", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lena")
_LAST = (
    "Berg",
    "Costa",
    "Duval",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ito",
    "Jensen",
    "Kaya",
    "Lopez",
    "O'Neill",
)
_STREETS = ("Mill Lane", "Station Road", "Harbour Street", "Garden Row", "Market Square", "Chapel Hill", "River Walk")
_CITIES = ("Leipzig", "Utrecht", "Bergen", "Porto", "Lyon", "Graz", "Turku", "Cork", "Gdansk", "Verona")


@dataclass(frozen=True)
class Task:
    """What to buy and where it goes; an empty text or zero means that the instruction does not say.

    `product` is the id of one product that is right; any other that fits is as good. `budget` is in cents.
    """

    product: int
    category: str
    colour: str
    material: str
    size: str
    budget: int
    quantity: int
    delivery: str
    name: str
    street: str
    postcode: str
    city: str

    @property
    def instruction(self) -> str:
        """The task in words."""
        wanted = [f"Buy {self.quantity} {self.colour} {self.category}{'s' if self.quantity > 1 else ''}"]
        if self.material:
            wanted.append(f"made of {self.material}")
        if self.size:
            wanted.append(f"in size {self.size}")
        if self.budget:
            wanted.append(f"for at most {euros(self.budget)} EUR each")
        delivery = f" Choose {self.delivery} delivery." if self.delivery else ""
        return (
            f"{', '.join(wanted)}, and nothing else.{delivery} Full name: {self.name}. "
            f"Street and number: {self.street}. Postcode: {self.postcode}. City: {self.city}."
        )

    @property
    def values(self) -> dict[str, str]:
        """What the instruction gives one to type, by what it calls it."""
        values = {"search": " ".join(filter(None, (self.colour, self.material, self.category)))}
        if self.budget:
            values["highest price"] = euros(self.budget)
        return values | {
            "quantity": str(self.quantity),
            "full name": self.name,
            "street and number": self.street,
            "postcode": self.postcode,
            "city": self.city,
        }

    def fits(self, product: sqlite3.Row) -> bool:
        """Whether a product has the wanted category, colour, material and price; its sizes are not looked at."""
        return all(_product_checks(self, product).values())


def euros(cents: int) -> str:
    """Returns an amount as the shop writes it, such as 12.50."""
    return f"{cents // 100}.{cents % 100:02d}"


def make_task(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    """Draws a product and describes it, on one of three levels.

    Level 1 names category, colour and recipient; level 2 also size and budget; level 3 also material, delivery and a
    quantity of two to four.
    """
    level = 1 + int(random.integers(LEVELS))
    count = database.execute("SELECT count(*) FROM product").fetchone()[0]
    product = database.execute("SELECT * FROM product WHERE id = ?", (1 + int(random.integers(count)),)).fetchone()
    sizes = product["sizes"].split(SEPARATOR)
    size, slack, quantity, delivery, first, last, street, city = random.random(8).tolist()
    return Task(
        product=product["id"],
        category=product["category"],
        colour=product["colour"],
        material=product["material"] if level >= 3 else "",
        size=_pick(sizes, size) if level >= 2 else "",
        budget=(product["price"] // 100 + 1 + int(slack * 4)) * 100 if level >= 2 else 0,
        quantity=2 + int(quantity * 3) if level >= 3 else 1,
        delivery=_pick(list(DELIVERIES), delivery) if level >= 3 else "",
        name=f"{_pick(_FIRST, first)} {_pick(_LAST, last)}",
        street=f"{1 + int(random.integers(120))} {_pick(_STREETS, street)}",
        postcode=f"{int(random.integers(1000, 99999)):05d}",
        city=_pick(_CITIES, city),
    )


def check_order(task: Task, database: sqlite3.Connection, purchase: int) -> dict[str, bool]:
    """Returns which requirements of the task an order meets; what the instruction does not say is not required.

    Where an order has several lines, the one that meets most is judged, and "nothing else" is not met.
    """
    order = database.execute("SELECT * FROM purchase WHERE id = ?", (purchase,)).fetchone()
    lines = database.execute(
        "SELECT product.*, purchase_line.size, purchase_line.quantity FROM purchase_line "
        "JOIN product ON product.id = purchase_line.product WHERE purchase = ? ORDER BY purchase_line.rowid",
        (purchase,),
    ).fetchall()
    met = max((_line_checks(task, line) for line in lines), key=lambda checks: sum(checks.values()))
    met["nothing else"] = len(lines) == 1
    if task.delivery:
        met["delivery"] = order["delivery"] == task.delivery
    for field in ("name", "street", "postcode", "city"):
        met[field] = order[field] == getattr(task, field)
    return met


def _product_checks(task: Task, product: sqlite3.Row) -> dict[str, bool]:
    checks = {"category": product["category"] == task.category, "colour": product["colour"] == task.colour}
    if task.material:
        checks["material"] = product["material"] == task.material
    if task.budget:
        checks["budget"] = product["price"] <= task.budget
    return checks


def _line_checks(task: Task, line: sqlite3.Row) -> dict[str, bool]:
    checks = _product_checks(task, line)
    if task.size:
        checks["size"] = line["size"] == task.size
    checks["quantity"] = line["quantity"] == task.quantity
    return checks


def _pick(items: tuple[str, ...] | list[str], draw: float) -> str:
    return items[int(draw * len(items))]
