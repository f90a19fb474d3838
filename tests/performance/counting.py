"""What every vector of environments is asked for: so many episodes of each, so that none counts short ones only."""

import numpy as np


def played(reset, step, policy, n, episodes):
    """Steps that counted: each environment plays its share of the episodes."""
    left = np.full(n, -(-episodes // n))
    returns, finished, steps = np.zeros(n), [], 0
    observations = reset()
    while left.any():
        observations, rewards, done = step(policy(observations))
        steps += int((left > 0).sum())
        returns += rewards
        for i in np.flatnonzero(done):
            if left[i] > 0:
                finished.append(returns[i])
                left[i] -= 1
            returns[i] = 0.0
    return steps
