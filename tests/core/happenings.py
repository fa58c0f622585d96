"""One event of ours for each way in which Kubernetes would have something to say."""

from __future__ import annotations

from typing import Final

from seedpod import events
from seedpod.events import Event, StopReason
from seedpod.spec.words import HookKind, ProbeKind

_AT: Final = (0, 100.0, None)
"""Number, time, cause."""
_WAITS: Final = (
    "CrashLoopBackOff",
    "ErrImagePull",
    "RegistryUnavailable",
    "SignatureValidationFailed",
    "ImagePullBackOff",
    "InvalidImageName",
    "ImageInspectError",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
)

EXAMPLES: Final[tuple[Event, ...]] = (
    events.PodBlocked(*_AT, "FailedMount", "no such volume"),
    events.PodBlocked(*_AT, "FailedCreatePodSandBox", "no such thing"),
    events.PodStopping(*_AT, StopReason.DEADLINE_EXCEEDED, 30.0, 130.0),
    events.PodStopping(*_AT, StopReason.EVICTED, 1.0, 101.0, "The node was low on memory."),
    events.ImagePullSecretsMissing(*_AT, ("regcred",)),
    events.SandboxLost(*_AT),
    events.ContainerImagePulling(*_AT, "app", "a:1"),
    events.ContainerImagePulled(*_AT, "app", "a:1", "Successfully pulled"),
    events.ContainerStarted(*_AT, "app", 0, "fake://app/0"),
    events.ContainerExited(*_AT, "app", 0, 128, "StartError", "no such file"),
    *(events.ContainerWaiting(*_AT, "app", reason, "what went wrong") for reason in _WAITS),
    events.ContainerHookEnded(*_AT, "app", 0, HookKind.POST_START, is_success=False),
    events.ContainerHookEnded(*_AT, "app", 0, HookKind.PRE_STOP, is_success=False),
    events.ContainerHookEnded(*_AT, "app", 0, HookKind.PRE_STOP, True, "retried"),
    events.ContainerProbeFailed(*_AT, "app", ProbeKind.LIVENESS, "no"),
    events.ContainerProbeWarned(*_AT, "app", ProbeKind.LIVENESS, "redirected"),
    events.ContainerStopping(*_AT, "app", "Stopping container app", 130.0),
)
