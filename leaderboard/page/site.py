"""What all pages share: the board, the runs behind it, and where each page lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from arena.leaderboard.board import build_board
from arena.leaderboard.intervals import Interval
from arena.leaderboard.page.names import file_names
from arena.leaderboard.references import referenced
from arena.leaderboard.rows import Board, EnvRow, EnvTable, SuiteBoard, SuiteRow
from arena.leaderboard.runs import age
from arena.leaderboard.tournaments import Tournament, build_tournaments
from arena.run import Run
from arena.spec import EnvSpec

__all__ = ["Site", "normalised", "shown_rows", "site_of", "title_of"]


@dataclass(frozen=True)
class Site:
    """Everything the pages show.

    Fields:
        runs: by id; of copies of one run the one on the board.
        specs: by environment id, with the references of the board's version.
        files: page path by kind and key: ("agent", name), ("env", id), ("suite" or "compare", title),
            ("episode", key).
        broken: a line for every record that could not be read.
    """

    board: Board
    tournaments: Sequence[Tournament]
    runs: Mapping[str, Run]
    specs: Mapping[str, EnvSpec]
    files: Mapping[tuple[str, str], str]
    broken: Sequence[str]

    @property
    def suites(self) -> list[SuiteBoard]:
        """All suites, the one with most scores first: that is the first page."""
        return sorted(self.board.suites, key=lambda s: (-len(s.tasks) * len(shown_rows(s)), s.suite, s.split, s.digest))

    @property
    def agents(self) -> list[str]:
        """The names of all agents."""
        return sorted({run.manifest["agent"]["name"] for run in self.runs.values()})

    @property
    def episodes(self) -> dict[str, tuple[Run, str]]:
        """The run and environment of every episode that is shown, by the key of its page."""
        return {
            f"{row.run} {table.env_id}": (self.runs[row.run], table.env_id)
            for suite in self.suites
            for table in suite.environments
            for row in table.rows
            if row.n > 0
        }

    @property
    def matches(self) -> str:
        """The path of the page of games: the front page, where nothing else was played."""
        return "matches.html" if self.suites else "index.html"

    def path(self, kind: str, key: str) -> str:
        """Returns a page's path from the site's root, or "" where there is no such page."""
        return self.files.get((kind, key), "")

    def runs_of(self, agent: str) -> list[Run]:
        """Returns every run of an agent's name, newest first."""
        mine = [run for run in self.runs.values() if run.manifest["agent"]["name"] == agent]
        return sorted(mine, key=age, reverse=True)


def site_of(runs: Sequence[Run], suite: str | None, broken: Sequence[str]) -> Site:
    """Computes the board of all runs, or of one suite's, and gives every page its place."""
    runs = [run for run in runs if suite in (None, run.manifest["suite"]["name"])]
    by_id = {run.id: run for run in sorted(runs, key=age)}
    site = Site(
        board=build_board(runs),
        tournaments=build_tournaments(runs),
        runs=by_id,
        specs=referenced(list(by_id.values())).specs,
        files={},
        broken=broken,
    )
    return replace(site, files=_files(site))


def _files(site: Site) -> dict[tuple[str, str], str]:
    titles = [title_of(site.board, suite) for suite in site.suites]
    episodes = {f"{run.manifest['agent']['name']} {env} {run.id}": key for key, (run, env) in site.episodes.items()}
    files = {
        **{("agent", name): f"agents/{file}.html" for name, file in file_names(site.agents).items()},
        **{("env", env_id): f"environments/{file}.html" for env_id, file in file_names(site.specs).items()},
        **{("suite", title): f"suites/{file}.html" for title, file in file_names(titles).items()},
        **{("compare", title): f"compare/{file}.html" for title, file in file_names(titles).items()},
        **{("episode", episodes[name]): f"episodes/{file}.html" for name, file in file_names(episodes).items()},
    }
    if titles:
        files["suite", titles[0]] = "index.html"
    return files


def title_of(board: Board, suite: SuiteBoard) -> str:
    """Returns a suite's name, with seeds and digest where another has the same name."""
    same = [other for other in board.suites if other.suite == suite.suite]
    if len(same) == 1:
        return suite.suite
    split = [other for other in same if other.split == suite.split]
    return f"{suite.suite} ({suite.split} seeds{f', {suite.digest[:8]}' if len(split) > 1 else ''})"


def shown_rows(suite: SuiteBoard) -> tuple[SuiteRow, ...]:
    """Returns every row of a suite: ranked, incomplete, oracles."""
    return (*suite.rows, *suite.incomplete, *suite.oracles)


def normalised(row: EnvRow, table: EnvTable) -> Interval | None:
    """Returns a row's mean and interval on the scale random = 0, reference = 1; None where that cannot be."""
    if row.normalized_score is None or table.random is None or table.expert is None:
        return None
    width = table.expert - table.random
    bounds = sorted((bound - table.random) / width for bound in row.score[1:3])
    return Interval(row.normalized_score, bounds[0], bounds[1], row.score.kind)
