"""What is known of a pod: the one mutable record that events are folded into."""

from __future__ import annotations

import attrs

from seedpod import events
from seedpod._core.restart import has_restart_all_rule, is_sidecar
from seedpod.spec import Container, Pod
from seedpod.status import (
    ContainerState,
    ContainerUser,
    Phase,
    PodCondition,
    Terminated,
    Waiting,
)


@attrs.define(eq=False)
class ContainerRecord:
    """What is known of one container; the names are those of `ContainerStatus`."""

    spec: Container
    is_init: bool
    """A regular init container: it is ready by having succeeded."""
    state: ContainerState
    name: str
    has_startup_probe: bool
    has_readiness_probe: bool
    has_post_start: bool
    last_state: Terminated | None = None
    restart_count: int = 0
    ready: bool = False
    started: bool = False
    container_id: str = ""
    image_id: str = ""
    user: ContainerUser | None = None
    has_run: bool = False
    """Some attempt of it was made, so it reports resources."""
    is_in_sandbox: bool = False
    """Some attempt of it was made in the sandbox that is in use."""
    running_since: float | None = None
    """When the attempt began whose postStart hook is not over: it is not shown as running yet."""
    next_attempt_at: float | None = None
    """While it waits: when it is tried again, in seconds since 1970."""
    covered: tuple[Terminated, Terminated | None] | None = None
    """While a waiting reason covers an end: the end, and the `last_state` of that time."""
    complaint: str = ""
    """What the newest failed probe of the running attempt said."""


@attrs.define(eq=False)
class PodRecord:
    """What is known of one pod."""

    pod: Pod
    inits: tuple[ContainerRecord, ...]
    """Regular init containers and sidecars, in the order of the spec."""
    apps: tuple[ContainerRecord, ...]
    """In the order of the spec."""
    by_name: dict[str, ContainerRecord]
    serving: tuple[ContainerRecord, ...]
    """Sidecars and apps: the pod is ready when they are."""
    may_restart_all: bool
    """Some container has a rule that restarts all of them."""
    host_ips: tuple[str, ...] = ()
    """The main one first."""
    pod_ips: tuple[str, ...] = ()
    """Likewise; given once there is a sandbox, whose own they may be."""
    phase: Phase = Phase.PENDING
    reason: str = ""
    message: str = ""
    is_forced: bool = False
    """The terminal phase was not the containers' doing: the pod was ended before they ran."""
    submitted_at: float | None = None
    has_sandbox: bool = False
    had_sandbox: bool = False
    blocked: events.PodBlocked | None = None
    stopping: events.PodStopping | None = None
    stop_deadline: float | None = None
    is_restarting_all: bool = False
    was_reset: bool = False
    """All containers were reset, and none has started since."""
    finished_at: float | None = None
    is_true: dict[str, bool] = attrs.field(factory=dict[str, bool])
    """The conditions, as far as they have been decided."""
    changed_at: dict[str, float] = attrs.field(factory=dict[str, float])
    others: dict[str, PodCondition] = attrs.field(factory=dict[str, PodCondition])
    """Conditions that somebody outside has set, by type."""


def pod_record(
    pod: Pod, *, host_ips: tuple[str, ...] = (), pod_ips: tuple[str, ...] = ()
) -> PodRecord:
    """A record of *pod* before anything has happened to it."""
    waiting = not_begun(pod)
    inits = tuple(
        _container_record(each, waiting, in_init=True) for each in pod.spec.init_containers
    )
    apps = tuple(_container_record(each, waiting, in_init=False) for each in pod.spec.containers)
    by_name = {each.name: each for each in (*inits, *apps)}
    serving = tuple(each for each in by_name.values() if not each.is_init)
    restarts_all = has_restart_all_rule(pod.spec)
    return PodRecord(pod, inits, apps, by_name, serving, restarts_all, host_ips, pod_ips)


def not_begun(pod: Pod) -> Waiting:
    """How a container shows that was not started yet; the same for every container of the pod."""
    return Waiting("PodInitializing" if pod.spec.init_containers else "ContainerCreating")


def _container_record(container: Container, waiting: Waiting, *, in_init: bool) -> ContainerRecord:
    lifecycle = container.lifecycle
    return ContainerRecord(
        container,
        in_init and not is_sidecar(container),
        waiting,
        container.name,
        container.startup_probe is not None,
        container.readiness_probe is not None,
        lifecycle is not None and lifecycle.post_start is not None,
    )
