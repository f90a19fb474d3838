"""The shipped baselines: one readable file per agent."""
