from __future__ import annotations

import base64
import collections
import email.utils
import io
import json
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from gymnasium import spaces

import arena
from arena.agent import Agent, Batch, Seating, resolve_agent
from arena.cli import main
from arena.errors import AgentError, ArenaError, RecordError
from arena.packing import unpack
from arena.record import CALLS
from arena.run import load_run
from arena.seeding import RowRandom
from arena.vector.pool import Limits

httpx = pytest.importorskip("httpx", reason="the agent llm needs httpx: pip install 'arena-bench[llm]'")

from arena.baselines.llm import LLM, PROMPT, Config  # noqa: E402
from arena.baselines.parts.endpoint import Endpoint, Patience  # noqa: E402
from arena.baselines.parts.prices import read_price  # noqa: E402
from arena.loading import import_file  # noqa: E402

chat_server = import_file(Path(__file__).with_name("chat_server.py"))
Reply, adds_up, completion, serving = (
    chat_server.Reply, chat_server.adds_up, chat_server.completion, chat_server.serving,
)  # fmt: skip

COUNTDOWN = "text/Countdown-v0"
HASTY = Patience(5.0, 5.0, 5.0, tries=4, backoff_s=0.01, backoff_limit_s=0.04, patience_s=10.0)
PRICES = 'unit = "USD"\n[models.m]\ninput = 2.0\noutput = 10.0\n'  # 100 tokens in and 10 out: 300 millionths


def play(url, out, *, env=COUNTDOWN, episodes=4, workers=0, limits=None, **settings):
    named = {"model": "m", "base_url": url, "backoff_s": 0.01, **settings}
    text = "&".join(f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in named.items())
    return arena.evaluate(f"llm?{text}", env, episodes=episodes, workers=workers, out=out, limits=limits)


def kept_calls(run, record=None):
    records = run.records if record is None else [record]
    return [run.call(digest) for record in records for seat in record.calls for digest in seat]


def actions(run, record):
    return json.loads(unpack(run.blob(record))["actions0"].tobytes())


# --- a run ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Ten episodes played by a worker, with a key and a price table; the server is gone afterwards."""
    folder = tmp_path_factory.mktemp("llm")
    (folder / "prices.toml").write_text(PRICES)

    def slowly(body):
        time.sleep(1.0 if len(server.asked) <= 8 else 0.0)
        return adds_up(body)

    with serving(slowly) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRIPTED_KEY", "secret-of-the-test")
        run = play(
            server.url, folder / "runs", episodes=10, workers=1, limits=Limits(move_s=0.05),
            key="SCRIPTED_KEY", prices=str(folder / "prices.toml"),
        )  # fmt: skip
    return run, server


def test_every_call_is_kept_with_its_request_response_usage_and_cost(played):
    run, server = played
    calls = kept_calls(run)
    assert len(calls) == len(server.asked) == int(run.episodes.model_calls.sum()) == int(run.episodes.length.sum())
    key = json.dumps
    assert collections.Counter(key(call["request"], sort_keys=True) for call in calls) == collections.Counter(
        key(body, sort_keys=True) for body in server.asked
    )
    for call in calls:
        assert call["response"]["choices"][0]["finish_reason"] == call["finish_reason"] == "stop"
        assert (call["tokens_in"], call["tokens_out"]) == (100, 10) and call["latency_s"] > 0
        assert call["money"] == pytest.approx(300e-6) and call["price"]["unit"] == "USD" and not call["failed"]
    assert set(run.episodes.cause) == {"completed"} and run.episodes.length.min() > 1


def test_waiting_for_the_endpoint_is_not_the_agents_time_for_a_move(played):
    run, _ = played  # it waited a second for its first answers
    assert run.manifest["envelope"]["move_s"] == 0.05 and run.episodes.model_s.max() > 1.0
    assert set(run.attempts.cause) == {"completed"} and run.attempts.attempt.max() == 1


