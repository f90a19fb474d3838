from __future__ import annotations

import hashlib
import json

import arena
from arena.calls import ModelCall, keep, spent, usage_of
from arena.record import CALLS, ROWS


def call(**known):
    return ModelCall("http://host/v1", {"messages": []}, {"choices": []}, **known)


def test_a_sum_with_an_unknown_part_is_unknown_and_not_zero():
    priced = call(tokens_in=100, tokens_out=10, money=0.5, latency_s=0.25, failed=[{"status": 429}])
    hit = call(tokens_in=1, tokens_out=2, money=0.25, latency_s=0.5, cached=True)
    assert usage_of([priced, hit]) == {
        "calls": 2,
        "cached": 1,
        "failed_tries": 1,
        "tokens_in": 101,
        "tokens_out": 12,
        "money": 0.75,
        "latency_s": 0.75,
    }
    mixed = usage_of([priced, call(tokens_in=3)])
    assert (mixed["tokens_in"], mixed["tokens_out"], mixed["money"]) == (103, None, None)


def test_what_is_kept_is_named_by_its_content_and_reads_back():
    odd = call(finish_reason="stop", error="\ud800 half a pair")
    kept = keep([[call(tokens_in=1)], [odd, call()]])
    assert [len(seat) for seat in kept.digests] == [1, 2] and [u["calls"] for u in kept.usage] == [1, 2]
    assert [hashlib.sha256(content).hexdigest() for content in kept.contents] == [d for s in kept.digests for d in s]
    assert ModelCall.from_bytes(kept.contents[0]).to_bytes() == kept.contents[0] == call(tokens_in=1).to_bytes()
    assert ModelCall.from_bytes(kept.contents[0]).tokens_in == 1
    assert ModelCall.from_bytes(kept.contents[1]).error == "? half a pair"


def test_a_run_without_models_has_nothing_of_them(tmp_path):
    run = arena.evaluate("random", "toy/Counter-v0", episodes=2, workers=0, out=tmp_path)
    rows = [json.loads(line) for line in (run.path / ROWS).read_text().splitlines()]
    assert not any({"calls", "usage"} & row.keys() for row in rows) and not (run.path / CALLS).exists()
    assert "tokens" not in run.episodes and spent(run) == {}
