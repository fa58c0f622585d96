"""Events in, lines out: what `seedpod run` says of what happens."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from seedpod import events
from seedpod.cli.feed import Item
from seedpod.cli.story import Story
from seedpod.cli.words import WORDS
from seedpod.events import Event, StopReason
from seedpod.spec import Container, ExecAction, ObjectMeta, Pod, PodSpec, Probe
from seedpod.spec.words import HookKind, ProbeKind
from seedpod.status import Phase, Running, Terminated, Waiting

ASKED = Probe(exec=ExecAction(command=("true",)))


NEEDS_MORE = {
    events.AllContainersRestarting,
    events.ContainerReadinessChanged,
    events.PodConditionChanged,
}
"""Told with something that is not in the event."""
SILENT = {
    events.PodSubmitted,
    events.PodFinished,
    events.SandboxOpened,
    events.SandboxClosed,
    events.AllContainersReset,
    events.ContainerImagePullProgressed,
    events.ContainerStarting,
    events.ContainerStartAborted,
    events.ContainerStartupChanged,
    events.Snapshot,
}


def pod_named(name: str = "demo") -> Pod:
    """An init container, a sidecar, an app with a readiness probe, and one without."""
    return Pod(
        metadata=ObjectMeta(name=name, namespace="default", uid=f"uid-of-{name}"),
        spec=PodSpec(
            init_containers=(
                Container(name="fetch"),
                Container(name="log", restart_policy="Always"),
            ),
            containers=(Container(name="web", readiness_probe=ASKED), Container(name="job")),
        ),
    )


@attrs.define(eq=False)
class Teller:
    """One pod, and who tells of it."""

    pod: Pod = attrs.field(factory=pod_named)
    story: Story = attrs.field(factory=lambda: Story(has_many_pods=False))

    def tell(self, *happened: Event) -> list[str]:
        """What is said of these, if they come in one batch."""
        items = [Item(each.time, self.pod, each) for each in happened]
        return [text for _, text in self.story.tell(items)]


def happened(of: type[Event], time: float = 100.0, **fields: Any) -> Event:
    """An event, of the app `web` if it is a container's."""
    if issubclass(of, events.ContainerEvent):
        fields = {"container": "web", **fields}
    return of(sequence=0, time=time, cause=None, **fields)


def started(attempt: int = 0, time: float = 100.0, container: str = "web") -> Event:
    return happened(
        events.ContainerStarted, time, container=container, attempt=attempt, container_id="x"
    )


def exited(code: int, reason: str, time: float = 100.0, message: str = "") -> Event:
    ended = {"attempt": 0, "exit_code": code, "reason": reason, "message": message}
    return happened(events.ContainerExited, time, **ended)


def waiting(reason: str, message: str = "m", until: float | None = None) -> Event:
    return happened(events.ContainerWaiting, reason=reason, message=message, until=until)


def failing(message: str, probe: ProbeKind = ProbeKind.LIVENESS, **fields: Any) -> Event:
    return happened(events.ContainerProbeFailed, probe=probe, message=message, **fields)


def said(of: type[Event], **fields: Any) -> list[str]:
    return Teller().tell(happened(of, **fields))


def test_every_class_of_event_is_told_or_silent() -> None:
    every = {
        each for each in vars(events).values() if inspect.isclass(each) and issubclass(each, Event)
    } - {Event, events.ContainerEvent}
    assert {*WORDS} | NEEDS_MORE | SILENT == every
    assert len(WORDS) + len(NEEDS_MORE) + len(SILENT) == len(every)


def test_each_line_says_whom_it_is_about() -> None:
    names = ("fetch", "log", "web")
    assert Teller().tell(*(started(container=name) for name in names)) == [
        "init container fetch: started",
        "sidecar log: started",
        "app web: started",
    ]


def test_of_several_pods_each_is_named() -> None:
    teller = Teller(story=Story(has_many_pods=True))
    assert teller.tell(started()) == ["app demo/web: started"]


def test_an_end_is_told_with_its_reason_and_its_time() -> None:
    assert Teller().tell(started(), exited(0, "Completed", 102.5))[1:] == [
        "app web: exited 0 after 2.5 s"
    ]
    assert Teller().tell(started(), exited(137, "OOMKilled", 175))[1:] == [
        "app web: exited 137 (OOMKilled) after 1 min 15 s"
    ]


def test_a_restart_is_told_with_its_number() -> None:
    assert Teller().tell(started(attempt=2)) == ["app web: started again (restart 2)"]


def test_a_container_that_cannot_be_started_has_run_for_no_time() -> None:
    assert Teller().tell(exited(128, "StartError", message="no such file")) == [
        "app web: could not be started: no such file"
    ]


def test_an_end_and_the_wait_after_it_are_one_line() -> None:
    told = Teller().tell(started(), exited(1, "Error"), waiting("CrashLoopBackOff", until=110))
    assert told[1:] == ["app web: exited 1 (Error) after 0.0 s; starts again in 10 s"]