def test_tokens_money_and_time_of_an_episode_are_the_sums_of_its_calls(played):
    run, _ = played
    for record, row in zip(run.settled.values(), run.episodes.itertuples(), strict=True):
        assert row.tokens == 110 * record.length and row.money == pytest.approx(300e-6 * record.length)
        assert 0 < row.model_s < row.wall_s and record.usage[0]["cached"] == 0
    from arena.leaderboard.export import episode_table
    from arena.leaderboard.runs import cost_of

    table = episode_table([run])
    assert table.tokens.sum() == run.episodes.tokens.sum() and table.model_calls.sum() == run.episodes.length.sum()
    cost = cost_of(run, [COUNTDOWN])
    assert cost.tokens == 110 * cost.env_steps and cost.money == pytest.approx(300e-6 * cost.env_steps)


def test_the_key_is_sent_and_never_recorded(played):
    run, server = played
    assert set(server.keys) == {"Bearer secret-of-the-test"}
    for path in run.path.rglob("*"):
        assert path.is_dir() or b"secret-of-the-test" not in path.read_bytes(), path


def test_a_run_verifies_without_its_model_and_without_its_calls(played, tmp_path):
    import shutil

    run, _ = played
    assert [report.level for report in arena.verify(run.path, workers=0)] == ["replayed"]
    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    first, second = run.records[0].calls[0][:2]
    (copy / CALLS / f"{first}.json").unlink()
    (report,) = arena.verify(copy, workers=0)
    assert report.level == "replayed" and "1 model calls were dropped" in report.notes[0]
    assert load_run(copy).call(first) is None and load_run(copy).head == run.head
    (copy / CALLS / f"{second}.json").write_text("{}")
    (report,) = arena.verify(copy, workers=0)
    assert not report.is_verified and f"{second}.json was edited" in report.problems[0]
    with pytest.raises(RecordError, match="was edited"):
        load_run(copy).call(second)


def test_a_killed_run_asks_nothing_again_that_was_finished(tmp_path):
    class Killed(Exception):
        pass

    def stop_after_three(done, total, record):
        if done == 3:
            raise Killed

    with serving(lambda body: "stop") as server:
        agent = f"llm?model=m&base_url={server.url}"
        call = dict(episodes=12, workers=0, out=tmp_path)
        with pytest.raises(Killed):
            arena.evaluate(agent, COUNTDOWN, progress=stop_after_three, **call)
        before = [body["messages"][-1]["content"] for body in server.asked]
        run = arena.evaluate(agent, COUNTDOWN, **call)
        asked = collections.Counter(body["messages"][-1]["content"] for body in server.asked)
        arena.evaluate(agent, COUNTDOWN, **call)  # it is complete: nothing is asked
    assert len(before) == 6 and run.is_complete  # a job of six was asked at once; three episodes were written
    finished = [kept_calls(run, run.settled[index])[0]["request"]["messages"][-1]["content"] for index in range(3)]
    assert [asked[text] for text in finished] == [1, 1, 1] and len(asked) == 12 and asked.total() == 12 + 3


def test_all_rows_of_a_batch_are_asked_at_once(tmp_path):
    together = threading.Barrier(8)

    def script(body):
        together.wait(20)  # breaks, and so answers with nothing, unless all eight lanes are being asked
        return "stop"

    with serving(script) as server:
        run = play(server.url, tmp_path, episodes=8, tries=1)
    assert set(run.episodes.cause) == {"completed"} and len(server.asked) == 8


# --- answers ----------------------------------------------------------------------------------------------------------


def test_an_unparsable_answer_is_asked_for_once_more_with_the_reason(tmp_path):
    def script(body):
        return "stop" if "could not be read" in body["messages"][-1]["content"] else "Let me see."

    with serving(script) as server:
        run = play(server.url, tmp_path, episodes=2)
    assert run.episodes.answers_retried.tolist() == [1, 1] and run.episodes.answers_defaulted.tolist() == [0, 0]
    assert run.episodes.model_calls.tolist() == [2.0, 2.0] and actions(run, run.records[0]) == ["stop"]
    assert "'Let me see.' is no operation" in server.asked[-1]["messages"][-1]["content"]


@pytest.mark.parametrize("said", ["25 * 4 or so", "", None, [{"type": "text", "text": "x\udc00"}], "\u0000\ud800"])
def test_no_move_is_made_up_for_a_model_that_states_none(tmp_path, said):
    with serving(lambda body: Reply(200, completion(said))) as server:
        run = play(server.url, tmp_path, episodes=1)
    (record,) = run.records
    assert record.cause == "completed" and record.length > 1
    assert set(actions(run, record)) == {"pass"}  # the view's stated default, counted
    assert record.answers_retried == record.answers_defaulted == record.length
    assert record.usage[0]["calls"] == 2 * record.length == len(server.asked)


