"""Scripted play: one module per environment or family, each a small agent that shows what is possible."""
