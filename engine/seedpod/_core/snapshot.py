"""The v1 status of a pod, made out of its record when somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from seedpod._core.conditions import INITIALIZED, PodView, conditions
from seedpod._core.record import ContainerRecord, PodRecord
from seedpod._core.resources import (
    CPU,
    MEMORY,
    effective_limits,
    effective_requests,
    qos_class,
)
from seedpod.spec import Container, Pod, Quantity, ResourceRequirements
from seedpod.status import ContainerStatus, Phase, PodStatus, VolumeMountStatus


def snapshot(record: PodRecord) -> PodStatus:
    """The v1 status of the pod as of the last event."""
    inits = tuple(_container_status(each) for each in record.inits)
    apps = tuple(_container_status(each) for each in sorted(record.apps, key=_by_name))
    generation = record.pod.metadata.generation or None
    view = PodView(
        spec=record.pod.spec,
        phase=Phase.PENDING if record.is_forced else record.phase,
        init_statuses=inits,
        statuses=apps,
        has_sandbox=record.has_sandbox,
        was_initialized=record.is_true.get(INITIALIZED, False),
        is_restarting_all=record.is_restarting_all if record.may_restart_all else None,
        generation=generation,
    )
    times = {type_: utc(at) for type_, at in record.changed_at.items()}
    allocated, resources = _resources(record.pod)
    pod_ip = record.pod_ip if record.had_sandbox else ""
    return PodStatus(
        phase=record.phase,
        reason=record.reason,
        message=record.message,
        conditions=conditions(view, times=times, others=tuple(record.others.values())),
        init_container_statuses=inits,
        container_statuses=apps,
        start_time=None if record.submitted_at is None else utc(record.submitted_at),
        qos_class=qos_class(record.pod),
        host_ip=record.host_ip,
        host_ips=(record.host_ip,) if record.host_ip else (),
        pod_ip=pod_ip,
        pod_ips=(pod_ip,) if pod_ip else (),
        observed_generation=generation,
        allocated_resources=allocated,
        resources=resources,
    )


def utc(seconds: float) -> datetime:
    """A moment given in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _by_name(each: ContainerRecord) -> str:
    return each.name


def _container_status(each: ContainerRecord) -> ContainerStatus:
    spec = each.spec
    lifecycle = spec.lifecycle
    return ContainerStatus(
        name=each.name,
        image=spec.image,
        image_id=each.image_id,
        container_id=each.container_id,
        state=each.state,
        last_state=each.last_state,
        restart_count=each.restart_count,
        ready=each.ready,
        started=each.started,
        stop_signal=(lifecycle.stop_signal or "") if lifecycle is not None else "",
        allocated_resources=spec.resources.requests if each.has_run else None,
        resources=_without_claims(spec.resources) if each.has_run else None,
        volume_mounts=_volume_mounts(spec),
        user=each.user,
    )


def _without_claims(resources: ResourceRequirements) -> ResourceRequirements:
    return attrs.evolve(resources, claims=()) if resources.claims else resources


def _volume_mounts(spec: Container) -> tuple[VolumeMountStatus, ...]:
    return tuple(
        VolumeMountStatus(
            name=each.name,
            mount_path=each.mount_path,
            read_only=each.read_only,
            recursive_read_only=_recursive(each.recursive_read_only) if each.read_only else None,
        )
        for each in spec.volume_mounts
    )


def _recursive(asked: str | None) -> str:
    """Source: kubelet, resolveRecursiveReadOnly; `IfPossible` is possible on Linux."""
    return "Enabled" if asked in {"Enabled", "IfPossible"} else "Disabled"


def _resources(pod: Pod) -> tuple[Mapping[str, Quantity], ResourceRequirements | None]:
    """What the pod as a whole was allocated, and what bounds it.

    Bounds are shown where the pod sets its own, or where those of its containers amount to some:
    one container without a limit leaves the pod without.
    """
    requests = effective_requests(pod, has_overhead=False)
    own = pod.spec.resources
    if own is not None and (own.limits or own.requests):
        return requests, _without_claims(own)
    limited = [each.resources.limits for each in (*pod.spec.init_containers, *pod.spec.containers)]
    if not all(CPU in each and MEMORY in each for each in limited):
        return requests, None
    limits = effective_limits(pod, has_overhead=False)
    return requests, ResourceRequirements(limits=limits, requests=requests)
