"""Tasks that span the code host and the wiki: what one of them says is to be done in the other."""

from __future__ import annotations

import sqlite3

import numpy as np

from arena.envs.web.apps.clock import TODAY
from arena.envs.web.apps.codehost import operations as codehost
from arena.envs.web.apps.codehost.pages import CODEHOST
from arena.envs.web.apps.codehost.tasks import closed, commented, merged, opened
from arena.envs.web.apps.codehost.tasks import found as issues_found
from arena.envs.web.apps.codehost.world import ASSIGNEES, add_issue, add_pull
from arena.envs.web.apps.people import draw
from arena.envs.web.apps.services import SERVICES
from arena.envs.web.apps.task import Task, Template, World, click, fill
from arena.envs.web.apps.wiki import operations as wiki
from arena.envs.web.apps.wiki.pages import WIKI
from arena.envs.web.apps.wiki.tasks import fact_set, facts_of, found, numbered, page_of

__all__ = ["WORLD"]

_TEXTS = ("Please have a look.", "This is due in April.", "See the page in the wiki.")


def _document(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    service, port = draw(codehost.REPOSITORIES, random), str(int(random.integers(1000, 3000)))  # below those in use
    title, text = f"Document the new port of {service}", draw(("Documented.", "Done.", "It is in the wiki."), random)
    said = f"Since today {service} uses the port {port}. The wiki does not know that yet."
    issue = add_issue(database, service, title, said, TODAY, random)
    others = [facts_of(database, other)["Port"] for other in SERVICES if other != service][:2]

    def change(db: sqlite3.Connection) -> None:
        wiki.set_fact(db, page_of(db, service), "Port", port)
        codehost.comment(db, issue, text)
        codehost.close(db, issue)

    return Task(
        f'The issue "{title}" on the code host says what is new. Change the page of {service} in the wiki accordingly, '
        f'comment on the issue with the text "{text}", and close it.',
        (
            *(*issues_found(title), click(title), *commented(text), *closed()),
            *(*found(service), *fact_set("Port", port)),
        ),
        change,
        {"search": service, "search for the issue": title, "comment": text} | numbered("value", port, *others),
    )


def _tell(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    service, repository = draw(SERVICES, random), draw(codehost.REPOSITORIES, random)
    title = f"Who is on call for {service}?"
    issue = add_issue(database, repository, title, "Please tell me, first and last name.", TODAY, random)
    name = facts_of(database, service)["On call"]
    others = [facts_of(database, other)["On call"] for other in SERVICES]

    def change(db: sqlite3.Connection) -> None:
        codehost.comment(db, issue, name)
        codehost.close(db, issue)

    return Task(
        f'Answer the issue "{title}" on the code host: look the name up in the wiki, comment on the issue with the '
        "name, first and last and nothing else, and close it.",
        (*found(service), *issues_found(title), click(title), *commented(name), *closed()),
        change,
        {"search": service, "search for the issue": title} | numbered("comment", name, *others),
    )


def _release(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    service = draw(codehost.REPOSITORIES, random)
    old = facts_of(database, service)["Version"].split(".")
    version = ".".join([str(int(old[0]) + 1), *old[1:]])
    title = f"Release {version}"
    pull = add_pull(database, service, title, "passed", {ASSIGNEES[0]: "approve"})
    others = [".".join([*old[:place], str(int(old[place]) + 1), *old[place + 1 :]]) for place in (1, 2)]

    def change(db: sqlite3.Connection) -> None:
        codehost.merge(db, pull)
        wiki.set_fact(db, page_of(db, service), "Version", version)

    return Task(
        f"In the repository {service} on the code host there is a pull request with a release. Merge it, and change "
        f"the version on the page of {service} in the wiki to that of the release.",
        (*merged(service, title), *found(service), *fact_set("Version", version)),
        change,
        {"search": service} | numbered("value", version, *others),
    )


def _open_for_status(database: sqlite3.Connection, random: np.random.Generator) -> Task:
    statuses = {service: facts_of(database, service)["Status"] for service in codehost.REPOSITORIES}
    status, text = draw(sorted(set(statuses.values())), random), draw(_TEXTS, random)
    title = f"Review the status {status}"
    repositories = [service for service in codehost.REPOSITORIES if statuses[service] == status]

    def change(db: sqlite3.Connection) -> None:
        for repository in repositories:
            codehost.open_issue(db, repository, title, text)

    opening = (step for repository in repositories for step in opened(repository, title, text))
    return Task(
        f"The wiki says what status each service has. In the repository of each service that is {status} and that has "
        f'a repository on the code host, open an issue with the title "{title}" and the text "{text}"',
        (click("Wiki"), fill("Search", status), click("Show"), *opening),
        change,
        {"search": status, "title": title, "text": text},
    )


WORLD = World(
    apps=(CODEHOST, WIKI),
    templates=(
        Template("document a port", 3, _document),
        Template("tell who is on call", 3, _tell),
        Template("release", 3, _release),
        Template("open issues for a status", 3, _open_for_status),
    ),
)
