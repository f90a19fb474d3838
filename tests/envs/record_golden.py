"""Records the golden episodes of every environment that can run here: python tests/envs/record_golden.py [FAMILY ...]

An environment that already has other golden bytes is refused: a change in dynamics is a new -vN.
"""

import json
import sys

from fresh import GOLDEN, episodes

import arena


def main():
    specs = [spec for spec in arena.specs(available=True) if spec.verification in ("bits", "numeric")]
    for family in sys.argv[1:] or sorted({spec.family for spec in specs}):
        path = GOLDEN / f"{family}.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        found = episodes([spec.id for spec in specs if spec.family == family])
        if changed := sorted(env_id for env_id in known if found.get(env_id, known[env_id]) != known[env_id]):
            sys.exit(f"{', '.join(changed)}: other bytes than recorded; a change in dynamics is a new -vN")
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(json.dumps({**known, **found}, indent=1, sort_keys=True) + "\n")
        print(f"{family}: {len(found)} environments")


if __name__ == "__main__":
    main()
