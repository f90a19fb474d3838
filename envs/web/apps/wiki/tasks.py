"""What there is to do in the wiki."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import numpy as np

from arena.envs.web.apps.people import PEOPLE, draw
from arena.envs.web.apps.services import SERVICES
from arena.envs.web.apps.task import Step, Task, Template, World, answer, choose, click, fill
from arena.envs.web.apps.wiki import operations as wiki
from arena.envs.web.apps.wiki.pages import WIKI
from arena.envs.web.apps.wiki.world import MACHINES, TEAMS

__all__ = ["WORLD", "fact_set", "facts_of", "found", "numbered", "page_of"]

_NEW_TITLES = ("How to order a desk", "How to book a train", "How to store a bicycle", "How to water the plants")
_NEW_TEXTS = ("Ask at the front desk.", "Write to the office two days before.", "There is a list at the entrance.")
_HISTORY = click("History")


def found(title: str) -> tuple[Step, ...]:
    """Returns the steps from anywhere to the page with this title."""
    return click("Wiki"), fill("Search", title), click("Show"), click(title)


def fact_set(name: str, value: str) -> tuple[Step, ...]:
    """Returns the steps from an open page to a fact of it having been changed."""
    return choose("Fact", name), fill("Value", value), click("Set")


def page_of(database: sqlite3.Connection, title: str) -> int:
    """Returns the id of the page with this title."""
    return next(int(page["id"]) for page in wiki.find(database) if page["title"] == title)


def facts_of(database: sqlite3.Connection, title: str) -> dict[str, str]:
    """Returns the facts of the page with this title by name."""
    return {fact["name"]: fact["value"] for fact in wiki.facts(database, page_of(database, title))}


def numbered(label: str, *values: str) -> dict[str, str]:
    """Returns what must be found out among others like it, as values to type; in an order that says nothing."""
    return {f"{label} {k}": value for k, value in enumerate(sorted(set(values)), start=1)}


def _set_port(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    service, port = draw(SERVICES, random), str(int(random.integers(1000, 3000)))  # below every port in use
    return Task(
        f"On the page of the service {service}, change the port to {port}.",
        (*found(service), *fact_set("Port", port)),
        lambda db: wiki.set_fact(db, page_of(db, service), "Port", port),
        {"search": service, "value": port},
    )


def _create(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    title, text = draw(_NEW_TITLES, random), draw(_NEW_TEXTS, random)
    return Task(
        f'Make a page "{title}" in the category Guide. Its text is "{text}"',
        _created(title, text),
        lambda db: wiki.create(db, title, "Guide", text),
        {"title": title, "text": text},
    )


def _archive(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    title = draw([page["title"] for page in wiki.find(database)], random)
    return Task(
        f'File the page "{title}" under the category Archive.',
        (*found(title), choose("Category", "Archive"), click("Move")),
        lambda db: wiki.move(db, page_of(db, title), "Archive"),
        {"search": title},
    )


def _ask_port(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    service = draw(SERVICES, random)
    port = facts_of(database, service)["Port"]
    return Task(
        f"Which port does the service {service} use?",
        (*found(service), answer(port)),
        values={"search": service},
        answer=port,
        choices=tuple(sorted(facts_of(database, other)["Port"] for other in SERVICES)),
    )


def _ask_lead(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    service = draw(SERVICES, random)
    team = facts_of(database, service)["Team"]
    name, people = draw((("Lead", "Who leads"), ("Room", "In which room sits")), random)
    told = facts_of(database, team)[name]
    others = {facts_of(database, other)[name] for other in TEAMS}
    return Task(
        f"{people} the team that owns the service {service}? Answer as it is written in the wiki.",
        (*found(service), click(team), answer(told)),
        values={"search": service},
        answer=told,
        choices=tuple(sorted(others | ({person.name for person in PEOPLE} if name == "Lead" else set()))),
    )


def _deprecate(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    service = draw(SERVICES, random)
    facts = facts_of(database, service)
    status = draw([status for status in wiki.STATUSES if status != facts["Status"]], random)
    return Task(
        f"Find the service that uses the port {facts['Port']} and change its status to {status}.",
        (click("Wiki"), fill("Search", facts["Port"]), click("Show"), click(service), *fact_set("Status", status)),
        lambda db: wiki.set_fact(db, page_of(db, service), "Status", status),
        {"search": facts["Port"], "value": status},
    )


def _restore(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    page = draw(wiki.find(database), random)
    before = wiki.history(database, page["id"])[1]
    return Task(
        f'The newest edit of the page "{page["title"]}" was a mistake: restore the text that the page had before.',
        (*found(page["title"]), *_restored(before)),
        lambda db: wiki.restore(db, before["id"]),
        {"search": page["title"]},
    )


def _follow(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    machines = {service: facts_of(database, service)["Machine"] for service in SERVICES}
    service = draw(SERVICES, random)
    leader = draw([other for other in SERVICES if machines[other] != machines[service]], random)
    machine = machines[leader]
    return Task(
        f"The service {service} was moved to the machine on which {leader} runs. Change the machine on the page of "
        f"{service}.",
        (*found(leader), *found(service), *fact_set("Machine", machine)),
        lambda db: wiki.set_fact(db, page_of(db, service), "Machine", machine),
        {"search": service, "other search": leader} | numbered("value", *MACHINES),
    )


def _hand_over(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    called = {service: facts_of(database, service)["On call"] for service in SERVICES}
    leaving = draw(sorted(set(called.values())), random)
    name = draw([person.name for person in PEOPLE if person.name != leaving], random)
    services = [service for service in SERVICES if called[service] == leaving]

    def change(db: sqlite3.Connection) -> None:
        for service in services:
            wiki.set_fact(db, page_of(db, service), "On call", name)

    steps = (
        (click("Wiki"), fill("Search", leaving), click("Show"), click(service), *fact_set("On call", name))
        for service in services
    )
    return Task(
        f"{leaving} is on call for some services. Change that: {name} is on call for all of them from now on.",
        tuple(step for part in steps for step in part),
        change,
        {"search": leaving, "value": name},
    )


def _undo(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    author = wiki.changes(database)[0]["author"]
    edited = wiki.changes(database, author)
    before = [wiki.history(database, edit["page"])[1] for edit in edited]

    def change(db: sqlite3.Connection) -> None:
        for revision in before:
            wiki.restore(db, revision["id"])

    steps = (
        (*(click("Recent changes"), fill("Author", author), click("Show"), click(edit["title"])), *_restored(revision))
        for edit, revision in zip(edited, before, strict=True)
    )
    return Task(
        f"All edits by {author} were mistakes. On every page that {author} has edited, restore the text that it had "
        "before.",
        tuple(step for part in steps for step in part),
        change,
        {"author": author},
    )


def _by_location(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    machine = draw(MACHINES, random)
    location = facts_of(database, machine)["Location"]
    services = [service for service in SERVICES if facts_of(database, service)["Machine"] == machine]
    now = [facts_of(database, service)["Status"] for service in services]
    status = draw([status for status in wiki.STATUSES if status != now[0]], random)

    def change(db: sqlite3.Connection) -> None:
        for service in services:
            wiki.set_fact(db, page_of(db, service), "Status", status)

    steps = (
        (click("Wiki"), fill("Search", machine), click("Show"), click(service), *fact_set("Status", status))
        for service in services
    )
    return Task(
        f"Change the status of all services that run on the machine in {location} to {status}.",
        (click("Wiki"), fill("Search", location), click("Show"), *(step for part in steps for step in part)),
        change,
        {"search": location, "value": status} | numbered("other search", *MACHINES),
    )


def _write_contact(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    service = draw(SERVICES, random)
    title, team = f"Contact for {service}", facts_of(database, service)["Team"]
    texts = {name: "{Lead}, {Room}, {Channel}".format(**facts_of(database, name)) for name in TEAMS}
    return Task(
        f'Make a page "{title}" in the category Guide. Its text is the lead, the room and the channel of the team that '
        f"owns the service {service}, written like Ada Berg, Room Oak, channel-north, and nothing else.",
        (*found(service), click(team), *_created(title, texts[team])),
        lambda db: wiki.create(db, title, "Guide", texts[team]),
        {"search": service, "title": title} | numbered("text", *texts.values()),
    )


def _created(title: str, text: str) -> tuple[Step, ...]:
    given = (fill("Title", title), choose("Category", "Guide"), fill("Text", text))
    return (click("New page"), *given, click("Create"))


def _restored(revision: sqlite3.Row | Mapping[str, str]) -> tuple[Step, ...]:
    return _HISTORY, click("Restore", within=revision["day"])


WORLD = World(
    apps=(WIKI,),
    templates=(
        Template("set a port", 1, _set_port),
        Template("make a page", 1, _create),
        Template("archive", 1, _archive),
        Template("ask for a port", 1, _ask_port),
        Template("ask about the team", 2, _ask_lead),
        Template("find by port", 2, _deprecate),
        Template("restore", 2, _restore),
        Template("follow to a machine", 2, _follow),
        Template("hand over", 3, _hand_over),
        Template("undo edits", 3, _undo),
        Template("by location", 3, _by_location),
        Template("write a contact", 3, _write_contact),
    ),
)
