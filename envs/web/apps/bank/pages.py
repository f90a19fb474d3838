"""The pages of the bank, and the application made of them."""

from __future__ import annotations

from collections.abc import Callable

from arena.envs.web.apps.bank import operations as bank
from arena.envs.web.apps.bank.world import SCHEMA, fill
from arena.envs.web.apps.paging import turn
from arena.envs.web.apps.site import App, Page, Redirect, Refused, Request, Route

__all__ = ["BANK"]


def _accounts(request: Request) -> Page:
    return Page("bank/accounts.html", {"accounts": bank.accounts(request.database)})


def _statement(request: Request, account: str) -> Page:
    text, since, until = (request.fields.get(name, "") for name in ("text", "since", "until"))
    found, error = [], ""
    try:
        found = bank.statement(request.database, account, text, since, until)
    except Refused as refusal:
        error = f"{refusal}"
    shown, turning = turn(found, request.fields, f"/bank/statement/{account}")
    context = {"account": account, "entries": shown, "count": len(found), "turning": turning}
    return Page("bank/statement.html", {**context, "chosen": request.fields, "error": error})


def _form(template: str) -> Callable[..., Page]:
    """Returns the page of a form that is shown with what can be chosen in it."""

    def show(request: Request, error: str = "") -> Page:
        accounts = [account["name"] for account in bank.accounts(request.database)]
        payees = bank.payees(request.database)
        return Page(template, {"accounts": accounts, "payees": payees, "chosen": request.fields, "error": error})

    return show


_write_transfer = _form("bank/transfer.html")
_write_move = _form("bank/move.html")
_write_order = _form("bank/new_order.html")
_payees = _form("bank/payees.html")


def _transfer(request: Request) -> Page | Redirect:
    account, payee, amount, purpose = _fields(request, "account", "payee", "amount", "purpose")
    try:
        bank.transfer(request.database, account, payee, amount, purpose)
    except Refused as error:
        return _write_transfer(request, f"{error}")
    return Redirect(f"/bank/statement/{account}")


def _move(request: Request) -> Page | Redirect:
    try:
        bank.move(request.database, *_fields(request, "origin", "destination", "amount"))
    except Refused as error:
        return _write_move(request, f"{error}")
    return Redirect("/bank/")


def _add_payee(request: Request) -> Page | Redirect:
    try:
        bank.add_payee(request.database, *_fields(request, "name", "number"))
    except Refused as error:
        return _payees(request, f"{error}")
    return Redirect("/bank/payees")


def _orders(request: Request) -> Page:
    return Page("bank/orders.html", {"orders": bank.orders(request.database)})


def _create_order(request: Request) -> Page | Redirect:
    try:
        bank.create_order(request.database, *_fields(request, "account", "payee", "amount", "purpose", "first"))
    except Refused as error:
        return _write_order(request, f"{error}")
    return Redirect("/bank/orders")


def _order(request: Request, order_id: int, error: str = "") -> Page:
    found = bank.order(request.database, order_id)
    return Page("bank/order.html", {"order": found, "chosen": request.fields, "error": error})


def _change_order(request: Request, order_id: int) -> Page | Redirect:
    try:
        bank.change_order(request.database, order_id, *_fields(request, "amount"))
    except Refused as error:
        return _order(request, order_id, f"{error}")
    return Redirect("/bank/orders")


def _cancel_order(request: Request, order_id: int) -> Redirect:
    bank.cancel_order(request.database, order_id)
    return Redirect("/bank/orders")


def _fields(request: Request, *names: str) -> list[str]:
    return [request.fields.get(name, "") for name in names]


BANK = App(
    name="bank",
    title="Bank",
    schema=SCHEMA,
    fill=fill,
    routes=(
        Route("GET", "/", _accounts),
        Route("GET", "/statement/<slug>", _statement),
        Route("GET", "/transfer", _write_transfer),
        Route("POST", "/transfer", _transfer),
        Route("GET", "/move", _write_move),
        Route("POST", "/move", _move),
        Route("GET", "/payees", _payees),
        Route("POST", "/payees", _add_payee),
        Route("GET", "/orders", _orders),
        Route("GET", "/orders/new", _write_order),
        Route("POST", "/orders/new", _create_order),
        Route("GET", "/order/<int>", _order),
        Route("POST", "/order/<int>", _change_order),
        Route("POST", "/order/<int>/cancel", _cancel_order),
    ),
    state={
        "bank_account": "SELECT name, balance FROM bank_account",
        "bank_payee": "SELECT name, number FROM bank_payee",
        "bank_entry": "SELECT account, day, party, purpose, amount FROM bank_entry",
        "bank_order": "SELECT account, payee, amount, purpose, next FROM bank_order",
    },
)
