"""A task's site for a person's browser: the same pages, below a line that tells the task and whether it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qs

from arena.envs.web.apps.environment import WebTask

__all__ = ["Served"]

_ANSWER = "/-/answer"
_BANNER = "margin: 0; padding: .6rem 1.5rem; background: #fff7db"
_FORM = (
    f'<form action="{_ANSWER}"><label for="-">Your answer</label><input id="-" name="text" /><button>Answer</button>'
)


class Served:
    """The site of an environment that was reset, with its task on every page; call it as a WSGI application."""

    def __init__(self, env: WebTask) -> None:
        self._env = env
        self._given = ""  # the last answer

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == _ANSWER:
            self._given = parse_qs(environ.get("QUERY_STRING", "")).get("text", [""])[0]
            start_response("303 See Other", [("Location", "/"), ("Content-Length", "0")])
            return [b""]
        said: list[Any] = []
        page = b"".join(self._env.site(environ, lambda *answer: said.extend(answer)))
        status, headers = said
        page = page.replace(b"<body>", b"<body>" + self._banner().encode(), 1)
        start_response(status, [(k, str(len(page)) if k == "Content-Length" else v) for k, v in headers])
        return [page]

    def _banner(self) -> str:
        task = self._env.task
        score = self._env.judge(self._given)
        state = "Done: yes." if score == 1.0 else "Done: not yet, or something else was changed too."
        form = f"{_FORM} {escape(self._given)}</form>" if task.answer else ""
        return f'<div style="{_BANNER}"><p>Task: {escape(task.instruction)}</p><p>{state}</p>{form}</div>'
