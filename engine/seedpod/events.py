"""What happened to a pod: one frozen class for each kind of fact.

A pod has one writer, which numbers its events without gaps. Status, conditions, `why()`, log lines
and traces are folds over this one stream, so two observers can never disagree about the order.

Every event names its cause: the number of the earlier event that brought it about, or None where
the cause lies outside the pod (somebody's call, the passing of time, a process that ended by
itself). Following the causes back from any event tells its story.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

from seedpod.spec import Pod
from seedpod.spec.words import HookKind, ProbeKind
from seedpod.status import ContainerState, ContainerUser, Phase, PodStatus, Terminated


class StopReason(StrEnum):
    """Why the engine took a pod down."""

    COMPLETED = "Completed"
    """Every app container has ended for good."""
    DELETED = "Deleted"
    """Somebody asked for it."""
    INIT_FAILED = "InitFailed"
    """An init container has failed and may not be tried again."""
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    """`activeDeadlineSeconds` has passed."""
    EVICTED = "Evicted"
    """Somebody asked for it because the machine runs short of something."""
    SANDBOX_LOST = "SandboxLost"
    """What its containers shared is gone, and its restart policy lets nothing start again."""
    CANCELLED = "Cancelled"
    """The engine's block was left by an exception, or the task it ran in was cancelled."""


@attrs.frozen
class Event:
    """One fact about one pod."""

    sequence: int
    """Its number in the pod's stream, from 0."""
    time: float
    """When, in seconds since 1970-01-01T00:00:00Z."""
    cause: int | None
    """The number of the event that brought it about; None if that is no event of this pod."""


@attrs.frozen
class PodSubmitted(Event):
    """The engine took the pod on; `status.startTime` is this event's time."""

    uid: str


@attrs.frozen
class PodUpdated(Event):
    """What was submitted was changed while the pod runs."""

    fields: tuple[str, ...]
    """The paths that changed: `metadata.labels`, `spec.containers[0].image`."""
    pod: Pod
    """The whole of it, as it is from here on."""


@attrs.frozen
class PodBlocked(Event):
    """No container can start yet: something the pod needs as a whole is missing."""

    reason: str
    """`FailedMount`, `FailedCreatePodSandBox`."""
    message: str


@attrs.frozen
class VolumesUpdated(Event):
    """Volumes show something new: what they were made of has changed."""

    volumes: tuple[str, ...]
    """Their names."""


@attrs.frozen
class ImagePullSecretsMissing(Event):
    """An image is fetched without some of the pod's `imagePullSecrets`: nobody has applied them."""

    secrets: tuple[str, ...]
    """Their names."""


@attrs.frozen
class SandboxOpened(Event):
    """What the containers share is there: volumes, and what the executor gives a pod."""

    addresses: tuple[str, ...] = ()
    """The pod's own, the main one first; empty if pods have none of their own."""


@attrs.frozen
class SandboxLost(Event):
    """What the containers shared is gone, and whatever ran: the pod begins anew, or ends."""


@attrs.frozen
class SandboxClosed(Event):
    """Nothing of the pod is left but its record."""


@attrs.frozen
class PodStopping(Event):
    """From here on nothing is started; what runs is asked to end, in order, until `deadline`."""

    reason: StopReason
    grace_period_seconds: float
    deadline: float
    """When whoever still runs is released and then killed; seconds since 1970."""
    message: str = ""
    """In words, where somebody said why."""


@attrs.frozen
class PodGraceShortened(Event):
    """A later call allowed a stopping pod less time than it had."""

    grace_period_seconds: float
    deadline: float


@attrs.frozen
class PodConditionChanged(Event):
    """A condition turned True or False; its words are worked out when somebody looks."""

    type: str
    is_true: bool


@attrs.frozen
class PodConditionSet(Event):
    """Somebody outside set a condition that a readiness gate may ask for."""

    type: str
    status: str
    """`True`, `False` or `Unknown`."""
    reason: str = ""
    message: str = ""


@attrs.frozen
class AllContainersRestarting(Event):
    """The exit of a container restarts all: what runs is ended, and the pod begins anew."""

    container: str
    """The one whose rule asks for it."""


@attrs.frozen
class AllContainersReset(Event):
    """Nothing is left of the containers that ran, and the pod begins anew in the same sandbox."""

    containers: tuple[str, ...]
    """Those there was an attempt of."""


@attrs.frozen
class PodPhaseChanged(Event):
    """The pod entered another phase."""

    phase: Phase
    reason: str = ""
    message: str = ""
    is_forced: bool = False
    """It was ended before its containers could decide, and counts as failed."""


@attrs.frozen
class PodFinished(Event):
    """The last event of a pod: its phase is terminal and nothing of it runs."""

    phase: Phase


