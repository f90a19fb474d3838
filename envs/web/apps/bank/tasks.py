"""What there is to do at the bank."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.bank import operations as bank
from arena.envs.web.apps.bank.pages import BANK
from arena.envs.web.apps.bank.world import ACCOUNTS, DEPOSIT, FIRMS
from arena.envs.web.apps.clock import day, long_day
from arena.envs.web.apps.people import draw, draws
from arena.envs.web.apps.task import Step, Task, Template, World, answer, choose, click, fill

__all__ = ["WORLD"]

_PURPOSES = ("Flowers", "Repair of the heating", "Museum tickets", "Garden tools", "Piano lesson", "Winter tyres")
_NEW_PAYEES = ("Alder Bakery", "Birch Books", "Cedar Cycles", "Dune Dental", "Elm Energy", "Fern Florist")
_FEBRUARY = ("2026-02-01", "2026-02-28")
_ORDERS = click("Standing orders")


def _transfer(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    account, payee, amount = draw(tuple(ACCOUNTS), random), _payee(database, random), _amount(random)
    purpose = draw(_PURPOSES, random)
    return Task(
        f'Transfer {amount} EUR from the account {account} to {payee}. The purpose is "{purpose}".',
        _transferred(account, payee, amount, purpose),
        lambda db: bank.transfer(db, account, payee, amount, purpose),
        {"amount": amount, "purpose": purpose},
    )


def _move(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    origin, destination = draws(tuple(ACCOUNTS), 2, random)
    amount = _amount(random)
    return Task(
        f"Move {amount} EUR from your account {origin} to your account {destination}.",
        _moved(origin, destination, amount),
        lambda db: bank.move(db, origin, destination, amount),
        {"amount": amount},
    )


def _add_payee(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    name, number = draw(_NEW_PAYEES, random), _number(random)
    return Task(
        f"Add the payee {name} with the account number {number}.",
        _payee_added(name, number),
        lambda db: bank.add_payee(db, name, number),
        {"name": name, "number": number},
    )


def _cancel_order(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    order = draw(bank.orders(database), random)
    return Task(
        f"Cancel the standing order to {order['payee']}.",
        _order_cancelled(order),
        lambda db: bank.cancel_order(db, order["id"]),
    )


def _add_up(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    totals = {firm: _paid(database, firm, *_FEBRUARY) for firm in FIRMS}
    firm = draw(tuple(FIRMS), random)
    everything = _paid(database, firm, "", "")
    return Task(
        f"How many EUR did you pay to {firm} in February 2026, in all, from the account Current? Answer like 12.50.",
        (*_looked_up("Current", firm, *_FEBRUARY), answer(bank.euros(totals[firm]))),
        values={"search": firm, "since": _FEBRUARY[0], "until": _FEBRUARY[1]},
        answer=bank.euros(totals[firm]),
        choices=tuple(map(bank.euros, sorted({everything, *totals.values()}))),
    )


def _repeat(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    payee = draw(tuple(FIRMS), random)
    entries = bank.statement(database, "Current", payee)
    amounts = sorted({entry["amount"].removeprefix("-") for entry in entries})
    amount, purpose = entries[0]["amount"].removeprefix("-"), draw(_PURPOSES, random)
    return Task(
        f'Transfer to {payee}, from the account Current, as much as you did the last time. The purpose is "{purpose}".',
        (*_looked_up("Current", payee), *_transferred("Current", payee, amount, purpose)),
        lambda db: bank.transfer(db, "Current", payee, amount, purpose),
        {"search": payee, "purpose": purpose} | {f"amount {k}": found for k, found in enumerate(amounts, start=1)},
    )


def _change_dearest(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    orders = sorted(bank.orders(database), key=lambda row: bank.cents(row["amount"]))
    word, order = draw((("highest", orders[-1]), ("lowest", orders[0])), random)
    amount = _amount(random)
    return Task(
        f"Change your standing order with the {word} amount: from now on you pay {amount} EUR a month.",
        (_ORDERS, click(order["payee"]), fill("Amount", amount), click("Change amount")),
        lambda db: bank.change_order(db, order["id"], amount),
        {"amount": amount},
    )


def _leave(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    origin, destination = draws(tuple(ACCOUNTS), 2, random)
    rest = 100 * int(random.integers(100, 500))
    amounts = {name: bank.euros(balance - rest) for name, balance in _balances(database).items()}
    return Task(
        f"Move so much from your account {origin} to your account {destination} that exactly {bank.euros(rest)} EUR "
        f"are left in {origin}.",
        _moved(origin, destination, amounts[origin]),
        lambda db: bank.move(db, origin, destination, amounts[origin]),
        {f"amount {k}": amount for k, amount in enumerate(sorted(amounts.values()), start=1)},
    )


def _refund(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    deposits, purpose = bank.statement(database, "Current", DEPOSIT), draw(("Trip cancelled", "Money back"), random)
    amounts = sorted(entry["amount"] for entry in deposits)

    def change(db: sqlite3.Connection) -> None:
        for entry in deposits:
            bank.transfer(db, "Current", entry["party"], entry["amount"], purpose)

    refunds = (_transferred("Current", entry["party"], entry["amount"], purpose) for entry in deposits)
    return Task(
        f'Some colleagues have paid you a deposit (purpose "{DEPOSIT}", account Current). Transfer to each of them, '
        f'from the account Current, what they have paid. The purpose is "{purpose}".',
        (*_looked_up("Current", DEPOSIT), *(step for part in refunds for step in part)),
        change,
        {"search": DEPOSIT, "purpose": purpose} | {f"amount {k}": text for k, text in enumerate(amounts, start=1)},
    )


def _cancel_above(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    orders = sorted(bank.orders(database), key=lambda row: -bank.cents(row["amount"]))
    count = int(random.integers(2, 5))

    def change(db: sqlite3.Connection) -> None:
        for order in orders[:count]:
            bank.cancel_order(db, order["id"])

    return Task(
        f"Cancel every standing order of more than {orders[count]['amount']} EUR a month.",
        tuple(step for order in orders[:count] for step in _order_cancelled(order)),
        change,
    )


def _change_bank(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    order, name, number = draw(bank.orders(database), random), draw(_NEW_PAYEES, random), _number(random)
    first = day(int(random.integers(7, 40)))
    given = (order["account"], name, order["amount"], order["purpose"], first)

    def change(db: sqlite3.Connection) -> None:
        bank.cancel_order(db, order["id"])
        bank.add_payee(db, name, number)
        bank.create_order(db, *given)

    return Task(
        f"Replace the standing order to {order['payee']}: cancel it, add the payee {name} with the account number "
        f"{number}, and set up a standing order to {name} from the same account, with the same amount and purpose as "
        f"the old one. The first day is {first} ({long_day(first)}).",
        (*_order_cancelled(order), *_payee_added(name, number), *_order_created(*given)),
        change,
        {"name": name, "number": number, "amount": order["amount"], "purpose": order["purpose"], "first day": first},
    )


def _sweep(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    rest = 100 * int(random.integers(100, 500))
    amounts = {name: bank.euros(balance - rest) for name, balance in _balances(database).items()}
    destination = draw(tuple(ACCOUNTS), random)
    origins = [name for name in ACCOUNTS if name != destination]

    def change(db: sqlite3.Connection) -> None:
        for origin in origins:
            bank.move(db, origin, destination, amounts[origin])

    return Task(
        f"Exactly {bank.euros(rest)} EUR shall be left in each of your accounts {origins[0]} and {origins[1]}: move "
        f"what is more than that to your account {destination}.",
        tuple(step for origin in origins for step in _moved(origin, destination, amounts[origin])),
        change,
        {f"amount {k}": amount for k, amount in enumerate(sorted(amounts.values()), start=1)},
    )


def _payee(database: sqlite3.Connection, random: np.random.Generator) -> str:
    return str(draw(bank.payees(database), random)["name"])


def _amount(random: np.random.Generator) -> str:
    return bank.euros(int(random.integers(1_000, 40_000)))


def _number(random: np.random.Generator) -> str:
    return f"LX{int(random.integers(10**9, 10**10))}"


def _balances(database: sqlite3.Connection) -> dict[str, int]:
    return {account["name"]: bank.cents(account["balance"]) for account in bank.accounts(database)}


def _paid(database: sqlite3.Connection, party: str, since: str, until: str) -> int:
    entries = bank.statement(database, "Current", party, since, until)
    return sum(bank.cents(entry["amount"].removeprefix("-")) for entry in entries)


def _looked_up(account: str, text: str, since: str = "", until: str = "") -> tuple[Step, ...]:
    """Returns the steps from anywhere to the entries of an account found by these filters."""
    given = (("Search", text), ("Since", since), ("Until", until))
    return (click("Bank"), click(account), *(fill(name, value) for name, value in given if value), click("Show"))


def _transferred(account: str, payee: str, amount: str, purpose: str) -> tuple[Step, ...]:
    return (
        *(click("New transfer"), choose("From", account), choose("To", payee)),
        *(fill("Amount", amount), fill("Purpose", purpose), click("Transfer")),
    )


def _moved(origin: str, destination: str, amount: str) -> tuple[Step, ...]:
    chosen = (choose("From", origin), choose("To", destination))
    return (click("Between accounts"), *chosen, fill("Amount", amount), click("Move"))


def _payee_added(name: str, number: str) -> tuple[Step, ...]:
    return click("Payees"), fill("Name", name), fill("Number", number), click("Add payee")


def _order_created(account: str, payee: str, amount: str, purpose: str, first: str) -> tuple[Step, ...]:
    return (
        *(_ORDERS, click("New standing order"), choose("From", account), choose("To", payee)),
        *(fill("Amount", amount), fill("Purpose", purpose), fill("First day", first), click("Create")),
    )


def _order_cancelled(order: sqlite3.Row) -> tuple[Step, ...]:
    return _ORDERS, click(order["payee"]), click("Cancel this order")


WORLD = World(
    apps=(BANK,),
    templates=(
        Template("transfer", 1, _transfer),
        Template("move between accounts", 1, _move),
        Template("add a payee", 1, _add_payee),
        Template("cancel a standing order", 1, _cancel_order),
        Template("add up payments", 2, _add_up),
        Template("repeat the last payment", 2, _repeat),
        Template("change the dearest order", 2, _change_dearest),
        Template("leave so much", 2, _leave),
        Template("refund deposits", 3, _refund),
        Template("cancel orders above", 3, _cancel_above),
        Template("replace an order", 3, _change_bank),
        Template("sweep", 3, _sweep),
    ),
)
