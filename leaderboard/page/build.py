"""`build_site`: every page from the records, written beside the old site and then put in its place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from arena.errors import ArenaError
from arena.leaderboard import numbers
from arena.leaderboard.page.agents import agent_page
from arena.leaderboard.page.comparisons import compare_page
from arena.leaderboard.page.environments import environment_page, environment_rows
from arena.leaderboard.page.episodes import Progress, Reel, developed, shooting
from arena.leaderboard.page.figures import script
from arena.leaderboard.page.matches import matches_page
from arena.leaderboard.page.site import Site, site_of, title_of
from arena.leaderboard.page.suites import suite_page
from arena.outcome import OUTCOMES
from arena.run import Run

__all__ = ["build_site"]

ASSETS = ("page.css", "page.js")
SEAL = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
MARK = "assets/page.css"  # a folder that holds it is a site of ours and may be replaced


def build_site(
    runs: Sequence[Run],
    out: Path,
    *,
    suite: str | None = None,
    broken: Sequence[str] = (),
    progress: Progress = lambda done, total: None,
) -> int:
    """Writes the site of all suites, or of one, and returns the number of pages; an older site there is replaced.

    Episodes are replayed in processes of their own, so a script calls this under `if __name__ == "__main__":`.

    Args:
        broken: lines about records that could not be read, shown on the front page.
        progress: told the episodes replayed and the episodes there are.

    Raises:
        ArenaError: nothing to show, or `out` holds something that is not such a site.
    """
    if out.exists() and not (out.is_dir() and ((out / MARK).exists() or not any(out.iterdir()))):
        raise ArenaError(f"{str(out)!r} is there and is no site made by this command; name a new or an empty folder")
    site = site_of(runs, suite, broken)
    if not site.suites and not site.tournaments:
        raise ArenaError("nothing to show: no run found can be put on a board")
    draft = out.with_name(f".{out.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        pages = _write(site, draft, progress)
        shutil.rmtree(out, ignore_errors=True)
        draft.replace(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return pages


def _write(site: Site, out: Path, progress: Progress) -> int:
    """Writes everything; the processes that replay episodes work while the comparisons are computed here."""
    (out / "assets").mkdir(parents=True)
    for name in ASSETS:
        source = resources.files(__package__) / "assets" / name
        (out / "assets" / name).write_bytes(source.read_bytes())
    (out / "assets" / "plotly.min.js").write_text(script(), encoding="utf-8")
    wanted = site.episodes
    names = {key: Path(site.path("episode", key)).stem for key in wanted}
    write = _Writer(site, out)
    with shooting(wanted, names, out / "media") as films:
        for board in site.suites:
            title = title_of(site.board, board)
            write("suite.html", site.path("suite", title), title=title, **suite_page(site, board))
            write("compare.html", site.path("compare", title), title=title, **compare_page(site, board))
        for name in site.agents:
            write("agent.html", site.path("agent", name), **agent_page(site, name))
        reels = developed(films, progress)
    for key, reel in reels.items():
        run, env_id = wanted[key]
        write("episode.html", site.path("episode", key), run=run, env_id=env_id, reel=reel, outcomes=OUTCOMES)
    for env_id in sorted(site.specs):
        seen = _best_seen([reel for key, reel in sorted(reels.items()) if wanted[key][1] == env_id])
        write("environment.html", site.path("env", env_id), seen=seen, **environment_page(site, env_id))
    write("environments.html", "environments.html", rows=environment_rows(site))
    if site.tournaments:
        write("matches.html", site.matches, **matches_page(site))
    write("method.html", "method.html", outcomes=OUTCOMES)
    return write.pages


def _best_seen(reels: Sequence[Reel]) -> Reel | None:
    """Returns the episode that shows an environment best: a picture, else a page, else a text; None without any."""
    return next((reel for kind in ("video", "html", "text") for reel in reels if reel.kind == kind), None)


class _Writer:
    """Writes pages from templates and counts them."""

    def __init__(self, site: Site, out: Path) -> None:
        self.pages = 0
        self._out = out
        self._env = Environment(
            loader=PackageLoader("arena.leaderboard.page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.globals.update(
            site=site,
            title_of=lambda suite: title_of(site.board, suite),
            decimals=numbers.decimals,
            sealed=_sealed,
            menu=_menu(site),
            episodes_total=numbers.number(sum(len(run.episodes) for run in site.runs.values()), 0),
            NONE=numbers.NONE,
            MARKS=numbers.MARKS,
            share=_share,
        )
        self._env.filters.update(
            number=numbers.number, interval=numbers.interval, about=numbers.about, p=numbers.p_value
        )

    def __call__(self, template: str, path: str, **data: Any) -> None:
        """Writes one page; links in it begin with `root`, so that it opens from any folder."""
        target = self._out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * path.count("/")
        text = self._env.get_template(template).render(root=root, here=path, **data)
        target.write_text(text, encoding="utf-8")
        self.pages += 1


def _menu(site: Site) -> list[tuple[str, str]]:
    """Returns the paths and words of the site's navigation."""
    menu = [("index.html", "Board"), ("environments.html", "Environments")] if site.suites else []
    if site.suites:
        menu.append((site.path("compare", title_of(site.board, site.suites[0])), "Compare"))
    if site.tournaments:
        menu.append((site.matches, "Games"))
    return [*menu, ("method.html", "Method")]


def _sealed(document: str) -> str:
    """Returns a stranger's document so that it can fetch nothing, in the sandboxed frame where it runs no script."""
    kind = re.match(r"\s*<!doctype[^>]*>", document, re.IGNORECASE)
    start = kind.end() if kind else 0
    return f'{document[:start]}<meta http-equiv="Content-Security-Policy" content="{SEAL}">{document[start:]}'


def _share(value: float, limits: tuple[float, float]) -> str:
    """Returns where a value lies between two limits, as a CSS length; what lies beyond is at the edge."""
    low, high = limits
    return f"{100 * min(1.0, max(0.0, (value - low) / (high - low))):.2f}%"
