"""Records the golden episodes of every environment that can run here: python tests/envs/record_golden.py [FAMILY ...]

An environment that already has other golden bytes is refused: a change in dynamics is a new -vN.
"""

import json
import sys
from pathlib import Path

import arena
from arena.check.fresh import FreshProcess

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SEEDS = (11, 12)
STEPS = 150  # of each new golden episode, to bound the time
KEPT = ("seed", "length", "returns", "digest", "seen")
PATIENCE = 300.0  # seconds for an environment


def replayable():
    """Returns the specs that have golden episodes: those whose replay is compared step by step."""
    specs = arena.specs(available=True)
    return [s for s in specs if s.verification in ("bits", "numeric") and ".py:" not in s.entry_point]  # no tests' toys


def load(family):
    """Returns a family's golden episodes by environment."""
    path = GOLDEN / f"{family}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def play(specs, golden):
    """Returns what each environment's golden episodes come to now: those recorded, or else the default ones."""
    process = FreshProcess(0, PATIENCE)
    try:
        found = {}
        for spec in specs:
            plan = [(e["seed"], e["length"]) for e in golden.get(spec.id, ())] or [(seed, STEPS) for seed in SEEDS]
            played = process.ask({"do": "play", "spec": spec.to_json(), "plan": plan})
            found[spec.id] = [{key: episode[key] for key in KEPT} for episode in played]
        return found
    finally:
        process.close()


def main():
    specs = replayable()
    for family in sys.argv[1:] or sorted({spec.family for spec in specs}):
        known = load(family)
        found = play([spec for spec in specs if spec.family == family], known)
        if changed := sorted(env_id for env_id in known if found.get(env_id, known[env_id]) != known[env_id]):
            sys.exit(f"{', '.join(changed)}: other bytes than recorded; a change in dynamics is a new -vN")
        (GOLDEN / f"{family}.json").write_text(_text({**known, **found}))
        print(f"{family}: {len(found)} environments", flush=True)


def _text(golden):
    """A line per episode."""
    rows = {env_id: ",\n  ".join(json.dumps(e, sort_keys=True) for e in golden[env_id]) for env_id in sorted(golden)}
    return "{\n" + ",\n".join(f" {json.dumps(env_id)}: [\n  {row}\n ]" for env_id, row in rows.items()) + "\n}\n"


if __name__ == "__main__":
    main()
