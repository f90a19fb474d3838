"""Screens of text: as an HTML document that keeps lines and colours and draws boards, and as a picture."""

from __future__ import annotations

import html
from io import StringIO

from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from arena.watching.board import board_picture, board_svg, find_board

__all__ = ["plain_text", "screen_page", "screen_picture"]

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; padding: .8rem; }
pre { margin: 0; font: clamp(9px, 1.9vw, 15px)/1.35 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.terminal { padding: .8rem; background: #191919; color: #c5c8c6; }
svg { display: block; width: 100%; max-width: 30rem; max-height: 80vh; margin-bottom: .6rem; }
text { font-family: system-ui, sans-serif; }
"""
_LINES, _LETTERS = 48, 110  # of a text that is drawn; the rest is left out, with a mark
_ARROWS = str.maketrans("←↑→↓", "<^>v")
_WIDE, _HIGH, _MARGIN = 9, 19, 12  # pixels: of a letter's place, of a line, around


def plain_text(screen: str) -> str:
    """Returns a screen without its colours and without control characters."""
    text = Text.from_ansi(screen, no_wrap=True).plain if "\x1b" in screen else screen
    return "".join(letter if letter == "\n" or letter.isprintable() else " " for letter in text)


def screen_page(screen: str) -> str:
    """Returns a screen, which may hold ANSI's codes of colour, as an HTML document without scripts.

    Example:
        >>> "<svg" in screen_page("...\\n.x.\\no..")
        True
    """
    plain = plain_text(screen)
    if (board := find_board(plain)) is not None:
        body = f"{board_svg(board)}<pre>{html.escape(board.rest)}</pre>"
    elif "\x1b" in screen:
        body = _coloured(screen)
    else:
        body = f"<pre>{html.escape(plain)}</pre>"
    return f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>Screen</title><style>{_STYLE}</style>{body}'


def screen_picture(text: str) -> Image.Image:
    """Returns plain text as a picture: a board as a board, all else in letters of one width, dark on white.

    The font, Pillow's own, has Latin letters; others but arrows become question marks.
    """
    if (board := find_board(text)) is not None:
        return board_picture(board)
    lines = [_cut(line.rstrip()) for line in text.expandtabs().splitlines()] or [""]
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], f"... {len(lines) - _LINES + 1} more lines"]
    width = max(map(len, lines)) * _WIDE + 2 * _MARGIN
    image = Image.new("RGB", (width, len(lines) * _HIGH + 2 * _MARGIN), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    for row, line in enumerate(lines):
        for column, letter in enumerate(line.translate(_ARROWS).encode("latin-1", "replace").decode("latin-1")):
            middle = _MARGIN + column * _WIDE + _WIDE // 2
            draw.text((middle, _MARGIN + row * _HIGH + 15), letter, "#1a1a1a", font, "ms")
    return image


def _coloured(screen: str) -> str:
    console = Console(record=True, file=StringIO(), width=1000, color_system="truecolor", force_terminal=True)
    console.print(Text.from_ansi(screen, no_wrap=True), soft_wrap=True)
    shown = '<pre class="terminal">{code}</pre>'
    return console.export_html(theme=SVG_EXPORT_THEME, inline_styles=True, code_format=shown)


def _cut(line: str) -> str:
    return line if len(line) <= _LETTERS else line[: _LETTERS - 3] + "..."
