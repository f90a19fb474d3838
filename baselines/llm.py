"""The language-model agent: reads a text view, asks any OpenAI-compatible endpoint, and gives the view its answer."""

from __future__ import annotations

import base64
import dataclasses
import inspect
import io
import os
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from arena.agent import Agent, Batch, Seating, take_row
from arena.baselines.parts.endpoint import Endpoint, Patience, answer_text
from arena.baselines.parts.prices import read_price
from arena.calls import ModelCall
from arena.errors import AgentError, ProviderError, unknown
from arena.spec import EnvSpec

__all__ = ["LLM", "PROMPT", "Config"]

PROMPT = """You are playing a game or doing a task, one turn at a time. Each message shows what you see now and says \
which answers are possible. Think as briefly as you can. Then write your answer on the last line, exactly in the form \
that is asked for, and nothing after it."""
WHOLE = -1  # history: every turn of the episode
_IMAGE = 4000  # characters that an image counts for in the history: about 1000 tokens, at four characters each
_LONGEST_PATIENCE = 3000.0  # seconds; beyond an hour the harness takes the agent for hung
_TOO_MUCH = (  # in what an endpoint says (in lower case) when it refuses this prompt, and no other
    "context length", "context_length", "context size", "context window", "prompt is too long",
    "exceeds the maximum number of tokens", "content_filter", "content_policy",
)  # fmt: skip


@dataclass(frozen=True)
class Config:
    """What is asked, and how patiently. Defaults: greedy decoding, a history of 16 turns (BALROG, arXiv 2411.13543)."""

    model: str  # as the endpoint calls it
    base_url: str = "http://127.0.0.1:8000/v1"  # of the API; /chat/completions is put behind it
    key: str = ""  # name of the environment variable that holds the key; none is sent without
    view: str = "text/v1"  # which view of the environment it reads; the view says what is shown and parses the answer
    prompt: str = ""  # file with the system prompt; PROMPT without
    history: int = 16  # turns before this one that are shown again, with the answers given; 0: none, -1: all
    history_chars: int = 48_000  # of these turns together, about 12,000 tokens; the oldest are left out first
    temperature: float | None = 0.0  # null: not sent
    max_tokens: int | None = 1024  # of an answer; null: not sent
    seeded: bool = False  # whether each request has a seed of its episode's own random stream
    extra: Mapping[str, Any] = field(default_factory=dict)  # more fields of the request, say {"top_p": 0.9}
    connect_s: float = 10.0  # seconds to connect
    write_s: float = 30.0  # seconds without the endpoint taking more of the request
    read_s: float = 120.0  # seconds without the endpoint sending more of the answer
    tries: int = 10  # of one request, before the endpoint counts as failed: with the waits below about four minutes
    backoff_s: float = 1.0  # seconds between the first and second try; doubles from try to try, half of it by chance
    backoff_limit_s: float = 60.0  # seconds between two tries at most, beyond what Retry-After asks
    patience_s: float = 600.0  # seconds for one answer with all its tries
    in_flight: int = 16  # requests at the same time, in each worker process
    cache: str = ""  # folder of answers by request; a request that is in it is not sent
    prices: str = ""  # file with the price table (arena.baselines.parts.prices); without one, cost is unknown

    def __post_init__(self) -> None:
        url = urllib.parse.urlsplit(self.base_url)
        if not self.model or not isinstance(self.model, str):
            raise AgentError(f"llm needs the name of a model, got {self.model!r}: llm?model=NAME&base_url=http://...")
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise AgentError(f"base_url must be like 'http://127.0.0.1:8000/v1', got {self.base_url!r}")
        if url.username or url.password:
            raise AgentError("base_url holds a user or password, which the record would show; use key=VARIABLE")
        if self.key and not re.fullmatch(r"[A-Za-z_]\w*", str(self.key)):  # its text is not repeated: it may be a key
            raise AgentError("key must be the name of an environment variable, not the key itself")
        whole = {"history": WHOLE, "history_chars": 0, "tries": 1, "in_flight": 1}
        for name, least in whole.items():
            if type(getattr(self, name)) is not int or getattr(self, name) < least:
                raise AgentError(f"{name} must be a whole number of at least {least}, got {getattr(self, name)!r}")
        seconds = ("connect_s", "write_s", "read_s", "backoff_s", "backoff_limit_s", "patience_s")
        for name in seconds:
            value = getattr(self, name)
            if type(value) not in (int, float) or not 0 < value <= _LONGEST_PATIENCE:
                raise AgentError(f"{name} must be seconds above 0 and up to {_LONGEST_PATIENCE:g}, got {value!r}")
        if not isinstance(self.extra, Mapping) or {"messages", "model", "stream"} & set(self.extra):
            raise AgentError(f"extra must be an object without messages, model and stream, got {self.extra!r}")


