"""What the applications can do, as documented functions that a program calls with one line of text."""

from __future__ import annotations

import ast
import inspect
import json
import re
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import FrameType
from typing import Any, NamedTuple

from arena.envs.web.apps.site import App, Refused
from arena.envs.web.apps.state import Change
from arena.errors import UnknownNameError, unknown

__all__ = ["CallError", "Console", "Function", "calls_of", "functions_of", "parse", "written"]

_ROWS = 10  # of a list, on a page
_LARGEST = 10**9  # whole numbers beyond are no ids, and SQLite would not take them all
_KINDS = {"str": (str, "a text"), "int": (int, "a whole number"), "bool": (bool, "True or False")}
_PAGE = inspect.Parameter("page", inspect.Parameter.KEYWORD_ONLY, default=1, annotation="int")
_DOCS = re.compile(r"docs(?: (?P<name>\S+))?")


class CallError(ValueError):
    """A line that is no call of a function; the message, a whole sentence, says why and what is expected."""


class Function(NamedTuple):
    """An operation of an application, without its first argument, the database.

    Fields:
        name: application and function, such as mail.find.
        run: the operation.
        signature: its parameters, text for the types; what returns a list takes a `page` too.
        doc: its documentation.
    """

    name: str
    run: Callable[..., Any]
    signature: inspect.Signature
    doc: str

    @property
    def head(self) -> str:
        """How it is called, such as mail.move(message_id: int, folder: str)."""
        parts = [
            f"{name}: {p.annotation}" + ("" if p.default is p.empty else f" = {p.default!r}")
            for name, p in self.signature.parameters.items()
        ]
        return f"{self.name}({', '.join(parts)})"

    @property
    def reads(self) -> bool:
        """Whether it only looks something up."""
        return self.doc.startswith("Returns")


@cache
def functions_of(app: str) -> Mapping[str, Function]:
    """Returns the functions of an application by name: the public operations that take a database."""
    module = import_module(f"arena.envs.web.apps.{app}.operations")
    found = {}
    for name in module.__all__:
        run = getattr(module, name)
        parameters = list(inspect.signature(run).parameters.values()) if inspect.isfunction(run) else []
        if parameters and parameters[0].name == "database":
            returns = inspect.signature(run).return_annotation
            pages = [_PAGE] if returns.startswith("list") else []
            signature = inspect.Signature([*parameters[1:], *pages])
            found[f"{app}.{name}"] = Function(f"{app}.{name}", run, signature, inspect.getdoc(run) or "")
    return found


