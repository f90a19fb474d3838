"""What one can do at the bank: plain functions on the database, called by the pages and by programs alike.

Amounts are texts in EUR such as 12.50; in the database they are cents. Accounts and payees are named by their names.
"""

from __future__ import annotations

import re
import sqlite3

from arena.envs.web.apps.clock import TODAY, is_day
from arena.envs.web.apps.site import Refused

__all__ = [
    "accounts",
    "add_payee",
    "cancel_order",
    "cents",
    "change_order",
    "create_order",
    "euros",
    "move",
    "order",
    "orders",
    "payees",
    "statement",
    "transfer",
]

LONGEST_NAME, LONGEST_PURPOSE = 40, 80  # characters
OWN_TRANSFER = "Own transfer"
_AMOUNT = re.compile(r"\d{1,6}\.\d\d")
_NUMBER = re.compile(r"LX\d{10}")
_ORDER = "SELECT id, account, payee, printf('%.2f', amount / 100.0) AS amount, purpose, next FROM bank_order"


def euros(amount: int) -> str:
    """Returns an amount in cents as people write it.

    Example:
        >>> euros(1250)
        '12.50'
    """
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def cents(amount: str) -> int:
    """Returns an amount such as 12.50 in cents.

    Raises:
        Refused: the text is no amount of more than nothing.
    """
    if not _AMOUNT.fullmatch(amount) or not int(amount.replace(".", "")):
        raise Refused(f'"{amount}" is no amount: write it like 12.50, and more than 0.00.')
    return int(amount.replace(".", ""))


def accounts(database: sqlite3.Connection) -> list[sqlite3.Row]:
    """Returns one's own accounts: name, number, balance (EUR)."""
    return database.execute(
        "SELECT name, number, printf('%.2f', balance / 100.0) AS balance FROM bank_account ORDER BY id"
    ).fetchall()


def statement(
    database: sqlite3.Connection, account: str, text: str = "", since: str = "", until: str = ""
) -> list[sqlite3.Row]:
    """Returns what came into and went out of an account, newest first: day, party, purpose, amount (EUR, - is out).

    Each filter that is not empty must fit: `text` is looked for in party and purpose, without regard to case; `since`
    and `until` are days such as 2026-03-02, both inclusive.

    Raises:
        Refused: there is no such account, or a day that is none.
    """
    _balance(database, account)
    for day in (since, until):
        if day:
            _check_day(day)
    return database.execute(
        "SELECT day, party, purpose, printf('%.2f', amount / 100.0) AS amount FROM bank_entry WHERE account = ? "
        "AND instr(lower(party || ' ' || purpose), ?) AND day >= ? AND (? = '' OR day <= ?) ORDER BY day DESC, id DESC",
        (account, text.lower(), since, until, until),
    ).fetchall()


def payees(database: sqlite3.Connection) -> list[sqlite3.Row]:
    """Returns everyone to whom one can transfer money: name, number; by name."""
    return database.execute("SELECT name, number FROM bank_payee ORDER BY name").fetchall()


def add_payee(database: sqlite3.Connection, name: str, number: str) -> None:
    """Adds someone to whom one can transfer money.

    `number` is that of the payee's account: LX and ten digits.

    Raises:
        Refused: no name, too long a one or one that a payee has already; or no number.
    """
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"The name of a payee must have 1 to {LONGEST_NAME} characters.")
    if name.lower() in [payee["name"].lower() for payee in payees(database)]:
        raise Refused(f'There is a payee "{name}" already.')
    if not _NUMBER.fullmatch(number):
        raise Refused(f'"{number}" is no number of an account: it is LX and ten digits.')
    database.execute("INSERT INTO bank_payee (name, number) VALUES (?, ?)", (name, number))


def transfer(database: sqlite3.Connection, account: str, payee: str, amount: str, purpose: str) -> None:
    """Transfers money from an account to a payee, today.

    Raises:
        Refused: no such account or payee, no amount, no purpose or too long a one, or less money than that.
    """
    _check_payment(database, account, payee, purpose)
    _book(database, account, payee, purpose, -cents(amount))


