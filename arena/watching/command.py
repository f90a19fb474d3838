"""`arena watch`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.errors import ArenaError

if TYPE_CHECKING:
    from arena.record import EpisodeRecord
    from arena.run import Run
    from arena.watching.filming import Film

__all__ = ["watch_command"]

_SUFFIXES = (".mp4", ".webm", ".gif", ".html", ".txt")


def watch_command(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Adds the arguments of `arena watch` and returns what it does."""
    parser.add_argument("run", metavar="RUN", help="a run's folder")
    parser.add_argument("--episode", type=int, metavar="K", help="its number in the run (default: the median score)")
    parser.add_argument("--env", metavar="ID", help="of this environment (default: the run's first)")
    parser.add_argument("--out", metavar="FILE", help=f"write a file in place of playing it: {', '.join(_SUFFIXES)}")
    parser.add_argument("--fps", type=float, metavar="F", help="frames a second (default: lasts about 12 seconds)")
    parser.add_argument("--frames", type=int, default=200, metavar="N", help="at most so many (default: 200)")
    parser.add_argument("--json", action="store_true", help="tell what was found instead of showing it")
    return _watch


def _watch(args: argparse.Namespace) -> int:
    from rich.console import Console

    from arena.watching.terminal import play
    from arena.watching.video import frame_rate

    if args.out and Path(args.out).suffix not in _SUFFIXES:
        raise ArenaError(f"cannot write {args.out!r}: expected a name that ends in {', '.join(_SUFFIXES)}")
    if args.frames < 2:
        raise ArenaError(f"--frames {args.frames}: expected at least 2, the start and the end")
    if args.fps is not None and not 0 < args.fps <= 120:
        raise ArenaError(f"--fps {args.fps:g}: expected more than 0 and at most 120")
    run = _only_run(args.run)
    record = _chosen(run, args.episode, args.env)
    film = _filmed(run, record, args.frames)
    fps = args.fps or frame_rate(film)
    if args.out:
        _write(film, Path(args.out), fps)
    if args.json:
        print(json.dumps(_summary(film, record, args.out), indent=2, sort_keys=True))
    elif args.out:
        _tell(film, f"wrote {args.out}: {len(film.frames)} frames")
    elif film.kind == "video" and not sys.stdout.isatty():
        _tell(film, "pictures play in a terminal; elsewhere write a file: --out FILE.mp4, .webm, .gif or .html")
    else:
        play(film, Console(highlight=False), fps)
        if len(others := sorted({entry["env_id"] for entry in run.manifest["schedule"]} - {film.env_id})) > 0:
            print(f"this run's other environments, with --env: {', '.join(others)}", file=sys.stderr)
    if film.level == "diverged":
        print(f"arena: {film.verdict}", file=sys.stderr)
        return 1
    return 0


def _only_run(path: str) -> Run:
    """Returns the run at a path, or the only one below it."""
    from arena.run import find_runs, load_run

    folders = find_runs(path)
    if not folders:
        raise ArenaError(f"no run at or below {path!r}: expected a folder with a manifest.json")
    if len(folders) > 1:
        raise ArenaError(f"{len(folders)} runs below {path!r}; watch one of them, say {str(folders[0])!r}")
    return load_run(folders[0])


def _chosen(run: Run, episode: int | None, env_id: str | None) -> EpisodeRecord:
    from arena.watching.filming import median_episode

    if episode is None:
        return median_episode(run, env_id)
    if episode not in run.settled:
        numbers = [index for index, record in run.settled.items() if env_id in (None, record.env_id)]
        span = f"{min(numbers)} to {max(numbers)}" if numbers else "none"
        raise ArenaError(f"run {run.path} has no episode {episode}; it has {span}")
    record = run.settled[episode]
    if env_id not in (None, record.env_id):
        raise ArenaError(f"episode {episode} is of {record.env_id}, not of {env_id}; leave out --env or --episode")
    return record


def _filmed(run: Run, record: EpisodeRecord, frames: int) -> Film:
    from arena.progress import progress_bar
    from arena.watching.filming import film

    with progress_bar() as bar:
        task = bar.add_task("replaying", total=record.length)
        return film(
            run, record, frames=frames, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )


def _write(film: Film, path: Path, fps: float) -> None:
    from arena.watching.page import write_page
    from arena.watching.transcript import transcript
    from arena.watching.video import write_video

    if path.suffix == ".txt":
        try:
            path.write_text("\n\n".join(transcript(film)) + "\n", encoding="utf-8")
        except OSError as error:
            raise ArenaError(f"cannot write {path}: {error.strerror or error}") from error
    elif path.suffix == ".html":
        write_page(film, path, fps=fps)
    else:
        write_video(film, path, fps=fps)


def _tell(film: Film, last: str) -> None:
    from arena.watching.transcript import headline

    for line in (*headline(film), last):
        print(line)


def _summary(film: Film, record: EpisodeRecord, out: str | None) -> dict[str, Any]:
    return {
        "episode": record.index,
        "env_id": film.env_id,
        "seed": film.seed,
        "seating": list(film.seating),
        "scores": list(film.scores),
        "cause": film.cause,
        "kind": film.kind,
        "n_steps": film.n_steps,
        "n_frames": len(film.frames),
        "digest_matches": film.digest_matches,
        "verdict": film.verdict,
        "note": film.note,
        "file": out,
    }
