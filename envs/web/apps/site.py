"""Applications as data (tables, pages, routes), and the site that serves some of them over one database, as WSGI."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import jinja2
import numpy as np

from arena.envs.web.apps.clock import NOW, clock, long_day

__all__ = ["App", "Page", "Redirect", "Refused", "Request", "Route", "Site"]

LONGEST_FORM = 10_000  # bytes; more is refused
_PARTS = {"<int>": r"([0-9]{1,9})", "<slug>": r"([A-Za-z0-9_-]{1,80})"}


class Refused(ValueError):
    """An operation that an application does not do; the message, a whole sentence, says why and what is expected."""


class Request(NamedTuple):
    """What a page needs to answer: the site's database, and the fields of the address (GET) or of the form (POST)."""

    database: sqlite3.Connection
    fields: Mapping[str, str]


class Page(NamedTuple):
    """A page to show: a template below `templates/`, and what it is filled with."""

    template: str
    context: Mapping[str, Any]
    status: str = "200 OK"


class Redirect(NamedTuple):
    """Another page to go to, as is right after a form has changed something."""

    location: str


@dataclass(frozen=True)
class Route:
    """Which function answers a method and a path.

    In the path, which begins after the application's prefix, `<int>` and `<slug>` (letters, digits, - and _) stand for
    one part; the function gets the request and then each of these, as an int or a str.
    """

    method: str
    path: str
    page: Callable[..., Page | Redirect]

    def __post_init__(self) -> None:
        if self.method not in ("GET", "POST") or not self.path.startswith("/"):
            raise ValueError(f"a route is GET or POST and a path that begins with '/', not {self.method} {self.path!r}")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("".join(_PARTS.get(part, re.escape(part)) for part in re.split(r"(<[a-z]+>)", self.path)))

    def match(self, method: str, path: str) -> list[int | str] | None:
        """Returns the parts of a path that this route answers, None if it does not."""
        found = self._pattern.fullmatch(path) if method == self.method else None
        if found is None:
            return None
        kinds = re.findall(r"<([a-z]+)>", self.path)
        return [int(part) if kind == "int" else part for kind, part in zip(kinds, found.groups(), strict=True)]


@dataclass(frozen=True)
class App:
    """One application.

    Fields:
        name: its prefix (`mail` is served below /mail/); its tables' names begin with it too.
        title: what people call it.
        schema: the SQL that makes its tables.
        fill: puts the world of one episode into them, from the generator alone.
        routes: its pages.
        state: what of the database is judged: name -> SELECT. Rows are compared without regard to their order; leave
            out what may differ between two right ways (ids given on the way, what was read).
    """

    name: str
    title: str
    schema: str
    fill: Callable[[sqlite3.Connection, np.random.Generator], None]
    routes: tuple[Route, ...]
    state: Mapping[str, str]


class Site:
    """Some applications under one address, with a database in memory of their own; call it as a WSGI application.

    `/` leads to the only application, or to a page that lists them.

    Attributes:
        apps: what is served.
        database: the tables of all applications; it commits by itself.
    """

    def __init__(self, apps: Sequence[App], random: np.random.Generator) -> None:
        self.apps = tuple(apps)
        # a served site may answer from another thread
        self.database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.database.row_factory = sqlite3.Row
        for app in self.apps:
            self.database.executescript(app.schema)
            self.database.execute("BEGIN")
            app.fill(self.database, random)
            self.database.execute("COMMIT")

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._answer(environ)
        if isinstance(answer, Redirect):
            status, headers, body = "303 See Other", [("Location", answer.location)], b""
        else:
            status, headers = answer.status, []
            body = _templates().get_template(answer.template).render(apps=self.apps, **answer.context).encode()
        headers += [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> Page | Redirect:
        method, path, fields = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/"), environ.get("QUERY_STRING", "")
        if path == "/":
            return Redirect(f"/{self.apps[0].name}/") if len(self.apps) == 1 else Page("home.html", {})
        if method == "POST":
            stated = environ.get("CONTENT_LENGTH") or ""
            length = int(stated) if re.fullmatch(r"\d{1,9}", stated) else 0
            if length > LONGEST_FORM:
                return _missing("A form of this size is not taken.", "413 Content Too Large")
            fields = environ["wsgi.input"].read(length).decode("utf-8", "replace")
        prefix, _, rest = path[1:].partition("/")
        app = next((app for app in self.apps if app.name == prefix), None)
        for route in app.routes if app is not None else ():
            if (parts := route.match(method, f"/{rest}")) is not None:
                return self._ask(route, fields, parts)
        return _missing("This page does not exist.", "404 Not Found")

    def _ask(self, route: Route, fields: str, parts: Sequence[int | str]) -> Page | Redirect:
        request = Request(self.database, {k: v.strip() for k, v in parse_qsl(fields, keep_blank_values=True)})
        try:
            return route.page(request, *parts)
        except Refused as error:  # a page that has no form to show it in
            return _missing(f"{error}", "400 Bad Request")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"clock": clock, "long_day": long_day}
    environment.globals["today"] = long_day(NOW[:10])
    return environment


def _missing(what: str, status: str) -> Page:
    return Page("missing.html", {"what": what}, status)
