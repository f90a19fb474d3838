"""`arena sandbox` says what this machine reaches; `arena pack` makes a submission and tries it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from arena.errors import ArenaError

__all__ = ["pack_command", "sandbox_command"]

Action = Callable[[argparse.Namespace], int]
_SMOKE = "classic/CartPole-v1"  # played unless --env names what the agent is for


def sandbox_command(parser: argparse.ArgumentParser) -> Action:
    """Adds the arguments of `arena sandbox` and returns what it does."""
    parser.add_argument("--json", action="store_true")

    def run(args: argparse.Namespace) -> int:
        from arena.sandbox.levels import FOR_STRANGERS, LEVELS, best, facts, reach

        missing = {name: reach(name).missing for name in LEVELS}
        if args.json:
            print(json.dumps({"level": best(), "missing": missing, "facts": facts()}, indent=2))
        else:
            for name, level in LEVELS.items():
                state = f"not here: {missing[name]}" if missing[name] else "reached"
                print(f"{'*' if name == best() else ' '} {name:14} {state}\n{'':17}{level.meaning}")
            means = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in facts().items())
            print(f"\nStrangers' agents run at {best()!r} here ({means}).")
        if best() not in FOR_STRANGERS:
            print("arena: too weak for a stranger's agent; see docs/sandbox.md", file=sys.stderr)
            return 1
        return 0

    return run


def pack_command(parser: argparse.ArgumentParser) -> Action:
    """Adds the arguments of `arena pack` and returns what it does."""
    parser.add_argument("folder", metavar="FOLDER", help="holds agent.toml and all that the agent needs")
    parser.add_argument("--out", metavar="FILE.zip", help="the archive (default: FOLDER.zip)")
    parser.add_argument("--env", default=_SMOKE, metavar="ID", help=f"the environment of the trial ({_SMOKE})")
    parser.add_argument("--sandbox", default="auto", metavar="LEVEL", help="the level of the trial (default: the best)")
    parser.add_argument("--i-trust-this-agent", action="store_true", help="try it at a level that does not hold it")

    def run(args: argparse.Namespace) -> int:
        from arena.sandbox.package import pack

        folder = Path(args.folder)
        if not folder.is_dir():
            raise ArenaError(f"no such folder: {args.folder!r}")
        archive = Path(args.out or f"{folder.resolve().name}.zip")
        pack(folder, archive)
        try:
            said = _try(archive, args.env, args.sandbox, args.i_trust_this_agent)
        except ArenaError:
            archive.unlink()
            raise
        print(f"{said}\nwrote {archive}, {archive.stat().st_size} bytes, sha256 {_digest(archive)}")
        return 0

    return run


def _try(archive: Path, env_id: str, level: str, is_trusted: bool) -> str:
    """Plays one episode with what an archive holds, as the board would, and says how it went.

    Raises:
        ArenaError: it does not load, does not play the environment, or failed in it; carries the reason.
    """
    from arena.evaluation import evaluate
    from arena.registry import find
    from arena.sandbox.package import unpack

    with tempfile.TemporaryDirectory() as temporary:
        folder, out = Path(temporary) / "agent", Path(temporary) / "runs"
        folder.mkdir()
        unpack(archive, folder)
        spec = find(env_id)
        opponents = ["random"] if spec.payoff == "zero-sum" else []
        run = evaluate(
            f"{folder}{os.sep}", env_id, episodes=1, workers=0, out=out, opponents=opponents, sandbox=level,
            is_trusted=is_trusted,
        )  # fmt: skip
        isolation = run.manifest["isolation"]
        for row in run.episodes.itertuples():
            if row.whose:
                raise ArenaError(
                    f"the trial in {env_id} at isolation level {isolation} failed: {row.cause}: {row.detail}"
                )
        score = run.episodes.score.iloc[0]
    return f"one episode of {env_id} at isolation level {isolation}: score {score:g}"


def _digest(archive: Path) -> str:
    import hashlib

    return hashlib.sha256(archive.read_bytes()).hexdigest()
