"""The conditions of a pod: what is true of it, and in words why the rest is not.

The runtime asks the two predicates at every change; the words are made when somebody looks.

Source: kubelet, `pkg/kubelet/status/generate.go`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeAlias

import attrs

from seedpod._core.phase import ContainerView, find_status
from seedpod._core.restart import ALWAYS
from seedpod.spec import Container, PodSpec
from seedpod.status import Phase, PodCondition, Waiting

READY_TO_START: Final = "PodReadyToStartContainers"
INITIALIZED: Final = "Initialized"
READY: Final = "Ready"
CONTAINERS_READY: Final = "ContainersReady"
SCHEDULED: Final = "PodScheduled"
ALL_RESTARTING: Final = "AllContainersRestarting"
DISRUPTED: Final = "DisruptionTarget"
BY_NODE: Final = "TerminationByKubelet"
"""The reason of a disruption that its node decides. Source: kubelet, eviction manager."""
OWN: Final = frozenset(
    {READY_TO_START, INITIALIZED, READY, CONTAINERS_READY, SCHEDULED, ALL_RESTARTING}
)
"""The conditions the engine decides; nobody else may set them."""

Verdict: TypeAlias = tuple[str, str, str]
"""Status, reason and message of a condition."""
_TRUE: Final[Verdict] = ("True", "", "")
_UNKNOWN: Final[Verdict] = ("False", "UnknownContainerStatuses", "")


class ReadyView(ContainerView, Protocol):
    """A container of which it is known whether it is ready."""

    @property
    def ready(self) -> bool:
        """A sidecar or an app that serves; an init container that has succeeded."""
        ...


@attrs.frozen(kw_only=True)
class PodView:
    """What the conditions look at in a pod."""

    spec: PodSpec
    phase: Phase
    init_statuses: Sequence[ReadyView]
    statuses: Sequence[ReadyView] | None
    """Of the apps; None: nothing is known of any container, init containers included."""
    has_sandbox: bool
    """What the containers share is there."""
    was_initialized: bool = False
    """Initialization was over at some time: what happens to a sidecar later does not undo it."""
    is_restarting_all: bool | None = None
    """All containers are being restarted; None: no container has a rule that asks for it."""
    generation: int | None = None
    """Of the spec that is looked at."""


def is_initialized(
    spec: PodSpec, init_statuses: Sequence[ReadyView], statuses: Sequence[ReadyView]
) -> bool:
    """Whether every init container is done and every sidecar has started, or an app ever ran."""
    for index, container in enumerate(spec.init_containers):
        if not _is_done(container, find_status(init_statuses, index, container.name)):
            return has_app_started(spec, statuses)
    return True


def are_containers_ready(
    spec: PodSpec, init_statuses: Sequence[ReadyView], statuses: Sequence[ReadyView]
) -> bool:
    """Whether every sidecar and every app is ready; init containers do not matter."""
    for index, container in enumerate(spec.containers):
        status = find_status(statuses, index, container.name)
        if status is None or not status.ready:
            return False
    for index, container in enumerate(spec.init_containers):
        if container.restart_policy == ALWAYS:
            status = find_status(init_statuses, index, container.name)
            if status is None or not status.ready:
                return False
    return True


def are_gates_open(spec: PodSpec, others: Mapping[str, PodCondition]) -> bool:
    """Whether every condition that a readiness gate names is True among *others*, by type."""
    for gate in spec.readiness_gates:
        found = others.get(gate.condition_type)
        if found is None or found.status != "True":
            return False
    return True


def has_app_started(spec: PodSpec, statuses: Sequence[ContainerView]) -> bool:
    """Whether some app runs or has ended.

    Source: kubelet, `HasAnyRegularContainerStarted`.
    """
    for index, container in enumerate(spec.containers):
        status = find_status(statuses, index, container.name)
        if status is not None and not isinstance(status.state, Waiting):
            return True
    return False


def conditions(
    pod: PodView,
    *,
    times: Mapping[str, datetime],
    others: Sequence[PodCondition] = (),
) -> tuple[PodCondition, ...]:
    """Every condition of the pod, in Kubernetes' order.

    Args:
        pod: What is seen of it.
        times: Since when each type of condition has had its status.
        others: Conditions that readiness gates ask for and others have set; they are kept.
    """
    containers = _containers_ready(pod)
    verdicts = {
        READY_TO_START: _TRUE if pod.has_sandbox else ("False", "", ""),
        INITIALIZED: _initialized(pod),
        READY: _ready(pod.spec, containers, others),
        CONTAINERS_READY: containers,
        SCHEDULED: _TRUE,
    }
    if pod.is_restarting_all is not None:
        verdicts[ALL_RESTARTING] = _restarting_all(pod.phase, is_true=pod.is_restarting_all)
    own = (
        PodCondition(
            type=type_,
            status=status,
            reason=reason,
            message=message,
            last_transition_time=times.get(type_),
            observed_generation=pod.generation,
        )
        for type_, (status, reason, message) in verdicts.items()
    )
    return (*own, *others)


def _initialized(pod: PodView) -> Verdict:
    spec = pod.spec
    if pod.statuses is None:
        return _UNKNOWN if spec.init_containers else _TRUE
    unknown, incomplete = _short_of_initialized(spec, pod.init_statuses)
    if pod.phase is Phase.SUCCEEDED and not unknown:
        return "True", "PodCompleted", ""
    if pod.was_initialized or not (unknown or incomplete) or has_app_started(spec, pod.statuses):
        return _TRUE
    message = _listing(("unknown", unknown), ("incomplete", incomplete))
    return "False", "ContainersNotInitialized", message


def _containers_ready(pod: PodView) -> Verdict:
    if pod.statuses is None:
        return _UNKNOWN
    unknown, unready = _short_of_ready(pod.spec, pod.init_statuses, pod.statuses)
    if pod.phase is Phase.SUCCEEDED and not unknown:
        return "False", "PodCompleted", ""
    if pod.phase is Phase.FAILED:
        return "False", "PodFailed", ""
    if unknown or unready:
        message = _listing(("unknown", unknown), ("unready", unready))
        return "False", "ContainersNotReady", message
    return _TRUE


def _ready(spec: PodSpec, containers: Verdict, others: Sequence[PodCondition]) -> Verdict:
    if containers != _TRUE:
        return containers
    complaints: list[str] = []
    for gate in spec.readiness_gates:
        name = gate.condition_type
        found = next((each for each in others if each.type == name), None)
        if found is None:
            complaints.append(
                f'corresponding condition of pod readiness gate "{name}" does not exist.'
            )
        elif found.status != "True":
            complaints.append(
                f'the status of pod readiness gate "{name}" is not "True", but {found.status}'
            )
    return ("False", "ReadinessGatesNotReady", ", ".join(complaints)) if complaints else _TRUE


def _restarting_all(phase: Phase, *, is_true: bool) -> Verdict:
    if phase is Phase.SUCCEEDED:
        return "False", "PodCompleted", ""
    if phase is Phase.FAILED:
        return "False", "PodFailed", ""
    if is_true:
        return "True", "RestartAllContainersStarted", "container exited with restart policy rule"
    return "False", "", ""


def _short_of_initialized(
    spec: PodSpec, statuses: Sequence[ReadyView]
) -> tuple[list[str], list[str]]:
    """The init containers nothing is known of, and those that are not done."""
    unknown: list[str] = []
    incomplete: list[str] = []
    for index, container in enumerate(spec.init_containers):
        status = find_status(statuses, index, container.name)
        if status is None:
            unknown.append(container.name)
        elif not _is_done(container, status):
            incomplete.append(container.name)
    return unknown, incomplete


def _short_of_ready(
    spec: PodSpec, init_statuses: Sequence[ReadyView], statuses: Sequence[ReadyView]
) -> tuple[list[str], list[str]]:
    """The sidecars and apps nothing is known of, and those that are not ready."""
    unknown: list[str] = []
    unready: list[str] = []
    seen = [
        (each.name, find_status(init_statuses, index, each.name))
        for index, each in enumerate(spec.init_containers)
        if each.restart_policy == ALWAYS
    ]
    apps = enumerate(spec.containers)
    seen += [(each.name, find_status(statuses, index, each.name)) for index, each in apps]
    for name, status in seen:
        if status is None:
            unknown.append(name)
        elif not status.ready:
            unready.append(name)
    return unknown, unready


def _is_done(container: Container, status: ReadyView | None) -> bool:
    """Whether the next init container need not wait for this one."""
    if status is None:
        return False
    return bool(status.started) if container.restart_policy == ALWAYS else status.ready


def _listing(*groups: tuple[str, list[str]]) -> str:
    return ", ".join(
        f"containers with {word} status: [{' '.join(names)}]" for word, names in groups if names
    )
