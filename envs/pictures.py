"""Pictures of the families for the catalogue's pages: one environment of each after a few random moves.

    python -m arena.envs.pictures FOLDER [FAMILY ...]

writes FAMILY.png: what the environment renders, else what it shows where that is a picture, else its text.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import arena
import arena.seeding
from arena.sampling import legal_action
from arena.views import make_view
from arena.watching.look import Look, Seen, look_at
from arena.watching.screen import screen_picture

__all__ = ["main", "picture"]

_MOVES = 25
_FACES = {  # the environment that stands for its family; else the first that draws
    "atari": "atari/MsPacman-v5",
    "atari2": "atari2/Pong-v3",
    "boardgames": "boardgames/ConnectFour-v0",
    "classic": "classic/CartPole-v1",
    "dm_control": "dm_control/quadruped-walk-v0",
    "minihack": "minihack/Quest-Easy-v0",
    "mujoco": "mujoco/HalfCheetah-v5",
    "nle": "nle/Score-v0",
    "ogbench": "ogbench/cube-double-v0",
    "procgen": "procgen/CoinRun-train-v0",
    "box2d": "box2d/LunarLander-v3",
    "miniwob": "miniwob/email-inbox-v0",
    "text": "text/Quest-v0",
    "web": "web/Shop-v0",
}
_TRIED = 3  # environments of a family: where those show nothing, the others will not
_WIDTH = 400  # of a picture, in pixels; small ones are enlarged by whole factors


def picture(spec: arena.EnvSpec) -> Image.Image | None:
    """Returns how an environment looks in the middle of an episode; None where it shows nothing but numbers."""
    seed = arena.seeding.episode_seeds(spec.id, 1)[0]
    with look_at(spec, seed) as look:
        if look.note:
            print(f"{spec.id} {look.note}", file=sys.stderr)
        seen = _played(look, seed)
    if seen.image is not None:
        return _sized(Image.fromarray(seen.image)) if seen.image.any() else None
    return screen_picture(seen.text) if seen.text and seen.text.strip() else None


def _played(look: Look, seed: int) -> Seen:
    """Returns what there is to see after the first random moves, through the array view (which names what is legal)."""
    random, episode = np.random.default_rng(0), look.episode
    turn = episode.start(seed)
    seen = look.see(turn)
    views = [make_view(episode.spec, "array", episode.env, name) for name in episode.agents]
    while turn.seats and episode.length < _MOVES:
        seen = look.see(turn)
        actions = []
        for seat, observation, mask, info in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True):
            _, mask = views[seat].observe(observation, mask, info)
            actions.append(views[seat].parse(legal_action(views[seat].action_space, mask, random)))
        turn = episode.step(actions)
    return seen


def _sized(image: Image.Image) -> Image.Image:
    if image.width > _WIDTH:
        return image.resize((_WIDTH, max(1, image.height * _WIDTH // image.width)), Image.Resampling.LANCZOS)
    factor = _WIDTH // image.width
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def main() -> None:
    """Draws the families given, or all; says which show nothing."""
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
