"""A scripted chat-completions server on loopback: what it answers is up to the test, what it was asked is kept."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """An answer that is not simply a text: its status, body and headers."""

    status: int
    body: Any
    headers: dict[str, str] = {}


class ChatServer(ThreadingHTTPServer):
    """Answers each request with what `script` returns for its body: a text, or a Reply."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script: Callable[[dict[str, Any]], str | Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of a test."""


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: else each answer waits 40 ms for an acknowledgement

    def do_GET(self) -> None:
        self._send(Reply(200, {"object": "list", "data": []}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(body)
            self.server.keys.append(self.headers["Authorization"])
        said = self.server.script(body)
        self._send(said if isinstance(said, Reply) else Reply(200, completion(said)))

    def _send(self, reply: Reply) -> None:
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


def completion(text: str | None, **usage: Any) -> dict[str, Any]:
    """Returns the body of a chat completion; 100 tokens were read and 10 written."""
    return {
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, **usage},
    }


def adds_up(body: dict[str, Any]) -> str:
    """Plays Countdown: adds the first two numbers, and stops when one is left."""
    seen = body["messages"][-1]["content"]
    numbers = re.search(r"^Numbers: (.*)$", seen, re.MULTILINE)
    left = numbers[1].split() if numbers else []
    return f"I add.\n{left[0]} + {left[1]}" if len(left) > 1 else "stop"


@contextmanager
def serving(script: Callable[[dict[str, Any]], str | Reply]) -> Iterator[ChatServer]:
    """Runs a server for the time of a `with` block."""
    server = ChatServer(script)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