def test_two_models_at_a_table_are_counted_each_for_itself(tmp_path):
    with serving(lambda body: "no move at all") as server:  # so each plays the lowest legal one
        url = f"&base_url={server.url}"
        run = arena.evaluate(
            f"llm?model=a{url}", "boardgames/TicTacToe-v0", opponents=[f"llm?model=b{url}"], episodes=2, workers=0,
            out=tmp_path,
        )  # fmt: skip
    for record in run.records:
        models = [{run.call(digest)["request"]["model"] for digest in seat} for seat in record.calls]
        assert [("a", "b")[agent] for agent in record.seating] == [model for (model,) in models]
    assert run.episodes.length.tolist() == [7, 7]  # who moves first has four of the moves, each asked for twice
    assert run.episodes.model_calls.tolist() == [8.0, 6.0] and run.episodes.tokens.tolist() == [880.0, 660.0]


class Silent(Agent):
    """Says that it calls a model, and never does."""

    view = "text/v1"
    calls_models = True

    def act_one(self, observation, mask, random):
        return "stop"


def test_an_episode_without_a_model_call_is_the_harness_failure_and_no_score(tmp_path):
    run = arena.evaluate(f"{__file__}:Silent", COUNTDOWN, episodes=2, workers=0, out=tmp_path)
    assert set(run.attempts.cause) == {"no_model_call"} and len(run.attempts) == 6
    assert not run.episodes.measurement.any() and run.counts.n_infra.sum() == 2


# --- endpoints that fail ----------------------------------------------------------------------------------------------


def test_a_failing_endpoint_is_the_providers_failure_retried_and_never_imputed(tmp_path):
    with serving(lambda body: Reply(503, {"error": "overloaded"})) as server:
        run = play(server.url, tmp_path, episodes=2, tries=2)
    assert set(run.attempts.cause) == {"provider_error"} and set(run.attempts.whose) == {"provider"}
    assert len(run.attempts) == 6 and len(server.asked) == 12  # three attempts of two tries, for each episode
    assert run.attempts.detail.str.contains("HTTP 503").all() and not run.episodes.measurement.any()
    assert run.counts.n_infra.sum() == 2 and all(len(call["failed"]) == 2 for call in kept_calls(run))
    assert run.attempts.tokens.isna().all()  # nobody said what the failed tries cost


def test_only_the_row_at_fault_is_lost_and_its_next_attempt_counts(tmp_path):
    refused = []

    def script(body):
        text = body["messages"][-1]["content"]
        if len(refused) < 1:
            refused.append(text)
        return Reply(400, {"error": "no such field"}) if text in refused and len(refused) < 2 else "stop"

    with serving(script) as server:
        lock = threading.Lock()
        plain = server.script

        def one_by_one(body):
            with lock:
                said = plain(body)
                if isinstance(said, Reply):
                    refused.append("done")
                return said

        server.script = one_by_one
        run = play(server.url, tmp_path, episodes=8)
    assert collections.Counter(run.attempts.cause) == {"completed": 8, "provider_error": 1}
    assert run.episodes.measurement.all() and len(server.asked) == 9  # what is refused is not tried again at once


def test_a_prompt_beyond_the_models_context_is_the_agents_failure(tmp_path):
    words = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens."
    with serving(lambda body: Reply(400, {"error": {"message": words}})) as server:
        run = play(server.url, tmp_path, episodes=1)
    assert run.episodes.cause.tolist() == ["agent_exception"] and "history_chars" in run.episodes.detail[0]
    assert run.episodes.score.tolist() == [arena.find(COUNTDOWN).failure_score] and run.episodes.tokens.tolist() == [0]


def test_a_wrong_url_or_key_is_told_before_anything_is_recorded(tmp_path):
    with pytest.raises(ArenaError, match=r"nothing answers at http://127\.0\.0\.1:9/v1"):
        play("http://127.0.0.1:9/v1", tmp_path)
    with serving(adds_up) as server:
        server.RequestHandlerClass = type(
            "Closed", (server.RequestHandlerClass,), {"do_GET": lambda self: self._send(Reply(401, {}))}
        )
        with pytest.raises(ArenaError, match="it wants a key"):
            play(server.url, tmp_path)
    assert not list(tmp_path.iterdir())


