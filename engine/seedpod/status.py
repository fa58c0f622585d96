"""v1 PodStatus: what is observed of a pod, as Kubernetes would write it.

Every class is a snapshot: nothing here changes after it was made. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import attrs


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

    def condition(self, type_: str) -> PodCondition | None:
        """The condition of this type, or None when the pod has none."""
        return next((each for each in self.conditions if each.type == type_), None)

    def container(self, name: str) -> ContainerStatus | None:
        """The status of the container (of any kind) of this name, or None."""
        every = (*self.init_container_statuses, *self.container_statuses)
        return next((each for each in every if each.name == name), None)
