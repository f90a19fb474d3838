"""Every environment that can run here conforms, and plays its golden episodes: a sample of each family, slow: all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import arena
from arena.check import check_envs
from arena.loading import import_file
from arena.suite import load_suite

record_golden = import_file(Path(__file__).with_name("record_golden.py"))

AVAILABLE = [
    spec for spec in arena.specs(available=True) if ".py:" not in spec.entry_point
]  # without other tests' toys
QUICK = {task.env for task in load_suite("quick").tasks}
FAMILIES = sorted({spec.family for spec in AVAILABLE})
LOCAL = sorted({spec.family for spec in AVAILABLE if spec.runtime == "local"})
SECONDS = 2.0  # of each environment of the sample


def sample(family: str) -> list[arena.EnvSpec]:
    """What the quick suite plays of a family, else its first environment."""
    specs = [spec for spec in AVAILABLE if spec.family == family]
    return [spec for spec in specs if spec.id in QUICK] or specs[:1]


def conform(specs: list[arena.EnvSpec], **given: float) -> None:
    reports = check_envs(specs, **given)
    assert not [f"{r.subject} {f.check}: {f.text}" for r in reports for f in r.failures]


def plays_as_recorded(specs: list[arena.EnvSpec]) -> None:
    golden = record_golden.load(specs[0].family)
    chosen = [spec for spec in specs if spec.id in golden]
    found = record_golden.play(chosen, golden)
    for spec in chosen:
        _assert_as_recorded(spec, found[spec.id], golden[spec.id])


def _assert_as_recorded(spec: arena.EnvSpec, found: list[dict], golden: list[dict]) -> None:
    """Bits; or, where the spec allows for another kind of processor, returns within its tolerance."""
    if found == golden:
        return
    assert spec.tolerance > 0, f"{spec.id} plays other episodes than recorded: a change in dynamics is a new -vN"
    assert [e["length"] for e in found] == [e["length"] for e in golden]
    returns = ([e["returns"] for e in episodes] for episodes in (found, golden))
    np.testing.assert_allclose(*returns, rtol=spec.tolerance, atol=spec.tolerance)


@pytest.mark.parametrize("family", LOCAL)
def test_a_sample_of_the_family_conforms_and_plays_its_golden_episodes(family: str) -> None:
    conform(sample(family), budget=SECONDS)
    plays_as_recorded(sample(family))


@pytest.mark.parametrize("family", FAMILIES)
def test_no_environment_is_without_golden_episodes(family: str) -> None:
    ids = {spec.id for spec in record_golden.replayable() if spec.family == family}
    lacking = sorted(ids - set(record_golden.load(family)))
    assert not lacking, f"python tests/envs/record_golden.py {family}"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_whole_family_conforms_and_plays_its_golden_episodes(family: str) -> None:
    specs = [spec for spec in AVAILABLE if spec.family == family]
    conform(specs, workers=2)
    plays_as_recorded(specs)