@pytest.mark.parametrize("reason", ["RunContainerError", "PostStartHookError"])
def test_what_kept_it_from_starting_is_not_told_twice(reason: str) -> None:
    failed = exited(128, "StartError", message="no such file")
    wait = waiting("CrashLoopBackOff", until=110)
    assert Teller().tell(failed, waiting(reason, "no such file"), wait) == [
        "app web: could not be started: no such file; starts again in 10 s"
    ]


def test_a_wait_with_a_cause_of_its_own_is_told_by_itself() -> None:
    missing = waiting("CreateContainerConfigError", 'configmap "a" not found')
    assert Teller().tell(started(), exited(1, "Error"), missing)[1:] == [
        "app web: exited 1 (Error) after 0.0 s",
        'app web: waits: CreateContainerConfigError: configmap "a" not found',
    ]


def test_a_wait_that_is_not_over_is_told_once() -> None:
    teller = Teller()
    missing = waiting("CreateContainerConfigError", 'configmap "a" not found')
    assert len(teller.tell(missing, missing)) == 1
    assert teller.tell(missing) == []
    teller.tell(started())
    assert len(teller.tell(missing)) == 1


def test_an_image_is_told_when_it_is_pulled_and_when_it_cannot_be() -> None:
    pulling = happened(events.ContainerImagePulling, image="a:1")
    pulled = happened(
        events.ContainerImagePulled, image="a:1", message='Successfully pulled image "a:1" in 2s'
    )
    backing_off = waiting("ImagePullBackOff", 'Back-off pulling image "a:1": no route', until=110)
    assert Teller().tell(pulling, waiting("ErrImagePull", "no route"), backing_off, pulled) == [
        "app web: pulling image a:1",
        "app web: waits: ErrImagePull: no route",
        "app web: pulls its image again in 10 s",
        "app web: pulled image a:1",
    ]


def test_an_image_that_was_there_is_no_news() -> None:
    message = 'Container image "a:1" already present on machine'
    assert said(events.ContainerImagePulled, image="a:1", message=message) == []


def test_image_pull_secrets_that_are_missing_are_told_once() -> None:
    missing = happened(events.ImagePullSecretsMissing, secrets=("a", "b"))
    assert Teller().tell(missing, missing) == ["pod demo: missing image pull secrets: a, b"]


@pytest.mark.parametrize("hook", HookKind)
def test_a_hook_that_failed_says_why_and_one_that_succeeded_nothing(hook: HookKind) -> None:
    ended = {"attempt": 0, "hook": hook}
    message = (
        'Exec lifecycle hook ([sh]) for Container "web" in Pod "demo_default(u)" failed - error:'
        " command 'sh' exited with 1:\n no"
    )
    assert said(events.ContainerHookEnded, is_success=False, message=message, **ended) == [
        f"app web: {hook} hook failed: command 'sh' exited with 1: no"
    ]
    assert said(events.ContainerHookEnded, is_success=False, message="late", **ended) == [
        f"app web: {hook} hook failed: late"
    ]
    assert said(events.ContainerHookEnded, is_success=True, **ended) == []


def test_a_hook_is_told_where_it_holds_up_the_stop_signal() -> None:
    assert said(events.ContainerHookStarted, attempt=0, hook=HookKind.PRE_STOP) == [
        "app web: running its preStop hook"
    ]
    assert said(events.ContainerHookStarted, attempt=0, hook=HookKind.POST_START) == []


def test_what_a_failed_probe_saw_is_told_by_its_first_line() -> None:
    assert Teller().tell(failing("\nout\nerr\n", ProbeKind.STARTUP)) == [
        "app web: startup probe failed: out"
    ]
    assert Teller().tell(failing("", ProbeKind.READINESS)) == ["app web: readiness probe failed"]
    assert Teller().tell(failing("no such file", is_error=True)) == [
        "app web: liveness probe could not be asked: no such file"
    ]


def test_a_probe_that_fails_as_before_is_told_once_in_an_attempt() -> None:
    teller = Teller()
    teller.tell(started())
    assert teller.tell(failing("a"), failing("b"), failing("a")) == [
        "app web: liveness probe failed: a",
        "app web: liveness probe failed: b",
    ]
    assert teller.tell(failing("a")) == []
    assert teller.tell(failing("a", ProbeKind.READINESS)) == ["app web: readiness probe failed: a"]
    teller.tell(started(attempt=1))
    assert teller.tell(failing("a")) == ["app web: liveness probe failed: a"]


def test_a_probe_that_says_something_else_each_time_falls_silent() -> None:
    teller = Teller()
    assert len(teller.tell(*(failing(f"at {number}") for number in range(50)))) == 10
    assert teller.tell(failing("at last")) == []


def test_a_warning_of_a_probe_is_told_once() -> None:
    warned = happened(events.ContainerProbeWarned, probe=ProbeKind.READINESS, message="redirected")
    assert Teller().tell(warned, warned) == ["app web: readiness probe warning: redirected"]


def test_a_long_message_is_cut() -> None:
    [told] = Teller().tell(failing("x" * 10_000))
    assert len(told) < 250
    assert told.endswith("xxx...")


