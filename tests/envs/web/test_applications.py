"""Our web applications: every kind of task can be done, only the final state counts, a person sees the same site."""

import dataclasses
import io
import re
from collections import Counter
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import numpy as np
import pytest

from arena.envs.web.apps.environment import COMMAND, MAX_TURNS, WebTask
from arena.envs.web.apps.mail import operations as mail
from arena.envs.web.apps.mail.pages import MAIL
from arena.envs.web.apps.serving import Served
from arena.envs.web.apps.site import Page, Refused, Route, Site
from arena.envs.web.apps.state import changes, likeness, read_state, rehearse
from arena.envs.web.apps.task import Task, Template, answer, click
from arena.envs.web.apps.views import ArrayView, TextView
from arena.envs.web.apps.worlds import WORLDS, load_world
from arena.envs.web.shop_app.browser import Browser
from arena.errors import UnknownNameError, UnparsableError

SEEDS = range(2)
KINDS = [(world, template) for world in WORLDS for template in load_world(world).templates]


def _env(world, *templates):
    env = WebTask(world)
    if templates:
        env.world = dataclasses.replace(env.world, templates=templates)
    return env


def _follow(env, info=None):
    """Plays the plan to its end and returns the last step; given an info, all of it must be among the candidates."""
    view = ArrayView(env, None)
    while True:
        action = env.next_action()
        if info is not None:
            offered = [candidate.answer for candidate in view.candidates("", info | {"turns_left": 40})[0]]
            assert action in offered, (env.task.instruction, action)
        last = env.step(action)
        assert "\nError: " not in last[0], (env.task.instruction, action, last[0])
        if last[2] or last[3]:
            return last


@pytest.mark.parametrize(("world", "template"), KINDS, ids=[f"{world}: {t.name}" for world, t in KINDS])
def test_every_kind_of_task_can_be_done_by_its_plan(world, template):
    env = _env(world, template)
    for seed in SEEDS:
        observation, info = env.reset(seed=seed)
        assert env.judge() == 0.0, "nothing is done yet"
        assert observation in env.observation_space and COMMAND.fullmatch(env.next_action())
        *_, at_end = _follow(env, info)
        assert at_end["metrics"] == {"success": 1.0, "score": 1.0}, env.task.instruction
        assert env.turn <= MAX_TURNS - 10, "there is time for a detour"
    env.close()


def test_levels_are_graded_and_known():
    assert {(world, template.level) for world, template in KINDS} >= {("mail", level) for level in (1, 2, 3)}
    with pytest.raises(ValueError, match=r"no task of level 1; there are \[3\]"):
        WebTask("mailcalendar", 1).reset(seed=0)
    with pytest.raises(UnknownNameError, match="did you mean 'mail'"):
        WebTask("mial")


def test_only_the_final_state_counts_not_the_way():
    for world in WORLDS:
        env = _env(world)
        for seed in range(6):
            env.reset(seed=seed)
            env.task.change(env.site.database)
            *_, info = env.step(f'answer "{env.task.answer}"' if env.task.answer else "stop")
            assert info["metrics"]["success"] == 1.0


def test_whatever_else_was_changed_fails_the_task():
    env = WebTask("mail", 1)
    env.reset(seed=0)
    env.task.change(env.site.database)
    assert env.judge() == 1.0
    mail.create_folder(env.site.database, "Mine")
    _, reward, terminated, _, info = env.step("stop")
    assert terminated and 0.0 < reward < 1.0 and info["metrics"] == {"success": 0.0, "score": reward}


def test_what_was_done_and_undone_does_not_count():
    env = WebTask("mail", 1)
    env.reset(seed=1)
    first = mail.find(env.site.database, folder="Inbox")[-1]
    mail.move(env.site.database, first["id"], "Travel")
    mail.read(env.site.database, first["id"])
    mail.move(env.site.database, first["id"], "Inbox")
    _follow(env)
    assert env.judge() == 1.0


def test_an_answer_is_compared_without_case_and_spacing_and_must_be_given():
    ask = Template("ask", 1, lambda database, random: Task("Who?", (answer("Ada Berg"),), answer="Ada Berg"))
    scores = []
    for action in ('answer " ada  BERG "', 'answer "Ada"', "stop", 'answer ""'):
        env = _env("mail", ask)
        env.reset(seed=0)
        scores.append(env.step(action)[1:3])
    assert scores == [(1.0, True), (0.0, True), (0.0, True), (0.0, True)]


def test_an_answer_that_nobody_asked_for_is_a_side_effect():
    env = WebTask("calendar", 1)
    env.reset(seed=0)
    env.task.change(env.site.database)
    assert 0.0 < env.step('answer "Done"')[1] < 1.0


def test_who_does_not_say_that_it_is_done_gets_nothing():
    env = WebTask("calendar", 1)
    env.reset(seed=0)
    env.task.change(env.site.database)
    for turn in range(MAX_TURNS):
        observation, reward, terminated, truncated, info = env.step("pass")
        assert (reward, terminated, truncated) == (0.0, False, turn == MAX_TURNS - 1)
    assert info["metrics"]["success"] == 0.0 and "Error: an action is click 12" in observation


def test_an_oracle_that_was_led_astray_stops():
    env = WebTask("flights", 1)
    env.reset(seed=0)
    for _ in range(30):
        env.step("pass")
    assert env.next_action() == "stop"