def ask(script, patience=HASTY, **settings):
    with serving(script) as server:
        endpoint = Endpoint(server.url, "", patience, **settings)
        began = time.monotonic()
        call = endpoint.ask({"model": "m", "messages": []}, np.random.default_rng(0))
        endpoint.close()
    return call, server, time.monotonic() - began


def in_turn(*said):
    """A script that answers each request with the next of these; a function is called."""
    left = list(said)

    def script(body):
        reply = left.pop(0)
        return reply() if callable(reply) else reply

    return script


@pytest.mark.parametrize(
    "first, status, why",
    [
        (Reply(429, {"error": "slow down"}), 429, "slow down"),
        (Reply(500, b"<html>"), 500, "<html>"),
        (Reply(200, b"not json"), 200, "no chat completion"),
        (Reply(200, {"choices": []}), 200, "no chat completion"),
        (Reply(200, b'{"choices": [{"message": {"content": "x"}, "p": 1e999}]}'), 200, "no chat completion"),
        (lambda: time.sleep(0.6) or "late", 0, "ReadTimeout"),
        (Reply(200, b"cut", {"Content-Length": "9", "Connection": "close"}), 0, "RemoteProtocolError"),
    ],
)
def test_what_may_pass_is_tried_again_and_told(first, status, why):
    call, server, _ = ask(in_turn(first, "stop"), Patience(**{**vars(HASTY), "read_s": 0.3}))
    assert call.error == "" and call.response["choices"][0]["message"]["content"] == "stop" and len(server.asked) == 2
    ((failed),) = call.failed
    assert failed["status"] == status and why in failed["why"]


def test_waits_double_up_to_a_limit_with_jitter_from_the_given_generator():
    waits = []
    for _ in range(2):
        endpoint = Endpoint("http://127.0.0.1:9/v1", "", Patience(1, 1, 1, 9, 1.0, 5.0, 60))
        random = np.random.default_rng(7)
        waits.append([endpoint._wait(tries, 0.0, random) for tries in range(1, 6)])
        endpoint.close()
    assert waits[0] == waits[1]
    for wait, longest in zip(waits[0], (1, 2, 4, 5, 5), strict=True):
        assert longest / 2 <= wait <= longest


@pytest.mark.parametrize("stated", ["1", "date"])
def test_retry_after_is_kept_to(stated):
    def busy():
        date = email.utils.formatdate(time.time() + 2, usegmt=True)  # whole seconds: between one and two from now
        return Reply(429, {}, {"Retry-After": date if stated == "date" else stated})

    call, _, took = ask(in_turn(busy, "stop"))
    assert call.error == "" and 1.0 <= took < 4.0


def test_patience_bounds_an_answer_however_slowly_it_drips():
    impatient = Patience(**{**vars(HASTY), "patience_s": 0.5, "tries": 99})
    call, server, took = ask(lambda body: Reply(429, {}, {"Retry-After": "3600"}), impatient)
    assert took < 0.5 and len(server.asked) == 1 and "HTTP 429" in call.error  # an hour is beyond its patience

    def dripping(body):
        class Dripping(bytes):
            pass

        return Reply(200, Dripping(b" " * 100))

    with serving(dripping) as server:

        class Slow(server.RequestHandlerClass):
            def _send(self, reply):
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                for _ in range(100):
                    time.sleep(0.05)
                    self.wfile.write(b" ")
                    self.wfile.flush()

        server.RequestHandlerClass = Slow
        endpoint = Endpoint(server.url, "", impatient)
        began = time.monotonic()
        call = endpoint.ask({}, np.random.default_rng(0))
        endpoint.close()
        assert "no whole answer" in call.error and time.monotonic() - began < 2.0


# --- cache, prices, prompts -------------------------------------------------------------------------------------------