class LLM(Agent):
    """A language model behind an OpenAI-compatible endpoint (docs/llm.md): llm?model=NAME&base_url=http://...

    It never makes up a move: what the model answers goes to the view's parser as it is.
    """

    calls_models = True
    Config = Config

    def __init__(self, *, checkpoint: Path | None = None, **config: Any) -> None:
        super().__init__(checkpoint=checkpoint)
        names = [f.name for f in dataclasses.fields(Config)]
        for name in config:
            if name not in names:
                raise unknown("setting of llm", name, names)
        self.config = Config(**{"model": "", **config})
        self._key = _key_in(self.config.key)
        self._prompt = _prompt_in(self.config.prompt)
        self._price = read_price(Path(self.config.prices), self.config.model) if self.config.prices else None
        self._endpoint: Endpoint | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._reached = False

    def plays(self, spec: EnvSpec) -> str:
        if self.config.view == "array":
            raise AgentError("llm reads views whose answers are text, got view='array'; leave it out for text/v1")
        if self.config.view not in spec.views:
            return f"it has no view {self.config.view}"
        if not self._reached:  # once, before anything is recorded: a wrong URL would fail every episode
            endpoint = self._open()
            try:
                endpoint.reach()
            finally:
                endpoint.close()
            self._reached = True
        return ""

    def view_of(self, spec: EnvSpec) -> str:
        return self.config.view

    def files(self, spec: EnvSpec) -> list[Path]:
        prompt = [Path(self.config.prompt)] if self.config.prompt else []
        return [Path(inspect.getfile(Endpoint)), *prompt]  # the former says what of a response is the answer

    def begin(self, seating: Seating) -> None:
        super().begin(seating)
        if not isinstance(seating.action_space, spaces.Text):
            raise AgentError(
                f"view {self.config.view!r} of {seating.spec.id} wants {seating.action_space} for an answer; "
                "a language model needs a view whose answers are text"
            )
        self.close()
        self._endpoint = self._open()
        self._threads = ThreadPoolExecutor(self.config.in_flight, "llm")
        self._past: list[list[tuple[Any, str]]] = [[] for _ in range(seating.rows)]  # what was seen and answered
        self._calls: list[list[ModelCall]] = [[] for _ in range(seating.rows)]

    def act(self, batch: Batch) -> Sequence[Any]:
        assert self._threads is not None
        rows = [int(row) for row in np.flatnonzero(batch.active)]
        for row in rows:
            if batch.starts[row]:
                self._past[row].clear()
        seen = [_content(take_row(batch.observations, row)) for row in rows]
        asked = [
            self._threads.submit(self._ask, self._messages(row, what), batch.random.generator(row))
            for row, what in zip(rows, seen, strict=True)
        ]
        calls = [future.result() for future in asked]
        answers: list[Any] = [None] * len(batch.active)
        for row, what, call in zip(rows, seen, calls, strict=True):
            self._calls[row].append(call)
            answers[row] = answer = _answer(call)
            if isinstance(answer, str):
                self._remember(row, what, answer)
        return answers

    def _remember(self, row: int, seen: Any, answer: str) -> None:
        past = self._past[row]
        past.append((seen, answer))
        if self.config.history != WHOLE:
            del past[: len(past) - self.config.history]

    def take_calls(self, row: int) -> list[ModelCall]:
        taken, self._calls[row] = self._calls[row], []
        return taken

    def close(self) -> None:
        if self._endpoint is not None:
            self._endpoint.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        self._endpoint = self._threads = None

    def _open(self) -> Endpoint:
        config = self.config
        patience = Patience(**{f.name: getattr(config, f.name) for f in dataclasses.fields(Patience)})
        cache = Path(config.cache) if config.cache else None
        return Endpoint(config.base_url, self._key, patience, cache=cache, price=self._price)

    def _ask(self, messages: list[dict[str, Any]], random: np.random.Generator) -> ModelCall:
        assert self._endpoint is not None
        config = self.config
        request: dict[str, Any] = {"model": config.model, "messages": messages, "stream": False}
        if config.temperature is not None:
            request["temperature"] = config.temperature
        if config.max_tokens is not None:
            request["max_tokens"] = config.max_tokens
        if config.seeded:
            request["seed"] = int(random.integers(1 << 31))
        return self._endpoint.ask({**request, **config.extra}, random)

    def _messages(self, row: int, seen: Any) -> list[dict[str, Any]]:
        """Returns what the model is shown: the system prompt, the turns before as far as they fit, this turn."""
        left = self.config.history_chars
        turns: list[tuple[Any, str]] = []
        for turn in reversed(self._past[row]):
            left -= _size(turn[0]) + len(turn[1])
            if left < 0:
                break
            turns.insert(0, turn)
        messages = [{"role": "system", "content": self._prompt}]
        for before, answer in turns:
            messages += [{"role": "user", "content": before}, {"role": "assistant", "content": answer}]
        return [*messages, {"role": "user", "content": seen}]


