"""How a seat sees the applications' functions: as text, as rows of numbers, or with the next call already given."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import gymnasium

from arena.envs.text.candidates import Candidate, CandidateView, overlap
from arena.envs.web.api.environment import LONGEST, LONGEST_CALL, MAX_TURNS, PRINTABLE
from arena.envs.web.api.functions import Console, Function, written
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "OracleView", "TextView"]

_ACTION = re.compile(r"docs(?: \S+)?|(?:finish|[a-z_]+\.[a-z_]+)\(.*\)")
_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_NAME = re.compile(r"(?<![.:?] )(?<!^)[A-Z][a-z]+(?: [A-Z][a-z]+)*")
_KINDS = {  # one-hot
    kind: tuple(float(kind == other) for other in ("finish", "answer", "read", "write"))
    for kind in ("finish", "answer", "read", "write")
}
_HELP = """You use applications by calling their functions. Do what the task says, and nothing else: what counts is what
the applications hold at the end. You see what the last call returned; note what you will need.
Answer with one action on the last line:
docs                                      list the functions
docs mail.find                            document one of them
mail.move(message_id=3, folder="Trash")   call one; arguments are texts, whole numbers, True or False
finish()                                  the task is done
finish("12.50")                           the task is done, and this is what it asks for"""


class TextView(View):
    """The task and what the last call returned; the answer's last line is one action."""

    options = {"help": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = gymnasium.spaces.Text(LONGEST + len(_HELP) + 2, charset=PRINTABLE)
        self.action_space = gymnasium.spaces.Text(_LONGEST_ANSWER, charset=PRINTABLE)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"{_HELP}\n\n{observation}", None

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).strip().splitlines() if line.strip()]
        stated = lines[-1] if lines else ""
        if not _ACTION.fullmatch(stated) or len(stated) > LONGEST_CALL:
            raise UnparsableError(
                f"{stated[:80]!r} is no action: the last line must be docs, docs mail.find, a call such as "
                f'mail.find(text="budget") of at most {LONGEST_CALL} characters, or finish()'
            )
        return stated

    def default(self, mask: Any) -> str:
        return "pass"  # is no call: it changes nothing and a turn goes by


class OracleView(TextView):
    """Shows the next call of the task's plan; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return self.env.unwrapped.next_action(), None


class ArrayView(CandidateView):
    """Some of the calls that can be made now as rows of numbers; the answer is the number of one.

    Candidates are: to finish; to finish with each of the possible answers; then calls of each function. Ids are those
    in the list that was returned last, if it is of the same application; texts are the task's values whose name is
    like the argument's, or else the others and the names in the instruction that do not begin a sentence. Of each
    function at most twenty calls are offered, of all at most 192. So not every task can be done this way.

    A row's own features: the kind (finish, answer, look up, change; one-hot); which share of the words of the
    function's name, and of the arguments, is in the instruction; whether the same call was made before; then, the same
    in every row: whether the last call was refused, and the share of the turns left.
    """

    options = {"slots": 192, "each": 20}
    slots = 192
    features = 4 + 3 + 2

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        env = self.env.unwrapped
        instruction: str = env.task.instruction
        state = (float(env.is_refused), info["turns_left"] / MAX_TURNS)
        found = [Candidate("finish()", "finish", (*_KINDS["finish"], 0.0, 0.0, 0.0, *state))]
        for choice in info["choices"]:
            row = (*_KINDS["answer"], 0.0, overlap(choice, instruction), 0.0, *state)
            found.append(Candidate(f"finish({choice!r})", f"finish {choice}", row))
        names = list(dict.fromkeys([*info["values"].values(), *_NAME.findall(instruction)]))
        for function in env.console.functions.values():
            kind = _KINDS["read" if function.reads else "write"]
            words = function.name.replace(".", " ").replace("_", " ")
            for given in itertools.islice(
                _arguments(function, env.console, info["values"], names), self.options["each"]
            ):
                call, told = written(function.name, given), " ".join(map(str, given.values()))
                shares = (overlap(words, instruction), overlap(told, instruction), float(call in env.calls))
                found.append(Candidate(call, f"{words} {told}", (*kind, *shares, *state)))
        return found[: self.slots], " ".join(app.name for app in env.pages.world.apps)


def _arguments(
    function: Function, console: Console, values: Mapping[str, str], names: list[str]
) -> Iterator[dict[str, Any]]:
    """Yields arguments for a function: first the required ones alone, for what looks up then each filter."""
    parameters = function.signature.parameters
    required = [name for name, parameter in parameters.items() if parameter.default is parameter.empty]
    offered = {name: _offered(function, name, console, values, names) for name in parameters}
    optional = [name for name in parameters if name not in required and parameters[name].annotation == "str"]
    if not function.reads:  # what changes something takes what there is a value for
        required += [name for name in optional if _labelled(name, values)]
        optional = []
    turned = required[::-1]  # ids come first and vary fastest
    chosen = itertools.islice(itertools.product(*(offered[name] for name in turned)), 64)
    base = [dict(zip(required, reversed(given), strict=True)) for given in chosen]
    yield from base
    for name in optional:
        yield from (base[0] | {name: value} for value in offered[name] if base)


def _offered(function: Function, name: str, console: Console, values: Mapping[str, str], names: list[str]) -> list[Any]:
    kind = function.signature.parameters[name].annotation
    if kind == "bool":
        return [True, False]
    if kind == "str":
        texts = [other for other, parameter in function.signature.parameters.items() if parameter.annotation == "str"]
        others = {value for other in texts for value in _labelled(other, values)}
        return _labelled(name, values) or [text for text in names if text not in others]
    if not name.endswith("_id"):
        return [0, 1, 2, 3]
    if console.app != function.name.partition(".")[0]:
        return []
    shown = [row.get(name.removesuffix("_id"), row.get("id")) for row in console.rows]
    return [number for number in dict.fromkeys(shown) if isinstance(number, int)]


def _labelled(name: str, values: Mapping[str, str]) -> list[str]:
    """Returns the values whose label is like the name of an argument."""
    words = name.replace("_", " ")
    return [value for label, value in values.items() if overlap(words, label) or overlap(label, words)]
