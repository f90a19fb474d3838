"""Marks on a page what an action acts on."""

from __future__ import annotations

import html
import re

__all__ = ["mark_action"]

_ACTION = re.compile(r'data-action="([^"]*)"')
_RING = "<style>[data-acted] { outline: 4px solid #e4572e !important; outline-offset: 3px; }</style>"


def mark_action(page: str, action: str) -> str:
    """Returns an HTML document with a ring around the element that an action acts on.

    An environment that renders pages says in an element's attribute `data-action` how the actions on it begin.

    Example:
        >>> mark_action('<a data-action="click 1"></a><a data-action="click 12"></a>', "click 12")
        '<a data-action="click 1"></a><a data-action="click 12" data-acted=""></a>'
    """

    def mark(match: re.Match[str]) -> str:
        begins = html.unescape(match[1])
        is_meant = action == begins or action.startswith(f"{begins} ")
        return f'{match[0]} data-acted=""' if is_meant else match[0]

    return _ACTION.sub(mark, page).replace("</head>", f"{_RING}</head>", 1)
