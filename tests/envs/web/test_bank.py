"""The operations of the bank: what they do and what they refuse."""

import numpy as np
import pytest

from arena.envs.web.apps.bank import operations as bank
from arena.envs.web.apps.bank.pages import BANK
from arena.envs.web.apps.bank.world import DEPOSIT
from arena.envs.web.apps.site import Refused, Site


@pytest.fixture
def database():
    return Site((BANK,), np.random.default_rng(0)).database


def _balances(database):
    return {row["name"]: bank.cents(row["balance"]) for row in bank.accounts(database)}


def test_a_transfer_leaves_the_account_and_is_in_the_statement(database):
    before, payee = _balances(database), bank.payees(database)[0]["name"]
    bank.transfer(database, "Travel", payee, "12.50", "Flowers")
    assert _balances(database) == before | {"Travel": before["Travel"] - 1250}
    (entry,) = bank.statement(database, "Travel")
    assert tuple(entry) == ("2026-03-02", payee, "Flowers", "-12.50")


def test_money_moved_between_accounts_is_neither_made_nor_lost(database):
    before = _balances(database)
    bank.move(database, "Current", "Savings", "100.05")
    after = _balances(database)
    assert sum(after.values()) == sum(before.values()) and after["Savings"] == before["Savings"] + 10005
    assert [row["amount"] for row in bank.statement(database, "Savings")] == ["100.05"]


def test_a_statement_keeps_to_text_and_days(database):
    everything = bank.statement(database, "Current")
    assert [row["day"] for row in everything] == sorted((row["day"] for row in everything), reverse=True)
    january = bank.statement(database, "Current", since="2026-01-01", until="2026-01-31")
    assert {row["day"][:7] for row in january} == {"2026-01"}
    assert len(january) + len(bank.statement(database, "Current", since="2026-02-01")) == len(everything)
    assert [row["amount"][0] for row in bank.statement(database, "Current", DEPOSIT.upper())].count("-") == 0


@pytest.mark.parametrize(
    ("operation", "given", "reason"),
    [
        (bank.transfer, ("Pocket", "Olive Gym", "1.00", "x"), "no account .Pocket."),
        (bank.transfer, ("Current", "Nobody", "1.00", "x"), "none of your payees"),
        (bank.transfer, ("Current", "Olive Gym", "1", "x"), "write it like 12.50"),
        (bank.transfer, ("Current", "Olive Gym", "0.00", "x"), "more than 0.00"),
        (bank.transfer, ("Current", "Olive Gym", "999999.00", "x"), "not enough money"),
        (bank.transfer, ("Current", "Olive Gym", "1.00", ""), "The purpose must have"),
        (bank.move, ("Current", "Current", "1.00"), "two different accounts"),
        (bank.add_payee, ("olive gym", "LX0123456789"), "already"),
        (bank.add_payee, ("Alder Bakery", "LX123"), "LX and ten digits"),
        (bank.create_order, ("Current", "Olive Gym", "1.00", "x", "2026-03-02"), "later than today"),
        (bank.cancel_order, (99,), "no standing order 99"),
        (bank.statement, ("Current", "", "March"), '"March" is no day'),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(database, operation, given, reason):
    before = list(database.iterdump())
    with pytest.raises(Refused, match=reason):
        operation(database, *given)
    assert list(database.iterdump()) == before


def test_standing_orders_are_set_up_changed_and_cancelled(database):
    number = bank.create_order(database, "Savings", "Olive Gym", "10.00", "Sauna", "2026-04-01")
    bank.change_order(database, number, "11.00")
    order = bank.order(database, number)
    assert tuple(order) == (number, "Savings", "Olive Gym", "11.00", "Sauna", "2026-04-01")
    bank.cancel_order(database, number)
    assert number not in [row["id"] for row in bank.orders(database)]
