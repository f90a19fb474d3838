"""Robotics: simulated bodies under physics engines."""