def move(database: sqlite3.Connection, origin: str, destination: str, amount: str) -> None:
    """Moves money from one of one's accounts to another.

    Raises:
        Refused: no such account, the same account twice, no amount, or less money than that.
    """
    _balance(database, destination)
    if origin == destination:
        raise Refused("Choose two different accounts.")
    _book(database, origin, destination, OWN_TRANSFER, -cents(amount))
    _book(database, destination, origin, OWN_TRANSFER, cents(amount))


def orders(database: sqlite3.Connection) -> list[sqlite3.Row]:
    """Returns the monthly standing orders, by payee: id, account, payee, amount (EUR), purpose, next (day)."""
    return database.execute(f"{_ORDER} ORDER BY payee, id").fetchall()


def order(database: sqlite3.Connection, order_id: int) -> sqlite3.Row:
    """Returns one standing order: id, account, payee, amount (EUR), purpose, next (day).

    Raises:
        Refused: there is no such standing order.
    """
    row: sqlite3.Row | None = database.execute(f"{_ORDER} WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        raise Refused(f"There is no standing order {order_id}.")
    return row


def create_order(database: sqlite3.Connection, account: str, payee: str, amount: str, purpose: str, first: str) -> int:
    """Sets up a monthly transfer from a first day on, such as 2026-03-15, and returns the standing order's id.

    Raises:
        Refused: no such account or payee, no amount, no purpose or too long a one, or a day that is not in the future.
    """
    _check_payment(database, account, payee, purpose)
    _check_day(first)
    if first <= TODAY:
        raise Refused(f"The first day must be later than today, {TODAY}.")
    cursor = database.execute(
        "INSERT INTO bank_order (account, payee, amount, purpose, next) VALUES (?, ?, ?, ?, ?)",
        (account, payee, cents(amount), purpose, first),
    )
    return cursor.lastrowid or 0


def change_order(database: sqlite3.Connection, order_id: int, amount: str) -> None:
    """Gives a standing order another amount.

    Raises:
        Refused: there is no such standing order, or no amount.
    """
    order(database, order_id)
    database.execute("UPDATE bank_order SET amount = ? WHERE id = ?", (cents(amount), order_id))


def cancel_order(database: sqlite3.Connection, order_id: int) -> None:
    """Ends a standing order.

    Raises:
        Refused: there is no such standing order.
    """
    order(database, order_id)
    database.execute("DELETE FROM bank_order WHERE id = ?", (order_id,))


def _balance(database: sqlite3.Connection, account: str) -> int:
    row = database.execute("SELECT balance FROM bank_account WHERE name = ?", (account,)).fetchone()
    if row is None:
        names = ", ".join(known["name"] for known in accounts(database))
        raise Refused(f'You have no account "{account}"; your accounts are {names}.')
    return int(row["balance"])


def _check_payment(database: sqlite3.Connection, account: str, payee: str, purpose: str) -> None:
    _balance(database, account)
    if payee not in [known["name"] for known in payees(database)]:
        raise Refused(f'"{payee}" is none of your payees; add them first.')
    if not purpose or len(purpose) > LONGEST_PURPOSE:
        raise Refused(f"The purpose must have 1 to {LONGEST_PURPOSE} characters.")


def _check_day(day: str) -> None:
    if not is_day(day):
        raise Refused(f'"{day}" is no day: write it like 2026-03-02.')


def _book(database: sqlite3.Connection, account: str, party: str, purpose: str, amount: int) -> None:
    balance = _balance(database, account) + amount
    if balance < 0:
        raise Refused(f"There is not enough money in the account {account}.")
    database.execute("UPDATE bank_account SET balance = ? WHERE name = ?", (balance, account))
    database.execute(
        "INSERT INTO bank_entry (account, day, party, purpose, amount) VALUES (?, ?, ?, ?, ?)",
        (account, TODAY, party, purpose, amount),
    )
