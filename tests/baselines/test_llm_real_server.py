"""The agent `llm` against `transformers serve`, which serves a tiny model with random weights made here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

import arena

pytestmark = pytest.mark.slow  # the server takes half a minute to start
START_S = 240.0
SERVE = "from transformers.cli.transformers import main; main()"
CHAT = (
    "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def tiny_model(folder):
    """Saves a one-layer Llama with random weights, whose tokens are bytes, and returns its tokenizer."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    words = ["<s>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    core = Tokenizer(models.BPE(vocab={word: number for number, word in enumerate(words)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=8192, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return tokenizer


def wait_for(url, process):
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                return reply.status == 200
        except OSError:
            time.sleep(0.5)
    return False


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The URL of the served model, its name and its tokenizer."""
    pytest.importorskip("transformers", reason="needs transformers[serving]")
    pytest.importorskip("uvicorn", reason="needs transformers[serving]")
    pytest.importorskip("fastapi", reason="needs transformers[serving]")
    pytest.importorskip("httpx", reason="needs httpx")
    folder = tmp_path_factory.mktemp("model")
    tokenizer = tiny_model(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    offline = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    log = (folder / "log.txt").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", folder],
        env={**os.environ, **offline}, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        assert wait_for(f"http://127.0.0.1:{port}/health", process), (folder / "log.txt").read_text()[-2000:]
        yield f"http://127.0.0.1:{port}/v1", str(folder), tokenizer
    finally:
        process.kill()
        process.wait()
        log.close()


@pytest.mark.parametrize("env_id, opponents", [("text/Countdown-v0", []), ("boardgames/TicTacToe-v0", ["random"])])
def test_a_real_server_is_asked_and_what_it_says_is_counted(served, tmp_path, env_id, opponents):
    url, model, tokenizer = served
    agent = f"llm?model={model}&base_url={url}&max_tokens=8&history=1"
    run = arena.evaluate(agent, env_id, episodes=2, opponents=opponents, workers=0, out=tmp_path)
    assert set(run.attempts.cause) == {"completed"} and run.is_complete
    # eight random bytes are no move: each answer is asked for twice, and then the view's default is played, counted
    assert (run.episodes.answers_defaulted > 0).all()
    assert run.episodes.answers_retried.tolist() == run.episodes.answers_defaulted.tolist()
    assert run.episodes.model_calls.tolist() == (2 * run.episodes.answers_defaulted).tolist()
    calls = [run.call(digest) for record in run.records for seat in record.calls for digest in seat]
    for call in calls:
        messages = call["request"]["messages"]
        prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        assert call["tokens_in"] == len(prompt.encode()) and 0 < call["tokens_out"] <= 8  # a token is a byte
        assert call["finish_reason"] in ("length", "stop") and call["latency_s"] > 0 and not call["error"]
        assert len(messages) in (2, 4) and call["money"] is None
    assert run.episodes.tokens.sum() == sum(call["tokens_in"] + call["tokens_out"] for call in calls)
    assert [report.level for report in arena.verify(run.path, workers=0)] == ["replayed"]
