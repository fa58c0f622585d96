"""Which of Kubernetes' events one event of ours amounts to: none for most, two for some.

Source: kubelet, `events/event.go` and whoever emits them: `startContainer`, `killContainer`,
`doBackOff`, `EnsureImageExists`, `getPullSecretsForPod`, `prober.probe`, the active deadline
handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from seedpod import events
from seedpod._core.adoption.eviction import PAST_DEADLINE
from seedpod.events import Event, StopReason
from seedpod.spec import Pod
from seedpod.spec.words import HookKind

NORMAL: Final = "Normal"
WARNING: Final = "Warning"

_BLOCKS: Final = frozenset({"FailedMount", "FailedCreatePodSandBox"})
_HOOK_FAILURES: Final = {
    HookKind.POST_START: ("FailedPostStartHook", "PostStartHook failed"),
    HookKind.PRE_STOP: ("FailedPreStopHook", "PreStopHook failed"),
}
"""What a hook wrote is not shown: it may hold secrets."""
_SANDBOX_CHANGED: Final = "Pod sandbox changed, it will be killed and re-created."


@attrs.frozen
class Occurrence:
    """Something that Kubernetes has an event for, once."""

    type: str
    """`Normal` or `Warning`."""
    reason: str
    message: str
    container: str = ""
    """Its name; empty for what concerns the pod as a whole."""


def occurrences(pod: Pod, event: Event) -> Iterable[Occurrence]:
    """What Kubernetes would say of *event*, in the order it would say it.

    Args:
        pod: The one it happened to, with its uid.
        event: One of its events.
    """
    rule = RULES.get(type(event))
    return () if rule is None else rule(pod, event)


def _blocked(_pod: Pod, event: events.PodBlocked) -> Iterator[Occurrence]:
    if event.reason in _BLOCKS:
        yield Occurrence(WARNING, event.reason, event.message)


def _pod_stopping(_pod: Pod, event: events.PodStopping) -> Iterator[Occurrence]:
    if event.reason is StopReason.DEADLINE_EXCEEDED:
        yield Occurrence(NORMAL, PAST_DEADLINE.reason, PAST_DEADLINE.message)
    elif event.reason is StopReason.EVICTED:
        yield Occurrence(WARNING, str(event.reason), event.message)


def _pull_secrets_missing(_pod: Pod, event: events.ImagePullSecretsMissing) -> Iterator[Occurrence]:
    which = f"Unable to retrieve some image pull secrets ({', '.join(event.secrets)})"
    message = f"{which}; attempting to pull the image may not succeed."
    yield Occurrence(WARNING, "FailedToRetrieveImagePullSecret", message)


def _sandbox_lost(_pod: Pod, _event: events.SandboxLost) -> Iterator[Occurrence]:
    yield Occurrence(NORMAL, "SandboxChanged", _SANDBOX_CHANGED)


def _pulling(_pod: Pod, event: events.ContainerImagePulling) -> Iterator[Occurrence]:
    yield Occurrence(NORMAL, "Pulling", f'Pulling image "{event.image}"', event.container)


def _pulled(_pod: Pod, event: events.ContainerImagePulled) -> Iterator[Occurrence]:
    yield Occurrence(NORMAL, "Pulled", event.message, event.container)


def _started(_pod: Pod, event: events.ContainerStarted) -> Iterator[Occurrence]:
    yield Occurrence(NORMAL, "Created", "Container created", event.container)
    yield Occurrence(NORMAL, "Started", "Container started", event.container)


def _exited(_pod: Pod, event: events.ContainerExited) -> Iterator[Occurrence]:
    """An end is no event; that there was no beginning is one."""
    if event.reason == "StartError":
        yield Occurrence(NORMAL, "Created", "Container created", event.container)
        yield Occurrence(WARNING, "Failed", f"Error: {event.message}", event.container)


def _waiting(pod: Pod, event: events.ContainerWaiting) -> Iterable[Occurrence]:
    rule = _WAITING_RULES.get(event.reason)
    return () if rule is None else rule(pod, event)


def _backing_off(pod: Pod, event: events.ContainerWaiting) -> Iterator[Occurrence]:
    meta = pod.metadata
    which = f"{event.container} in pod {meta.name}_{meta.namespace}({meta.uid})"
    message = f"Back-off restarting failed container {which}"
    yield Occurrence(WARNING, "BackOff", message, event.container)


def _pull_failed(pod: Pod, event: events.ContainerWaiting) -> Iterator[Occurrence]:
    message = f'Failed to pull image "{_image(pod, event.container)}": {event.message}'
    yield Occurrence(WARNING, "Failed", message, event.container)
    yield _failed_for_its_reason(event)


def _pull_backing_off(pod: Pod, event: events.ContainerWaiting) -> Iterator[Occurrence]:
    message = f'Back-off pulling image "{_image(pod, event.container)}"'
    yield Occurrence(NORMAL, "BackOff", message, event.container)
    yield _failed_for_its_reason(event)


def _inspection_failed(_pod: Pod, event: events.ContainerWaiting) -> Iterator[Occurrence]:
    yield Occurrence(WARNING, "InspectFailed", event.message, event.container)
    yield _failed_for_its_reason(event)


def _never_pulled(_pod: Pod, event: events.ContainerWaiting) -> Iterator[Occurrence]:
    yield Occurrence(WARNING, "ErrImageNeverPull", event.message, event.container)
    yield _failed_for_its_reason(event)


def _not_created(_pod: Pod, event: events.ContainerWaiting) -> Iterator[Occurrence]:
    yield Occurrence(WARNING, "Failed", f"Error: {event.message}", event.container)


def _failed_for_its_reason(event: events.ContainerWaiting) -> Occurrence:
    return Occurrence(WARNING, "Failed", f"Error: {event.reason}", event.container)


def _image(pod: Pod, container: str) -> str:
    every = (*pod.spec.init_containers, *pod.spec.containers)
    return next((each.image for each in every if each.name == container), "")


def _hook_ended(_pod: Pod, event: events.ContainerHookEnded) -> Iterator[Occurrence]:
    if not event.is_success:
        reason, message = _HOOK_FAILURES[event.hook]
        yield Occurrence(WARNING, reason, message, event.container)
    elif event.message:
        yield Occurrence(WARNING, "LifecycleHTTPFallback", event.message, event.container)


def _probe_failed(_pod: Pod, event: events.ContainerProbeFailed) -> Iterator[Occurrence]:
    verb = "errored and resulted in unknown state" if event.is_error else "failed"
    message = f"{event.probe.capitalize()} probe {verb}: {event.message}"
    yield Occurrence(WARNING, "Unhealthy", message, event.container)


def _probe_warned(_pod: Pod, event: events.ContainerProbeWarned) -> Iterator[Occurrence]:
    message = f"{event.probe.capitalize()} probe warning: {event.message}"
    yield Occurrence(WARNING, "ProbeWarning", message, event.container)


def _stopping(_pod: Pod, event: events.ContainerStopping) -> Iterator[Occurrence]:
    yield Occurrence(NORMAL, "Killing", event.message, event.container)


RULES: Final[Mapping[type[Event], Callable[[Pod, Any], Iterable[Occurrence]]]] = {
    events.PodBlocked: _blocked,
    events.PodStopping: _pod_stopping,
    events.ImagePullSecretsMissing: _pull_secrets_missing,
    events.SandboxLost: _sandbox_lost,
    events.ContainerImagePulling: _pulling,
    events.ContainerImagePulled: _pulled,
    events.ContainerStarted: _started,
    events.ContainerExited: _exited,
    events.ContainerWaiting: _waiting,
    events.ContainerHookEnded: _hook_ended,
    events.ContainerProbeFailed: _probe_failed,
    events.ContainerProbeWarned: _probe_warned,
    events.ContainerStopping: _stopping,
}
"""How each class of event is translated; whichever is not here says nothing."""

_WAITING_RULES: Final[Mapping[str, Callable[[Pod, Any], Iterator[Occurrence]]]] = {
    "CrashLoopBackOff": _backing_off,
    "ErrImagePull": _pull_failed,
    "RegistryUnavailable": _pull_failed,
    "SignatureValidationFailed": _pull_failed,
    "ImagePullBackOff": _pull_backing_off,
    "InvalidImageName": _inspection_failed,
    "ImageInspectError": _inspection_failed,
    "ErrImageNeverPull": _never_pulled,
    "CreateContainerConfigError": _not_created,
    "CreateContainerError": _not_created,
}
"""How a waiting container is told, by its reason.

`RunContainerError` and `PostStartHookError` say nothing: the exit and the hook before them did.
"""
