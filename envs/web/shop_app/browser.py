"""An agent's browser: loads pages of a WSGI application in process, shows them as text, fills in forms, follows links.

Pages must be HTML that is well-formed XML too (`<input />`, quoted attributes): Expat, in the standard library, then
reads them five times as fast as html.parser, which would take most of a step; and a page that is not clean is an error.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit
from xml.parsers import expat

__all__ = ["Browser", "BrowserError", "Element", "Page", "read_page"]

LONGEST_TEXT = 200  # characters in a textbox that sets no limit of its own
_REDIRECTS = 5
_BLOCKS = ("h1", "h2", "p", "li", "tr", "ul", "form", "table", "thead", "tbody", "header", "nav", "main")
_CAPTURED = ("a", "button", "option", "label", "title", "style")
_UNPRINTABLE = re.compile(r"[^ -~]")
_SERVER = {  # what PEP 3333 asks of every request
    "SCRIPT_NAME": "",
    "SERVER_NAME": "shop",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BrowserError(ValueError):
    """An action that makes no sense on this page; the message says why."""


class Element(NamedTuple):
    """Something on a page that can be acted on.

    Fields:
        kind: link, button, textbox or select.
        name: what a person calls it: its text or its label.
        line: all text of the line it stands in, a card in a list for instance.
        href: where a link leads.
        form: index of its form, -1 outside forms; `field` is its name there and `value` what it holds at first.
        options: labels and values of a select.
        limit: most characters of a textbox; `is_numeric` where it asks for a number.
    """

    kind: str
    name: str
    line: str = ""
    href: str = ""
    form: int = -1
    field: str = ""
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    limit: int = LONGEST_TEXT
    is_numeric: bool = False


class Form(NamedTuple):
    """Where a form goes, and how: get or post."""

    method: str
    action: str


class Page(NamedTuple):
    """A page as read from HTML. `parts` is its text, with the index of an element in place of each field."""

    title: str
    elements: tuple[Element, ...]
    forms: tuple[Form, ...]
    parts: tuple[str | int, ...]


class Browser:
    """One visitor of an application: a cookie jar, a history, and the page shown with what was filled in.

    Attributes:
        page: the page shown.
        html: its source.
        path: its path and query.
        cookies: by name.
    """

    def __init__(self, application: Application) -> None:
        self.cookies: dict[str, str] = {}
        self._application = application
        self._history: list[str] = []
        self.open("/")

    def open(self, path: str) -> None:
        """Loads a page and puts it into the history."""
        self._load("GET", path, "")

    def click(self, number: int) -> None:
        """Follows a link, or sends the form of a button."""
        element = self._element(number, "link", "button")
        if element.kind == "link":
            self.open(urljoin(self.path, element.href))
            return
        if element.form < 0:
            raise BrowserError(f"button {number} belongs to no form")
        fields = [
            (other.field, self._sent(index))
            for index, other in enumerate(self.page.elements)
            if other.form == element.form and other.field and (other.kind != "button" or index == number - 1)
        ]
        form, data = self.page.forms[element.form], urlencode(fields, errors="replace")
        target = urljoin(self.path, form.action)
        if form.method == "post":
            self._load("POST", target, data)
        else:
            self.open(f"{urlsplit(target).path}?{data}")

    def type(self, number: int, text: str) -> None:
        """Replaces what a textbox holds."""
        element = self._element(number, "textbox")
        if not text.isprintable():
            raise BrowserError(f"textbox {number} takes printable characters only")
        if len(text) > element.limit:
            raise BrowserError(f"textbox {number} takes at most {element.limit} characters")
        self._filled[number - 1] = text

    def select(self, number: int, option: str) -> None:
        """Chooses an option of a select by its label."""
        element = self._element(number, "select")
        if option not in [label for label, _ in element.options]:
            raise BrowserError(f'select {number} has no option "{option[:40]}"')
        self._filled[number - 1] = option

    def back(self) -> None:
        """Loads the page before this one again."""
        if len(self._history) < 2:
            raise BrowserError("there is no page to go back to")
        self._history.pop()
        self.open(self._history.pop())

    def value(self, number: int) -> str:
        """Returns what a textbox holds, or the label that a select shows."""
        return self._filled.get(number - 1, self.page.elements[number - 1].value)

    def text(self) -> str:
        """Returns the page as lines of text; every element with its number."""
        shown = "".join(part if isinstance(part, str) else self._field(part) for part in self.page.parts)
        return shown if shown.isascii() else _UNPRINTABLE.sub("?", shown.replace("\n", "\0")).replace("\0", "\n")

    def _field(self, index: int) -> str:
        element = self.page.elements[index]
        line = f'[{index + 1}] {element.kind} "{element.name}" value="{_UNPRINTABLE.sub("?", self.value(index + 1))}"'
        if element.kind == "select":
            line += f" options: {', '.join(label for label, _ in element.options)}"
        return line

    def _element(self, number: int, *kinds: str) -> Element:
        if not 1 <= number <= len(self.page.elements):
            raise BrowserError(f"there is no element {number} on this page")
        element = self.page.elements[number - 1]
        if element.kind not in kinds:
            raise BrowserError(f"element {number} is a {element.kind}, not a {' or '.join(kinds)}")
        return element

    def _sent(self, index: int) -> str:
        """Returns what a form sends of a field: of a select the value behind the label."""
        element = self.page.elements[index]
        shown = self._filled.get(index, element.value)
        return dict(element.options).get(shown, shown)

    def _load(self, method: str, path: str, data: str) -> None:
        for _ in range(_REDIRECTS):
            html, location = self._request(method, path, data)
            if not location:
                break
            method, path, data = "GET", urljoin(path, location), ""
        else:
            raise BrowserError(f"{path} redirects without end")
        self.path = path
        self.html = html
        self.page = read_page(html)
        self._filled: dict[int, str] = {}
        self._history.append(path)

    def _request(self, method: str, path: str, data: str) -> tuple[str, str]:
        """Calls the application once; returns the page and where it redirects to ("" = nowhere)."""
        where, _, query = path.partition("?")
        body = data.encode()
        environ = {
            **_SERVER,
            "REQUEST_METHOD": method,
            "PATH_INFO": where,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "wsgi.input": io.BytesIO(body),
        }
        answer: dict[str, str] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            for name, value in headers:
                if name == "Set-Cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
                else:
                    answer[name] = value

        body_parts = self._application(environ, start_response)
        html = b"".join(body_parts).decode()
        if hasattr(body_parts, "close"):
            body_parts.close()
        return html, answer.get("Location", "")


@lru_cache(maxsize=64)
def read_page(html: str) -> Page:
    """Reads a page: its title, what can be acted on, and its text."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.Parse(html, True)
    return reader.page()