def test_a_rehearsal_changes_nothing_even_if_it_fails():
    site = Site((MAIL,), np.random.default_rng(0))
    before = read_state(site.database, site.apps)
    after = rehearse(site.database, site.apps, lambda db: mail.create_folder(db, "Mine"))
    assert changes(before, after) == {("+", "mail_folder", "Mine"): 1}
    with pytest.raises(Refused):
        rehearse(site.database, site.apps, lambda db: (mail.create_folder(db, "A"), mail.create_folder(db, "a")))
    assert read_state(site.database, site.apps) == before
    assert not site.database.in_transaction


def test_likeness_counts_rows_in_both_among_rows_in_either():
    wanted = changes(_rows(a=1, b=1), _rows(a=1, c=1))  # b went, c came
    assert likeness(wanted, wanted) == 1.0
    assert likeness(wanted, changes(_rows(a=1, b=1), _rows(a=1))) == 0.5
    assert likeness(wanted, changes(_rows(a=1, b=1), _rows(c=2))) == 0.5  # of four changes: a went, and c came twice
    assert likeness(wanted, changes(_rows(a=1, b=1), _rows(a=1, b=1))) == 0.0


def _rows(**counts):
    return Counter({(name,): count for name, count in counts.items()})


def test_the_same_seed_gives_the_same_world_and_task():
    shown = []
    for world in ("mail", "mailcalendar", "mail"):
        env = WebTask(world)
        for seed in (5, 6):
            shown.append(env.reset(seed=seed)[0])
    assert shown[0:2] == shown[4:6] and shown[0] != shown[1]


def test_pages_follow_the_rules_of_wsgi():
    browser = Browser(validator(Site((MAIL,), np.random.default_rng(0))))
    assert browser.path == "/mail/" and browser.page.title == "Inbox - Lindgren Office"
    browser.open("/mail/write")
    numbers = {element.name: number for number, element in enumerate(browser.page.elements, start=1)}
    browser.type(numbers["To"], "<i>")
    browser.click(numbers["Send"])
    assert '"<i>" is neither an address' in browser.text() and "<i>" not in browser.html
    assert browser.value(numbers["To"]) == "<i>"  # what was typed is kept


def _ask(application, path, method="GET", body=b"", query=""):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "wsgi.input": io.BytesIO(body)}
    environ["CONTENT_LENGTH"] = str(len(body))
    setup_testing_defaults(environ)
    said = []
    page = b"".join(application(environ, lambda *answer: said.extend(answer))).decode()
    return said[0], dict(said[1]), page


def test_what_is_not_there_is_said_so():
    site = Site((MAIL,), np.random.default_rng(0))
    assert _ask(site, "/mail/nowhere")[0] == _ask(site, "/calendar/")[0] == "404 Not Found"
    status, _, page = _ask(site, "/mail/message/999")
    assert status == "400 Bad Request" and "There is no message 999." in page
    assert _ask(site, "/mail/write", "POST", b"x" * 10_001)[0] == "413 Content Too Large"


def test_a_route_reads_the_parts_of_a_path():
    route = Route("GET", "/page/<slug>/version/<int>", lambda request: Page("home.html", {}))
    assert route.match("GET", "/page/home-2/version/07") == ["home-2", 7]
    assert route.match("POST", "/page/home/version/7") is None and route.match("GET", "/page/a b/version/7") is None
    with pytest.raises(ValueError, match="a route is GET or POST"):
        Route("PUT", "/", lambda request: Page("home.html", {}))


def test_a_person_sees_the_task_and_whether_it_is_done():
    env = WebTask("mail", 1)
    env.reset(seed=3)
    served = validator(Served(env))
    browser = Browser(served)
    assert env.task.instruction.replace('"', "") in browser.text().replace('"', "")
    assert "Done: not yet" in browser.text()
    env.task.change(env.site.database)
    browser.open("/mail/")
    assert "Done: yes." in browser.text()


def test_a_person_can_answer():
    env = _env("mail", Template("ask", 1, lambda database, random: Task("Who?", (click("Inbox"),), answer="Ada")))
    env.reset(seed=0)
    served = Served(env)
    assert _ask(served, "/-/answer", query="text=Bea")[0] == "303 See Other"
    assert "Done: not yet" in _ask(served, "/mail/")[2]
    _ask(served, "/-/answer", query="text=ada")
    _, headers, page = _ask(served, "/mail/")
    assert "Done: yes." in page and int(headers["Content-Length"]) == len(page.encode())


def test_the_text_view_reads_the_last_line_and_never_guesses():
    env = WebTask("mail", 1)
    observation, info = env.reset(seed=0)
    view = TextView(env, None)
    shown, _ = view.observe(observation, None, info)
    assert shown.endswith(observation) and shown in view.observation_space
    assert view.parse('I think:\nanswer "030 555 1234"\n') == 'answer "030 555 1234"'
    for rubbish in ("", "click", "answer 5", "click 1 or 2", "STOP"):
        with pytest.raises(UnparsableError):
            view.parse(rubbish)
    assert view.default(None) == "pass"


def test_pages_are_small_enough_for_the_view():
    for world in WORLDS:
        env = WebTask(world)
        observation, _ = env.reset(seed=0)
        assert len(observation) < 4_000 and len(re.findall(r"\[\d+\] ", observation)) <= 40
