"""Brax, in its runtime."""

import numpy as np
import pytest

import arena
from arena.registry import missing

SPEC = arena.find("brax/inverted_pendulum-v0")
needs_runtime = pytest.mark.skipif(bool(missing(SPEC)), reason=missing(SPEC) or "the runtime is there")


@needs_runtime
@pytest.mark.slow  # compiles, or loads what was compiled, for ten seconds and more
def test_a_pole_left_alone_falls_one_that_is_held_does_not():
    env = arena.make(SPEC.id)

    def play(seed, gains):
        seen, _ = env.reset(seed=seed)  # place of the cart, angle of the pole, their speeds
        for step in range(1, 301):
            action = np.clip(gains @ seen, -1, 1).reshape(1).astype(np.float32)
            seen, reward, terminated, truncated, _ = env.step(action)
            assert reward == 1.0 and not truncated
            if terminated:
                assert abs(seen[1]) > 0.2  # rad, where it counts as fallen
                return step, seen.tobytes()
        return step, seen.tobytes()

    fallen, last = play(3, np.zeros(4))
    assert fallen < 300
    held, _ = play(3, np.array([0.0, 1.0, 0.0, 0.1]))
    assert held == 300
    assert play(3, np.zeros(4)) == (fallen, last)
    env.close()
