"""Episodes to watch: for each agent and environment the median one, replayed from its record in processes apart."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.pool import AsyncResult
from pathlib import Path
from typing import Any

from arena.errors import ArenaError
from arena.leaderboard.page.figures import Figure, rewards
from arena.record import EpisodeRecord
from arena.run import Run, load_run

__all__ = ["Progress", "Reel", "Shot", "developed", "shooting"]

FRAMES = 60  # of one episode
Progress = Callable[[int, int], None]  # episodes done, episodes in all
PATIENCE = 300.0  # seconds for one episode, after which its replay counts as lost


@dataclass(frozen=True)
class Shot:
    """A moment as the page shows it: an HTML document for a sandboxed frame, or text."""

    step: int
    who: str
    action: str
    reward: float
    html: str | None
    text: str | None


@dataclass(frozen=True)
class Reel:
    """An episode as the page shows it; `why` says why it cannot be replayed here, and then the rest is empty.

    Fields:
        index: its place in the run's schedule; record: its row.
        kind: "video", "html" or "text"; video, poster: file names under `media/`.
        is_exact: the replay gave the recorded digests; verdict says it in words.
    """

    index: int
    record: EpisodeRecord | None
    why: str = ""
    kind: str = ""
    video: str = ""
    poster: str = ""
    shots: tuple[Shot, ...] = ()
    seating: tuple[str, ...] = ()
    n_steps: int = 0
    rewards: Figure | None = None
    is_exact: bool = False
    verdict: str = ""
    note: str = ""


@contextmanager
def shooting(
    wanted: Mapping[str, tuple[Run, str]], names: Mapping[str, str], media: Path
) -> Iterator[Mapping[str, AsyncResult[Reel]]]:
    """Begins to replay the median episode of each (run, environment) wanted; collect with `developed`.

    Args:
        wanted: by any key.
        names: a file name without suffix for each key.
        media: folder for videos.
    """
    media.mkdir(parents=True, exist_ok=True)
    workers = max(1, min(len(wanted), os.cpu_count() or 1, 4))
    with multiprocessing.get_context("spawn").Pool(workers, _hush) as pool:
        yield {
            key: pool.apply_async(_shoot, (str(run.path), env_id, media, names[key]))
            for key, (run, env_id) in wanted.items()
        }


def developed(films: Mapping[str, AsyncResult[Reel]], progress: Progress) -> dict[str, Reel]:
    """Waits for the episodes and returns them by key; tells how many are done, of how many."""
    reels: dict[str, Reel] = {}
    for key, film in films.items():
        progress(len(reels), len(films))
        reels[key] = _patiently(film)
    progress(len(reels), len(films))
    return reels


def _hush() -> None:
    """Silences what environments and drawing libraries print while episodes are replayed."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def _patiently(film: AsyncResult[Reel]) -> Reel:
    try:
        return film.get(PATIENCE)
    except multiprocessing.TimeoutError:
        return Reel(-1, None, f"the replay ended its process, or took more than {PATIENCE:.0f} s")


@cache
def _run(path: str) -> Run:
    return load_run(path)


def _shoot(path: str, env_id: str, media: Path, name: str) -> Reel:
    """Replays one episode and writes its video, if it is one; runs in a process of its own."""
    from arena.watching import film, median_episode, write_video

    record = None
    try:
        run = _run(path)
        record = median_episode(run, env_id)
        seen = film(run, record, frames=FRAMES)
        video, poster = "", ""
        if seen.kind == "video":
            video, poster = f"{name}.mp4", f"{name}.png"
            write_video(seen, media / video)
            _write_poster(seen, media / poster)
    except Exception as error:  # an environment's code may raise anything; the page says what
        why = str(error) if isinstance(error, ArenaError) else f"{type(error).__name__}: {error}"
        return Reel(record.index if record else -1, record, why)
    seats = [[float(x) for x in seat] for seat in seen.rewards.T]
    return Reel(
        index=record.index,
        record=record,
        kind=seen.kind,
        video=video,
        poster=poster,
        shots=() if video else tuple(_shot(frame, seen.seating) for frame in seen.frames),
        seating=seen.seating,
        n_steps=seen.n_steps,
        rewards=rewards(seats) if seen.n_steps else None,
        is_exact=seen.digest_matches,
        verdict=seen.verdict,
        note=seen.note,
    )


def _shot(frame: Any, seating: Sequence[str]) -> Shot:
    who = seating[frame.seat] if frame.seat is not None and len(seating) > 1 else ""
    return Shot(frame.step, who, frame.action, frame.reward, frame.html, frame.text if frame.html is None else None)


def _write_poster(seen: Any, path: Path) -> None:
    """Writes a frame of the middle as a picture."""
    from PIL import Image

    pictures = [frame.image for frame in seen.frames if frame.image is not None]
    Image.fromarray(pictures[len(pictures) // 2]).save(path)