class Console:
    """Calls functions of some applications on one database.

    Attributes:
        functions: what can be called, by name.
        app: the application of the last list that was returned, "" before.
        rows: what of that list was shown.
    """

    def __init__(self, apps: Sequence[App], database: sqlite3.Connection) -> None:
        self.functions = {name: function for app in apps for name, function in functions_of(app.name).items()}
        self.app = ""
        self.rows: list[Mapping[str, Any]] = []
        self._database = database

    def run(self, line: str) -> str:
        """Does what a line says and returns what came of it.

        Raises:
            CallError: the line is no call, or one that makes no sense.
            Refused: the application does not do that.
        """
        if match := _DOCS.fullmatch(line.strip()):
            return self._docs(match["name"])
        name, values, named = parse(line)
        function = self._function(name)
        given = _bound(function, values, named)
        page = given.pop("page", 1)
        self._database.execute("SAVEPOINT call")
        try:
            result = function.run(self._database, **given)
        except Refused:
            self._database.execute("ROLLBACK TO call")
            raise
        finally:
            self._database.execute("RELEASE call")
        return self._shown(function, result, page)

    def _function(self, name: str) -> Function:
        if name not in self.functions:
            try:
                raise unknown("function", name, sorted(self.functions))
            except UnknownNameError as error:
                raise CallError(f"{error}; docs lists all") from None
        return self.functions[name]

    def _docs(self, name: str | None) -> str:
        if name:
            function = self._function(name)
            return f"{function.head}\n{function.doc}"
        return "\n".join(f"{f.head}: {f.doc.splitlines()[0]}" for f in self.functions.values())

    def _shown(self, function: Function, result: Any, page: int) -> str:
        if result is None:
            return "Done."
        if not isinstance(result, list):
            return _json(result)
        last = max(1, -(-len(result) // _ROWS))
        if not 1 <= page <= last:
            raise CallError(f"There is no page {page}; there {'is 1 page' if last == 1 else f'are {last} pages'}.")
        shown = result[(page - 1) * _ROWS : page * _ROWS]
        self.app = function.name.partition(".")[0]
        self.rows = [dict(row) for row in shown if isinstance(row, sqlite3.Row)]
        head = f"{len(result)} row{'' if len(result) == 1 else 's'}" + (f", page {page} of {last}" if last > 1 else "")
        return "\n".join([head, *map(_json, shown)])


def parse(line: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Returns the name and the arguments, without and with a name, of a call such as `mail.find(text="x")`.

    Arguments are texts, whole numbers, True or False. Nothing is evaluated.

    Raises:
        CallError: the line is no such call.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a text is no business of Python's
            call = ast.parse(line.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        call = None
    name = _name(call.func) if isinstance(call, ast.Call) else ""
    if not name or not isinstance(call, ast.Call):
        raise CallError('This is no call; write it like mail.find(text="budget"), docs, docs mail.find or finish().')
    values, named = [_constant(node) for node in call.args], {}
    for keyword in call.keywords:
        named[keyword.arg or "**"] = _constant(keyword.value)
    return name, values, named


def written(name: str, arguments: Mapping[str, Any]) -> str:
    """Returns the line that calls a function.

    Example:
        >>> written("mail.move", {"message_id": 3, "folder": "Trash"})
        "mail.move(message_id=3, folder='Trash')"
    """
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def calls_of(change: Change, database: sqlite3.Connection, functions: Iterable[Function]) -> list[str]:
    """Returns the calls that a change consists of, those that only look something up left out; nothing is changed.

    The change is made on trial, and Python's profiler says which of the functions it calls: what these call
    themselves is no call of its own.
    """
    known = {function.run.__code__: function for function in functions}
    found: list[str] = []
    inside: list[tuple[str, int]] = []  # the calls that have not returned, and how many rows had been written before

    def note(frame: FrameType, event: str, _: Any) -> None:
        function = known.get(frame.f_code)
        if function is None:
            return
        if event == "call":
            parameters = function.signature.parameters
            given = {key: value for key, value in frame.f_locals.items() if key in parameters}
            given = {key: value for key, value in given.items() if value != parameters[key].default}
            inside.append((written(function.name, given), database.total_changes))
        elif event == "return":
            line, before = inside.pop()
            if not inside and database.total_changes > before:
                found.append(line)

    database.execute("SAVEPOINT trial")
    profile = sys.getprofile()
    sys.setprofile(note)
    try:
        change(database)
    finally:
        sys.setprofile(profile)
        database.execute("ROLLBACK TO trial")
        database.execute("RELEASE trial")
    return found


def _name(node: ast.expr) -> str:
    """Returns a name such as `finish` or `mail.find`, "" for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _constant(node: ast.expr) -> str | int | bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
        return node.value
    raise CallError("A value is a text in quotes, a whole number, True or False, and nothing else.")


def _bound(function: Function, values: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments by name, texts without space around them."""
    try:
        given = function.signature.bind(*values, **named).arguments
    except TypeError as error:
        raise CallError(f"{function.head}: {error}.") from None
    for name, value in given.items():
        kind, what = _KINDS[function.signature.parameters[name].annotation]
        if type(value) is not kind:
            raise CallError(f"{name} must be {what}, not {value!r:.80}.")
        if isinstance(value, str) and not value.isprintable():
            raise CallError(f"{name} must hold printable characters only.")
        if isinstance(value, int) and abs(value) >= _LARGEST:
            raise CallError(f"{name} must be less than {_LARGEST}.")
    return {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}


def _json(value: Any) -> str:
    return json.dumps(dict(value) if isinstance(value, sqlite3.Row) else value)
