from __future__ import annotations

from pathlib import Path

import pytest

from arena.loading import import_file

TOY = Path(__file__).with_name("toy.py")
import_file(TOY)  # registers the toy environments


@pytest.fixture
def toy() -> str:
    """The file of toy environments and agents: agents are named f"{toy}:Good"."""
    return str(TOY)
