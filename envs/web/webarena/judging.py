"""Whether a task of WebArena or VisualWebArena is done: by the answer, the address reached, and what pages hold."""

from __future__ import annotations

import contextlib
import html
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from arena.envs.web.webarena.lookups import Evaluating, look_up, unknown_lookup

__all__ = ["RULES", "PageError", "Rules", "Sheet", "is_done", "unjudgeable"]

LANGUAGE = "need a language model as judge (fuzzy_match)"
PICTURES = "need a model that describes pictures as judge (page_image_query)"
_OR = " |OR| "
_LAST = "last"
_SCRIPTS = ("document.", "[...document.")
_WORD = re.compile(r"\w+(?:[-.,:'/]\w+)*|[^\w\s]")
_BOUND = re.compile(r"\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
Rule = Callable[[Any, Any], bool]  # of what is wanted and what is there


class PageError(Exception):
    """A script that raised on a page: the page is not the one that was expected."""


class Sheet(Evaluating, Protocol):
    """A page of a browser, which can also be led elsewhere."""

    def goto(self, address: str) -> None:
        """Loads another page and waits until it rests."""

    def source(self) -> str:
        """Returns the page's HTML as it is now."""


class Rules(NamedTuple):
    """How a benchmark compares answers, addresses (the first rule where none is named) and contents of pages."""

    answers: Mapping[str, Rule]
    addresses: Mapping[str, Rule]
    contents: Mapping[str, Rule]  # of several, the first in this order counts, as in the originals
    scripts: tuple[str, ...]  # how a locator that is JavaScript begins


def is_done(check: Mapping[str, Any], rules: Rules, answer: str, sheet: Sheet) -> bool:
    """Returns whether all checks of a task hold for an answer ("" for none) and the page last looked at."""
    tests = {
        "string_match": lambda: _answers(check, rules, answer),
        "url_match": lambda: _reached(check, rules, sheet),
        "program_html": lambda: all(_holds(target, rules, sheet) for target in check["program_html"]),
    }
    kinds = sorted(check["eval_types"], key="program_html".__eq__)  # which leads the page elsewhere, so it comes last
    return all(tests[kind]() for kind in kinds)


def unjudgeable(check: Mapping[str, Any], rules: Rules) -> str:
    """Returns why no program can judge a task, as words that follow a count of tasks; "" if it can."""
    return next(filter(None, _obstacles(check, rules)), "")


def _obstacles(check: Mapping[str, Any], rules: Rules) -> Iterator[str]:
    for kind in check["eval_types"]:
        if kind == "string_match":
            yield from (_unknown(key, rules.answers) for key in check["reference_answers"])
        elif kind == "url_match":
            yield _unknown(check.get("url_note") or next(iter(rules.addresses)), rules.addresses)
        elif kind == "program_html":
            for target in check["program_html"]:
                yield from _obstacles_on_page(target, rules)
        else:
            yield PICTURES if kind == "page_image_query" else f"check by {kind}"


def _obstacles_on_page(target: Mapping[str, Any], rules: Rules) -> Iterator[str]:
    wanted, locator = target["required_contents"], target["locator"].strip()
    yield _unknown(_first(wanted, rules) or ", ".join(wanted), rules.contents)
    yield from (unknown_lookup(told) for told in (target["url"], locator) if told.startswith("func:"))
    if locator and not locator.startswith(("func:", *rules.scripts)):
        yield f"find things by {locator[:40]!r}"


def _unknown(key: str, known: Mapping[str, Rule]) -> str:
    return "" if key in known else LANGUAGE if "fuzzy_match" in key else f"compare by {key[:60]}"


def _first(wanted: Mapping[str, Any], rules: Rules) -> str:
    return next((key for key in rules.contents if key in wanted), "")


def _answers(check: Mapping[str, Any], rules: Rules, answer: str) -> bool:
    return all(rules.answers[key](wanted, answer) for key, wanted in check["reference_answers"].items())


def _reached(check: Mapping[str, Any], rules: Rules, sheet: Sheet) -> bool:
    wanted = [address.rstrip("/") for address in check["reference_url"].split(_OR)]
    rule = rules.addresses[check.get("url_note") or next(iter(rules.addresses))]
    return rule(wanted, sheet.address.rstrip("/"))


def _holds(target: Mapping[str, Any], rules: Rules, sheet: Sheet) -> bool:
    """Whether a page holds what it must; goes there first, unless it is the last one."""
    address = target["url"]
    if address.startswith("func:"):
        address = str(look_up(address, sheet))
    if not address:  # there is no such page
        return False
    if address != _LAST:
        sheet.goto(address)
    found = _find(target, sheet)
    key = _first(target["required_contents"], rules)
    return found is not None and rules.contents[key](target["required_contents"][key], found)


def _find(target: Mapping[str, Any], sheet: Sheet) -> Any:
    """Returns what a locator finds: a text or a number; None where a `lambda:` finds nothing."""
    locator = target["locator"].strip()
    if not locator:
        return sheet.source()
    try:
        if locator.startswith("func:"):
            return look_up(locator, sheet)
        if locator.startswith("lambda:"):
            return sheet.evaluate(locator.removeprefix("lambda:").strip()) or None
        _prepare(target, sheet)
        return str(sheet.evaluate(f"() => {locator}"))
    except PageError:  # another page than was expected: there is nothing
        return None if locator.startswith("lambda:") else ""


def _prepare(target: Mapping[str, Any], sheet: Sheet) -> None:
    with contextlib.suppress(PageError):  # what cannot be prepared on this page is told by what is found on it
        for script in target.get("prep_actions", ()):
            sheet.evaluate(f"() => {script}")


def _plain(text: Any) -> str:
    """Returns a text in lower case, without the quotation marks around it."""
    plain = str(text).strip()
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "'\"":
        plain = plain[1:-1]
    return plain.lower()


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _is(wanted: str, found: Any) -> bool:
    return _plain(wanted) == _plain(found)


def _within(wanted: str, found: Any) -> bool:
    return _plain(wanted) in _plain(found)


def _is_said(wanted: str, found: Any) -> bool:
    """Whether a text is within another; a single word only as a word of its own (`0` is not in `10`)."""
    one, other = _plain(wanted), _plain(found)
    return one in _words(other) if len(_words(one)) == 1 else one in other


def _any_of(rule: Rule) -> Rule:
    """Returns a rule for a list, all of which must hold; alternatives in one text are divided by ` |OR| `."""
    return lambda wanted, found: all(any(rule(one, found) for one in part.split(_OR)) for part in wanted)


def _includes(wanted: list[str], found: Any) -> bool:
    """WebArena: all within the answer; a single letter or digit, where it is all that is wanted, as a word."""
    is_letter = len(wanted) == 1 and len(_plain(wanted[0])) == 1
    return all((_is_said if is_letter else _within)(one, found) for one in wanted)


def _meets(bound: str, found: Any) -> bool:
    """Whether a number, or a text that is a whole one, is as a bound such as `>= 300` says."""
    if isinstance(found, str):
        plain = found.strip().replace(",", "")
        if not re.fullmatch(r"[-+]?\d+", plain):
            return False
        found = int(plain)
    match = _BOUND.fullmatch(bound)
    if match is None:
        raise ValueError(f"the bound {bound!r} of a task is none; expected such as '>= 300'")
    return _COMPARE[match[1]](found, float(match[2]))


def _leads_there(wanted: list[str], found: str) -> bool:
    """WebArena: host and path hold one of those wanted, and each query's value is one of theirs."""
    parts = urlsplit(found)
    queries: dict[str, set[str]] = {}
    for address in wanted:
        for key, values in parse_qs(urlsplit(address).query).items():
            queries.setdefault(key, set()).update(values)
    there = (parts.netloc + parts.path).rstrip("/")
    given = parse_qs(parts.query)
    return any((urlsplit(address).netloc + urlsplit(address).path).rstrip("/") in there for address in wanted) and all(
        values & set(given.get(key, ())) for key, values in queries.items()
    )


def _unescaped(rule: Rule) -> Rule:
    return lambda wanted, found: rule(wanted, html.unescape(str(found)))


RULES = {
    "webarena": Rules(
        answers={"exact_match": _is, "must_include": _includes},
        addresses={"GOLD in PRED": _leads_there},
        contents={"exact_match": _unescaped(_is), "must_include": _unescaped(_any_of(_within))},
        scripts=_SCRIPTS,
    ),
    "visualwebarena": Rules(
        answers={
            "exact_match": _is,
            "required_values": _any_of(_meets),
            "must_include": _any_of(_is_said),
            "must_exclude": lambda wanted, found: not any(_is_said(one, found) for one in wanted),
            "one_of": lambda wanted, found: any(_within(one, found) for one in wanted),
        },
        addresses={
            "EXACT": lambda wanted, found: found in wanted,
            "GOLD in PRED": lambda wanted, found: any(one in found for one in wanted),
        },
        contents={
            "exact_match": _is,
            "must_include": _any_of(_is_said),
            "must_exclude": lambda wanted, found: not any(_is_said(one, found) for one in wanted),
            "required_values": _any_of(_meets),
        },
        scripts=(*_SCRIPTS, "lambda:"),
    ),
}
