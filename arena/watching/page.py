"""Films as one HTML file that opens without a network: a video, or frames to step through."""

from __future__ import annotations

import base64
import tempfile
from functools import cache
from pathlib import Path

import jinja2

from arena.errors import ArenaError
from arena.watching.filming import Film
from arena.watching.transcript import headline, told
from arena.watching.video import write_video

__all__ = ["write_page"]


def write_page(film: Film, path: Path, *, fps: float) -> None:
    """Writes a page with the film in it.

    Raises:
        ArenaError: the file cannot be written.
    """
    frames = [{"told": told(film, frame), "html": frame.html, "text": frame.text} for frame in film.frames]
    page = _template().render(
        title=film.env_id,
        headline=headline(film),
        kind=film.kind,
        frames=frames,
        milliseconds=round(1000 / fps),
        video=_video(film, fps) if film.kind == "video" else "",
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ArenaError(f"cannot write {path}: {error.strerror or error}") from error


def _video(film: Film, fps: float) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "film.mp4"
        write_video(film, file, fps=fps)
        return base64.b64encode(file.read_bytes()).decode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("arena.watching", "."), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("film.html")
