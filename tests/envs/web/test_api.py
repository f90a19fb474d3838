"""The family api: the tasks of the pages through calls, which are parsed, never evaluated, and undone if refused."""

import dataclasses

import pytest

from arena.envs.web.api.environment import LONGEST_CALL, MAX_TURNS, ApiTask
from arena.envs.web.api.functions import CallError, calls_of, functions_of, parse
from arena.envs.web.api.views import ArrayView, TextView
from arena.envs.web.apps.environment import WebTask
from arena.envs.web.apps.worlds import WORLDS
from arena.errors import UnparsableError


def _last(step):
    """Returns what the last call came to: all that follows it."""
    return step[0].split("Last call: ", 1)[1].split("\n", 1)[1]


@pytest.fixture
def mail():
    env = ApiTask("mail")
    env.reset(seed=0)
    yield env
    env.close()


@pytest.mark.parametrize("world", WORLDS)
def test_every_kind_of_task_can_be_done_by_calls(world):
    env = ApiTask(world)
    everything = env.pages.world
    for template in everything.templates:
        env.pages.world = dataclasses.replace(everything, templates=(template,))
        observation, _ = env.reset(seed=0)
        assert len(env._plan) <= MAX_TURNS // 2, "there is time to look things up"
        ended = False
        while not ended:
            action = env.next_action()
            assert observation in env.observation_space and action in env.action_space
            observation, reward, terminated, truncated, info = env.step(action)
            assert "Error: " not in observation, (env.task.instruction, action, observation)
            ended = terminated or truncated
        assert (reward, info["metrics"]) == (1.0, {"success": 1.0, "score": 1.0}), env.task.instruction
    env.close()


def test_a_seed_gives_the_task_that_it_gives_on_the_pages():
    env, pages = ApiTask("bank", 3), WebTask("bank", 3)
    for seed in range(3):
        env.reset(seed=seed)
        pages.reset(seed=seed)
        assert env.task.instruction == pages.task.instruction
        assert list(env.pages.site.database.iterdump()) == list(pages.site.database.iterdump()), "trials are undone"


def test_every_operation_is_a_documented_function():
    assert set(functions_of("mail")) >= {"mail.find", "mail.reply", "mail.create_folder"}
    assert functions_of("mail")["mail.move"].head == "mail.move(message_id: int, folder: str)"
    assert functions_of("bank")["bank.payees"].head == "bank.payees(page: int = 1)"
    assert "bank.cents" not in functions_of("bank"), "it takes no database"
    assert functions_of("mail")["mail.find"].reads and not functions_of("mail")["mail.send"].reads


def test_lists_come_in_pages_and_documentation_on_demand(mail):
    first = _last(mail.step("mail.find()")).splitlines()
    count = int(first[0].split()[0])
    assert len(first) == 11 and first[0] == f"{count} rows, page 1 of {-(-count // 10)}"
    assert _last(mail.step(f"mail.find(page={-(-count // 10)})")).count("\n") == (count - 1) % 10 + 1
    assert "There is no page 99" in _last(mail.step("mail.find(page=99)"))
    assert _last(mail.step("docs mail.move")).startswith("mail.move(message_id: int, folder: str)\nFiles a message")
    assert "mail.forward(message_id: int, to: str, note: str = '')" in _last(mail.step("docs"))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("mail.fnid()", "did you mean 'mail.find'"),
        ("mail.message(message_id='3')", "message_id must be a whole number, not '3'"),
        ("mail.message(True)", "message_id must be a whole number"),
        ("mail.message(999999)", "There is no message 999999."),
        ("mail.message(99999999999999999999)", "must be less than"),
        ("mail.move(3)", "missing a required argument: 'folder'"),
        ("mail.find(colour='red')", "unexpected keyword argument 'colour'"),
        (r"mail.find('\ud800')", "printable"),
        ("mail.find(text=1 + 1)", "A value is a text in quotes"),
        ("mail.find(*[1])", "A value is a text in quotes"),
        ("mail.find(**{})", "A value is a text in quotes"),
        ("mail.message(" + "-" * 900 + "1)", "A value is"),
        ("(" * 400, "This is no call"),
        ("a." * 400 + "a()", "This is no call"),
        ("__import__('os').system('true')", "This is no call"),
        ("eval('1')", "unknown function 'eval'"),
        ("finish(1, 2)", "Finish with finish()"),
    ],
)
def test_a_senseless_call_is_an_error_that_changes_nothing(mail, call, error):
    assert len(call) <= LONGEST_CALL
    before = list(mail.pages.site.database.iterdump())
    observation, reward, terminated, *_ = step = mail.step(call)
    assert error in _last(step) and observation in mail.observation_space
    assert (reward, terminated, mail.is_refused) == (0.0, False, True)
    assert list(mail.pages.site.database.iterdump()) == before


