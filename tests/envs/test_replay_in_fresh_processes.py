"""Every environment that can run here plays the same episodes in two fresh processes, whatever was played before."""

import os
import subprocess
import sys

import pytest

import arena

STEPS = 300  # of each episode, to bound the time

PLAY = """
import sys
import numpy as np
import arena
from arena.episode import Episode
from arena.registry import build

def choose(space, mask, random):
    if mask is not None:
        return int(random.choice(np.flatnonzero(mask)))
    if hasattr(space, "n"):
        return int(random.integers(space.n))
    if hasattr(space, "low"):
        return random.uniform(space.low, space.high).astype(space.dtype)
    return str(random.integers(10))  # a text environment reads it as it likes

def play(episode, seed):
    turn, random = episode.start(seed), np.random.default_rng(seed)
    while turn.seats and episode.length < {steps}:
        actions = []
        for seat, mask in zip(turn.seats, turn.masks):
            name = episode.agents[seat]
            space = episode.env.action_space if name is None else episode.env.action_space(name)
            actions.append(choose(space, mask, random))
        turn = episode.step(actions)
    return episode.digest.hex()

for env_id in sys.argv[1].split(","):
    spec = arena.find(env_id)
    episode = Episode(spec, build(spec))
    for seed in {priming}:
        play(episode, seed)
    print("digests", env_id, *[play(episode, seed) for seed in (11, 12, 13)])
    episode.close()
"""

ENVS = [spec for spec in arena.specs(available=True) if spec.verification == "bits"]
FAMILIES = sorted({spec.family for spec in ENVS})


def _ids(family: str) -> list[str]:
    return [spec.id for spec in ENVS if spec.family == family]


def _digests(env_ids: list[str], hash_seed: str, priming: tuple[int, ...]) -> list[str]:
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            PLAY.replace("{steps}", str(STEPS)).replace("{priming}", repr(priming)),
            ",".join(env_ids),
        ],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    return [line for line in finished.stdout.splitlines() if line.startswith("digests")]


@pytest.mark.parametrize("family", FAMILIES)
def test_episodes_replay_in_another_process_after_other_episodes(family: str) -> None:
    env_ids = _ids(family)
    fresh = _digests(env_ids, "1", priming=())
    primed = _digests(env_ids, "2", priming=(5, 6))
    assert fresh == primed
    assert len(fresh) == len(env_ids)
    for spec, line in zip([s for s in ENVS if s.family == family], fresh, strict=True):
        digests = line.split()[2:]
        assert spec.deterministic_start or len(set(digests)) == 3, f"{spec.id}: the seed makes no difference"