class _Reader:
    """Turns a page into lines: a block begins a new line; what stands in a link, button or label is its name."""

    def __init__(self) -> None:
        self._title = ""
        self._elements: list[Element] = []
        self._forms: list[Form] = []
        self._form = -1
        self._lines: list[list[str | int]] = [[]]
        self._captured: list[str] | None = None
        self._attributes: dict[str, str] = {}  # of the element being captured
        self._labels: dict[str, str] = {}
        self._select: dict[str, str] = {}
        self._options: list[tuple[str, str]] = []
        self._chosen = ""

    def start(self, tag: str, given: dict[str, str]) -> None:
        """Takes a start tag and its attributes."""
        if tag in _BLOCKS:
            self._new_line()
            if tag == "form":
                self._form = len(self._forms)
                self._forms.append(Form(given.get("method", "get"), given.get("action", "")))
            elif tag == "h1":
                self._lines[-1].append("#")
        elif tag in _CAPTURED:
            self._captured, self._attributes = [], given
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self._select, self._options, self._chosen = given, [], ""

    def end(self, tag: str) -> None:
        """Takes an end tag."""
        if tag in _BLOCKS:
            self._new_line()
            if tag == "form":
                self._form = -1
        elif tag in _CAPTURED:
            text = " ".join("".join(self._captured or ()).split())
            self._captured = None
            self._finish(tag, text, self._attributes)
        elif tag == "select":
            value = self._chosen or (self._options[0][0] if self._options else "")
            field, options = self._select.get("name", ""), tuple(self._options)
            self._add(
                Element("select", self._name(self._select), form=self._form, field=field, value=value, options=options)
            )

    def text(self, data: str) -> None:
        """Takes the text between two tags."""
        if self._captured is not None:
            self._captured.append(data)
        elif words := data.split():
            self._lines[-1].append(" ".join(words))

    def page(self) -> Page:
        """Returns what was read, once everything was fed."""
        lines = [line for line in self._lines if line]
        elements = list(self._elements)
        parts: list[str | int] = []
        for line in lines:
            text = " ".join(part if isinstance(part, str) else elements[part].name for part in line)
            for position, part in enumerate(line):
                if isinstance(part, int):
                    elements[part] = elements[part]._replace(line=text)
                    if elements[part].kind in ("link", "button"):
                        part = f'[{part + 1}] {elements[part].kind} "{elements[part].name}"'
                parts += [part, "\n" if position == len(line) - 1 else " "]
        return Page(self._title, tuple(elements), tuple(self._forms), _joined(parts[:-1]))

    def _new_line(self) -> None:
        if self._lines[-1]:
            self._lines.append([])

    def _add(self, element: Element) -> None:
        self._lines[-1].append(len(self._elements))
        self._elements.append(element)

    def _name(self, attributes: dict[str, str]) -> str:
        return attributes.get("aria-label") or self._labels.get(attributes.get("id", ""), "")

    def _input(self, given: dict[str, str]) -> None:
        limit = int(given["maxlength"]) if "maxlength" in given else LONGEST_TEXT
        self._add(
            Element(
                "textbox",
                self._name(given),
                form=self._form,
                field=given.get("name", ""),
                value=given.get("value", ""),
                limit=limit,
                is_numeric="inputmode" in given,
            )
        )

    def _finish(self, tag: str, text: str, given: dict[str, str]) -> None:
        if tag == "a":
            self._add(Element("link", given.get("aria-label", text), href=given.get("href", "")))
        elif tag == "button":
            name, field, value = given.get("aria-label", text), given.get("name", ""), given.get("value", "")
            self._add(Element("button", name, form=self._form, field=field, value=value))
        elif tag == "option":
            self._options.append((text, given.get("value", text)))
            if "selected" in given:
                self._chosen = text
        elif tag == "label":
            self._labels[given.get("for", "")] = text
        elif tag == "title":
            self._title = text


def _joined(parts: list[str | int]) -> tuple[str | int, ...]:
    """Joins neighbouring texts into one."""
    joined: list[str | int] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
