"""The catalogue as people read it: families, one family's environments, one environment's card; pages of the same."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from arena.loading import load_symbol
from arena.registry import about, missing
from arena.runtimes import LOCAL
from arena.runtimes.locks import find_runtime, runtimes
from arena.spec import EnvSpec, Reference
from arena.views import view_names

__all__ = ["card", "show_card", "show_families", "show_family", "write_pages"]


def card(spec: EnvSpec) -> dict[str, Any]:
    """Returns a spec as plain data, with its views and whether it can run here."""
    lacking = missing(spec)
    return {**spec.to_json(), "view_names": view_names(spec), "available": not lacking, "missing": lacking}


def _by_family(chosen: Sequence[EnvSpec]) -> dict[str, list[EnvSpec]]:
    ordered = sorted(chosen, key=lambda spec: (spec.domain, spec.family, spec.id))
    return {name: list(specs) for name, specs in groupby(ordered, key=lambda spec: spec.family)}


_BESIDE = 58  # columns of the families' table but for their words


# --- terminal ---------------------------------------------------------------------------------------------------------


def show_families(chosen: Sequence[EnvSpec], broken: dict[str, str], console: Console) -> None:
    """Prints the families by domain: how many ids, where they run, and what is missing."""
    families = _by_family(chosen)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in (f"{len(families)} families", "ids", "seats", "runtime", "state"):
        table.add_column(name, justify="right" if name == "ids" else "left", no_wrap=True)
    table.add_column("what", no_wrap=True, overflow="ellipsis", max_width=max(20, console.width - _BESIDE))
    domain = ""
    for name, specs in families.items():
        if specs[0].domain != domain:
            domain = specs[0].domain
            table.add_row(f"[bold]{domain}[/]")
        low, high = min(spec.seats for spec in specs), max(spec.seats for spec in specs)
        ready = sum(not missing(spec) for spec in specs)
        state = "[green]ready[/]" if ready == len(specs) else f"[yellow]{ready} ready[/]" if ready else "[dim]absent[/]"
        seats = str(low) if low == high else f"{low}-{high}"
        what = about(name).partition("\n")[0]
        state += _size(specs[0])
        table.add_row(f" {name}", str(len(specs)), seats, specs[0].runtime, state, escape(what))
    console.print(table)
    console.print(f"{len(chosen)} environments. 'arena envs FAMILY' lists a family's, 'arena envs ID' shows a card.")
    for reason in sorted({missing(spec).partition(" needs ")[2] for spec in chosen if missing(spec)}):
        console.print(f"[yellow]missing[/] {escape(reason)}")
    _show_broken(broken, console)


def show_family(chosen: Sequence[EnvSpec], console: Console) -> None:
    """Prints what a family is, its environments, and what each unavailable one lacks."""
    console.print(escape(about(chosen[0].family)))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in (f"{len(chosen)} environments", "seats", "random", "expert", "replay"):
        table.add_column(name, justify="right" if name in ("random", "expert") else "left", no_wrap=True)
    for spec in chosen:
        seats = f"{spec.seats} {spec.payoff}" if spec.seats > 1 else "1"
        shown = (spec.id, seats, _value(spec.random), _value(spec.expert))
        table.add_row(*map(escape, shown), "[red]unavailable[/]" if missing(spec) else spec.verification)
    console.print(table)
    for reason in sorted({missing(spec).partition(" needs ")[2] for spec in chosen if missing(spec)}):
        console.print(f"[yellow]missing[/] {escape(reason)}")


def show_card(spec: EnvSpec, console: Console) -> None:
    """Prints one environment's card: its facts, references and, where it can be loaded, its own words."""
    console.print(f"[bold]{spec.id}[/]  {escape(spec.description)}")
    table = Table(box=None, show_header=False)
    rows = {
        "domain": spec.domain,
        "seats": f"{spec.seats} ({spec.interface}, {spec.payoff})",
        "observation": spec.observation,
        "action": spec.action,
        "reward": spec.reward,
        "metric": f"{spec.metric}, {'higher' if spec.higher_is_better else 'lower'} is better, {_range(spec)}",
        "random": _reference(spec.random),
        "expert": _reference(spec.expert),
        "failed episode": f"{spec.failure_score:g}",
        "max steps": str(spec.max_steps or "as the environment decides"),
        "views": ", ".join(view_names(spec)),
        "replay": spec.verification + (", every episode starts alike" if spec.deterministic_start else ""),
        "speed": _speed(spec),
        "runtime": _runtime(spec),
        "packages": ", ".join(spec.packages),
        "source": spec.source,
        "state": missing(spec) or "ready",
    }
    for name, value in rows.items():
        if value:
            table.add_row(f"[dim]{name}[/]", escape(value))
    console.print(table)
    if spec.runtime == LOCAL and not missing(spec) and (doc := inspect.getdoc(load_symbol(spec.entry_point))):
        console.print(f"\n{escape(doc)}")


def _show_broken(broken: dict[str, str], console: Console) -> None:
    for name, why in broken.items():
        console.print(f"[red]broken plugin[/] {escape(name)}: {escape(why)}")


def _runtime(spec: EnvSpec) -> str:
    if spec.runtime not in {runtime.name for runtime in runtimes()}:
        return spec.runtime  # the user's own, or one that no installed package provides
    runtime = find_runtime(spec.runtime)
    return f"{spec.runtime} ({runtime.state()}{_size(spec)})"


