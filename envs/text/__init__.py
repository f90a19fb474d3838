"""Text: Countdown and Quest, environments of our own."""

from arena.envs.text import countdown, quest  # noqa: F401  (importing registers)
