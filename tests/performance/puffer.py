"""PufferLib's part of peers.py, in an interpreter of its own, for it needs NumPy 1: puffer.py POLICY N BACKEND

Reads numbers of episodes, a line each, and answers each with the steps that were played. Nothing of Arena is imported.
"""

import os
import sys

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import gymnasium
import pufferlib.emulation
import pufferlib.vector
import torch
from counting import played

BACKENDS = {"Serial": {}, "Multiprocessing": {"num_workers": max(1, os.cpu_count() - 1)}}  # workers spin


def make(buf=None, seed=0):
    return pufferlib.emulation.GymnasiumPufferEnv(env_creator=lambda: gymnasium.make("CartPole-v1"), buf=buf, seed=seed)


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # PufferLib prints
    torch.set_num_threads(1)
    network, n, backend = torch.jit.load(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    kwargs = BACKENDS[backend]
    if kwargs:
        kwargs |= {"batch_size": n, "overwork": True}
    vec = pufferlib.vector.make(make, num_envs=n, backend=getattr(pufferlib.vector, backend), **kwargs)

    @torch.inference_mode()
    def policy(observations):
        return torch.distributions.Categorical(logits=network(torch.as_tensor(observations))).sample().numpy()

    def step(actions):
        observations, rewards, terminated, truncated, _ = vec.step(actions)
        return observations, rewards, terminated | truncated

    for line in sys.stdin:
        print(played(lambda: vec.reset(seed=0)[0], step, policy, n, int(line)), file=answers, flush=True)
    vec.close()


if __name__ == "__main__":
    main()
