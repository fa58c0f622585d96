"""The part each container has when a pod is gone on with."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from seedpod._core.adoption.resumption import resumptions
from seedpod.spec import PodSpec
from seedpod.status import FoundContainer, FoundPod
from tests.core.found_pods import CREATED, LOST, attempt, in_sandbox, of, without_sandbox
from tests.core.sketches import RUNNING, container, ended, sidecar, spec

POD = spec(container("app"), container("job"), inits=(container("a"), sidecar("s"), container("b")))
ONCE = attrs.evolve(POD, restart_policy="OnFailure")
NEVER = attrs.evolve(POD, restart_policy="Never")


def parts(pod_spec: PodSpec, found: FoundPod) -> str:
    """The parts in the order of the spec, by their first words."""
    return " ".join(resumptions(of(pod_spec), found).values())


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([], "Start Later Later Later Later"),
        ([attempt("a", RUNNING)], "Adopt Later Later Later Later"),
        ([attempt("a", LOST)], "KillAndStart Later Later Later Later"),
        ([attempt("a", ended(1))], "Start Later Later Later Later"),
        ([attempt("a", ended())], "Done Start Later Later Later"),
        ([attempt("s", RUNNING)], "Done Adopt Start Later Later"),
        ([attempt("s", RUNNING), attempt("b", RUNNING)], "Done Adopt Adopt Later Later"),
        ([attempt("s", ended(1)), attempt("b", ended(1))], "Done Start Start Later Later"),
        ([attempt("s", RUNNING), attempt("b", ended())], "Done Adopt Done Start Start"),
    ],
)
def test_initialization_is_taken_up_where_it_was(
    attempts: list[FoundContainer], expected: str
) -> None:
    assert parts(POD, in_sandbox(*attempts)) == expected


def test_a_running_app_proves_that_init_containers_are_done_though_their_records_are_gone() -> None:
    found = in_sandbox(attempt("app", RUNNING), attempt("job", ended()))
    assert parts(ONCE, found) == "Done Start Done Adopt Left"


def test_what_may_run_is_killed_before_it_is_started() -> None:
    changed = attrs.evolve(attempt("app", RUNNING), has_other_spec=True)
    found = in_sandbox(changed, attempt("job", LOST), attempt("s", CREATED))
    assert parts(POD, found) == "Done Start Done KillAndStart KillAndStart"


def test_apps_that_ended_wait_for_an_initialization_that_is_not_over() -> None:
    found = in_sandbox(attempt("b", RUNNING), attempt("app", ended(1)), attempt("job", ended()))
    assert parts(ONCE, found) == "Done Start Adopt Later Left"


def test_in_a_new_sandbox_all_begins_anew_but_what_is_done_for_good() -> None:
    inits = [attempt("a", ended()), attempt("s", RUNNING), attempt("b", ended())]
    attempts = [*inits, attempt("job", ended())]
    for app in (attempt("app", RUNNING), attempt("app", ended(1)), attempt("app", LOST)):
        assert parts(ONCE, without_sandbox(app, *attempts)) == "Start Later Later Later Left"
    bare = attrs.evolve(ONCE, init_containers=())
    assert parts(bare, without_sandbox(attempt("app", RUNNING), *attempts)) == "KillAndStart Left"


@pytest.mark.parametrize("sandbox", [in_sandbox, without_sandbox])
def test_in_a_pod_that_is_over_with_what_runs_is_there_to_be_stopped(
    sandbox: Callable[..., FoundPod],
) -> None:
    found = sandbox(
        attempt("a", ended()),
        attempt("s", RUNNING),
        attempt("b", ended()),
        attempt("app", ended(1)),
        attempt("job", ended()),
    )
    assert parts(NEVER, found) == "Left Adopt Left Left Left"


def test_what_was_only_made_is_not_started_in_a_pod_that_is_over_with() -> None:
    found = without_sandbox(attempt("app", CREATED), attempt("job", LOST))
    assert parts(NEVER, found) == "Later Later Later Later Left"


def test_a_pod_whose_initialization_failed_never_comes_to_its_apps() -> None:
    found = in_sandbox(attempt("a", ended()), attempt("s", RUNNING), attempt("b", ended(1)))
    assert parts(NEVER, found) == "Left Adopt Left Later Later"
