"""The next right action in the shop, from the true task: proof that every task can be done."""

from __future__ import annotations

import sqlite3

from arena.envs.web.shop_app.app import Shop
from arena.envs.web.shop_app.browser import Browser
from arena.envs.web.shop_app.task import Task

__all__ = ["next_action"]


def next_action(task: Task, shop: Shop, browser: Browser) -> str:
    """Returns the next right action; from every state that play can reach, given the turns."""
    lines = shop.basket(browser.cookies["session"])
    wrong = next((line for line in lines if not _is_right(task, line)), None)
    if wrong is not None:
        return _remove(wrong, browser) or _click(browser, "link", "Basket (")
    if lines:
        return _check_out(task, browser)
    return _choose(task, shop, browser)


def _is_right(task: Task, line: sqlite3.Row) -> bool:
    return (
        line["product"] == task.product
        and line["size"] == (task.size or line["size"])
        and line["quantity"] == task.quantity
    )


def _remove(line: sqlite3.Row, browser: Browser) -> str:
    elements = enumerate(browser.page.elements, start=1)
    return next((f"click {n}" for n, e in elements if e.field == "remove" and e.value == str(line["id"])), "")


def _check_out(task: Task, browser: Browser) -> str:
    if not browser.path.startswith("/checkout"):
        return _click(browser, "link", "Check out") or _click(browser, "link", "Basket (")
    wanted = {"Full name": task.name, "Street and number": task.street, "Postcode": task.postcode, "City": task.city}
    if task.delivery:
        wanted["Delivery"] = task.delivery
    return _fill(browser, wanted) or _click(browser, "button", "Place order")


def _choose(task: Task, shop: Shop, browser: Browser) -> str:
    name = shop.database.execute("SELECT name FROM product WHERE id = ?", (task.product,)).fetchone()["name"]
    if browser.path == f"/product/{task.product}":
        wanted = {"Quantity": str(task.quantity)} | ({"Size": task.size} if task.size else {})
        return _fill(browser, wanted) or _click(browser, "button", "Add to basket")
    if link := _click(browser, "link", name):
        return link
    if not _number(browser, "button", "Search"):
        return _click(browser, "link", "Home")
    plain = {"Category": "any", "Colour": "any", "Highest price": "", "Sort by": "best match"}
    return _fill(browser, {"Search": name} | plain) or _click(browser, "button", "Search")


def _fill(browser: Browser, wanted: dict[str, str]) -> str:
    """Returns the action that puts the first field right that is not, or ""."""
    for number, element in enumerate(browser.page.elements, start=1):
        if (
            element.name in wanted
            and element.kind in ("textbox", "select")
            and browser.value(number) != wanted[element.name]
        ):
            return f'{"type" if element.kind == "textbox" else "select"} {number} "{wanted[element.name]}"'
    return ""


def _number(browser: Browser, kind: str, name: str) -> int:
    """Returns the number of the first element of a kind whose name begins so, or 0."""
    elements = enumerate(browser.page.elements, start=1)
    return next((number for number, e in elements if e.kind == kind and e.name.startswith(name)), 0)


def _click(browser: Browser, kind: str, name: str) -> str:
    number = _number(browser, kind, name)
    return f"click {number}" if number else ""
