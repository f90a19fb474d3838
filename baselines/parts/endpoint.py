"""An OpenAI-compatible endpoint: one chat completion at a time, tried again where the endpoint may still answer."""

from __future__ import annotations

import email.utils
import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from arena.baselines.parts.prices import Price
from arena.calls import ModelCall
from arena.errors import AgentError, UnavailableError
from arena.record import canonical

__all__ = ["Endpoint", "Patience", "answer_text"]

_TRANSIENT = (408, 409, 425, 429)  # and all from 500 on: the same request may be answered later
_LONGEST = 16 << 20  # bytes of a response; an answer of a million tokens has fewer
_WORDS = 500  # characters kept of an endpoint's complaint


@dataclass(frozen=True)
class Patience:
    """How long to wait for what, in seconds (fields as in arena.baselines.llm.Config)."""

    connect_s: float
    write_s: float
    read_s: float
    tries: int
    backoff_s: float
    backoff_limit_s: float
    patience_s: float


class _Reply(NamedTuple):
    """What came of one try: a response, or why there is none and whether the next try may bring one."""

    status: int  # 0: no answer at all
    response: dict[str, Any] | None
    why: str
    seconds: float
    is_transient: bool = False
    retry_after_s: float = 0.0


class Endpoint:
    """Asks one endpoint; many threads may ask at once."""

    def __init__(
        self, base_url: str, key: str, patience: Patience, *, cache: Path | None = None, price: Price | None = None
    ) -> None:
        try:
            import httpx
        except ImportError as error:
            raise UnavailableError(
                f"agents that call a model need httpx: pip install 'arena-bench[llm]' ({error})"
            ) from None
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._key, self._patience, self._cache, self._price = key, patience, cache, price
        self._closing = threading.Event()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._client = httpx.Client(headers=headers, limits=unlimited)
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Closes its connections; who still waits for another try gives up at once."""
        self._closing.set()
        self._client.close()

    def reach(self) -> None:
        """Looks whether anything answers there, without asking a model.

        Raises:
            AgentError: nothing does, or it wants another key.
        """
        import httpx

        url = self._url.removesuffix("/chat/completions")
        try:  # whatever it says of its list of models, which not every server has: it is there
            status = self._client.get(f"{url}/models", timeout=self._patience.connect_s).status_code
        except httpx.ReadTimeout:
            return  # there, and busy
        except httpx.RequestError as error:
            raise AgentError(f"nothing answers at {url}: {error}; is the server running, and base_url right?") from None
        if status in (401, 403):
            has = "the key is wrong" if self._key else "it wants a key: name its environment variable with key=VARIABLE"
            raise AgentError(f"{url} answers {status}: {has}")

    def ask(self, request: Mapping[str, Any], random: np.random.Generator) -> ModelCall:
        """Returns the call with its response, or with the error that was left after all tries.

        `random` draws the jitter of the waits between tries.
        """
        body = canonical(request).encode(errors="replace")
        place = self._place(body)
        if (kept := _kept_answer(place)) is not None and kept.response is not None:  # at today's price
            return replace(self._answered(request, dict(kept.response), kept.latency_s, []), cached=True)
        end, failed = time.monotonic() + self._patience.patience_s, list[dict[str, Any]]()
        while True:
            reply = self._try(body, end)
            if reply.response is not None:
                call = self._answered(request, reply.response, reply.seconds, failed)
                _keep_answer(place, call)
                return call
            failed.append({"status": reply.status, "why": reply.why, "seconds": round(reply.seconds, 6)})
            wait = self._wait(len(failed), reply.retry_after_s, random)
            is_last = len(failed) >= self._patience.tries or time.monotonic() + wait > end
            if not reply.is_transient or is_last or self._closing.wait(wait):
                return self._given_up(request, reply, failed)

    def _wait(self, tries: int, retry_after_s: float, random: np.random.Generator) -> float:
        """Returns how long to wait after so many tries: doubling, half of it by chance, and what the endpoint asks."""
        longest = min(self._patience.backoff_limit_s, self._patience.backoff_s * 2.0 ** (tries - 1))
        return retry_after_s + longest * float(random.uniform(0.5, 1.0))

    def _try(self, body: bytes, end: float) -> _Reply:
        import httpx

        patience, began = self._patience, time.monotonic()
        left = max(0.001, end - began)
        timeout = httpx.Timeout(
            connect=min(patience.connect_s, left), write=min(patience.write_s, left),
            read=min(patience.read_s, left), pool=None,
        )  # fmt: skip
        try:
            with self._client.stream("POST", self._url, content=body, timeout=timeout) as reply:
                content = bytearray()
                for part in reply.iter_bytes():  # a server that sends byte after byte never runs into a read timeout
                    content += part
                    if len(content) > _LONGEST or time.monotonic() > end:
                        why = f"no whole answer after {len(content)} bytes and {time.monotonic() - began:.1f} s"
                        return _Reply(reply.status_code, None, why, time.monotonic() - began)
        except httpx.RequestError as error:
            return _Reply(0, None, self._told(f"{type(error).__name__}: {error}"), time.monotonic() - began, True)
        seconds, text = time.monotonic() - began, self._told(content.decode(errors="replace"))
        if reply.status_code != 200:
            is_transient = reply.status_code in _TRANSIENT or reply.status_code >= 500
            why = f"HTTP {reply.status_code}: {text[:_WORDS]}"
            return _Reply(reply.status_code, None, why, seconds, is_transient, _retry_after(reply.headers))
        try:
            response = json.loads(text, parse_constant=lambda name: None)  # NaN and the like are no JSON
            answer_text(response)
            canonical(response)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            why = f"no chat completion ({error!r}): {text[:_WORDS]}"
            return _Reply(200, None, why, seconds, True)
        return _Reply(200, response, "", seconds)

    def _told(self, text: str) -> str:
        """Returns what an endpoint said, without the key, should it repeat it."""
        return text.replace(self._key, "[key]") if self._key else text

    def _answered(
        self, request: Mapping[str, Any], response: dict[str, Any], seconds: float, failed: list[dict[str, Any]]
    ) -> ModelCall:
        usage = response.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        details = usage.get("prompt_tokens_details")
        cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
        tokens_in, tokens_out = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
        money = None
        if self._price is not None and tokens_in is not None and tokens_out is not None:
            money = self._price.of(tokens_in, tokens_out, min(cached or 0, tokens_in))
        return ModelCall(
            self._url, request, response,
            finish_reason=str(response["choices"][0].get("finish_reason") or ""),
            tokens_in=tokens_in, tokens_out=tokens_out, money=money, price=self._price.to_json() if self._price else {},
            latency_s=round(seconds, 6), failed=failed,
        )  # fmt: skip

    def _given_up(self, request: Mapping[str, Any], reply: _Reply, failed: list[dict[str, Any]]) -> ModelCall:
        spent = 0 if 400 <= reply.status < 500 else None  # a request that was refused was not read by a model
        return ModelCall(
            self._url, request, error=f"{reply.why} ({len(failed)} tries)", tokens_in=spent, tokens_out=spent,
            money=spent if self._price else None, price=self._price.to_json() if self._price else {}, failed=failed,
        )  # fmt: skip

    def _place(self, body: bytes) -> Path | None:
        """Returns where the cache holds the answer to a request of this endpoint."""
        if self._cache is None:
            return None
        digest = hashlib.sha256(self._url.encode() + b"\n" + body)
        return self._cache / f"{digest.hexdigest()}.json"


def answer_text(response: Mapping[str, Any]) -> str:
    """Returns the text of a chat completion's first choice; "" where the model gave none.

    Raises:
        LookupError, TypeError, ValueError: it is no chat completion.
    """
    content = response["choices"][0]["message"].get("content")
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError(f"content is a {type(content).__name__}, expected text")
    return (content or "").encode(errors="replace").decode()  # half a surrogate pair is no text


def _kept_answer(place: Path | None) -> ModelCall | None:
    """Returns the call that the cache holds there, if any."""
    if place is None or not place.exists():
        return None
    try:
        return ModelCall.from_bytes(place.read_bytes())
    except (ValueError, TypeError) as error:
        print(f"{place} is damaged and is asked for again: {error!r}")
        return None


def _keep_answer(place: Path | None, call: ModelCall) -> None:
    """Puts an answer into the cache, whole or not at all."""
    if place is None:
        return
    draft = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        draft.write_bytes(call.to_bytes())
        draft.replace(place)
    except OSError as error:  # the answer itself is not lost: the run's record keeps it
        print(f"an answer could not be put into the cache: {error}")


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _retry_after(headers: Mapping[str, str]) -> float:
    """Returns the seconds that an endpoint asks to wait: a number or a date (RFC 9110, section 10.2.3); else 0."""
    stated = headers.get("retry-after", "").strip()
    if stated.isdecimal():
        return float(stated)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(stated).timestamp() - time.time())
    except ValueError:  # none, or nothing that the standard knows
        return 0.0
