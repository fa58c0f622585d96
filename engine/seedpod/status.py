"""v1 PodStatus: what is observed of a pod, as Kubernetes would write it.

Every class is a snapshot: nothing here changes after it was made. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import attrs

from seedpod.spec.frozen import as_tuple
from seedpod.spec.quantity import Quantity
from seedpod.spec.resources import ResourceRequirements, as_quantities


class Phase(StrEnum):
    """Where a pod is in its life; the last two are final."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"

    @property
    def is_terminal(self) -> bool:
        """Whether a pod in this phase never changes again."""
        return self is Phase.SUCCEEDED or self is Phase.FAILED


@attrs.frozen
class Termination:
    """How one attempt of a container ended, as an executor reports it."""

    exit_code: int
    """0 to 255; 128 + n when signal n ended the process."""
    reason: str = ""
    """`OOMKilled` and the like; empty for the plain `Completed` (exit 0) or `Error` (any other)."""
    message: str = ""
    """A sentence for a person, where there is more to say than the exit code."""


class Result(StrEnum):
    """What came of a probe's or a hook's action."""

    SUCCESS = "success"
    FAILURE = "failure"
    WARNING = "warning"
    """Success, with something to say about it."""
    UNKNOWN = "unknown"
    """It could not be performed, so nothing was learned."""


@attrs.frozen
class Outcome:
    """The result of one action, and what there is to say about it."""

    result: Result
    message: str = ""
    """Output, an HTTP status, an error: as Kubernetes' events show it."""


@attrs.frozen
class Waiting:
    """A container that is not running yet, or not running again yet."""

    reason: str = ""
    """`PodInitializing`, `CrashLoopBackOff`, `CreateContainerConfigError`, ..."""
    message: str = ""


@attrs.frozen
class Running:
    """A container that runs."""

    started_at: datetime


@attrs.frozen
class Terminated:
    """A container that has ended."""

    exit_code: int
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    container_id: str = ""
    signal: int | None = None
    """Kubernetes' runtimes never set it, nor does Seedpod: a signal shows as exit code 128 + n."""


ContainerState: TypeAlias = Waiting | Running | Terminated


@attrs.frozen(kw_only=True)
class VolumeMountStatus:
    """One volume a container mounts."""

    name: str
    """The volume's name."""
    mount_path: str
    read_only: bool = False
    recursive_read_only: str | None = None
    """`Enabled` or `Disabled`, of a read-only mount; else None."""


@attrs.frozen(kw_only=True)
class LinuxContainerUser:
    """Whom a container's first process was started as."""

    uid: int = 0
    gid: int = 0
    supplemental_groups: tuple[int, ...] = attrs.field(default=(), converter=as_tuple)


@attrs.frozen(kw_only=True)
class ContainerUser:
    """The user of a container, by operating system."""

    linux: LinuxContainerUser | None = None


@attrs.frozen(kw_only=True)
class Usage:
    """What a running container uses; None where nobody counts it."""

    cpu_seconds: float | None = None
    """CPU time, in seconds, since the attempt began."""
    memory_bytes: int | None = None
    """The working set: what is in use now, without the pages of files that could be dropped."""


@attrs.frozen(kw_only=True)
class ContainerStatus:
    """One container of a pod, as last seen."""

    name: str
    image: str = ""
    image_id: str = ""
    container_id: str = ""
    state: ContainerState = attrs.field(factory=Waiting)
    last_state: Terminated | None = None
    """How the attempt before the present state ended; nothing older is kept."""
    restart_count: int = 0
    """The number of the newest attempt: 0 until the container was started a second time."""
    ready: bool = False
    started: bool | None = None
    stop_signal: str = ""
    """What it is asked to end with, where the manifest says; empty otherwise."""
    allocated_resources: Mapping[str, Quantity] = attrs.field(default=None, converter=as_quantities)
    """Its requests, once it was started."""
    resources: ResourceRequirements | None = None
    """Its requests and limits; None until it was started."""
    volume_mounts: tuple[VolumeMountStatus, ...] = attrs.field(default=(), converter=as_tuple)
    user: ContainerUser | None = None
    """Known once it was started, if the executor tells."""


@attrs.frozen(kw_only=True)
class PodCondition:
    """One yes-or-no fact about a pod, and since when it holds."""

    type: str
    """`PodReadyToStartContainers`, `Initialized`, `ContainersReady`, `Ready`, ..."""
    status: str
    """`True`, `False` or `Unknown`: the words of the API, not Python's values."""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None
    """When `status` last changed; a change of reason or message alone does not move it."""
    observed_generation: int | None = None


@attrs.frozen(kw_only=True)
class PodStatus:
    """A whole pod, as last seen."""

    phase: Phase = Phase.PENDING
    reason: str = ""
    """Why the pod is in this phase, where that is not plain: `DeadlineExceeded`."""
    message: str = ""
    conditions: tuple[PodCondition, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    """In the order of the spec; sidecars are among them."""
    container_statuses: tuple[ContainerStatus, ...] = ()
    """Sorted by name, as the kubelet does."""
    start_time: datetime | None = None
    qos_class: str = ""
    host_ip: str = ""
    host_ips: tuple[str, ...] = ()
    pod_ip: str = ""
    pod_ips: tuple[str, ...] = ()
    observed_generation: int | None = None
    allocated_resources: Mapping[str, Quantity] = attrs.field(default=None, converter=as_quantities)
    """What the pod as a whole asks for."""
    resources: ResourceRequirements | None = None
    """Requests and limits of the pod as a whole; None if it sets none of its own."""

    def condition(self, type_: str) -> PodCondition | None:
        """The condition of this type, or None when the pod has none."""
        return next((each for each in self.conditions if each.type == type_), None)

    def container(self, name: str) -> ContainerStatus | None:
        """The status of the container (of any kind) of this name, or None."""
        every = (*self.init_container_statuses, *self.container_statuses)
        return next((each for each in every if each.name == name), None)


@attrs.frozen(kw_only=True)
class FoundSandbox:
    """A sandbox that an earlier engine left."""

    is_ready: bool
    """Containers can be started in it."""
    attempt: int = 0
    """Its number in the life of its pod, from 0."""
    has_host_network: bool = False
    ip: str = ""
    """Without one, a sandbox with a network of its own is of no more use."""


@attrs.frozen(kw_only=True)
class FoundContainer:
    """One attempt of a container that an earlier engine left."""

    name: str
    attempt: int = 0
    state: ContainerState | None = None
    """Running, terminated, or waiting (made, and never started); None: nobody knows."""
    container_id: str = ""
    image_id: str = ""
    user: ContainerUser | None = None
    """Whom it was started as, if the executor tells."""
    has_other_spec: bool = False
    """It was made from another name or image than the manifest has now."""
    is_in_newest_sandbox: bool = True


@attrs.frozen(kw_only=True)
class FoundPod:
    """What an earlier engine left of a pod."""

    sandboxes: tuple[FoundSandbox, ...] = ()
    """The newest first."""
    containers: tuple[FoundContainer, ...] = ()
    """All attempts there are records of; of each container, the newest first."""


@attrs.frozen(kw_only=True)
class KubernetesEvent:
    """One line of `kubectl get events`: something that happened to a pod, however many times."""

    type: str
    """`Normal` or `Warning`."""
    reason: str
    """`Started`, `BackOff`, `Unhealthy`, ..."""
    message: str
    count: int
    first_timestamp: datetime
    last_timestamp: datetime
    container: str = ""
    """Its name; empty for what concerns the pod as a whole."""
    field_path: str = ""
    """`spec.containers{web}`; empty for what concerns the pod as a whole."""
