"""Where a stranger's agent runs: a process of its own that can read its own files, answer, and nothing else.

The rule book is docs/sandbox.md. What a stranger's process says is a fixed header, a short text or raw numbers in
shared memory; nothing it sends is ever unpickled.
"""
