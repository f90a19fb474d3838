"""Pictures of the families for the catalogue's pages: one environment of each after a few random moves.

    python -m arena.envs.pictures FOLDER [FAMILY ...]

writes FAMILY.png: what the environment renders, else what it shows where that is a picture, else its text.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import arena
import arena.seeding
from arena.episode import Episode
from arena.errors import ArenaError
from arena.registry import build
from arena.sampling import legal_action
from arena.views import make_view, view_names

__all__ = ["main", "picture"]

_MOVES = 25
_FACES = {  # the environment that stands for its family; else the first that draws
    "atari": "atari/MsPacman-v5",
    "atari2": "atari2/Pong-v3",
    "boardgames": "boardgames/ConnectFour-v0",
    "classic": "classic/CartPole-v1",
    "minihack": "minihack/Quest-Easy-v0",
    "mujoco": "mujoco/HalfCheetah-v5",
    "procgen": "procgen/CoinRun-train-v0",
    "box2d": "box2d/LunarLander-v3",
    "text": "text/Quest-v0",
}
_TRIED = 3  # environments of a family: where those show nothing, the others will not
_WIDTH = 400  # of a picture, in pixels; small ones are enlarged by whole factors
_LINES, _LETTERS = 40, 90  # of a text


def picture(spec: arena.EnvSpec) -> Image.Image | None:
    """Returns how an environment looks in the middle of an episode; None where it shows nothing but numbers."""
    shown = None
    for mode in ("rgb_array", "ansi", None):
        try:
            env = build(spec, mode)
        except (TypeError, ValueError, AssertionError, ArenaError):  # it does not know this render mode
            continue
        episode = Episode(spec, env)
        try:
            for turn in _played(episode):
                if mode is not None and (drawn := env.render()) is not None:
                    shown = drawn
                elif mode is None:
                    shown = _seen(episode, turn)
        except Exception as error:  # drawing may need what this machine lacks, and says so in many ways
            print(f"{spec.id} does not draw as {mode}: {type(error).__name__}: {error}", file=sys.stderr)
            shown = None
        episode.close()
        if isinstance(shown, str) and shown.strip():
            return _text(shown)
        if isinstance(shown, np.ndarray) and shown.ndim == 3 and shown.shape[2] == 3 and shown.any():
            return _sized(Image.fromarray(shown.astype(np.uint8)))
    return None


def _played(episode: Episode) -> Iterator[Any]:
    """Yields the turns of the first random moves, through the array view (which names what is legal)."""
    random = np.random.default_rng(0)
    turn = episode.start(arena.seeding.episode_seeds(episode.spec.id, 1)[0])
    views = [make_view(episode.spec, "array", episode.env, name) for name in episode.agents]
    while turn.seats and episode.length < _MOVES:
        yield turn
        actions = []
        for seat, observation, mask, info in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True):
            _, mask = views[seat].observe(observation, mask, info)
            actions.append(views[seat].parse(legal_action(views[seat].action_space, mask, random)))
        turn = episode.step(actions)


def _seen(episode: Episode, turn: Any) -> Any:
    """Returns the acting seat's picture or text."""
    observation = turn.observations[0]
    if isinstance(observation, dict):
        pictures = [v for v in observation.values() if isinstance(v, np.ndarray) and v.ndim == 3 and v.shape[2] == 3]
        observation = pictures[0] if pictures else observation
    if isinstance(observation, str) or (isinstance(observation, np.ndarray) and observation.dtype == np.uint8):
        return observation
    if "text/v1" not in view_names(episode.spec):
        return None
    view = make_view(episode.spec, "text/v1", episode.env, episode.agents[turn.seats[0]])
    return view.observe(observation, turn.masks[0], turn.infos[0])[0]


def _text(text: str) -> Image.Image:
    font = ImageFont.load_default(13)
    lines = [line[:_LETTERS] for line in text.expandtabs().splitlines()[:_LINES]]
    width = max(int(font.getlength(line)) for line in lines) + 20
    image = Image.new("RGB", (width, 17 * len(lines) + 20), "white")
    ImageDraw.Draw(image).multiline_text((10, 10), "\n".join(lines), "black", font, spacing=4)
    return image


def _sized(image: Image.Image) -> Image.Image:
    if image.width > _WIDTH:
        return image.resize((_WIDTH, max(1, image.height * _WIDTH // image.width)), Image.Resampling.LANCZOS)
    factor = _WIDTH // image.width
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def main() -> None:
    """Draws the families given, or all; says which show nothing."""
    os.environ.setdefault("MUJOCO_GL", "egl")  # there may be no window; read when mujoco is first imported
    parser = argparse.ArgumentParser(description="Draw a picture of each family")
    parser.add_argument("folder", type=Path)
    parser.add_argument("families", nargs="*")
    args = parser.parse_args()
    specs = arena.specs(available=True)
    for family in args.families or sorted({spec.family for spec in specs}):
        own = sorted((s for s in specs if s.family == family), key=lambda s: s.id != _FACES.get(family))
        drawn = next(filter(None, map(picture, own[:_TRIED])), None)
        if drawn is None:
            print(f"{family}: nothing to see", file=sys.stderr)
            continue
        drawn.quantize(64).save(args.folder / f"{family}.png", optimize=True)
        print(f"{family}.png {drawn.width} x {drawn.height}", flush=True)


if __name__ == "__main__":
    main()
