"""The process in which a stranger's Python runs: closes the doors, calls a function, tells what it returned.

Started as a script by arena.envs.text.code.runner, with its order on standard input. What it tells is compared by the
parent, which alone knows what is right: a program that takes this process over gains nothing by it.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any


def main() -> None:
    """Entry point of the process."""
    order = json.load(sys.stdin)
    told = os.fdopen(os.dup(1), "w", encoding="ascii")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):  # what the program prints goes nowhere
        os.dup2(nowhere, fd)
    os.close(nowhere)
    _close_doors(order)
    print(json.dumps({"ready": True}), file=told, flush=True)
    random.seed(0)
    names: dict[str, Any] = {"__name__": "__main__"}

    def tell(result: dict[str, Any]) -> None:
        print(json.dumps(result), file=told, flush=True)

    def stop() -> None:
        tell({"error": f"more than {order['instructions']} instructions were run"})
        os._exit(0)  # an exception could be caught

    problem = _watched(order["instructions"], stop, lambda: exec(compile(order["code"], "answer.py", "exec"), names))
    for name, arguments in () if "error" in problem else order["calls"]:
        call = partial(_call, names, name, arguments)
        tell(_watched(order["instructions"], stop, call))
    if "error" in problem:
        tell(problem)
    os._exit(0)


def _close_doors(order: dict[str, Any]) -> None:
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [order["root"], *(path for path in sys.path if path != here)]
    from arena.sandbox.landlock import apply_landlock
    from arena.sandbox.limits import BoxLimits, drop_powers, limit_process
    from arena.sandbox.seccomp import apply_seccomp

    sys.path.remove(order["root"])
    sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("arena.")]
    if os.geteuid() == 0:
        drop_powers(keep_reading=order["landlock"])
    limit_process(BoxLimits(memory_bytes=order["memory_bytes"], threads=0, files=32))
    if order["landlock"]:
        apply_landlock(order["readable"])
    if order["seccomp"]:
        apply_seccomp()


def _call(names: dict[str, Any], name: str, arguments: list[Any]) -> Any:
    return names[name](*arguments)


def _watched(instructions: int, stop: Callable[[], None], call: Callable[[], Any]) -> dict[str, Any]:
    """Returns what a call returned, as JSON, or the exception it raised; stops where it runs too many instructions."""
    left = instructions

    def count(frame: Any, event: str, argument: Any) -> Any:
        nonlocal left
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        left -= 1
        if left < 0:
            stop()
        return count

    sys.settrace(count)
    try:
        value = call()
        sys.settrace(None)
        return {"value": json.loads(json.dumps(value))}
    except BaseException as error:
        sys.settrace(None)
        return {"error": f"{type(error).__name__}: {_text(error)}"[:300]}


def _text(error: BaseException) -> str:
    try:
        return str(error).encode("ascii", "replace").decode()
    except BaseException:  # a stranger's exception may raise from its own text
        return "(without text)"


if __name__ == "__main__":
    main()