def test_readiness_is_told_of_containers_with_a_probe_for_it() -> None:
    for is_ready, words in ((True, "ready"), (False, "not ready")):
        changed = {"is_ready": is_ready}
        assert said(events.ContainerReadinessChanged, **changed) == [f"app web: {words}"]
        assert said(events.ContainerReadinessChanged, container="job", **changed) == []


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Stopping container web", []),
        ("FailedPostStartHook", []),
        ("killing", []),
        (
            "Container web failed liveness probe, will be restarted",
            ["app web: failed liveness probe, will be restarted"],
        ),
        ("Init container web failed startup probe", ["app web: failed startup probe"]),
        ("Node is shutting down", ["app web: Node is shutting down"]),
    ],
)
def test_why_a_container_is_to_end_is_told_unless_it_is_plain(
    message: str, told: list[str]
) -> None:
    assert said(events.ContainerStopping, message=message, deadline=130.0) == told


def test_the_stop_signal_is_told_when_it_is_sent() -> None:
    assert said(events.ContainerSignalled, signal="SIGTERM", deadline=130.0) == [
        "app web: stopping (SIGTERM)"
    ]
    assert said(events.ContainerKilled) == ["app web: killed: it had not ended in time"]


def test_a_container_that_has_restarted_too_often_is_given_up() -> None:
    assert said(events.ContainerGaveUp, restarts=5) == ["app web: given up after 5 restarts"]
    assert said(events.ContainerGaveUp, restarts=1) == ["app web: given up after 1 restart"]


def test_what_was_found_is_told() -> None:
    since = Running(datetime.fromtimestamp(40, UTC))
    found = happened(events.ContainerFound, state=since, attempt=0)
    assert Teller().tell(found, exited(0, "Completed")) == [
        "app web: found running",
        "app web: exited 0 after 1 min 0 s",
    ]
    assert said(events.ContainerFound, state=Terminated(3, "Error"), attempt=0) == [
        "app web: found ended (exit code 3)"
    ]
    assert said(events.ContainerFound, state=Waiting(), attempt=0) == []


def test_all_containers_restart_because_one_asks_for_it() -> None:
    assert said(events.AllContainersRestarting, container="log") == [
        "pod demo: all containers restart: sidecar log asks for it"
    ]
    assert said(events.AllContainersReset, containers=("log", "web")) == []


def test_a_pod_is_ready_once() -> None:
    teller = Teller()
    ready = happened(events.PodConditionChanged, type="Ready", is_true=True)
    assert teller.tell(ready, ready) == ["pod demo: ready"]
    assert teller.tell(ready) == []
    assert said(events.PodConditionChanged, type="Initialized", is_true=True) == []


def test_a_pod_that_cannot_start_says_why_and_says_it_once() -> None:
    blocked = happened(events.PodBlocked, reason="FailedMount", message="no such volume")
    assert Teller().tell(blocked, blocked) == [
        "pod demo: cannot start yet: FailedMount: no such volume"
    ]


def test_changes_from_outside_are_told() -> None:
    fields = ("metadata.labels", "spec.containers[0].image")
    assert said(events.PodUpdated, fields=fields, pod=pod_named()) == [
        "pod demo: updated: metadata.labels, spec.containers[0].image"
    ]
    assert said(events.VolumesUpdated, volumes=("a", "b")) == ["pod demo: volumes updated: a, b"]
    assert said(events.PodConditionSet, type="example.com/lb", status="True") == [
        "pod demo: condition example.com/lb is True"
    ]
    said_more = {"type": "example.com/lb", "status": "False", "reason": "Full", "message": "wait"}
    assert said(events.PodConditionSet, **said_more) == [
        "pod demo: condition example.com/lb is False: Full: wait"
    ]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (StopReason.COMPLETED, []),
        (StopReason.DELETED, ["pod demo: stopping: within 30 s"]),
        (StopReason.INIT_FAILED, ["pod demo: stopping: an init container has failed"]),
        (
            StopReason.DEADLINE_EXCEEDED,
            ["pod demo: stopping: its activeDeadlineSeconds have passed"],
        ),
        (StopReason.EVICTED, ["pod demo: stopping: it is evicted"]),
        (StopReason.SANDBOX_LOST, ["pod demo: stopping: nothing of it may start again"]),
        (StopReason.CANCELLED, ["pod demo: stopping: it is being killed"]),
    ],
)
def test_a_stop_is_told_with_its_cause(reason: StopReason, told: list[str]) -> None:
    stop = {"reason": reason, "grace_period_seconds": 30.0, "deadline": 130.0}
    assert said(events.PodStopping, **stop) == told


def test_a_shorter_stop_is_told() -> None:
    assert said(events.PodGraceShortened, grace_period_seconds=2.0, deadline=102.0) == [
        "pod demo: stopping: within 2 s"
    ]


def test_a_phase_is_told_with_its_reason() -> None:
    assert said(events.PodPhaseChanged, phase=Phase.RUNNING) == ["pod demo: Running"]
    assert said(events.PodPhaseChanged, phase=Phase.FAILED, reason="R", message="m") == [
        "pod demo: Failed: R: m"
    ]
