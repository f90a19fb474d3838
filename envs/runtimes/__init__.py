"""Locks of the runtimes that come with Arena: one file each."""
