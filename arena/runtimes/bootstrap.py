"""Started by path from a runtime's interpreter: makes this Arena importable there, and nothing else of its folder."""

import importlib.util
import sys
from pathlib import Path

_here = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("arena", _here / "__init__.py", submodule_search_locations=[str(_here)])
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
sys.modules["arena"] = _module
_spec.loader.exec_module(_module)

from arena.runtimes.host import main  # noqa: E402

main(int(sys.argv[1]))
