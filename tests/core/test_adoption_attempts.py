"""What the attempts tell that were found of a pod's containers."""

from __future__ import annotations

import attrs
import pytest

from seedpod._core.adoption.attempts import (
    has_active_app,
    has_attempt_failed,
    is_running,
    kept_attempts,
    newest_attempts,
    next_attempt,
)
from seedpod.status import ContainerState, FoundPod
from tests.core.found_pods import CREATED, DEAD, LOST, attempt, in_sandbox
from tests.core.sketches import RUNNING, container, ended, sidecar, spec

POD = spec(container("app"), inits=(container("a"), sidecar("s")))


def test_the_newest_attempt_counts_and_the_next_has_the_next_number() -> None:
    newest = newest_attempts(in_sandbox(attempt("app", RUNNING, 4), attempt("app", ended(1), 3)))
    assert newest == {"app": attempt("app", RUNNING, 4)}
    assert next_attempt(newest["app"]) == 5
    assert next_attempt(None) == 0
    assert is_running(newest["app"])
    assert not is_running(None)


@pytest.mark.parametrize(
    ("state", "has_failed"),
    [
        (LOST, True),
        (CREATED, False),
        (RUNNING, False),
        (ended(), False),
        (ended(1), True),
        (ended(0, "OOMKilled"), True),
    ],
)
def test_an_attempt_of_an_init_container_has_failed_unless_it_is_known_not_to(
    state: ContainerState | None, has_failed: bool
) -> None:
    assert has_attempt_failed(attempt("a", state)) is has_failed


def test_of_an_init_container_only_the_newest_end_is_kept() -> None:
    found = [
        attempt("a", RUNNING, 3),
        attempt("a", LOST, 2),
        attempt("a", ended(1), 1),
        attempt("a", ended(1), 0),
        attempt("s", ended(1), 1),
        attempt("s", LOST, 0),
        attempt("app", ended(1), 1),
        attempt("app", ended(1), 0),
    ]
    kept = kept_attempts(POD, FoundPod(containers=tuple(found)))
    ids = [each.container_id for each in kept]
    assert ids == ["a-3", "a-2", "s-1", "app-1", "app-0"]


@pytest.mark.parametrize("state", [RUNNING, CREATED, LOST, ended()])
def test_an_app_is_active_if_there_was_an_attempt_of_it_in_the_sandbox(
    state: ContainerState | None,
) -> None:
    app = attempt("app", state)
    assert has_active_app(POD, in_sandbox(app))
    assert not has_active_app(POD, in_sandbox(attrs.evolve(app, is_in_newest_sandbox=False)))
    assert not has_active_app(POD, FoundPod(sandboxes=(DEAD,), containers=(app,)))
    assert not has_active_app(POD, FoundPod(containers=(app,)))
    assert not has_active_app(POD, in_sandbox(attempt("b", state)))
