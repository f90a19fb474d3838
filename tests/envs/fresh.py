"""Runs play_episodes.py in a fresh process."""

import json
import os
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SCRIPT = Path(__file__).with_name("play_episodes.py")
STEPS = 300  # of each episode, to bound the time


def episodes(env_ids, *, priming=(), seeds=(11, 12, 13), hash_seed="0"):
    """Returns by environment what each seed's episode came to, as play_episodes.py prints it."""
    arguments = [",".join(env_ids), *(json.dumps(value) for value in (list(priming), list(seeds), STEPS))]
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    return json.loads(finished.stdout.splitlines()[-1])
