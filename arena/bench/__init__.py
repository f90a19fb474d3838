"""How fast this harness is on this machine, held against one core that does nothing but step the environment."""

from arena.bench.measuring import SUBJECTS, Measured, Subject, measure

__all__ = ["SUBJECTS", "Measured", "Subject", "measure"]