def _key_in(variable: str) -> str:
    if variable and not os.environ.get(variable):
        raise AgentError(f"key names the environment variable {variable}, which is not set")
    return os.environ[variable] if variable else ""


def _prompt_in(file: str) -> str:
    try:
        return Path(file).read_text().strip() if file else PROMPT
    except (OSError, ValueError) as error:
        raise AgentError(f"prompt must be a file with the system prompt, got {file!r}: {error}") from error


def _answer(call: ModelCall) -> str | Exception:
    """Returns what the model said, or whose failure it is that it said nothing."""
    if call.response is not None:
        return answer_text(call.response)
    if any(words in call.error.lower() for words in _TOO_MUCH):
        return AgentError(f"the endpoint refuses the prompt: {call.error}; see history and history_chars")
    return ProviderError(call.error)


def _content(observation: Any) -> Any:
    """Returns an observation as a message's content: text as it is, an image as a data URL, several as a list."""
    if isinstance(observation, str):
        return observation
    if isinstance(observation, (dict, tuple)):
        parts = observation.values() if isinstance(observation, dict) else observation
        found = [_content(part) for part in parts]
        flat = [part for parts in found for part in (parts if isinstance(parts, list) else [parts])]
        return [{"type": "text", "text": part} if isinstance(part, str) else part for part in flat]
    return [{"type": "image_url", "image_url": {"url": _data_url(observation)}}]


def _data_url(image: npt.NDArray[np.uint8]) -> str:
    """Returns an image, (height, width) or (height, width, 3 or 4) uint8, as a PNG in a data URL."""
    from PIL import Image

    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise AgentError(f"an observation of shape {image.shape} of {image.dtype} is neither text nor an image")
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _size(content: Any) -> int:
    """Returns how many characters of the history a message counts for."""
    if isinstance(content, str):
        return len(content)
    return sum(len(part["text"]) if part["type"] == "text" else _IMAGE for part in content)
