"""The catalogue as people read it: a table, a page, one environment's card."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from arena.loading import load_symbol
from arena.registry import missing
from arena.spec import EnvSpec, Reference
from arena.views import view_names

__all__ = ["card", "markdown", "show_card", "show_catalogue"]


def card(spec: EnvSpec) -> dict[str, Any]:
    """Returns a spec as plain data, with its views and whether it can run here."""
    lacking = missing(spec)
    return {**spec.to_json(), "view_names": view_names(spec), "available": not lacking, "missing": lacking}


def show_catalogue(chosen: Sequence[EnvSpec], broken: dict[str, str], console: Console) -> None:
    """Prints the catalogue by domain, then what each unavailable environment lacks and what is broken."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in (f"{len(chosen)} environments", "seats", "random", "expert", "replay"):
        table.add_column(name, justify="right" if name in ("random", "expert") else "left", no_wrap=True)
    domain = ""
    for spec in chosen:
        if spec.domain != domain:
            domain = spec.domain
            table.add_row(f"[bold]{domain}[/]")
        seats = f"{spec.seats} {spec.payoff}" if spec.seats > 1 else "1"
        shown = (f" {spec.id}", seats, _value(spec.random), _value(spec.expert))
        table.add_row(*map(escape, shown), "[red]unavailable[/]" if missing(spec) else spec.verification)
    console.print(table)
    for spec in chosen:
        if lacking := missing(spec):
            console.print(f"[red]unavailable[/] {escape(lacking)}")
    for name, why in broken.items():
        console.print(f"[red]broken plugin[/] {escape(name)}: {escape(why)}")


def markdown(chosen: Sequence[EnvSpec]) -> str:
    """Returns the catalogue as a page: a table per domain, references with intervals, and where each comes from."""
    lines = [
        "# Environments",
        "",
        "Made by `arena envs --markdown`; `arena envs ID` shows the card of one. Random scores are measured with their",
        "95 % interval (`python -m arena.envs.references`); the expert is the score that normalises to 1.",
    ]
    for domain in sorted({spec.domain for spec in chosen}):
        lines += ["", f"## {domain.capitalize()}", "", "| id | what | seats | views | random | expert | source |"]
        lines.append("| --- " * 7 + "|")
        for spec in (spec for spec in chosen if spec.domain == domain):
            r, e = spec.random, spec.expert
            low_high = "" if r is None or r.low is None else f" [{r.low:.4g}, {r.high:.4g}]"
            measured = "-" if r is None else f"{r.value:.4g}{low_high}, n={r.episodes}"
            expert = "-" if e is None else f"{e.value:.6g} ({e.source})"
            seats = f"{spec.seats}, {spec.payoff}" if spec.seats > 1 else "1"
            views = ", ".join(view for view in card(spec)["view_names"])
            lines.append(
                f"| `{spec.id}` | {spec.description} | {seats} | {views} | {measured} | {expert} | {spec.source} |"
            )
    return "\n".join(lines)


def _value(reference: Reference | None) -> str:
    return "-" if reference is None else f"{reference.value:.4g}"


def show_card(spec: EnvSpec, console: Console) -> None:
    """Prints one environment's card: its facts, references and, where it can be loaded, its own words."""
    console.print(f"[bold]{spec.id}[/]  {escape(spec.description)}")
    table = Table(box=None, show_header=False)
    low, high = spec.score_range
    rows = {
        "domain": spec.domain,
        "seats": f"{spec.seats} ({spec.interface}, {spec.payoff})",
        "metric": f"{spec.metric}, {'higher' if spec.higher_is_better else 'lower'} is better, {low:g} to {high:g}",
        "random": _reference(spec.random),
        "expert": _reference(spec.expert),
        "failed episode": f"{spec.failure_score:g}",
        "max steps": str(spec.max_steps or "as the environment decides"),
        "views": ", ".join(view_names(spec)),
        "replay": spec.verification + (", every episode starts alike" if spec.deterministic_start else ""),
        "packages": ", ".join(spec.packages),
        "source": spec.source,
        "state": missing(spec) or "ready",
    }
    for name, value in rows.items():
        table.add_row(f"[dim]{name}[/]", escape(value))
    console.print(table)
    if not missing(spec) and (doc := inspect.getdoc(load_symbol(spec.entry_point))):
        console.print(f"\n{escape(doc)}")


def _reference(reference: Reference | None) -> str:
    if reference is None:
        return "none"
    interval = "" if reference.low is None else f" [{reference.low:.4g}, {reference.high:.4g}]"
    episodes = f", {reference.episodes} episodes" if reference.episodes else ""
    return f"{reference.value:.6g}{interval}{episodes}: {reference.source}"
