"""The shop and the applications through Chromium: the same environments with another browser and a few more actions."""

from __future__ import annotations

import re
from typing import Any

from arena.envs.web.apps.environment import WebTask
from arena.envs.web.apps.site import Site
from arena.envs.web.live.browser import LiveBrowser
from arena.envs.web.shop_app.browser import BrowserError
from arena.envs.web.shop_app.environment import ShopBrowsing

__all__ = ["MORE", "LiveShop", "LiveTask"]

MORE = re.compile(
    r'click (?P<x>\d{1,3}) (?P<y>\d{1,3})|keys "(?P<keys>.+)"|'
    r"key (?P<key>(?:(?:Control|Shift|Alt)\+)*[A-Za-z0-9]{1,10})|"
    r"scroll (?P<scroll>-?\d{1,4})"
)
_ACTIONS = (
    'an action is click 12, click 80 120, type 7 "text", select 8 "option", keys "text", key Enter, scroll 300, back, '
    'stop or, where something is asked, answer "text"'
)


class _Live:
    """What both have in common: a page of Chromium, and actions by point and key."""

    browser: Any  # a LiveBrowser; the two say Browser
    metadata = {"render_modes": ["rgb_array", "ansi", "html"], "render_fps": 2}
    render_mode: str | None

    def step(self, action: str) -> Any:
        self._stated = action
        return super().step(action)  # type: ignore[misc]

    def render(self) -> Any:
        """Returns the window's pixels, or in modes "ansi" and "html" what the environment without Chromium does."""
        return self.browser.screenshot() if self.render_mode == "rgb_array" else super().render()  # type: ignore[misc]

    def close(self) -> None:
        """Frees the database, the page and the port."""
        if isinstance(browser := self.__dict__.pop("browser", None), LiveBrowser):
            browser.close()
        super().close()  # type: ignore[misc]

    def _act(self, match: re.Match[str] | None) -> None:
        more = MORE.fullmatch(self._stated)
        if match is not None:
            super()._act(match)  # type: ignore[misc]
        elif more is None:
            raise BrowserError(_ACTIONS)
        elif more["x"]:
            self.browser.click_at(int(more["x"]), int(more["y"]))
        elif more["keys"]:
            self.browser.keys(more["keys"])
        elif more["key"]:
            self.browser.key(more["key"])
        else:
            self.browser.scroll(int(more["scroll"]))


class LiveTask(_Live, WebTask):
    """Do what the instruction says in one or two web applications, in a window of Chromium.

    Observation:
        As in `WebTask`: the page's text with a number for each link, button, textbox and select. Other views show the
        accessibility tree (`ax/v1`), the DOM (`dom/v1`) or the window's pixels (`image/v1`).
    Action:
        As in `WebTask`, and `click 80 120` (a point of the window, 640 x 480), `keys "text"` (pressed one by one,
        wherever the cursor is), `key Enter`, `scroll 300` (pixels down; negative: up).
    Reward:
        As in `WebTask`.
    Episode end:
        As in `WebTask`.
    Start:
        As in `WebTask`; the browser has no cookies.
    Score:
        As in `WebTask`; best known 1.0 (the oracle).
    Versions:
        v0: first. Text, DOM and scores do not depend on Chromium's version or the fonts; pixels do.
    Source:
        Of our own; see `WebTask`.
    """

    def browse(self, site: Site) -> LiveBrowser:
        return LiveBrowser(site)


class LiveShop(_Live, ShopBrowsing):
    """Buy what the instruction says in a small web shop, in a window of Chromium.

    Observation:
        As in `ShopBrowsing`: the page's text with a number for each link, button, textbox and select. Other views show
        the accessibility tree (`ax/v1`), the DOM (`dom/v1`) or the window's pixels (`image/v1`).
    Action:
        As in `ShopBrowsing`, and `click 80 120` (a point of the window, 640 x 480), `keys "text"` (pressed one by one,
        wherever the cursor is), `key Enter`, `scroll 300` (pixels down; negative: up).
    Reward:
        As in `ShopBrowsing`.
    Episode end:
        As in `ShopBrowsing`.
    Start:
        As in `ShopBrowsing`; the browser has no cookies.
    Score:
        As in `ShopBrowsing`; best known 1.0 (the oracle).
    Versions:
        v0: first. Text, DOM and scores do not depend on Chromium's version or the fonts; pixels do.
    Source:
        Of our own; see `ShopBrowsing`.
    """

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        self.close()
        _, info = super().reset(seed=seed, options=options)
        self.browser = LiveBrowser(self.shop)
        return self._text(), info
