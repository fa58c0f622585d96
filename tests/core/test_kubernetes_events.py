"""Which of Kubernetes' events each of our events amounts to, word by word."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from seedpod import events
from seedpod._core.kubernetes_events import Occurrence, occurrences
from seedpod._core.kubernetes_events.translation import RULES
from seedpod.events import ContainerEvent, Event, StopReason
from seedpod.spec import ObjectMeta, Pod
from seedpod.spec.words import HookKind, ProbeKind
from tests.core.happenings import EXAMPLES
from tests.core.sketches import container, spec

POD = Pod(
    metadata=ObjectMeta(name="web", namespace="shop", uid="u-1"),
    spec=spec(container("app", image="a:1"), inits=(container("fetch", image="f:1"),)),
)
SILENT = {
    events.PodSubmitted,
    events.PodUpdated,
    events.VolumesUpdated,
    events.SandboxOpened,
    events.SandboxClosed,
    events.PodGraceShortened,
    events.PodConditionChanged,
    events.PodConditionSet,
    events.AllContainersRestarting,
    events.AllContainersReset,
    events.PodPhaseChanged,
    events.PodFinished,
    events.ContainerFound,
    events.ContainerImagePullProgressed,
    events.ContainerStarting,
    events.ContainerStartAborted,
    events.ContainerHookStarted,
    events.ContainerStartupChanged,
    events.ContainerReadinessChanged,
    events.ContainerSignalled,
    events.ContainerKilled,
    events.ContainerGaveUp,
    events.Snapshot,
}
"""Kubernetes has no event for these."""


def said(of: type[Event], **fields: Any) -> list[tuple[str, str, str]]:
    """Type, reason and message of what is said of an event, of the container `app` if of any."""
    every = told(of, **fields)
    whose = "app" if issubclass(of, ContainerEvent) else ""
    assert {each.container for each in every} <= {whose}
    return [(each.type, each.reason, each.message) for each in every]


def told(of: type[Event], **fields: Any) -> list[Occurrence]:
    if issubclass(of, ContainerEvent):
        fields = {"container": "app", **fields}
    return list(occurrences(POD, of(sequence=7, time=100.0, cause=None, **fields)))


def waiting(reason: str, message: str = "m") -> list[tuple[str, str, str]]:
    return said(events.ContainerWaiting, reason=reason, message=message)


def test_every_class_of_event_is_translated_or_silent() -> None:
    every = {
        each for each in vars(events).values() if inspect.isclass(each) and issubclass(each, Event)
    } - {Event, ContainerEvent}
    assert {*RULES} | SILENT == every
    assert {*RULES} & SILENT == set()


def test_every_reason_of_the_kubelet_that_can_come_up_here_comes_up() -> None:
    found = {(each.reason, each.type) for one in EXAMPLES for each in occurrences(POD, one)}
    assert found == {
        ("Evicted", "Warning"),
        ("LifecycleHTTPFallback", "Warning"),
        ("SandboxChanged", "Normal"),
        ("BackOff", "Normal"),
        ("BackOff", "Warning"),
        ("Created", "Normal"),
        ("DeadlineExceeded", "Normal"),
        ("ErrImageNeverPull", "Warning"),
        ("Failed", "Warning"),
        ("FailedCreatePodSandBox", "Warning"),
        ("FailedMount", "Warning"),
        ("FailedPostStartHook", "Warning"),
        ("FailedPreStopHook", "Warning"),
        ("FailedToRetrieveImagePullSecret", "Warning"),
        ("InspectFailed", "Warning"),
        ("Killing", "Normal"),
        ("ProbeWarning", "Warning"),
        ("Pulled", "Normal"),
        ("Pulling", "Normal"),
        ("Started", "Normal"),
        ("Unhealthy", "Warning"),
    }


def test_image_pull_secrets_that_are_missing_are_named() -> None:
    assert said(events.ImagePullSecretsMissing, secrets=("a", "b")) == [
        (
            "Warning",
            "FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets (a, b); attempting to pull the image may"
            " not succeed.",
        )
    ]


def test_a_container_that_started_was_created_before() -> None:
    assert said(events.ContainerStarted, attempt=0, container_id="x") == [
        ("Normal", "Created", "Container created"),
        ("Normal", "Started", "Container started"),
    ]


def test_a_container_that_could_not_be_started_was_created() -> None:
    broken = {"attempt": 0, "exit_code": 128, "reason": "StartError", "message": "no such file"}
    assert said(events.ContainerExited, **broken) == [
        ("Normal", "Created", "Container created"),
        ("Warning", "Failed", "Error: no such file"),
    ]


@pytest.mark.parametrize("reason", ["Completed", "Error", "OOMKilled", "ContainerStatusUnknown"])
def test_the_end_of_a_container_is_no_event(reason: str) -> None:
    assert said(events.ContainerExited, attempt=0, exit_code=1, reason=reason) == []


def test_a_restart_that_has_to_wait_names_the_pod_in_full() -> None:
    message = "Back-off restarting failed container app in pod web_shop(u-1)"
    assert waiting("CrashLoopBackOff", "back-off 10s ...") == [("Warning", "BackOff", message)]


def test_pulling_names_the_image() -> None:
    assert said(events.ContainerImagePulling, image="b:2") == [
        ("Normal", "Pulling", 'Pulling image "b:2"')
    ]


def test_a_pulled_image_is_told_in_the_words_of_whoever_pulled_it() -> None:
    message = 'Container image "b:2" already present on machine'
    assert said(events.ContainerImagePulled, image="b:2", message=message) == [
        ("Normal", "Pulled", message)
    ]


@pytest.mark.parametrize(
    "reason", ["ErrImagePull", "RegistryUnavailable", "SignatureValidationFailed"]
)
def test_a_pull_that_failed_is_told_with_its_error_and_its_reason(reason: str) -> None:
    assert waiting(reason, "no route") == [
        ("Warning", "Failed", 'Failed to pull image "a:1": no route'),
        ("Warning", "Failed", f"Error: {reason}"),
    ]


def test_a_pull_that_has_to_wait_is_told_without_the_error_before_it() -> None:
    assert waiting("ImagePullBackOff", 'Back-off pulling image "a:1": ErrImagePull: no route') == [
        ("Normal", "BackOff", 'Back-off pulling image "a:1"'),
        ("Warning", "Failed", "Error: ImagePullBackOff"),
    ]


def test_the_image_of_an_init_container_is_named_as_well() -> None:
    wait = {"container": "fetch", "reason": "ImagePullBackOff", "message": "m"}
    backing_off, _ = told(events.ContainerWaiting, **wait)
    assert (backing_off.container, backing_off.message) == (
        "fetch",
        'Back-off pulling image "f:1"',
    )


@pytest.mark.parametrize("reason", ["InvalidImageName", "ImageInspectError"])
def test_an_image_that_cannot_be_looked_at_is_told(reason: str) -> None:
    assert waiting(reason, "bad name") == [
        ("Warning", "InspectFailed", "bad name"),
        ("Warning", "Failed", f"Error: {reason}"),
    ]


def test_an_image_that_is_missing_and_never_pulled_is_told() -> None:
    assert waiting("ErrImageNeverPull", "not present") == [
        ("Warning", "ErrImageNeverPull", "not present"),
        ("Warning", "Failed", "Error: ErrImageNeverPull"),
    ]


@pytest.mark.parametrize("reason", ["CreateContainerConfigError", "CreateContainerError"])
def test_a_container_that_cannot_be_made_is_told_with_its_error(reason: str) -> None:
    assert waiting(reason, 'configmap "a" not found') == [
        ("Warning", "Failed", 'Error: configmap "a" not found')
    ]


@pytest.mark.parametrize("reason", ["RunContainerError", "PostStartHookError", "PodInitializing"])
def test_other_waits_are_told_by_what_led_to_them(reason: str) -> None:
    assert waiting(reason) == []


@pytest.mark.parametrize(
    ("hook", "reason", "message"),
    [
        (HookKind.POST_START, "FailedPostStartHook", "PostStartHook failed"),
        (HookKind.PRE_STOP, "FailedPreStopHook", "PreStopHook failed"),
    ],
)
def test_a_hook_that_failed_is_told_without_its_output(
    hook: HookKind, reason: str, message: str
) -> None:
    ended = {"attempt": 0, "hook": hook, "message": "secret"}
    assert said(events.ContainerHookEnded, is_success=False, **ended) == [
        ("Warning", reason, message)
    ]
    assert said(events.ContainerHookEnded, is_success=True, **ended | {"message": ""}) == []


def test_a_hook_that_came_by_its_answer_in_another_way_says_so() -> None:
    ended = {"attempt": 0, "hook": HookKind.PRE_STOP, "message": "retried with HTTP"}
    assert said(events.ContainerHookEnded, is_success=True, **ended) == [
        ("Warning", "LifecycleHTTPFallback", "retried with HTTP")
    ]


@pytest.mark.parametrize(
    ("probe", "name"),
    [
        (ProbeKind.STARTUP, "Startup"),
        (ProbeKind.READINESS, "Readiness"),
        (ProbeKind.LIVENESS, "Liveness"),
    ],
)
def test_what_a_probe_saw_is_told(probe: ProbeKind, name: str) -> None:
    assert said(events.ContainerProbeFailed, probe=probe, message="out\nerr\n") == [
        ("Warning", "Unhealthy", f"{name} probe failed: out\nerr\n")
    ]
    assert said(events.ContainerProbeFailed, probe=probe, message="no such", is_error=True) == [
        ("Warning", "Unhealthy", f"{name} probe errored and resulted in unknown state: no such")
    ]
    assert said(events.ContainerProbeWarned, probe=probe, message="redirected") == [
        ("Warning", "ProbeWarning", f"{name} probe warning: redirected")
    ]


def test_a_probe_that_says_nothing_fails_with_an_empty_message() -> None:
    assert said(events.ContainerProbeFailed, probe=ProbeKind.READINESS, message="") == [
        ("Warning", "Unhealthy", "Readiness probe failed: ")
    ]


def test_what_is_to_end_is_told_with_its_cause() -> None:
    message = "Container app failed liveness probe, will be restarted"
    assert said(events.ContainerStopping, message=message, deadline=130.0) == [
        ("Normal", "Killing", message)
    ]


@pytest.mark.parametrize("reason", ["FailedMount", "FailedCreatePodSandBox"])
def test_what_keeps_a_pod_from_starting_is_told_of_the_pod(reason: str) -> None:
    assert said(events.PodBlocked, reason=reason, message="no such volume") == [
        ("Warning", reason, "no such volume")
    ]


def test_a_pod_that_waits_without_a_fault_is_not_told() -> None:
    assert said(events.PodBlocked, reason="SchedulingGated", message="m") == []


@pytest.mark.parametrize("reason", StopReason)
def test_only_a_deadline_and_an_eviction_are_told_of_a_stop(reason: StopReason) -> None:
    stop = {"reason": reason, "grace_period_seconds": 30.0, "deadline": 130.0, "message": "Low."}
    message = "Pod was active on the node longer than the specified deadline"
    expected = {
        StopReason.DEADLINE_EXCEEDED: [("Normal", "DeadlineExceeded", message)],
        StopReason.EVICTED: [("Warning", "Evicted", "Low.")],
    }
    assert said(events.PodStopping, **stop) == expected.get(reason, [])


def test_a_sandbox_that_is_lost_is_told_of_the_pod() -> None:
    assert said(events.SandboxLost) == [
        ("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
    ]
