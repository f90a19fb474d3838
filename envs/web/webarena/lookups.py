"""What the checks of tasks look up by name (`func:get_query_text(__page__, '.price')`), on a page or in the shop's API.

Names, arguments and what is looked at are the benchmarks'; a call is parsed, never evaluated.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from arena.errors import EnvError

__all__ = ["LOGIN", "Call", "Evaluating", "look_up", "parse_call", "unknown_lookup"]

LOGIN = "ARENA_SHOPPING_LOGIN"
PATIENCE_S = 60.0  # for the shop's API
_PAGE = "__page__"
_LAST = "__last_url__"


class Evaluating(Protocol):
    """A page on which JavaScript can be run."""

    @property
    def address(self) -> str:
        """The page's address."""

    def evaluate(self, script: str) -> Any:
        """Returns what a JavaScript function gives; `PageError` where it raises."""


class Call(NamedTuple):
    """A function's name and its arguments, without the page."""

    name: str
    given: tuple[str, ...]


def parse_call(text: str) -> Call | None:
    """Reads `func:name(__page__, 'text')`; None where it is not one call of a name with texts.

    Example:
        >>> parse_call("func:get_query_text(__page__, '.price')")
        Call(name='get_query_text', given=('.price',))
    """
    try:
        call = ast.parse(text.removeprefix("func:").strip(), mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.keywords:
        return None
    given = [part for part in call.args if not (isinstance(part, ast.Name) and part.id == _PAGE)]
    values = [part.value for part in given if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return Call(call.func.id, tuple(values)) if len(values) == len(given) else None


def unknown_lookup(text: str) -> str:
    """Returns why a call cannot be made here, "" if it can."""
    call = parse_call(text)
    if call is None or call.name not in (*_ON_PAGE, *_IN_SHOP, "reddit_get_post_url"):
        return f"look up what is not known here ({text[:60]})"
    if call.name in _IN_SHOP and ":" not in os.environ.get(LOGIN, ""):
        return f"ask the shop's API (set {LOGIN} to NAME:PASSWORD of its administrator)"
    return ""


def look_up(text: str, page: Evaluating) -> str | float:
    """Makes a call; what is not there is "" or 0.

    Raises:
        EnvError: the shop's API does not answer.
    """
    call = parse_call(text)
    assert call is not None, f"{text!r} was let through as a lookup"
    given = [part.replace(_LAST, page.address) for part in call.given]
    if call.name == "reddit_get_post_url":
        return _post_address(*given)
    if call.name in _IN_SHOP:
        return _IN_SHOP[call.name](*given)
    return page.evaluate(f"() => {{ {_COMMON} return ({_ON_PAGE[call.name]})(...{json.dumps(given)}); }}")


def _post_address(address: str) -> str:
    """Returns a post's own address for that of anything below it: `SITE/f/FORUM/NUMBER/`."""
    parts = urlsplit(address)
    post = re.match(r"/f/([^/]+)/([^/]*)", parts.path)
    return f"{parts.scheme}://{parts.netloc}/f/{post[1]}/{post[2]}/" if post else address


_COMMON = """
    const text = (selector) => document.querySelector(selector)?.textContent ?? "";
    const number = (told) => Number((told ?? "").replace(/,/g, "").match(/\\d+(\\.\\d+)?/)?.[0] ?? 0);
    const products = () => [...document.querySelectorAll("#my-orders-table tbody")].map((body) => {
        const cells = [...body.querySelectorAll("td")].map((cell) => [cell.className.split(" ")[1], cell]);
        return Object.fromEntries(cells);
    });
    const product = (sku) => products().find((one) => sku.split(" |OR| ").includes(one.sku?.outerText.trim()));
    const latest = (user) => [...document.querySelectorAll("#main .comment")]
        .filter((one) => one.querySelector(".fg-inherit")?.outerText === user)
        .map((one) => [new Date(one.querySelector(".comment__main > header > h1 > span > time")?.dateTime), one])
        .sort(([one], [other]) => other - one)[0]?.[1];
"""
_ON_PAGE = {  # functions of JavaScript, of what the sites' own pages are made of
    "get_query_text": "text",
    "get_query_text_lowercase": "(selector) => text(selector).toLowerCase()",
    "gitlab_get_project_memeber_role": """(account) => {
        const names = document.querySelectorAll("td[data-label='Account'] span.gl-avatar-labeled-sublabel");
        const place = [...names].findIndex((name) => name.outerText === `@${account}`);
        return document.querySelectorAll("td.col-max-role span")[place]?.outerText ?? "";
    }""",
    "reddit_get_latest_comment_content_by_username": """(user) =>
        latest(user)?.querySelector(".comment__content")?.outerText ?? "" """,
    "reddit_get_parent_comment_username_of_latest_comment_by_username": """(user) => {
        const comment = latest(user);
        const above = comment?.parentElement.closest(".comment") ?? document.querySelector("#main");
        return (comment && above.querySelector(".fg-inherit")?.outerText) ?? "";
    }""",
    "shopping_get_product_attributes": """(name) => {
        const names = name.toLowerCase().split(" |or| ");
        return [...document.querySelectorAll("#productDetails_detailBullets_sections1 > tbody > tr")]
            .filter((row) => names.some((one) => row.children[0].outerText.toLowerCase().includes(one)))
            .map((row) => row.children[1].outerText).join(", ");
    }""",
    "shopping_get_product_price": """() =>
        number(text(".product-info-main .product-info-price .price-box.price-final_price > span > span"))""",
    "shopping_get_num_reviews": '() => number(text("#tab-label-reviews-title"))',
    "shopping_get_rating_as_percentage": '() => number(document.querySelector(".rating-result")?.title)',
    "shopping_get_order_product_name_list": '() => products().map((one) => one.name?.outerText).join(" |OR| ")',
    "shopping_get_order_product_quantity": "(sku) => number(product(sku)?.qty?.outerText)",
    "shopping_get_order_product_option": """(sku, option) => {
        const terms = [...(product(sku)?.name?.querySelectorAll("dl dt") ?? [])];
        return terms.find((term) => term.outerText === option)?.nextElementSibling?.outerText ?? "";
    }""",
}


def _ask_shop(path: str) -> Any:
    """Returns what the shop's API (Magento's) tells its administrator."""
    shop = os.environ["SHOPPING"].rstrip("/")
    name, _, password = os.environ[LOGIN].partition(":")
    account = json.dumps({"username": name, "password": password}).encode()
    login = Request(f"{shop}/rest/default/V1/integration/admin/token", account, {"Content-Type": "application/json"})
    return _fetch(Request(f"{shop}/rest/V1/{path}", headers={"Authorization": f"Bearer {_fetch(login)}"}))


def _fetch(request: Request) -> Any:
    try:
        with urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)
    except (URLError, ValueError) as error:
        raise EnvError(
            f"the shop's API did not answer {request.full_url} ({error}); is $SHOPPING right, and {LOGIN}?"
        ) from error


def _latest_order() -> str:
    newest = {
        "searchCriteria[sortOrders][0][field]": "created_at",
        "searchCriteria[sortOrders][0][direction]": "DESC",
        "searchCriteria[pageSize]": "1",
    }
    orders = _ask_shop(f"orders?{urlencode(newest)}")["items"]
    number = int(orders[0]["increment_id"]) if orders else 0
    return f"{os.environ['SHOPPING'].rstrip('/')}/sales/order/view/order_id/{number}/"


def _latest_review(sku: str) -> dict[str, Any]:
    reviews = _ask_shop(f"products/{quote(sku, safe='')}/reviews")
    return reviews[-1] if reviews else {}


def _rating(sku: str) -> str:
    ratings = _latest_review(sku).get("ratings", ())
    return str(ratings[0]["percent"]) if ratings else ""


def _product_page(sku: str) -> str:
    told = _ask_shop(f"products/{quote(sku, safe='')}").get("custom_attributes", ())
    keys = [one["value"] for one in told if one["attribute_code"] == "url_key"]
    return f"{os.environ['SHOPPING'].rstrip('/')}/{keys[0]}.html" if keys else ""


_IN_SHOP: dict[str, Callable[..., str]] = {
    "shopping_get_latest_order_url": _latest_order,
    "shopping_get_sku_latest_review_author": lambda sku: _latest_review(sku).get("nickname", ""),
    "shopping_get_sku_latest_review_rating": _rating,
    "shopping_get_sku_latest_review_text": lambda sku: _latest_review(sku).get("detail", ""),
    "shopping_get_sku_latest_review_title": lambda sku: _latest_review(sku).get("title", ""),
    "shopping_get_sku_product_page_url": _product_page,
}
