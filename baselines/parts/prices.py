"""What a model's tokens cost, from a table that the user keeps: prices change, so none is built in."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from arena.errors import AgentError, unknown

__all__ = ["Price", "read_price"]

_PER = 1_000_000  # tokens that a price is for, as providers state it


@dataclass(frozen=True)
class Price:
    """A model's prices for a million tokens.

    Fields:
        table: 16 hex digits of the SHA-256 of the table's file; unit: its money, say "USD".
        input, output: of tokens read and written; cached_input: of those read that the endpoint had in its own cache.
    """

    table: str
    unit: str
    input: float
    output: float
    cached_input: float

    def of(self, tokens_in: int, tokens_out: int, tokens_cached: int) -> float:
        """Returns what tokens cost; `tokens_cached` of `tokens_in` were in the endpoint's cache."""
        fresh = tokens_in - tokens_cached
        return (fresh * self.input + tokens_cached * self.cached_input + tokens_out * self.output) / _PER

    def to_json(self) -> dict[str, Any]:
        """Returns plain data."""
        return asdict(self)


def read_price(path: Path, model: str) -> Price:
    """Reads a model's prices from a table in TOML or, by its suffix, JSON.

    The table holds `unit` and, under `models` and the model's name, `input`, `output` and, where it differs from
    `input`, `cached_input`.

    Raises:
        AgentError: the file cannot be read, or is no such table.
        UnknownNameError: the table does not price the model.
    """
    try:
        content = path.read_bytes()
        table = json.loads(content) if path.suffix == ".json" else tomllib.loads(content.decode())
        unit, models = str(table["unit"]), dict(table["models"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AgentError(
            f'{path} is no price table: {error!r}; expected unit = "USD" and, under [models."NAME"], input and '
            "output per million tokens"
        ) from error
    if model not in models:
        raise unknown(f"model in {path}", model, models)
    prices = models[model]
    known = {"input", "output", "cached_input"}
    if not isinstance(prices, Mapping) or not {"input", "output"} <= set(prices) <= known:
        raise AgentError(f"{path}: prices of {model!r} are {prices!r}; expected input, output and perhaps cached_input")
    if not all(type(value) in (int, float) and value >= 0 for value in prices.values()):
        raise AgentError(f"{path}: prices of {model!r} are {prices!r}; expected numbers that are not negative")
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Price(digest, unit, **{"cached_input": prices["input"], **prices})
