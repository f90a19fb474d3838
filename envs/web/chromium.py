"""A real Chromium for environments: found on this machine, started once per process, driven through Playwright.

All of Playwright happens in one thread of its own, so that environments work where an event loop runs and whichever
thread steps them. Nothing outlives the process: when it ends, however it ends, the pipe to Playwright's driver closes,
and the driver closes its browser.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from arena.errors import UnavailableError
from arena.spec import Needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

__all__ = ["GET_CHROMIUM", "Tab", "chromium_path", "needs_chromium"]

_T = TypeVar("_T")
VARIABLE = "ARENA_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell")
_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_PLAYWRIGHTS = ("chromium-*/chrome-linux*/chrome", "chromium_headless_shell-*/chrome-*/*headless*shell")
GET_CHROMIUM = (
    f"a Chromium (`apt-get install chromium`, or `playwright install chromium`) at ${VARIABLE}, in $PATH under one of "
    f"{', '.join(_NAMES)}, in macOS's Applications or in Playwright's cache"
)
_FLAGS = (  # what makes pictures and layout alike from run to run
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars=false",
)
STOP_S = 10.0  # for the browser to close at the process's end
PATIENCE_MS = 30_000  # for a page to load on a busy machine


def chromium_path() -> str:
    """Returns where the Chromium of this machine is, or "": the variable, the path, Playwright's own."""
    if named := os.environ.get(VARIABLE):
        return named if os.access(named, os.X_OK) else ""
    found = filter(None, map(shutil.which, _NAMES))
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    own = (str(path) for pattern in _PLAYWRIGHTS for path in sorted(cache.glob(pattern)))
    return next(found, "") or next(filter(os.path.exists, _APPLICATIONS), "") or next(own, "")


def needs_chromium(*modules: str, get: str) -> Needs:
    """Returns what an environment in a real browser needs; its file is named only where no Chromium is found."""
    files = () if chromium_path() else (f"${VARIABLE}",)
    return Needs(modules=modules, files=files, get=f"{get}; and {GET_CHROMIUM}")


class Tab:
    """A page of this process's browser, with cookies of its own; usable from any thread.

    Attributes:
        page: Playwright's page; touch it only within `call`.
    """

    page: Page
    _loading: int = 0  # requests under way

    def __init__(self, width: int, height: int, script: str = "", **options: Any) -> None:
        """Opens an empty page of that many pixels; `script` runs in each document before its own scripts."""

        def open_page() -> Page:
            context = (
                _driver()
                .browser()
                .new_context(
                    viewport={"width": width, "height": height},
                    locale="en-US",
                    timezone_id="UTC",
                    reduced_motion="reduce",
                    **options,
                )
            )
            context.set_default_timeout(PATIENCE_MS)
            if script:
                context.add_init_script(script)
            page = context.new_page()
            page.on("request", lambda request: self._count(1))
            page.on("requestfinished", lambda request: self._count(-1))
            page.on("requestfailed", lambda request: self._count(-1))
            return page

        self.page = _driver().begin(open_page).result()

    def begin(self, work: Callable[..., _T], *given: Any) -> Future[_T]:
        """Runs `work(page, *given)` where Playwright lives; the future holds what it returns or raises."""
        return _driver().begin(work, self.page, *given)

    def call(self, work: Callable[..., _T], *given: Any) -> _T:
        """Runs `work(page, *given)` where Playwright lives, and returns what it returns."""
        return self.begin(work, *given).result()

    def settle(self) -> None:
        """Waits until what the page asked for (pictures, say, that change its layout) has come; call it in `call`."""
        for _ in range(PATIENCE_MS):
            if self._loading <= 0:
                return
            self.page.wait_for_timeout(1)
        raise TimeoutError(f"{self.page.url} still loads after {PATIENCE_MS} ms")

    def _count(self, change: int) -> None:
        self._loading += change

    def close(self) -> None:
        """Closes the page and forgets its cookies; the browser stays for the next one."""
        if not self.page.is_closed():
            self.call(lambda page: page.context.close())


class _Driver:
    """The thread in which Playwright lives, and its browser.

    Its own, and not an executor's: those are joined before `atexit` runs, when the browser is still to be closed.
    """

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        threading.Thread(target=self._run, name="chromium", daemon=True).start()
        self._pid = os.getpid()
        atexit.register(self._stop)

    def begin(self, work: Callable[..., _T], *given: Any) -> Future[_T]:
        """Has the thread run `work(*given)`; the future holds what it returns or raises."""
        future: Future[_T] = Future()
        self._work.put((future, functools.partial(work, *given)))
        return future

    def browser(self) -> Browser:
        """Returns the browser, started on the first call and again where it crashed; call it in the thread."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._start()
        return self._browser

    def _run(self) -> None:
        while True:
            future, work = self._work.get()
            try:
                future.set_result(work())
            except BaseException as error:  # whatever it is, it belongs to who asked
                future.set_exception(error)

    def _start(self) -> Browser:
        from playwright.sync_api import sync_playwright

        path = chromium_path()
        if not path:
            raise UnavailableError(f"no Chromium was found; install {GET_CHROMIUM}")
        if self._playwright is None:
            self._playwright = sync_playwright().start()
        return self._playwright.chromium.launch(executable_path=path, args=list(_FLAGS), env=_environment())

    def _stop(self) -> None:
        """Closes the browser, which then removes its temporary files."""
        if self._playwright is not None and self._pid == os.getpid():
            with contextlib.suppress(Exception):  # the driver may be gone; nothing is left to be told
                self.begin(self._playwright.stop).result(STOP_S)


_drivers: dict[int, _Driver] = {}  # by process: a fork must not share a browser


def _driver() -> _Driver:
    if os.getpid() not in _drivers:
        _drivers[os.getpid()] = _Driver()
    return _drivers[os.getpid()]


def _environment() -> dict[str, str | float | bool]:
    """Returns the variables of the browser: the time zone and language of every machine, a writable home."""
    return {**os.environ, "TZ": "UTC", "LANG": "en_US.UTF-8", "HOME": os.environ.get("HOME") or tempfile.gettempdir()}
