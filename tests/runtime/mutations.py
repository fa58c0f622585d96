"""Known ways to break the engine, each with the tests that must notice.

Each is applied to a copy of the package, and the tests are played against the copy in a process of
their own. `python -m tests.runtime.mutations` tells which test caught what.
"""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
CPU_SECONDS = 5
"""What the tests of one mutation may take; some mutations go round for ever."""
HUNG = "hung"


@attrs.frozen
class Mutation:
    """One wrong line."""

    name: str
    """What is wrong, as a sentence."""
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]
    """Tests that must fail: `test_acceptance.test_...`."""


MUTATIONS = (
    Mutation(
        "sidecars are asked to stop before the apps have ended",
        "_runtime/stopping.py",
        "    if clock.is_ordered and container.kind is ContainerKind.SIDECAR:\n",
        "    if False:\n",
        (
            "test_acceptance.test_at_a_deletion_apps_end_first_then_sidecars_in_reverse",
            "test_stopping.test_a_sidecar_waits_for_an_app_that_is_still_starting",
        ),
    ),
    Mutation(
        "sidecars are all asked to stop at once",
        "_runtime/stopping.py",
        "        if later and each.kind",
        "        if not each and each.kind",
        ("test_stopping.test_an_init_failure_ends_sidecars_in_reverse_order",),
    ),
    Mutation(
        "nobody keeps two seconds between signal and kill",
        "_runtime/stopping.py",
        "clock.waiting(now + MINIMUM_STOP_SECONDS)",
        "clock.waiting()",
        (
            "test_acceptance.test_at_the_end_of_the_grace_period_all_sidecars_are_asked_at_once",
            "test_stopping.test_a_shorter_grace_period_leaves_two_seconds_from_the_signal",
        ),
    ),
    Mutation(
        "a shorter grace period does not reach those who wait",
        "_runtime/stop_clock.py",
        "scope.deadline = max(self.deadline, at_least_until)",
        "assert at_least_until < scope.deadline",
        (
            "test_stopping.test_a_shorter_grace_period_reaches_a_container_that_was_asked",
            "test_stopping.test_a_shorter_grace_period_reaches_a_sidecar_that_waits_its_turn",
        ),
    ),
    Mutation(
        "init containers are not awaited",
        "_runtime/pod.py",
        "            is_done = await supervise(container)\n",
        "            group.start_soon(supervise, container)\n            is_done = True\n",
        (
            "test_acceptance.test_init_containers_run_one_after_another_then_the_app",
            "test_acceptance.test_an_init_container_that_fails_under_never_fails_the_pod",
        ),
    ),
    Mutation(
        "back-off is not charged",
        "_runtime/container.py",
        "due, container.backoff = charge(",
        "due, _ = charge(",
        (
            "test_acceptance.test_success_under_always_backs_off_as_failure_does",
            "test_restarts.test_each_container_has_a_back_off_of_its_own",
        ),
    ),
    Mutation(
        "what follows a sidecar does not wait until it has started",
        "_runtime/attempt.py",
        "    workload: Workload | None = None\n    try:\n",
        "    workload: Workload | None = None\n    gate.open(has_started=True)\n    try:\n",
        ("test_acceptance.test_what_follows_a_sidecar_starts_once_the_sidecar_runs",),
    ),
    Mutation(
        "an app that cannot start holds back the next",
        "_runtime/container.py",
        "is_of_app=container.kind is ContainerKind.APP",
        "is_of_app=False",
        ("test_restarts.test_an_app_that_cannot_be_started_does_not_hold_back_the_next",),
    ),
    Mutation(
        "a stop during back-off waits for its end",
        "_runtime/pod_run.py",
        "                pause.cancel()\n",
        "                pass\n",
        ("test_stopping.test_a_stop_during_back_off_ends_the_wait",),
    ),
    Mutation(
        "a container that was starting when the pod was stopped is never asked to end",
        "_runtime/attempt.py",
        "    if pod.stop_clock is not None and pod.group is not None:\n",
        "    if False:\n",
        ("test_stopping.test_a_stop_while_a_container_is_starting_ends_it_once_it_runs",),
    ),
    Mutation(
        "a postStart hook holds nobody back",
        "_runtime/attempt.py",
        "            if is_accompanied(container.spec):\n",
        "            gate.open(has_started=True)\n            if is_accompanied(container.spec):\n",
        (
            "test_acceptance_hooks."
            "test_a_hook_after_the_start_holds_back_the_next_app_and_the_probes",
            "test_usual_errors.test_14_apps_are_started_in_parallel",
        ),
    ),
    Mutation(
        "a probe kills with the grace of the pod",
        "_runtime/probes.py",
        "container_grace(spec, probe)",
        "float(spec.termination_grace_period_seconds or 0)",
        (
            "test_acceptance_probes.test_a_container_killed_by_its_liveness_probe_has_the_probes_grace",
            "test_oddities.test_01_a_probe_kill_of_the_last_app_keeps_the_probes_grace",
        ),
    ),
    Mutation(
        "what follows a sidecar does not wait for its startup probe",
        "_runtime/accompany.py",
        "    performer = Performer.of(",
        "    gate.open(has_started=True)\n    performer = Performer.of(",
        (
            "test_acceptance_probes.test_a_sidecar_that_does_not_start_is_killed_after_its_third_failure",
        ),
    ),
    Mutation(
        "hooks before the stop wait for the turn of their container",
        "_runtime/stopping.py",
        "    if runs_pre_stop(container.spec, grace):\n",
        "    for each in _prerequisites(container):\n        await each.ended()\n"
        "    if runs_pre_stop(container.spec, grace):\n",
        (
            "test_acceptance_hooks."
            "test_all_hooks_before_the_stop_begin_at_once_and_signals_keep_their_order",
            "test_usual_errors.test_03_hooks_of_sidecars_wait_for_their_turn_to_be_signalled",
        ),
    ),
    Mutation(
        "init containers are not run again in another sandbox",
        "_runtime/taking_up.py",
        "        each.part = parts[each.name]\n        each.was_passed = False\n",
        "        each.part = type(parts[each.name]).DONE\n",
        ("test_taking_up.test_a_lost_sandbox_under_always_reruns_everything",),
    ),
    Mutation(
        "an image that cannot be fetched is tried without a wait",
        "_runtime/images.py",
        "    if due <= settings.clock():\n",
        "    if due <= settings.clock() + 30:\n",
        ("test_acceptance_waiting.test_an_image_that_cannot_be_fetched_never_fails_a_pod",),
    ),
)


