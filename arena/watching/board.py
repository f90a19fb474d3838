"""Boards within text: a position printed in rows of symbols, or in chess's own notation, read and drawn."""

from __future__ import annotations

import html
import re
from itertools import groupby, pairwise
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

__all__ = ["Board", "board_picture", "board_svg", "find_board"]

_CELL = 40  # units of a drawing
_WIDEST = 40  # cells; what is wider is no board
_LIGHT, _DARK, _LINE, _INK = "#ecdfc4", "#cdb088", "#a98d61", "#222222"
_DISCS = ({"x", "o"}, {"X", "O"}, {"@", "O"}, {"b", "w"}, {"B", "W"})  # where only these two stand, drawn round
_DARK_DISCS = frozenset("xX@bB")
_CHESS = dict(zip("kqrbnp", "♚♛♜♝♞♟", strict=True))
_FEN = re.compile(r"((?:[pnbrqkPNBRQK1-8]+/){7}[pnbrqkPNBRQK1-8]+) [wb] .*")
_SYMBOL = r"[A-Za-z.+\-#*@]"
_ROW = re.compile(
    rf"(?P<indent> *)(?P<number>\d{{1,2}})?(?P<gap> ?)"
    rf"(?:(?P<spaced>{_SYMBOL}{{1,2}}(?: +{_SYMBOL}{{1,2}})+)|(?P<dense>{_SYMBOL}+))(?: ?\d{{1,2}})? *"
)


class Board(NamedTuple):
    """A position.

    Fields:
        rows: of equal length, a symbol of one or two letters per cell, "" for an empty one.
        is_chess: whether the symbols are chess's letters, upper case for white.
        rest: the lines around it.
    """

    rows: list[list[str]]
    is_chess: bool
    rest: str

    @property
    def has_discs(self) -> bool:
        """Whether there are two kinds of pieces and nothing else."""
        symbols = set().union(*self.rows) - {""}
        return not self.is_chess and any(symbols <= pair for pair in _DISCS)


def find_board(text: str) -> Board | None:
    """Returns the board in a text: in Forsyth-Edwards notation, or the one block of three or more equal rows.

    A row holds single symbols, or with spaces between of at most two letters, and may have numbers at its ends. Rows
    that are not flush, as of hexagons, are no board, and neither are several blocks.

    Example:
        >>> find_board("3...\\n2.x.\\n1o..\\n abc\\nx to move")
        Board(rows=[['', '', ''], ['', 'x', ''], ['o', '', '']], is_chess=False, rest='x to move')
    """
    for line in text.splitlines():
        if match := _FEN.fullmatch(line.strip()):
            spelt = [re.sub(r"\d", lambda digit: " " * int(digit[0]), row) for row in match[1].split("/")]
            rows = [[letter.strip() for letter in row] for row in spelt]
            return Board(rows, True, text.strip()) if {len(row) for row in rows} == {8} else None
    return _block(text.splitlines())


def board_svg(board: Board) -> str:
    """Returns a board as an SVG element, labelled with its rows."""
    parts = []
    for x, y, fill, symbol in _placed(board):
        parts.append(f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{fill}"/>')
        if symbol not in ("", "#"):
            parts.append(_figure(board, symbol, x + _CELL // 2, y + _CELL // 2))
    width, height = len(board.rows[0]) * _CELL, len(board.rows) * _CELL
    said = html.escape("; ".join(" ".join(symbol or "." for symbol in row) for row in board.rows))
    return (
        f'<svg viewBox="-1 -1 {width + 2} {height + 2}" role="img" aria-label="Board: {said}" text-anchor="middle">'
        f'<rect x="-1" y="-1" width="{width + 2}" height="{height + 2}" fill="{_LINE}"/>{"".join(parts)}</svg>'
    )


def board_picture(board: Board) -> Image.Image:
    """Returns a board as a picture; chess's pieces as their letters."""
    image = Image.new("RGB", (len(board.rows[0]) * _CELL, len(board.rows) * _CELL), _LINE)
    draw, font, has_discs = ImageDraw.Draw(image), ImageFont.load_default(26), board.has_discs
    for x, y, fill, symbol in _placed(board):
        draw.rectangle((x, y, x + _CELL - 1, y + _CELL - 1), fill)
        if symbol in ("", "#"):
            continue
        if has_discs:
            disc = _INK if symbol in _DARK_DISCS else "white"
            draw.ellipse((x + 4, y + 4, x + _CELL - 5, y + _CELL - 5), disc, _INK)
        else:
            white = board.is_chess and symbol.isupper()
            middle = (x + _CELL // 2, y + _CELL // 2)
            draw.text(middle, symbol, "white" if white else _INK, font, "mm", stroke_width=1, stroke_fill=_INK)
    return image


def _block(lines: list[str]) -> Board | None:
    runs = [(shape, list(run)) for shape, run in groupby(enumerate(lines), key=lambda item: _shape(item[1]))]
    found = [run for shape, run in runs if shape is not None and len(run) >= 3]
    if len(found) != 1:
        return None
    rows = [_cells(line) for _, line in found[0]]
    symbols, places = set().union(*rows), {place for place, _ in found[0]}
    empty = next((symbol for symbol in ".-+" if symbol in symbols), "")
    rest = [line for place, line in enumerate(lines) if place not in places and not _is_scale(line)]
    cleared = [["" if symbol == empty else symbol for symbol in row] for row in rows]
    return Board(cleared, False, "\n".join(rest).strip("\n"))


def _cells(line: str) -> list[str]:
    match = _ROW.fullmatch(line)
    if match is None:
        return []
    return match["spaced"].split() if match["spaced"] else list(match["dense"])


def _shape(line: str) -> tuple[int, int, bool] | None:
    """Returns how many cells a line holds, its indent and whether it is numbered; None for what is no row."""
    match = _ROW.fullmatch(line)
    if match is None or _is_scale(line) or not 3 <= len(_cells(line)) <= _WIDEST:
        return None
    is_numbered = match["number"] is not None
    return len(_cells(line)), 0 if is_numbered else len(match["indent"] + match["gap"]), is_numbered


def _is_scale(line: str) -> bool:
    """Whether a line names the columns: a, b, c and so on."""
    letters = line.lower().replace(" ", "")
    return len(letters) > 2 and letters[0] == "a" and letters.isalpha() and all(x < y for x, y in pairwise(letters))


def _placed(board: Board) -> list[tuple[int, int, str, str]]:
    """Returns each cell's corner, colour and symbol; "#" is a cell out of play."""
    placed = []
    for row, cells in enumerate(board.rows):
        for column, symbol in enumerate(cells):
            fill = _LINE if symbol == "#" else _DARK if (row + column) % 2 else _LIGHT
            placed.append((column * _CELL, row * _CELL, fill, symbol))
    return placed


def _figure(board: Board, symbol: str, x: int, y: int) -> str:
    if board.has_discs:
        fill = _INK if symbol in _DARK_DISCS else "white"
        return f'<circle cx="{x}" cy="{y}" r="{_CELL * 2 // 5}" fill="{fill}" stroke="{_INK}"/>'
    if board.is_chess:
        style = f'font-size="34" fill="{"white" if symbol.isupper() else _INK}" stroke="{_INK}" stroke-width=".8"'
        return f'<text x="{x}" y="{y + 12}" {style}>{_CHESS[symbol.lower()]}&#xFE0E;</text>'  # as text, not as emoji
    return f'<text x="{x}" y="{y + 8}" font-size="{24 // len(symbol) + 4}" fill="{_INK}">{html.escape(symbol)}</text>'
