"""A WSGI application on a loopback socket, answered by the thread that owns it while it waits for the browser."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from socketserver import ThreadingMixIn
from typing import Any, TypeVar
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

__all__ = ["Served"]

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_T = TypeVar("_T")
PATIENCE_S = 60.0  # for the owner to answer a request, and for the browser to do what it was asked


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Prints nothing: what the browser asks for is in the record as actions."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection: browsers open some that they never use, and these must not hold up the others."""

    daemon_threads = True


class Served:
    """An application at `origin`, on a free port of this machine only.

    An application may keep a database that only its own thread may use, and its random numbers are drawn in the order
    of the requests. So requests are answered one by one in `wait`, by the thread that calls it.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._server = make_server("127.0.0.1", 0, self._ask, _Server, _Quiet)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="served", daemon=True).start()

    def wait(self, future: Future[_T]) -> _T:
        """Answers requests until the future is done, and returns its result."""
        future.add_done_callback(lambda _: self._asked.put(None))
        while (answer := self._asked.get(timeout=PATIENCE_S)) is not None:
            answer()
        return future.result()

    def close(self) -> None:
        """Frees the port."""
        self._server.shutdown()
        self._server.server_close()

    def _ask(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Called by the server's thread: has the owner's thread answer."""
        answered: Future[tuple[tuple[Any, ...], list[bytes]]] = Future()

        def answer() -> None:
            head: list[tuple[Any, ...]] = []
            try:
                body = list(self._application(environ, lambda *given: head.append(given)))
                answered.set_result((head[0], body))
            except Exception as error:  # raised again where the server turns it into a page with status 500
                answered.set_exception(error)

        self._asked.put(answer)
        head, body = answered.result(PATIENCE_S)
        start_response(*head)
        return body
