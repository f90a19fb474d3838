"""Mail's operations: what they do and what they refuse."""

import numpy as np
import pytest

from arena.envs.web.apps.mail import operations as mail
from arena.envs.web.apps.mail.pages import MAIL
from arena.envs.web.apps.site import Refused, Site


@pytest.fixture
def database():
    return Site((MAIL,), np.random.default_rng(0)).database


def test_a_message_goes_to_names_and_addresses(database):
    sent = mail.message(database, mail.send(database, "Hugo Ito, x@y.example, hugo ito", "Hello", "Text"))
    assert sent["recipients"] == "hugo.ito@lindgren.example, x@y.example"  # sorted, each once
    assert (sent["folder"], sent["sent"]) == ("Sent", "2026-03-02 09:00")
    assert sent["sender"] == "alex.morgan@lindgren.example"


@pytest.mark.parametrize(
    ("to", "subject", "body", "reason"),
    [
        ("Nobody", "S", "B", '"nobody" is neither|"Nobody" is neither'),
        ("", "S", "B", "is neither an address"),
        ("Ada Berg", "", "B", "subject must have 1 to 120"),
        ("Ada Berg", "S" * 121, "B", "subject must have 1 to 120"),
        ("Ada Berg", "S", "", "message must have 1 to 2000"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused(database, to, subject, body, reason):
    with pytest.raises(Refused, match=reason):
        mail.send(database, to, subject, body)


def test_a_reply_goes_to_the_sender_and_a_forward_carries_the_text(database):
    original = mail.find(database, folder="Inbox")[0]
    reply = mail.message(database, mail.reply(database, original["id"], "Yes."))
    assert (reply["recipients"], reply["subject"]) == (original["sender"], f"Re: {original['subject']}")
    assert reply["answers"] == original["id"]
    again = mail.message(database, mail.reply(database, reply["id"], "Yes, yes."))
    assert again["subject"] == reply["subject"]  # no "Re: Re: "
    sent_on = mail.message(database, mail.forward(database, original["id"], "Ada Berg", "Look"))
    assert sent_on["body"] == f"Look --- {original['body']}" and sent_on["subject"].startswith("Fwd: ")


def test_folders(database):
    message = mail.find(database, folder="Inbox")[0]["id"]
    mail.create_folder(database, "Spring")
    mail.move(database, message, "Spring")
    assert [row["id"] for row in mail.find(database, folder="Spring")] == [message]
    mail.delete(database, message)
    assert mail.message(database, message)["folder"] == "Trash"
    for name in ("", "inbox", "a/b", "x" * 31):
        with pytest.raises(Refused):
            mail.create_folder(database, name)
    with pytest.raises(Refused, match='There is no folder "Nowhere"'):
        mail.move(database, message, "Nowhere")
    with pytest.raises(Refused, match="There is no message 999"):
        mail.delete(database, 999)


def test_finding_filters_and_sorts(database):
    everything = mail.find(database)
    assert [row["sent"] for row in everything] == sorted((row["sent"] for row in everything), reverse=True)
    receipts = mail.find(database, text="TOTAL:", sender="norden")
    assert len(receipts) == 3 and {row["sender_name"] for row in receipts} == {"Norden Supplies"}
    assert mail.find(database, text="%") == []  # what is typed holds no pattern


def test_reading_marks_a_message_as_read(database):
    unread = next(row["id"] for row in mail.find(database) if not row["is_read"])
    assert mail.read(database, unread)["is_read"] == 1