@attrs.frozen
class ContainerEvent(Event):
    """One fact about one container."""

    container: str
    """Its name in the spec."""


@attrs.frozen
class ContainerFound(ContainerEvent):
    """An earlier engine left this of a container, and the pod goes on from there."""

    state: ContainerState
    """Running, or how its newest attempt ended."""
    attempt: int
    container_id: str = ""
    image_id: str = ""
    user: ContainerUser | None = None
    last_state: Terminated | None = None
    """How the attempt before ended, if that is known."""
    is_in_sandbox: bool = True
    """It belongs to the sandbox the pod goes on in, not to one that is gone."""


@attrs.frozen
class ContainerImagePulling(ContainerEvent):
    """The executor was asked to fetch the container's image."""

    image: str


@attrs.frozen
class ContainerImagePullProgressed(ContainerEvent):
    """More of the container's image has been fetched; told once a second at most."""

    image: str
    received_bytes: int
    total_bytes: int | None = None
    """None as long as nobody knows how much there is."""


@attrs.frozen
class ContainerImagePulled(ContainerEvent):
    """The container's image is there."""

    image: str
    message: str
    """Whether it was fetched, and how long that took, or was there already."""


@attrs.frozen
class ContainerStarting(ContainerEvent):
    """An attempt began: the executor was asked to start the container."""

    attempt: int


@attrs.frozen
class ContainerStarted(ContainerEvent):
    """The container runs; its status says so once its postStart hook, if it has one, is done."""

    attempt: int
    container_id: str
    image_id: str = ""
    user: ContainerUser | None = None


@attrs.frozen
class ContainerStartAborted(ContainerEvent):
    """An attempt was given up before it ran: the pod is stopping, or it could not be created."""

    attempt: int


@attrs.frozen
class ContainerWaiting(ContainerEvent):
    """A container cannot run now: it backs off, or something it needs is missing."""

    reason: str
    """`CrashLoopBackOff`, `CreateContainerConfigError`, `ErrImagePull`, `RunContainerError`, ..."""
    message: str
    until: float | None = None
    """When it is tried again, in seconds since 1970; None if that depends on something else."""


@attrs.frozen
class ContainerHookStarted(ContainerEvent):
    """A lifecycle hook of a running container began."""

    attempt: int
    hook: HookKind


@attrs.frozen
class ContainerHookEnded(ContainerEvent):
    """A lifecycle hook is over."""

    attempt: int
    hook: HookKind
    is_success: bool
    message: str = ""
    """Why it failed; of one that succeeded, what is worth telling all the same."""


@attrs.frozen
class ContainerProbeFailed(ContainerEvent):
    """One answer to a probe was no; whether that changes anything is for the threshold to say."""

    probe: ProbeKind
    message: str
    """What the probe saw: output, an HTTP status, an error."""
    is_error: bool = False
    """It could not be asked at all, which counts for nothing."""


@attrs.frozen
class ContainerProbeWarned(ContainerEvent):
    """The answer to a probe was yes, with a reservation."""

    probe: ProbeKind
    message: str


@attrs.frozen
class ContainerStartupChanged(ContainerEvent):
    """A running container is *started* now, or (a new attempt) is not yet."""

    is_started: bool


@attrs.frozen
class ContainerReadinessChanged(ContainerEvent):
    """A running container is ready now, or no longer."""

    is_ready: bool


@attrs.frozen
class ContainerStopping(ContainerEvent):
    """A running container is to end: its preStop hook, if it has one, runs from now on."""

    message: str
    """As in Kubernetes' Killing event: `Stopping container web`."""
    deadline: float
    """When its grace period is over; seconds since 1970."""


@attrs.frozen
class ContainerSignalled(ContainerEvent):
    """A running container was sent its stop signal."""

    signal: str
    deadline: float
    """When it is killed if it still runs; seconds since 1970."""


@attrs.frozen
class ContainerKilled(ContainerEvent):
    """A container that was still running at its deadline was sent SIGKILL."""


@attrs.frozen
class ContainerExited(ContainerEvent):
    """An attempt ended (or could not begin: exit 128, `StartError`)."""

    attempt: int
    exit_code: int
    reason: str
    message: str = ""
    container_id: str = ""


@attrs.frozen
class ContainerGaveUp(ContainerEvent):
    """A container is not started again: it has restarted as often as its limit allows."""

    restarts: int
    """How many restarts there were within the window."""


@attrs.frozen
class Snapshot(Event):
    """Only in a watch: the reader was too slow (or came late), and events before this are gone.

    What the lost events amounted to stands in `status`; the events after it follow without a gap.
    """

    missed: int
    """How many events this reader has not been given."""
    status: PodStatus
