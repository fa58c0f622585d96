"""The v1 status of a pod, made out of its record when somebody looks."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from seedpod._core.adoption.termination import terminated
from seedpod._core.conditions import INITIALIZED, PodView, conditions
from seedpod._core.declared import declared_status, pod_resources, with_resources
from seedpod._core.record import ContainerRecord, PodRecord
from seedpod._core.resources import qos_class
from seedpod.status import ContainerStatus, Phase, PodStatus


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
    allocated, resources = pod_resources(record.pod)
    pod_ips = record.pod_ips if record.had_sandbox else ()
    status = PodStatus(
        phase=record.phase,
        reason=record.reason,
        message=record.message,
        conditions=conditions(view, times=times, others=tuple(record.others.values())),
        init_container_statuses=inits,
        container_statuses=apps,
        start_time=None if record.submitted_at is None else utc(record.submitted_at),
        qos_class=qos_class(record.pod),
        host_ip=_main(record.host_ips),
        host_ips=record.host_ips,
        pod_ip=_main(pod_ips),
        pod_ips=pod_ips,
        observed_generation=generation,
        allocated_resources=allocated,
        resources=resources,
    )
    return terminated(record.pod.spec, status) if record.phase.is_terminal else status


def utc(seconds: float) -> datetime:
    """A moment given in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _main(addresses: tuple[str, ...]) -> str:
    return addresses[0] if addresses else ""


def _by_name(each: ContainerRecord) -> str:
    return each.name


def _container_status(each: ContainerRecord) -> ContainerStatus:
    declared = declared_status(each.spec, each.state)
    return attrs.evolve(
        with_resources(declared, each.spec) if each.has_run else declared,
        image_id=each.image_id,
        container_id=each.container_id,
        last_state=each.last_state,
        restart_count=each.restart_count,
        ready=each.ready,
        started=each.started,
        user=each.user,
    )
