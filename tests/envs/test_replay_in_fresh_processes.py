"""Every environment that can run here plays the same episodes in two fresh processes, and those that were recorded."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import arena

_spec = importlib.util.spec_from_file_location("fresh", Path(__file__).with_name("fresh.py"))
fresh = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fresh)

ENVS = [
    spec
    for spec in arena.specs(available=True)
    if spec.verification in ("bits", "numeric") and ".py:" not in spec.entry_point  # other tests' toys are files
]
FAMILIES = sorted({spec.family for spec in ENVS})


@pytest.mark.parametrize("family", FAMILIES)
def test_episodes_replay_in_another_process_after_other_episodes(family: str) -> None:
    specs = [spec for spec in ENVS if spec.family == family]
    first = fresh.episodes([spec.id for spec in specs], hash_seed="1")
    primed = fresh.episodes([spec.id for spec in specs], hash_seed="2", priming=(5, 6))
    assert first == primed
    golden = json.loads((fresh.GOLDEN / f"{family}.json").read_text())
    for spec in specs:
        found = first[spec.id]
        digests = {episode["digest"] for episode in found}
        assert spec.deterministic_start or len(digests) == 3, f"{spec.id}: the seed makes no difference"
        assert spec.id in golden, f"{spec.id} has no golden episodes: python tests/envs/record_golden.py {family}"
        _assert_as_recorded(spec, found, golden[spec.id])


def _assert_as_recorded(spec: arena.EnvSpec, found: list[dict], golden: list[dict]) -> None:
    """Bits; or, where the spec allows for another kind of processor, returns within its tolerance."""
    if found == golden:
        return
    assert spec.tolerance > 0, f"{spec.id} plays other episodes than recorded: a change in dynamics is a new -vN"
    assert [e["length"] for e in found] == [e["length"] for e in golden]
    returns = ([e["returns"] for e in episodes] for episodes in (found, golden))
    np.testing.assert_allclose(*returns, rtol=spec.tolerance, atol=spec.tolerance)
