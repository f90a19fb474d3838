"""What a check found, and the report of one environment or agent: read by a person, or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Finding", "Report", "failed", "measured", "show", "show_table", "skipped"]

Outcome = Literal["passed", "failed", "skipped", "measured"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Fields:
        where: the step at which it failed: episode's seed, number of the step, whose turn.
        came, expected, do: of a failure: what was seen, what the contract says, what to do about it.
        why: the reason why a check was not done.
        figures: what was measured.
    """

    check: str
    outcome: Outcome
    where: str = ""
    came: str = ""
    expected: str = ""
    do: str = ""
    why: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The finding in a sentence."""
        if self.outcome == "failed":
            where = f"{self.where}: " if self.where else ""
            return f"{where}{self.came}; expected {self.expected}. {self.do}"
        return self.why or ", ".join(f"{name} {_figure(value)}" for name, value in self.figures.items())


def failed(check: str, where: str, came: str, expected: str, do: str) -> Finding:
    """Returns the finding of a check that failed."""
    return Finding(check, "failed", where=where, came=came, expected=expected, do=do)


def skipped(check: str, why: str) -> Finding:
    """Returns the finding of a check that could not be done."""
    return Finding(check, "skipped", why=why)


def measured(check: str, **figures: Any) -> Finding:
    """Returns the finding of a check that passed, with figures."""
    return Finding(check, "measured", figures=figures)


@dataclass(frozen=True)
class Report:
    """All that was found of one environment or agent; `seconds` is what it took."""

    subject: str
    findings: tuple[Finding, ...]
    seconds: float = 0.0

    @property
    def failures(self) -> list[Finding]:
        """The findings that failed, in the order of the checks."""
        return [finding for finding in self.findings if finding.outcome == "failed"]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures

    def figure(self, check: str, name: str) -> Any:
        """Returns a measured figure, None where it was not measured."""
        return next((f.figures.get(name) for f in self.findings if f.check == check and f.outcome == "measured"), None)

    def to_json(self) -> dict[str, Any]:
        """Returns the report as plain data."""
        return {
            "subject": self.subject,
            "passed": self.passed,
            "seconds": round(self.seconds, 2),
            "findings": [{k: v for k, v in asdict(f).items() if v not in ("", {})} for f in self.findings],
        }


_WANTED = ("build", "end", "random", "render", "memory")  # checks that a table tells of where they were not done
_COLOURS = {"passed": "green", "failed": "bold red", "skipped": "yellow", "measured": "green"}


def show(report: Report, console: Console) -> None:
    """Prints a report: a line per check that has something to say, then what failed, where, and what to do."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    if plain := [finding.check for finding in report.findings if finding.outcome == "passed"]:
        table.add_row(f" {len(plain)} checks", "[green]passed[/]", ", ".join(plain))
    for finding in report.findings:
        if finding.outcome == "passed":
            continue
        word = "passed" if finding.outcome == "measured" else finding.outcome
        told = "see below" if finding.outcome == "failed" else finding.text
        table.add_row(f" {finding.check}", f"[{_COLOURS[finding.outcome]}]{word}[/]", escape(told))
    count = len(report.failures)
    verdict = f"[bold red]{count} check{'s' * (count > 1)} failed[/]" if count else "[green]conforms[/]"
    console.print(f"[bold]{escape(report.subject)}[/]  {verdict}  ({report.seconds:.1f} s)")
    console.print(table)
    _show_failures(report, console)


def show_table(reports: Sequence[Report], console: Console) -> None:
    """Prints a line per report, with what time or this machine did not allow, and below the table what failed."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(f"{len(reports)} checked", no_wrap=True)
    for name in ("", "build s", "steps/s", "MiB/100", "random", "took s", "not done"):
        is_text = name in ("", "not done")
        table.add_column(name, justify="left" if is_text else "right", no_wrap=name != "not done")
    for report in reports:
        figures = (("build", "seconds"), ("speed", "steps/s"), ("memory", "MiB in 100 episodes"), ("random", "score"))
        table.add_row(
            f" {escape(report.subject)}",
            "[green]ok[/]" if report.passed else "[bold red]failed[/]",
            *(_figure(report.figure(*which)) for which in figures),
            f"{report.seconds:.1f}",
            ", ".join(f.check for f in report.findings if f.outcome == "skipped" and f.check in _WANTED),
        )
    console.print(table)
    for report in reports:
        _show_failures(report, console, name=True)
    bad = sum(not report.passed for report in reports)
    console.print(f"{len(reports) - bad} conform, {bad} failed" if bad else f"all {len(reports)} conform")


def _show_failures(report: Report, console: Console, name: bool = False) -> None:
    from rich.markup import escape

    for finding in report.failures:
        title = f"{report.subject} {finding.check}" if name else finding.check
        console.print(
            f"[bold red]failed[/] [bold]{escape(title)}[/]" + escape(f" at {finding.where}" * bool(finding.where))
        )
        for label, text in (("came", finding.came), ("expected", finding.expected), ("do", finding.do)):
            console.print(f"  {label:9}{escape(text)}", soft_wrap=True)


def _figure(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)