def _size(spec: EnvSpec) -> str:
    """Returns how big an installed runtime is, in words that follow others."""
    ready = {runtime.name: runtime.facts() for runtime in runtimes() if runtime.state() == "ready"}
    facts = ready.get(spec.runtime, {})
    return f", {facts['bytes'] / 1e6:.0f} MB" if "bytes" in facts else ""


def _value(reference: Reference | None) -> str:
    return "-" if reference is None else f"{reference.value:.4g}"


def _range(spec: EnvSpec) -> str:
    low, high = spec.score_range
    return f"{low:g} to {high:g}"


def _reference(reference: Reference | None) -> str:
    if reference is None:
        return "none"
    interval = "" if reference.low is None else f" [{reference.low:.4g}, {reference.high:.4g}]"
    episodes = f", {reference.episodes} episodes" if reference.episodes else ""
    return f"{reference.value:.6g}{interval}{episodes}: {reference.source}"


def _speed(spec: EnvSpec) -> str:
    if spec.random is None or spec.random.steps_per_s is None:
        return ""
    return f"{spec.random.steps_per_s:,.0f} steps/s on one core, random play"


# --- pages ------------------------------------------------------------------------------------------------------------


def write_pages(chosen: Sequence[EnvSpec], folder: Path) -> list[Path]:
    """Writes README.md (the families) and a page per family into a folder; returns what it wrote.

    A picture FAMILY.png that lies there is shown. What is on a page does not depend on what is installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"README.md": _index(_by_family(chosen))}
    for name, specs in _by_family(chosen).items():
        picture = f"![{name}]({name}.png)" if (folder / f"{name}.png").exists() else ""
        pages[f"{name}.md"] = _family_page(name, specs, picture)
    for name, text in pages.items():
        (folder / name).write_text(text)
    return [folder / name for name in pages]


def _index(families: dict[str, list[EnvSpec]]) -> str:
    total = sum(map(len, families.values()))
    lines = [
        "# Environments",
        "",
        f"{len(families)} families, {total} ids. Made by `arena envs --pages docs/environments`; `arena envs ID` shows",
        "a card in the terminal. What could not be had, and why: [not included](../not-included.md).",
        "",
        "| family | what | domain | ids | seats | runtime |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, specs in families.items():
        low, high = min(spec.seats for spec in specs), max(spec.seats for spec in specs)
        seats = str(low) if low == high else f"{low} to {high}"
        what = about(name).partition("\n")[0]
        runtimes = ", ".join(sorted({spec.runtime for spec in specs}))
        lines.append(
            f"| [{name}]({name}.md) | {_cell(what)} | {specs[0].domain} | {len(specs)} | {seats} | {runtimes} |"
        )
    return "\n".join(lines) + "\n"


def _family_page(name: str, specs: Sequence[EnvSpec], picture: str) -> str:
    lines = [f"# {name}", "", about(name), *(["", picture] if picture else []), ""]
    for runtime in [runtime for runtime in runtimes() if runtime.name in {spec.runtime for spec in specs}]:
        lines += [f"Runs in runtime `{runtime.name}` ({runtime.description}): `arena install {runtime.name}`.", ""]
    for needs in dict.fromkeys(spec.needs for spec in specs if spec.needs != type(spec.needs)()):
        what = ", ".join(f"`{name}`" for name in (*needs.modules, *needs.files))
        lines += [f"Needs {what}: {needs.get}", ""]
    packages = dict.fromkeys(package for spec in specs for package in spec.packages)
    lines += [f"Replay depends on {', '.join(packages)}.", ""] if packages else []
    lines += [f"Source: {source}" for source in dict.fromkeys(spec.source for spec in specs if spec.source)]
    for (observation, action, reward), group in _alike(specs):
        lines += ["", *(f"* {what}" for what in _facts(observation, action, reward))]
        lines += ["", "| id | what | seats | metric | views | random | expert | steps/s | replay |", "| --- " * 9 + "|"]
        lines += [_row(spec) for spec in group]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def _alike(specs: Sequence[EnvSpec]) -> list[tuple[tuple[str, str, str], list[EnvSpec]]]:
    """Returns the specs of each observation, action and reward, in the order of their first."""
    groups: dict[tuple[str, str, str], list[EnvSpec]] = {}
    for spec in specs:
        groups.setdefault((spec.observation, spec.action, spec.reward), []).append(spec)
    return list(groups.items())


def _facts(observation: str, action: str, reward: str) -> list[str]:
    told = {"Observation": observation, "Action": action, "Reward": reward}
    return [f"{name}: {text}" for name, text in told.items() if text]


def _row(spec: EnvSpec) -> str:
    r, e = spec.random, spec.expert
    low_high = "" if r is None or r.low is None else f" [{r.low:.4g}, {r.high:.4g}], n={r.episodes}"
    cells = (
        f"`{spec.id}`",
        spec.description,
        f"{spec.seats}, {spec.payoff}" if spec.seats > 1 else "1",
        f"{spec.metric}, {_range(spec)}",
        ", ".join(view_names(spec)),
        "-" if r is None else f"{r.value:.4g}{low_high or f' ({r.source})'}",
        "-" if e is None else f"{e.value:.6g} ({e.source})",
        "-" if r is None or r.steps_per_s is None else f"{r.steps_per_s:,.0f}",
        spec.verification,
    )
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
