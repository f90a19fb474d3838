"""Every check of the kit can fail: a fault is found by the check meant for it, and by no other."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import gymnasium
import pettingzoo
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

import arena
from arena.check import Report, check_env, check_envs
from arena.check.examining import NAMES
from arena.check.fresh import FreshProcess, LostProcess
from arena.loading import import_file
from arena.registry import build

broken = import_file(Path(__file__).with_name("broken.py"))

CASES = [(check, spec) for check, specs in broken.FAULTS.items() for spec in specs]
NAMED = [spec.id for _, spec in CASES]


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Of all sound and broken environments, in the same processes."""
    specs = [*broken.SOUND, *(spec for _, spec in CASES)]
    return {report.subject: report for report in check_envs(specs, budget=3.0, workers=2)}


@pytest.mark.parametrize("spec", broken.SOUND, ids=lambda spec: spec.id)
def test_a_sound_environment_passes_all(reports: dict[str, Report], spec: arena.EnvSpec) -> None:
    report = reports[spec.id]
    assert not [finding.text for finding in report.failures]
    assert [finding.check for finding in report.findings] == list(NAMES)
    assert report.figure("replay", "ended") == 3 and report.figure("end", "episodes") >= 5
    assert report.figure("speed", "steps/s") > 100 and report.figure("memory", "episodes") >= 30


@pytest.mark.parametrize(("check", "spec"), CASES, ids=NAMED)
def test_a_fault_is_found_by_the_check_meant_for_it_alone(
    reports: dict[str, Report], check: str, spec: arena.EnvSpec
) -> None:
    report = reports[spec.id]
    assert [finding.check for finding in report.failures] == [check], [f.text for f in report.failures]
    (found,) = report.failures
    assert found.came and found.expected and found.do


def theirs(spec: arena.EnvSpec) -> str:
    """Returns what Gymnasium's or PettingZoo's own checkers say against an environment, or ""."""
    kwargs = {**spec.kwargs, "is_masked": False} if ":Walk" in spec.entry_point else spec.kwargs
    env = build(dataclasses.replace(spec, max_steps=None, kwargs=kwargs))  # as its author made it, without our wrapper
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(env, gymnasium.Env):
                gymnasium_check(env, skip_render_check=True)
            elif isinstance(env, pettingzoo.ParallelEnv):
                parallel_api_test(env, num_cycles=50)
                parallel_seed_test(lambda: build(spec), num_cycles=50)
            else:
                api_test(env, num_cycles=50)
                seed_test(lambda: build(spec), num_cycles=50)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def test_whatever_gymnasium_and_pettingzoo_find_is_found(reports: dict[str, Report]) -> None:
    assert not [said for spec in broken.SOUND if (said := theirs(spec))]
    playable = [spec for check, spec in CASES if check not in ("build", "memory") and "come-back" not in spec.id]
    found = {spec.id: said for spec in playable if (said := theirs(spec))}
    assert len(found) >= 10
    assert not [env_id for env_id in found if reports[env_id].passed]


def test_a_crash_is_blamed_on_its_check_and_the_next_environment_is_checked_in_a_new_process() -> None:
    crashing, sound = check_envs([broken.walk("segfault"), broken.duel()], budget=1.0)
    (found,) = crashing.failures
    assert found.check == "steps" and "ended with exit code -11" in found.came
    assert sound.passed


def test_an_environment_that_hangs_is_given_up() -> None:
    process = FreshProcess(hash_seed=0, patience=2.0)
    request = {"do": "examine", "spec": broken.walk("hangs").to_json(), "budget": 1.0}
    with pytest.raises(LostProcess, match="did not answer for 2 s"):
        list(process.ask(request))


def test_what_the_spec_does_not_claim_is_measured_only() -> None:
    (report,) = check_envs([broken.walk("global generator", verification="none")], budget=1.0)
    assert report.passed
    (told,) = [finding.why for finding in report.findings if finding.check == "verification"]
    assert told == "the spec says verification='none'; here it did not replay"


def test_an_environment_that_cannot_run_here_is_skipped() -> None:
    report = check_env(broken.walk(needs=arena.Needs(("no_such_module",), "pip install nothing")))
    assert report.passed and "no_such_module" in report.findings[0].why


def test_by_id_and_in_the_order_asked_for() -> None:
    assert arena.check.check_env("classic/CartPole-v1", budget=1.0).passed
    ids = ["text/Countdown-v0", "classic/CartPole-v1", "text/Quest-v0"]
    assert [report.subject for report in check_envs([arena.find(i) for i in ids], budget=0.5, workers=2)] == ids