def test_side_effects_fail_a_task_and_answers_count():
    env = ApiTask("flights", 1)
    asking = next(seed for seed in range(50) if (env.reset(seed=seed), env.task.answer)[1])
    for spoil, answer, reward in ((False, env.task.answer, 1.0), (False, "no idea", 0.0), (True, env.task.answer, 0.5)):
        env.reset(seed=asking)
        if spoil:
            env.step("flights.cancel(booking_id=1)")
        assert env.step(f"finish({answer!r})")[1:3] == (reward, True)
    env.reset(seed=asking)
    for _ in range(MAX_TURNS):
        _, reward, terminated, truncated, _ = env.step("flights.bookings()")
    assert (reward, terminated, truncated) == (0.0, False, True)


def test_the_calls_of_a_change_are_those_at_its_top(mail):
    from arena.envs.web.apps.mail import operations

    def change(database):
        number = operations.reply(database, 1, "Yes.")  # sends, which is no call of its own
        operations.find(database)
        operations.move(database, number, "Archive")

    before = list(mail.pages.site.database.iterdump())
    last = max(row["id"] for row in operations.find(mail.pages.site.database))
    found = calls_of(change, mail.pages.site.database, functions_of("mail").values())
    assert found == [
        "mail.reply(message_id=1, body='Yes.')",
        f"mail.move(message_id={last + 1}, folder='Archive')",
    ]
    assert list(mail.pages.site.database.iterdump()) == before


def test_a_call_is_parsed_and_nothing_else():
    assert parse(" mail.find('a', sender=\"b\", folder='') ") == ("mail.find", ["a"], {"sender": "b", "folder": ""})
    for line in ("mail.find", "1", "", "mail.find() or 1", "x = 1", "mail.find('a"):
        with pytest.raises(CallError):
            parse(line)


def test_the_text_view_takes_the_last_line_and_never_guesses(mail):
    view = TextView(mail, None)
    assert view.parse('I look first.\nmail.find(text="a")') == 'mail.find(text="a")'
    assert view.parse("docs mail.find") == "docs mail.find" and view.parse("finish()") == "finish()"
    for answer in ("", "mail.find", "I would call mail.find()", "finish", f'mail.find("{"a" * LONGEST_CALL}")'):
        with pytest.raises(UnparsableError):
            view.parse(answer)
    assert "This is no call" in _last(mail.step(view.default(None)))


def test_the_array_view_offers_ids_of_the_last_list_and_values_of_the_task():
    env = ApiTask("mail", 1)
    seed = next(seed for seed in range(50) if "Reply to" in (env.reset(seed=seed), env.task.instruction)[1])
    _, info = env.reset(seed=seed)
    view = ArrayView(env, None)
    rows, _ = view.observe("", None, info)
    assert rows in view.observation_space and not any("reply" in c.answer for c in view._candidates)
    info = env.step("mail.find(folder='Inbox')")[-1]
    view.observe("", None, info)
    offered = [candidate.answer for candidate in view._candidates]
    reply, end = env._plan
    assert end == "finish()" and reply in offered
    assert env.step(view.parse(offered.index(reply)))[1] == 0.0
    assert env.step(end)[1] == 1.0
