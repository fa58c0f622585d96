"""How containers read that were found in some state."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from seedpod._core.adoption.statuses import Look, app_statuses, init_statuses
from seedpod.spec import Lifecycle, PodSpec, ResourceRequirements, VolumeMount
from seedpod.status import (
    ContainerState,
    ContainerStatus,
    ContainerUser,
    FoundContainer,
    FoundPod,
    LinuxContainerUser,
    PodStatus,
    Terminated,
    VolumeMountStatus,
    Waiting,
)
from tests.core.found_pods import CREATED, LOST, attempt, in_sandbox, of
from tests.core.sketches import RUNNING, container, ended, seen, sidecar, spec

ONE = spec(container("app"))
WITH_INIT = spec(container("app"), inits=(container("init"), sidecar("proxy")))
NOT_LOCATED = "The container could not be located when the pod was "
LOST_END = Terminated(137, "ContainerStatusUnknown", f"{NOT_LOCATED}terminated")
BACKING_OFF = Waiting("CrashLoopBackOff", "back-off 10s restarting failed container=app")


def app(
    *attempts: FoundContainer, old: ContainerStatus | None = None, **fields: Any
) -> ContainerStatus:
    """How the only app of a pod reads."""
    pod_spec: PodSpec = fields.pop("spec", ONE)
    deleted: str = fields.pop("deletion_timestamp", "")
    reported = PodStatus(container_statuses=() if old is None else (old,))
    pod = of(pod_spec, deletion_timestamp=deleted)
    [status] = app_statuses(Look(pod=pod, found=in_sandbox(*attempts), reported=reported, **fields))
    return status


def inits(*found: FoundContainer, old: tuple[ContainerStatus, ...] = (), **fields: Any) -> Any:
    """How init container and sidecar read."""
    reported = PodStatus(init_container_statuses=old)
    pod = of(WITH_INIT)
    return init_statuses(Look(pod=pod, found=in_sandbox(*found), reported=reported, **fields))


def test_a_container_that_was_never_started_waits_and_repeats_its_spec() -> None:
    mounts = [
        VolumeMount(name="data", mount_path="/data"),
        VolumeMount(name="ro", mount_path="/ro", read_only=True),
        VolumeMount(
            name="rro", mount_path="/rro", read_only=True, recursive_read_only="IfPossible"
        ),
    ]
    own = container(
        "app",
        image="busybox",
        volume_mounts=mounts,
        lifecycle=Lifecycle(stop_signal="SIGUSR1"),
        resources=ResourceRequirements(requests={"cpu": 1}),
    )
    assert app(spec=spec(own)) == ContainerStatus(
        name="app",
        image="busybox",
        state=Waiting("ContainerCreating"),
        stop_signal="SIGUSR1",
        volume_mounts=(
            VolumeMountStatus(name="data", mount_path="/data"),
            VolumeMountStatus(
                name="ro", mount_path="/ro", read_only=True, recursive_read_only="Disabled"
            ),
            VolumeMountStatus(
                name="rro", mount_path="/rro", read_only=True, recursive_read_only="Enabled"
            ),
        ),
    )


def test_in_a_pod_with_init_containers_all_wait_for_initialization() -> None:
    assert app(spec=WITH_INIT).state == Waiting("PodInitializing")
    assert [each.state for each in inits()] == [Waiting("PodInitializing")] * 2


def test_once_there_was_an_attempt_resources_user_and_ids_show() -> None:
    resources = ResourceRequirements(requests={"cpu": 1}, limits={"cpu": 2})
    user = ContainerUser(linux=LinuxContainerUser(uid=5))
    found = attrs.evolve(attempt("app", RUNNING, 3), image_id="sha256:1", user=user)
    status = app(found, spec=spec(container("app", resources=resources)))
    assert (status.container_id, status.image_id, status.user) == ("app-3", "sha256:1", user)
    assert (status.allocated_resources, status.resources) == (resources.requests, resources)
    assert (status.state, status.restart_count) == (RUNNING, 3)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (RUNNING, RUNNING),
        (CREATED, Waiting()),
        (LOST, Waiting()),
        (ended(3), attrs.evolve(ended(3), container_id="app-0")),
    ],
)
def test_the_newest_attempt_gives_the_state(
    found: ContainerState | None, state: ContainerState
) -> None:
    assert app(attempt("app", found)).state == state


def test_the_one_before_gives_the_last_state_and_older_ones_are_forgotten() -> None:
    found = [attempt("app", RUNNING, 2), attempt("app", ended(1), 1), attempt("app", ended(2), 0)]
    assert app(*found).last_state == attrs.evolve(ended(1), container_id="app-1")
    assert app(attempt("app", RUNNING, 1), attempt("app", CREATED)).last_state is None


def test_a_running_container_of_unknown_fate_has_ended_and_counts_as_one_more() -> None:
    status = app(attempt("app", LOST), old=seen("app", RUNNING, restart_count=4))
    assert (status.state, status.restart_count) == (LOST_END, 5)
    status = app(attempt("app", LOST), old=seen("app", Waiting()))
    assert (status.state, status.restart_count) == (Waiting(), 0)


def test_a_reported_end_is_repeated_whole_when_its_attempt_is_gone() -> None:
    old = seen("app", ended(3), restart_count=2, container_id="app-2", ready=True)
    assert app(old=old) == old


def test_else_count_and_last_state_are_taken_over() -> None:
    old = seen("app", Waiting("ErrImagePull"), restart_count=2, last_state=ended(1))
    status = app(old=old)
    assert status.state == Waiting("ContainerCreating")
    assert (status.restart_count, status.last_state) == (2, ended(1))
    status = app(old=seen("app", Waiting("ErrImagePull")))
    assert (status.restart_count, status.last_state) == (0, None)


@pytest.mark.parametrize(("deleted", "count"), [("", 1), ("2026-01-01T00:00:00Z", 0)])
def test_what_ran_and_is_gone_has_ended_somehow(deleted: str, count: int) -> None:
    status = app(old=seen("app", RUNNING), deletion_timestamp=deleted)
    assert status.state == Waiting("ContainerCreating")
    message = f"{NOT_LOCATED}deleted.  The container used to be Running"
    assert status.last_state == Terminated(137, "ContainerStatusUnknown", message)
    assert status.restart_count == count


def test_unless_it_had_ended_before_and_that_is_known() -> None:
    status = app(old=seen("app", RUNNING, last_state=ended(1), restart_count=1))
    assert (status.last_state, status.restart_count) == (ended(1), 1)


def test_a_count_is_never_taken_back() -> None:
    assert (
        app(attempt("app", RUNNING), old=seen("app", RUNNING, restart_count=3)).restart_count == 3
    )
    assert app(attempt("app", RUNNING, 5), old=seen("app", RUNNING)).restart_count == 5


@pytest.mark.parametrize(("number", "count"), [(0, 3), (2, 3), (3, 3), (4, 4)])
def test_a_container_that_runs_after_a_reported_end_was_restarted(number: int, count: int) -> None:
    old = seen("app", ended(1), restart_count=2)
    assert app(attempt("app", RUNNING, number), old=old).restart_count == count


def test_a_last_state_whose_attempt_is_gone_is_the_one_that_was_reported() -> None:
    old = seen("app", ended(1), container_id="app-0", last_state=ended(2))
    assert app(attempt("app", RUNNING, 1), old=old).last_state == ended(1)
    assert app(attempt("app", ended(1)), old=old).last_state == ended(2)
    assert app(attempt("app", RUNNING), old=seen("app", RUNNING)).last_state is None


def test_a_running_container_stays_started() -> None:
    assert app(attempt("app", RUNNING), old=seen("app", RUNNING, started=True)).started is True
    assert app(attempt("app", ended()), old=seen("app", RUNNING, started=True)).started is None


def test_what_keeps_a_container_from_starting_is_put_over_its_end() -> None:
    failures = {"app": BACKING_OFF}
    status = app(attempt("app", ended(1)), start_failures=failures)
    assert status.state == BACKING_OFF
    assert status.last_state == attrs.evolve(ended(1), container_id="app-0")
    assert app(start_failures=failures).state == BACKING_OFF
    gone = app(start_failures=failures, old=seen("app", RUNNING, last_state=ended(2)))
    assert (gone.state, gone.last_state) == (BACKING_OFF, ended(2))
    assert app(attempt("app", RUNNING), start_failures=failures).state == RUNNING


def test_but_not_over_an_end_that_is_final() -> None:
    failures = {"app": BACKING_OFF}
    never = attrs.evolve(ONE, restart_policy="Never")
    status = app(attempt("app", ended(1)), spec=never, start_failures=failures)
    assert isinstance(status.state, Terminated)
    gone = "2026-01-01T00:00:00Z"
    assert app(start_failures=failures, deletion_timestamp=gone).state == Waiting(
        "ContainerCreating"
    )


def test_an_init_container_that_succeeded_waits_for_nothing() -> None:
    failures = {"init": BACKING_OFF, "proxy": BACKING_OFF}
    init, proxy = inits(
        attempt("init", ended()), attempt("proxy", ended()), start_failures=failures
    )
    assert isinstance(init.state, Terminated)
    assert isinstance(proxy.state, Terminated)
    init, proxy = inits(attempt("init", ended(1)), start_failures=failures)
    assert (init.state, proxy.state) == (BACKING_OFF, BACKING_OFF)


@pytest.mark.parametrize("state", [RUNNING, CREATED, ended(1)])
def test_where_there_was_an_app_a_missing_init_container_has_succeeded(
    state: ContainerState,
) -> None:
    init, proxy = inits(attempt("app", state))
    assert init.state == Terminated(
        0,
        "Completed",
        "Unable to get init container status from container runtime and pod has been initialized,"
        " treat it as exited normally",
    )
    assert proxy.state == Waiting("PodInitializing")
    init, _ = inits(attempt("app", LOST))
    assert init.state == Waiting("PodInitializing")
    init, _ = inits(attempt("app", state), attempt("init", CREATED))
    assert init.state == Waiting()


def test_unless_its_own_end_was_reported() -> None:
    old = seen("init", ended(2))
    init, _ = inits(attempt("app", RUNNING), old=(old,))
    assert init == old


@pytest.mark.parametrize("state", [RUNNING, ended(42)])
def test_while_all_are_restarted_what_is_gone_was_removed(state: ContainerState) -> None:
    message = "The container is removed because RestartAllContainers in place"
    old = seen("app", state, restart_count=1)
    status = app(old=old, is_restarting_all=True)
    assert status.state == Waiting("RestartingAllContainers", message)
    assert status.last_state == Terminated(137, "RestartingAllContainers", message)
    assert status.restart_count == 2


@pytest.mark.parametrize(("state", "container_id"), [(RUNNING, ""), (ended(42), "app-0")])
def test_and_of_one_that_had_ended_the_rest_of_the_report_is_repeated(
    state: ContainerState, container_id: str
) -> None:
    old = seen("app", state, container_id="app-0")
    assert app(old=old, is_restarting_all=True).container_id == container_id


def test_but_what_waited_already_goes_on_waiting() -> None:
    old = seen("app", Waiting("RestartingAllContainers"), restart_count=1, last_state=ended(137))
    status = app(old=old, is_restarting_all=True)
    assert status.state == Waiting("ContainerCreating")
    assert (status.restart_count, status.last_state) == (1, ended(137))


def test_a_container_of_unknown_fate_ended_for_the_restart_of_all() -> None:
    status = app(attempt("app", LOST), old=seen("app", RUNNING), is_restarting_all=True)
    assert status.state == attrs.evolve(LOST_END, reason="RestartingAllContainers")


def test_init_containers_keep_their_order_and_apps_are_sorted() -> None:
    pod = of(spec(container("b"), container("a"), inits=(container("z"), container("y"))))
    look = Look(pod=pod, found=FoundPod())
    assert [each.name for each in app_statuses(look)] == ["a", "b"]
    assert [each.name for each in init_statuses(look)] == ["z", "y"]