def test_a_cached_answer_is_not_asked_for_again_and_is_marked(tmp_path):
    (tmp_path / "prices.toml").write_text(PRICES)
    cache, prices = str(tmp_path / "cache"), str(tmp_path / "prices.toml")
    with serving(adds_up) as server:
        first = play(server.url, tmp_path / "first", cache=cache)
        asked = len(server.asked)
        again = play(server.url, tmp_path / "again", cache=cache, prices=prices)
        assert len(server.asked) == asked > 0
    assert again.episodes.digest.tolist() == first.episodes.digest.tolist()
    assert all(call["cached"] for call in kept_calls(again)) and not any(call["cached"] for call in kept_calls(first))
    for one, other in zip(first.records, again.records, strict=True):
        hits = {**one.usage[0], "cached": one.usage[0]["calls"], "money": other.usage[0]["money"]}
        assert other.usage[0] == hits  # a hit counts as the call that it repeats, at the price of today
    assert first.episodes.money.isna().all() and (again.episodes.money > 0).all()


def test_failures_are_not_cached(tmp_path):
    call, *_ = ask(lambda body: Reply(400, {}), cache=tmp_path)
    assert call.error and not list(tmp_path.iterdir())


def test_cached_input_has_its_own_price_and_unknown_usage_costs_nothing_known(tmp_path):
    table = tmp_path / "prices.json"
    table.write_text(json.dumps({"unit": "EUR", "models": {"m": {"input": 2.0, "output": 10.0, "cached_input": 0.5}}}))
    price = read_price(table, "m")
    assert price.of(1_000_000, 100_000, 400_000) == pytest.approx(0.6 * 2.0 + 0.4 * 0.5 + 0.1 * 10.0)
    usage = {"prompt_tokens_details": {"cached_tokens": 40}}
    call, *_ = ask(in_turn(Reply(200, completion("stop", **usage))), price=price)
    assert call.money == pytest.approx((60 * 2.0 + 40 * 0.5 + 10 * 10.0) / 1e6)
    call, *_ = ask(in_turn(Reply(200, {"choices": [{"message": {"content": "stop"}}]})), price=price)
    assert call.money is None and call.tokens_in is None
    with pytest.raises(ArenaError, match=r"unknown model in .*prices\.json 'n'"):
        read_price(table, "n")
    table.write_text(json.dumps({"unit": "EUR", "models": {"m": {"input": -1, "output": 1}}}))
    with pytest.raises(AgentError, match="not negative"):
        read_price(table, "m")


def batch(observations, starts, active=None):
    rows = len(starts)
    return Batch(
        observations, None, np.ones(rows, bool) if active is None else np.array(active), np.array(starts),
        np.zeros(rows, np.int64), RowRandom(range(rows), [0] * rows),
    )  # fmt: skip


def seated(url, observation_space=None, rows=1, **settings):
    agent = LLM(model="m", base_url=url, **settings)
    spec = arena.find(COUNTDOWN)
    agent.begin(Seating(spec, observation_space or spaces.Text(999), spaces.Text(999), rows, "cpu"))
    return agent


def shown(body):
    return [message["content"] for message in body["messages"]]


@pytest.mark.parametrize(
    "settings, third",
    [
        ({"history": 0}, ["c"]),
        ({"history": 1}, ["b", "B", "c"]),
        ({"history": -1}, ["a", "A", "b", "B", "c"]),
        ({"history": -1, "history_chars": 3}, ["b", "B", "c"]),
        ({"history": -1, "history_chars": 0}, ["c"]),
    ],
)
def test_history_shows_the_turns_asked_for_as_far_as_they_fit(settings, third):
    with serving(lambda body: shown(body)[-1].upper()) as server:
        agent = seated(server.url, **settings)
        answers = [agent.act(batch([text], [text in "ax"])) for text in "abcx"]
        agent.close()
    assert answers == [["A"], ["B"], ["C"], ["X"]]
    assert shown(server.asked[2]) == [PROMPT, *third] and shown(server.asked[3]) == [PROMPT, "x"]


def test_rows_remember_their_own_episodes_alone():
    with serving(lambda body: shown(body)[-1].upper()) as server:
        agent = seated(server.url, rows=2)
        agent.act(batch(["a", "p"], [True, True]))
        agent.act(batch(["stale", "q"], [False, False], active=[False, True]))
        agent.act(batch(["b", "x"], [False, True]))
        assert [len(agent.take_calls(row)) for row in (0, 1)] == [2, 3] and agent.take_calls(0) == []
        agent.close()
    assert sorted(map(shown, server.asked[-2:])) == sorted([[PROMPT, "a", "A", "b"], [PROMPT, "x"]])