def failures(mutation: Mutation | None, tests: Sequence[str]) -> list[str]:
    """Those of *tests* that fail against the package with this mutation in it (None: as it is)."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory, "seedpod")
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "engine" / "seedpod", copy, ignore=ignored)
        if mutation is not None:
            file = copy / mutation.file
            source = file.read_text()
            assert source.count(mutation.old) == 1, f"{mutation.file} has no such line any more"
            file.write_text(source.replace(mutation.old, mutation.new))
        return _played(tests, directory)


def _played(tests: Sequence[str], package: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.mutations", package, *tests],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == -signal.SIGXCPU:
        return [HUNG]
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def _play(package: str, tests: Sequence[str]) -> None:
    """Play tests without pytest, which would take longer to start than they take."""
    import seedpod

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, resource.RLIM_INFINITY))
    assert seedpod.__file__.startswith(package), seedpod.__file__
    for test in tests:
        module, function = test.split(".")
        try:
            getattr(importlib.import_module(f"tests.runtime.{module}"), function)("asyncio")
        except Exception:  # noqa: BLE001 (any failure is one)
            print(test)  # noqa: T201


def _tell() -> None:
    for mutation in MUTATIONS:
        caught = failures(mutation, mutation.caught_by)
        print(mutation.name)  # noqa: T201
        for test in caught or ["NOT CAUGHT"]:
            print(f"    {test}")  # noqa: T201


if __name__ == "__main__":
    if sys.argv[1:]:
        _play(sys.argv[1], sys.argv[2:])
    else:
        _tell()
