"""Films as video files: H.264 or VP9 that browsers play, or an animated GIF; one film gives the same bytes again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from arena.errors import ArenaError
from arena.watching.filming import Film, Frame
from arena.watching.screen import screen_picture

__all__ = ["frame_rate", "write_video"]

_SMALLEST = 256  # pixels of the shorter side; smaller frames are enlarged by whole factors
_SECONDS = 12  # that a film lasts, where its frame rate allows
_FORMATS = (".mp4", ".webm", ".gif")
_CODECS = {  # what a browser plays; constant quality, one thread and no dates, for the same bytes anywhere
    ".mp4": ("libx264", ["-crf", "20", "-preset", "medium", "-movflags", "+faststart"]),
    ".webm": ("libvpx-vp9", ["-crf", "30", "-b:v", "0", "-deadline", "good", "-cpu-used", "4"]),
}
_SAME_BYTES = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"]


def write_video(film: Film, path: str | os.PathLike[str], *, fps: float | None = None) -> None:
    """Writes a film; the suffix says as what: .mp4, .webm or .gif. Frames without a picture are drawn as text.

    Args:
        fps: frames a second (default: so that it lasts about 12 seconds, from 2 to 30).

    Raises:
        ArenaError: another suffix, a rate that is not positive, no frames, or a file that cannot be written.
    """
    path = Path(path)
    fps = frame_rate(film) if fps is None else fps
    if path.suffix not in _FORMATS:
        raise ArenaError(f"cannot write {path.name!r}: expected a name that ends in {', '.join(_FORMATS)}")
    if not 0 < fps <= 120:
        raise ArenaError(f"{fps:g} frames a second; expected more than 0 and at most 120")
    if not film.frames:
        raise ArenaError(f"the film of {film.env_id} has no frames: {film.verdict}")
    pictures = _alike([_sized(_picture(frame)) for frame in film.frames])
    try:
        _write_gif(pictures, path, fps) if path.suffix == ".gif" else _encode(pictures, path, fps)
    except OSError as error:
        raise ArenaError(f"cannot write {path}: {error.strerror or error}") from error


def frame_rate(film: Film) -> int:
    """Returns frames a second by which a film lasts about 12 seconds: 2 to 30."""
    return min(30, max(2, round(len(film.frames) / _SECONDS)))


def _picture(frame: Frame) -> npt.NDArray[np.uint8]:
    return frame.image if frame.image is not None else np.asarray(screen_picture(frame.text or ""))


def _sized(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    factor = -(-_SMALLEST // min(image.shape[:2])) if min(image.shape[:2]) < _SMALLEST else 1
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def _alike(images: Sequence[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.uint8]]:
    """Returns pictures of one size, even as yuv420p wants it, each in the upper left on white."""
    height = max(image.shape[0] for image in images)
    width = max(image.shape[1] for image in images)
    height, width = height + height % 2, width + width % 2
    alike = []
    for image in images:
        below, right = height - image.shape[0], width - image.shape[1]
        alike.append(np.pad(image, ((0, below), (0, right), (0, 0)), constant_values=255))
    return alike


def _write_gif(pictures: Sequence[npt.NDArray[np.uint8]], path: Path, fps: float) -> None:
    first, *others = (Image.fromarray(p).quantize(256, dither=Image.Dither.NONE) for p in pictures)
    milliseconds = max(20, round(1000 / fps))  # browsers slow down what is faster
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0)


def _encode(pictures: Sequence[npt.NDArray[np.uint8]], path: Path, fps: float) -> None:
    import imageio_ffmpeg

    codec, options = _CODECS[path.suffix]
    height, width = pictures[0].shape[:2]
    path.open("ab").close()  # says why it cannot be written, which ffmpeg's own words hide
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=fps,
        codec=codec,
        pix_fmt_out="yuv420p",
        quality=None,
        macro_block_size=2,
        ffmpeg_log_level="error",
        output_params=[*options, *_SAME_BYTES],
    )
    writer.send(None)
    for picture in pictures:
        writer.send(np.ascontiguousarray(picture))
    writer.close()
