"""WebArena and VisualWebArena by address: their published tasks, on the sites that the user hosts, in a real Chromium.

ARENA_WEBARENA_TASKS (ARENA_VISUALWEBARENA_TASKS) names a task file (`test.raw.json`) or a folder of them; SHOPPING,
SHOPPING_ADMIN, REDDIT, GITLAB, MAP, WIKIPEDIA, HOMEPAGE and CLASSIFIEDS hold the sites' addresses, as in the benchmarks
themselves. Tasks on a site that has no address, and tasks that a model would have to judge, are left out; the first
info of an episode tells how many for which reason. `arena.make("webarena/WebArena-v0", task="test/27")` plays one task.
Logins are read from the files that the benchmarks' `auto_login.py` stores; ARENA_SHOPPING_LOGIN is NAME:PASSWORD for
the shop's API, which some checks ask.
"""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Needs, Reference, register
from arena.envs.web.chromium import needs_chromium
from arena.envs.web.webarena.benchmarks import BENCHMARKS

__all__: list[str] = []

STEPS = 30  # turns of an episode, as both benchmarks' authors give


class _Row(NamedTuple):
    """A benchmark as an environment: its name, what it is, how well people did, its paper and repository."""

    benchmark: str
    name: str
    description: str
    people: float
    paper: str
    files: str


_ROWS = (
    _Row("webarena", "WebArena", "Tasks in a shop, its back office, a forum, GitLab, a map and Wikipedia, by address.",
         0.7824, "Zhou et al. 2023, arXiv 2307.13854", "config_files/test.raw.json of github.com/web-arena-x/webarena"),
    _Row("visualwebarena", "VisualWebArena", "Tasks that need eyes, on classified ads, a shop and a forum, by address.",
         0.887, "Koh et al. 2024, arXiv 2401.13649", "config_files/vwa of github.com/web-arena-x/visualwebarena"),
)  # fmt: skip

for _row in _ROWS:
    _benchmark = BENCHMARKS[_row.benchmark]
    _browser = needs_chromium("playwright", get="pip install 'arena-bench[web]'")
    _get = (
        f"export {_benchmark.variable}=FILE ({_row.files}) and, as its README says, the sites' addresses "
        f"({', '.join(_benchmark.sites)}); and {_browser.get}"
    )
    register(
        EnvSpec(
            id=f"webarena/{_row.name}-v0",
            expert=Reference(
                _row.people, f"{_row.paper}: people, on a sample of all tasks, some of them left out here"
            ),
            entry_point=f"{__name__}.environment:WebArena",
            kwargs={"benchmark": _row.benchmark, "steps": STEPS},
            domain="web",
            max_steps=STEPS,
            metric="success",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            verification="none",
            views={
                "array": f"{__name__}.views:ArrayView",
                "text/v1": f"{__name__}.views:TextView",
                "image/v1": f"{__name__}.views:ImageView",
            },
            needs=Needs(
                modules=_browser.modules,
                files=(*_browser.files, f"${_benchmark.variable}"),
                get=_get,
            ),
            packages=("playwright",),
            lanes=1,  # the sites are one world: what an episode does there, others beside it would see
            tags=("browser", "chromium", "hosted sites"),
            description=_row.description,
            observation="Text: the intent, tabs, address, and the window's accessibility tree with numbers.",
            action='Text: click 12, type 7 "text", select 8 "option", key Enter, scroll 300, goto "...", stop ...',
            reward="At the end, 1 if all checks of the task hold, else 0.",
            source=_row.paper,
        )
    )
