"""Films in words: who played, what came of it, and each frame's text and action."""

from __future__ import annotations

from collections.abc import Iterator

from arena.watching.filming import Film, Frame

__all__ = ["headline", "told", "transcript"]


def headline(film: Film) -> list[str]:
    """Returns what is shown, who played, how it ended and whether it is what was recorded, in a few lines."""
    seats = ", ".join(f"{name} (seat {seat})" for seat, name in enumerate(film.seating))
    scores = ", ".join(f"{score:g}" for score in film.scores)
    lines = [
        f"{film.env_id}, seed {film.seed}: {film.seating[0] if len(film.seating) == 1 else seats}",
        f"{film.n_steps} steps, {film.cause}, score {scores}; {film.verdict}",
    ]
    return [*lines, film.note] if film.note else lines


def told(film: Film, frame: Frame) -> str:
    """Returns a frame's place, its reward and what was done there, on one line."""
    line = f"step {frame.step} of {film.n_steps}"
    if frame.step:
        line += f", reward {frame.reward:g}"
    if frame.action:
        who = f"{film.seating[frame.seat]} (seat {frame.seat})" if frame.seat is not None else "all"
        line += f" > {frame.action}" if len(film.seating) == 1 else f" > {who}: {frame.action}"
    return line


def transcript(film: Film) -> Iterator[str]:
    """Yields a film as paragraphs: the headline, then for each frame its text and its line."""
    yield "\n".join(headline(film))
    for frame in film.frames:
        yield f"{frame.text.rstrip()}\n\n{told(film, frame)}" if frame.text else told(film, frame)
