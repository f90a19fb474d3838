"""The shop as a WSGI application: a small router, the pages, and the forms behind them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import jinja2
import numpy as np

from arena.envs.web.shop_app.catalogue import CATEGORIES, COLOURS, DELIVERIES, SEPARATOR, open_catalogue
from arena.envs.web.shop_app.task import euros

__all__ = ["Shop"]

PAGE = 8  # products on a page of results
LONGEST_FORM = 10_000  # bytes; more is refused
MOST = 99  # pieces of one product
_SORTS = {
    "best match": "matches DESC, product.id",
    "lowest price": "price, product.id",
    "highest price": "price DESC, product.id",
    "best rated": "rating DESC, product.id",
}
_ADDRESS = {"name": "Full name", "street": "Street and number", "postcode": "Postcode", "city": "City"}


class Request(NamedTuple):
    """What a handler needs of a request: who asks, and the fields of the address or of the form."""

    session: str
    fields: Mapping[str, str]


class Response(NamedTuple):
    """A page, or with a `location` the place to go to instead."""

    html: str = ""
    status: str = "200 OK"
    location: str = ""


class Shop:
    """One shop with its own database; call it as a WSGI application.

    Attributes:
        database: products, baskets (`line`) and orders (`purchase`, `purchase_line`).
        last_order: id of the newest order, 0 while there is none.
    """

    def __init__(self, random: np.random.Generator) -> None:
        self.database = open_catalogue(random)
        self.last_order = 0
        self._random = random

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        session, is_new = self._session(environ.get("HTTP_COOKIE", ""))
        response = self._answer(environ, session)
        body = response.html.encode()
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
        if is_new:
            headers.append(("Set-Cookie", f"session={session}; Path=/; HttpOnly; SameSite=Lax"))
        if response.location:
            headers.append(("Location", response.location))
        start_response(response.status, headers)
        return [body]

    def _session(self, cookie: str) -> tuple[str, bool]:
        try:
            known = SimpleCookie(cookie).get("session") if cookie else None
        except CookieError:
            known = None
        if known is not None:
            return known.value, False
        return self._random.bytes(8).hex(), True

    def _answer(self, environ: dict[str, Any], session: str) -> Response:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        fields = environ.get("QUERY_STRING", "")
        if method == "POST":
            stated = environ.get("CONTENT_LENGTH") or ""
            length = int(stated) if re.fullmatch(r"\d{1,9}", stated) else 0
            if length > LONGEST_FORM:
                return self._page("missing.html", session, "413 Content Too Large", what="A form of this size")
            fields = environ["wsgi.input"].read(length).decode("utf-8", "replace")
        for wanted, pattern, handler in _ROUTES:
            if wanted == method and (match := pattern.fullmatch(path)):
                request = Request(session, dict(parse_qsl(fields, keep_blank_values=True)))
                return handler(self, request, *(int(group) for group in match.groups()))
        return self._page("missing.html", session, "404 Not Found", what="This page")

    def _page(self, template: str, session: str, status: str = "200 OK", **context: Any) -> Response:
        count = self.database.execute("SELECT total(quantity) FROM line WHERE session = ?", (session,)).fetchone()[0]
        return Response(_templates().get_template(template).render(basket_count=int(count), **context), status)

    def _home(self, request: Request) -> Response:
        popular = self.database.execute("SELECT * FROM product ORDER BY rating DESC, id LIMIT ?", (PAGE,)).fetchall()
        return self._page("home.html", request.session, products=popular, chosen={}, **_CHOICES)

    def _search(self, request: Request) -> Response:
        chosen = request.fields
        found, error = self._matching(chosen)
        pages = max(1, -(-len(found) // PAGE))
        number = chosen.get("page", "")
        page = min(max(int(number), 1), pages) if re.fullmatch(r"\d{1,4}", number) else 1
        links = {step: "/search?" + urlencode({**chosen, "page": page + step}) for step in (-1, 1)}
        return self._page(
            "results.html",
            request.session,
            products=found[(page - 1) * PAGE : page * PAGE],
            count=len(found),
            page=page,
            pages=pages,
            previous=links[-1] if page > 1 else "",
            following=links[1] if page < pages else "",
            chosen=chosen,
            error=error,
            **_CHOICES,
        )

    def _matching(self, chosen: Mapping[str, str]) -> tuple[list[sqlite3.Row], str]:
        """Returns the products that a search and its filters find, in order, and what is wrong with the filters."""
        error = ""
        terms = chosen.get("q", "").lower().split()[:12]
        values: list[str | int] = [f" {term}" for term in terms]  # with the space: found where a word begins
        # instr, not LIKE: what is typed holds no pattern
        matches = " + ".join("(instr(words, ?) > 0)" for _ in terms) or "1"
        conditions = ["matches > 0"]
        for field in ("category", "colour"):
            if chosen.get(field):
                conditions.append(f"{field} = ?")
                values.append(chosen[field])
        if price := chosen.get("price", "").strip():
            if re.fullmatch(r"\d{1,6}(\.\d{1,2})?", price):
                conditions.append("price <= ?")
                values.append(round(float(price) * 100))
            else:
                error = "The highest price must be an amount such as 25 or 25.50."
        order = _SORTS.get(chosen.get("sort", ""), _SORTS["best match"])
        found = self.database.execute(
            f"SELECT *, {matches} AS matches FROM product WHERE {' AND '.join(conditions)} ORDER BY {order}", values
        )
        return found.fetchall(), error

    def _product(self, request: Request, product: int, error: str = "") -> Response:
        row = self.database.execute("SELECT * FROM product WHERE id = ?", (product,)).fetchone()
        if row is None:
            return self._page("missing.html", request.session, "404 Not Found", what="This product")
        sizes = row["sizes"].split(SEPARATOR)
        return self._page("product.html", request.session, product=row, sizes=sizes, chosen=request.fields, error=error)

    def _add(self, request: Request, product: int) -> Response:
        size, quantity = request.fields.get("size", ""), _quantity(request.fields.get("quantity", ""))
        row = self.database.execute("SELECT sizes FROM product WHERE id = ?", (product,)).fetchone()
        if row is None or size not in row["sizes"].split(SEPARATOR):
            return self._product(request, product, "Please choose one of the sizes.")
        if not quantity:
            return self._product(request, product, f"The quantity must be a whole number from 1 to {MOST}.")
        self.database.execute(
            "INSERT INTO line (session, product, size, quantity) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (session, product, size) DO UPDATE SET quantity = min(quantity + excluded.quantity, ?)",
            (request.session, product, size, quantity, MOST),
        )
        return _see("/basket")

    def _basket(self, request: Request, error: str = "") -> Response:
        lines = self.basket(request.session)
        total = sum(line["price"] * line["quantity"] for line in lines)
        return self._page("basket.html", request.session, lines=lines, total=total, error=error)

    def _change(self, request: Request) -> Response:
        removed = request.fields.get("remove", "")
        for line in self.basket(request.session):
            if str(line["id"]) == removed:
                self.database.execute("DELETE FROM line WHERE id = ?", (line["id"],))
            elif not removed:
                quantity = _quantity(request.fields.get(f"quantity-{line['id']}", ""))
                if not quantity:
                    return self._basket(request, f"Quantities must be whole numbers from 1 to {MOST}.")
                self.database.execute("UPDATE line SET quantity = ? WHERE id = ?", (quantity, line["id"]))
        return _see("/basket")

    def _checkout(self, request: Request, errors: Iterable[str] = ()) -> Response:
        lines = self.basket(request.session)
        if not lines:
            return _see("/basket")
        return self._page(
            "checkout.html",
            request.session,
            lines=lines,
            total=sum(line["price"] * line["quantity"] for line in lines),
            chosen=request.fields,
            errors=list(errors),
            labels=_ADDRESS,
            deliveries=DELIVERIES,
        )

    def _order(self, request: Request) -> Response:
        address = {field: " ".join(request.fields.get(field, "").split()) for field in _ADDRESS}
        delivery = request.fields.get("delivery", "")
        errors = [f"{_ADDRESS[field]} is missing." for field, value in address.items() if not value]
        if delivery not in DELIVERIES:
            errors.append("Please choose a delivery.")
        lines = self.basket(request.session)
        if errors or not lines:
            return self._checkout(request, errors)
        total = sum(line["price"] * line["quantity"] for line in lines) + DELIVERIES[delivery]
        cursor = self.database.execute(
            "INSERT INTO purchase (session, name, street, postcode, city, delivery, total) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (request.session, *address.values(), delivery, total),
        )
        self.last_order = cursor.lastrowid or 0
        self.database.executemany(
            "INSERT INTO purchase_line VALUES (?, ?, ?, ?, ?)",
            [(self.last_order, line["product"], line["size"], line["quantity"], line["price"]) for line in lines],
        )
        self.database.execute("DELETE FROM line WHERE session = ?", (request.session,))
        return _see(f"/order/{self.last_order}")

    def _confirmation(self, request: Request, purchase: int) -> Response:
        order = self.database.execute(
            "SELECT * FROM purchase WHERE id = ? AND session = ?", (purchase, request.session)
        ).fetchone()
        if order is None:  # nobody sees another's order
            return self._page("missing.html", request.session, "404 Not Found", what="This order")
        return self._page("confirmation.html", request.session, order=order)

    def basket(self, session: str) -> list[sqlite3.Row]:
        """Returns the lines of a session's basket: id, product, name, price, size, quantity; oldest first."""
        return self.database.execute(
            "SELECT line.id, product, name, price, size, quantity FROM line "
            "JOIN product ON product.id = product WHERE session = ? ORDER BY line.id",
            (session,),
        ).fetchall()


_CHOICES: dict[str, Any] = {"categories": list(CATEGORIES), "colours": COLOURS, "sorts": list(_SORTS)}
_ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Response]]] = [
    ("GET", re.compile(r"/"), Shop._home),
    ("GET", re.compile(r"/search"), Shop._search),
    ("GET", re.compile(r"/product/(\d{1,9})"), Shop._product),
    ("POST", re.compile(r"/product/(\d{1,9})"), Shop._add),
    ("GET", re.compile(r"/basket"), Shop._basket),
    ("POST", re.compile(r"/basket"), Shop._change),
    ("GET", re.compile(r"/checkout"), Shop._checkout),
    ("POST", re.compile(r"/checkout"), Shop._order),
    ("GET", re.compile(r"/order/(\d{1,9})"), Shop._confirmation),
]


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["euros"] = euros
    return environment


def _see(location: str) -> Response:
    return Response(status="303 See Other", location=location)


def _quantity(text: str) -> int:
    """Returns a number of pieces, or 0 where the text is none."""
    return int(text) if re.fullmatch(r" *[1-9][0-9]? *", text) else 0
