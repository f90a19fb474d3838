"""Films in the terminal: pictures as coloured half-blocks, screens one over the other, text step by step."""

from __future__ import annotations

import contextlib
import time

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.color import Color
from rich.console import Console, Group
from rich.live import Live
from rich.style import Style
from rich.text import Text

from arena.watching.filming import Film
from arena.watching.transcript import headline, told, transcript

__all__ = ["half_blocks", "play"]


def play(film: Film, console: Console, fps: float) -> None:
    """Shows a film; on a terminal it plays, elsewhere its transcript is printed. Ctrl-C ends it."""
    if film.kind == "text" or not console.is_terminal:
        for paragraph in transcript(film):
            console.print(f"{paragraph}\n", markup=False, soft_wrap=True)
        return
    with contextlib.suppress(KeyboardInterrupt), Live(console=console, screen=True, auto_refresh=False) as live:
        for frame in film.frames:
            if frame.image is not None:
                shown = half_blocks(frame.image, console.width, console.height - 2)
            else:
                shown = Text(frame.text or "", no_wrap=True)
            live.update(Group(shown, Text(told(film, frame), no_wrap=True, overflow="ellipsis")), refresh=True)
            time.sleep(1 / fps)
    console.print("\n".join(headline(film)), markup=False)


def half_blocks(image: npt.NDArray[np.uint8], columns: int, rows: int) -> Text:
    """Returns a picture in `columns` x `rows` characters at most: each shows two pixels, one above the other."""
    height, width = image.shape[:2]
    scale = min(columns / width, 2 * rows / height)
    if scale >= 1:
        scale = int(scale)  # whole factors keep what is drawn in pixels sharp
    size = (max(1, int(width * scale)), max(2, int(height * scale) // 2 * 2))
    kind = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    pixels = np.asarray(Image.fromarray(image).resize(size, kind))
    text = Text(no_wrap=True)
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
            text.append("▀", Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
        text.append("\n")
    return text
