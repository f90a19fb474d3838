"""File names for what users named: safe on every file system, unique, and the same every time."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

__all__ = ["file_names"]

LONGEST = 80  # characters
DIGITS = 10  # of the digest
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LIKE_OURS = re.compile(rf".*-[0-9a-f]{{{DIGITS}}}")  # so that nobody is named like another with its digest


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Returns a file name (without suffix) for each name; two that would look alike get a digest of the name behind.

    Example:
        >>> file_names(["mujoco/Ant-v5", "../x", "X", "x"])
        {'../x': 'x-6ad0d7', 'X': 'X-4b68ab', 'mujoco/Ant-v5': 'mujoco-Ant-v5', 'x': 'x-2d7116'}
    """
    plain = {name: _UNSAFE.sub("-", name).strip("-.")[:LONGEST] for name in sorted(set(names))}
    uses = Counter(text.lower() for text in plain.values())  # some file systems do not tell x from X
    return {
        name: text if text and uses[text.lower()] == 1 and not _LIKE_OURS.fullmatch(text) else _with_digest(text, name)
        for name, text in plain.items()
    }


def _with_digest(text: str, name: str) -> str:
    return "-".join(filter(None, (text, hashlib.sha256(name.encode()).hexdigest()[:DIGITS])))
