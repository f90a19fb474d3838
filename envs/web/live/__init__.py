"""Our web applications in a real Chromium: the same tasks, ids with `-chromium`, and pictures, DOM and mouse as well.

`twin` makes the spec of such an environment from that of one which uses the browser without JavaScript
(`shop_app/browser.py`): same world, task, check, text and numbers of the elements, so that what was learnt there works
here. `serving` puts a WSGI application onto a loopback socket, `browser` drives a page of Chromium over it.
"""

from __future__ import annotations

import dataclasses

from arena.envs.web.chromium import needs_chromium
from arena.spec import EnvSpec

__all__ = ["twin"]

_ENVIRONMENTS = {  # by the environment whose twin it is
    "arena.envs.web.shop_app.environment:ShopBrowsing": f"{__name__}.environment:LiveShop",
    "arena.envs.web.apps.environment:WebTask": f"{__name__}.environment:LiveTask",
}
_VIEWS = {
    "ax/v1": f"{__name__}.views:AccessibilityView",
    "dom/v1": f"{__name__}.views:DomView",
    "image/v1": f"{__name__}.views:ImageView",
}


def twin(spec: EnvSpec) -> EnvSpec:
    """Returns the spec of the same tasks in Chromium: `web/Shop-chromium-v0` for `web/Shop-v0`."""
    name, _, version = spec.id.rpartition("-")
    random = spec.random and dataclasses.replace(
        spec.random, source=f"{spec.random.source} (the same tasks and candidates without Chromium)", steps_per_s=None
    )
    return dataclasses.replace(
        spec,
        id=f"{name}-chromium-{version}",
        random=random,
        entry_point=_ENVIRONMENTS[spec.entry_point],
        views={**spec.views, **_VIEWS},
        needs=needs_chromium("jinja2", "playwright", get="pip install 'arena-bench[web]'"),
        packages=(*spec.packages, "playwright"),
        tags=(*spec.tags, "chromium"),
        description=f"{spec.description} In a real Chromium.",
        action='Text: click 12 or click 80 120, type 7 "text", select 8 "option", keys "text", key Enter, scroll 300, '
        "back, stop",
    )
