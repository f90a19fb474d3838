"""Plays seeded episodes of environments and prints their digests as JSON; run in a fresh process by the tests.

python tests/envs/play_episodes.py ID,ID,... PRIMING_SEEDS SEEDS STEPS
"""

import hashlib
import json
import sys

import numpy as np

import arena
from arena.episode import Episode
from arena.registry import build
from arena.views import make_view


def choose(space, mask, random):
    """Returns a random legal answer, from the generator alone."""
    if mask is not None:
        return int(random.choice(np.flatnonzero(mask)))
    if hasattr(space, "n"):
        return int(random.integers(space.n))
    return random.uniform(space.low, space.high).astype(space.dtype)


def play(episode, seed, steps):
    """Plays at most `steps` steps through the array view (which names what is legal, also in text and web).

    `digest` is over what the environment shows, `seen` over what the array view makes of it.
    """
    turn, random, seen = episode.start(seed), np.random.default_rng(seed), hashlib.sha256()
    views = [make_view(episode.spec, "array", episode.env, name) for name in episode.agents]
    while turn.seats and episode.length < steps:
        actions = []
        for seat, observation, mask, info in zip(turn.seats, turn.observations, turn.masks, turn.infos, strict=True):
            array, mask = views[seat].observe(observation, mask, info)
            seen.update(np.asarray(array).tobytes())
            actions.append(views[seat].parse(choose(views[seat].action_space, mask, random)))
        turn = episode.step(actions)
    digests = {"digest": episode.digest.hex(), "seen": seen.hexdigest()}
    return {"seed": seed, "length": episode.length, "returns": episode.returns, **digests}


def main():
    ids, priming, seeds, steps = sys.argv[1].split(","), *map(json.loads, sys.argv[2:5])
    found = {}
    for env_id in ids:
        spec = arena.find(env_id)
        episode = Episode(spec, build(spec))
        for seed in priming:
            play(episode, seed, steps)
        found[env_id] = [play(episode, seed, steps) for seed in seeds]
        episode.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