def test_an_image_is_sent_as_a_data_url_beside_its_text():
    from PIL import Image

    image = np.random.default_rng(0).integers(0, 256, (1, 4, 5, 3), dtype=np.uint8)
    space = spaces.Dict(picture=spaces.Box(0, 255, (4, 5, 3), np.uint8), words=spaces.Text(9))
    with serving(lambda body: "go") as server:
        agent = seated(server.url, space)
        agent.act(batch({"picture": image, "words": ["look"]}, [True]))
        agent.close()
    picture, words = server.asked[0]["messages"][1]["content"]
    assert words == {"type": "text", "text": "look"} and picture["type"] == "image_url"
    kind, _, data = picture["image_url"]["url"].partition(",")
    assert kind == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), image[0])


def test_the_request_says_what_was_configured_and_seeds_come_from_the_rows_stream(tmp_path):
    (tmp_path / "mine.txt").write_text("Be brief.\n")
    with serving(lambda body: "go") as server:
        for _ in range(2):
            agent = seated(
                server.url, prompt=str(tmp_path / "mine.txt"), seeded=True, temperature=0.7, max_tokens=None,
                extra={"top_p": 0.9},
            )  # fmt: skip
            agent.act(batch(["look"], [True]))
            agent.close()
    body = server.asked[0]
    assert body == server.asked[1] and isinstance(body.pop("seed"), int)
    assert body == {
        "model": "m", "stream": False, "temperature": 0.7, "top_p": 0.9,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "look"}],
    }  # fmt: skip


def test_configuration_and_prompt_are_part_of_the_identity(tmp_path):
    prompt, spec = tmp_path / "mine.txt", arena.find(COUNTDOWN)

    def digest(text):
        ref = resolve_agent(text)
        return ref.identity(ref.load(), [spec])["digest"]

    prompt.write_text("Be brief.")
    found = [digest("llm?model=m"), digest("llm?model=n"), digest("llm?model=m&history=0")]
    found.append(digest(f"llm?model=m&prompt={prompt}"))
    prompt.write_text("Be long.")
    found.append(digest(f"llm?model=m&prompt={prompt}"))
    assert len(set(found)) == 5 and digest("llm?model=m") == found[0]


@pytest.mark.parametrize(
    "settings, told",
    [
        ({}, "needs the name of a model"),
        ({"model": "m", "modle": 1}, "unknown setting of llm 'modle'; did you mean 'model'"),
        ({"model": "m", "base_url": "127.0.0.1:8000"}, "base_url must be like"),
        ({"model": "m", "base_url": "http://me:pass@host/v1"}, "use key=VARIABLE"),
        ({"model": "m", "key": "sk-live-1"}, "not the key itself"),
        ({"model": "m", "key": "NO_SUCH_VARIABLE"}, "which is not set"),
        ({"model": "m", "history": -2}, "history must be a whole number of at least -1"),
        ({"model": "m", "patience_s": 1e6}, "patience_s must be seconds above 0 and up to 3000"),
        ({"model": "m", "extra": {"stream": True}}, "without messages, model and stream"),
        ({"model": "m", "prompt": "no/such/file"}, "prompt must be a file"),
        ({"model": "m", "prices": "no/such/file"}, "no price table"),
    ],
)
def test_wrong_settings_are_told_and_no_key_is_repeated(settings, told):
    with pytest.raises(ArenaError, match=re.escape(told)) as error:
        LLM(**settings)
    assert "sk-live" not in str(error.value) and "pass@" not in str(error.value)


def test_the_defaults_are_a_configuration():
    assert Config(model="m").history == 16


def test_views_without_text_are_refused():
    assert "no view text/v1" in LLM(model="m").plays(arena.find("classic/CartPole-v1"))
    with pytest.raises(AgentError, match="answers are text"):
        LLM(model="m", view="array").plays(arena.find(COUNTDOWN))


def test_it_keeps_the_agents_contract(capsys):
    with serving(adds_up) as server:  # whose URL does not make the agent an environment's id
        code = main(["check", f"llm?model=m&base_url={server.url}", "--env", COUNTDOWN])
    text = capsys.readouterr().out
    assert code == 0 and "conforms" in text and "environments 1" in text, text
