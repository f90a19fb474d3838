"""Shop: a small web shop of our own, used through an agent's browser or, with `arena web serve`, a person's."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from typing import Any

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured

__all__ = ["serve_command"]

_APP = "arena.envs.web.shop_app"

register(
    EnvSpec(
        id="web/Shop-v0",
        random=measured("web/Shop-v0"),
        entry_point=f"{_APP}.environment:ShopBrowsing",
        domain="web",
        max_steps=40,
        metric="success",
        score_range=(0.0, 1.0),
        expert=Reference(1.0, "the optimum: every task can be done"),
        views={
            "array": f"{_APP}.views:ArrayView",
            "text/v1": f"{_APP}.views:TextView",
            "oracle": f"{_APP}.views:OracleView",
        },
        oracle="oracle",
        needs=Needs(modules=("jinja2",), get="pip install arena-bench"),
        packages=("jinja2",),
        tags=("browser", "forms", "search"),
        description="Find the right product in a web shop, order it for the right recipient; the order is checked.",
        source="of our own, after WebShop (Yao et al. 2022, arXiv 2207.01206)",
    )
)


def serve_command(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Adds `arena web serve` to a parser and returns the function that runs it."""
    serve = parser.add_subparsers(dest="verb", required=True).add_parser(
        "serve", help="one of our web applications in an ordinary browser, with a task"
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen on; 0 takes a free one (default: 8000)")
    serve.add_argument("--seed", type=int, default=0, help="seed of the application and its task (default: 0)")
    serve.add_argument("--app", default="shop", help="shop, mail, calendar, ... (default: shop)")
    serve.add_argument(
        "--level",
        type=int,
        default=0,
        choices=range(4),
        help="level of the task: 1 easy, 2 medium, 3 hard (default: any; the shop draws it from the seed)",
    )
    return _serve


def _serve(arguments: argparse.Namespace) -> int:
    from wsgiref.simple_server import make_server

    application, instruction = _site(arguments.app, arguments.level, arguments.seed)
    with make_server(arguments.host, arguments.port, application) as server:
        print(f"http://{arguments.host}:{server.server_port}/ (Ctrl-C ends)\nTask: {instruction}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


def _site(app: str, level: int, seed: int) -> tuple[Any, str]:
    """Returns a WSGI application and the task in it."""
    if app == "shop":
        from arena.envs.web.shop_app.environment import ShopBrowsing

        shop = ShopBrowsing()
        shop.reset(seed=seed)
        return shop.shop, shop.task.instruction
    from arena.envs.web.apps.environment import WebTask
    from arena.envs.web.apps.serving import Served

    env = WebTask(app, level)
    env.reset(seed=seed)
    return Served(env), env.task.instruction
