"""The whole status of a pod, from what was found of it and what was last said.

Source: kubelet, `generateAPIPodStatus`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias

import attrs

from seedpod._core.adoption.attempts import has_active_app
from seedpod._core.adoption.eviction import Eviction
from seedpod._core.adoption.merging import TERMINAL, dated, is_own
from seedpod._core.adoption.restarting_all import is_restarting_all, should_restart_all
from seedpod._core.adoption.sandboxes import new_sandbox_attempt
from seedpod._core.adoption.statuses import Look, app_statuses, init_statuses
from seedpod._core.conditions import DISRUPTED, INITIALIZED, PodView, conditions
from seedpod._core.declared import pod_resources
from seedpod._core.phase import phase
from seedpod._core.resources import qos_class
from seedpod.status import ContainerStatus, Phase, PodCondition, PodStatus

Readiness: TypeAlias = Callable[[ContainerStatus], tuple[bool | None, bool]]
"""Whether a container counts as started, and whether it is ready: for its probes to say."""


def pod_status(
    look: Look,
    readiness: Readiness,
    *,
    is_terminal: bool = False,
    eviction: Eviction | None = None,
    now: datetime | None = None,
) -> PodStatus:
    """The status of the pod as of *look*; its addresses and its start are those last reported.

    Args:
        look: What is seen of it.
        readiness: Asked of every container.
        is_terminal: The pod is being ended: nothing of it will be started again.
        eviction: Why it must fail; None if its containers decide.
        now: Since when a condition is as it is, if it has changed.
    """
    pod, found = look.pod, look.found
    is_restarting = should_restart_all(pod, found, look.reported.conditions)
    look = attrs.evolve(look, is_restarting_all=is_restarting)
    status = attrs.evolve(
        look.reported,
        init_container_statuses=_judged(init_statuses(look), readiness),
        container_statuses=_judged(app_statuses(look), readiness),
        qos_class=qos_class(pod),
        observed_generation=pod.metadata.generation or None,
    )
    status = _with_phase(look, status, _phase(look, status, is_terminal=is_terminal), eviction)
    allocated, resources = pod_resources(pod)
    return attrs.evolve(
        status,
        conditions=_conditions(look, status, now),
        allocated_resources=allocated,
        resources=resources,
    )


def _judged(
    statuses: Iterable[ContainerStatus], readiness: Readiness
) -> tuple[ContainerStatus, ...]:
    made: list[ContainerStatus] = []
    for each in statuses:
        started, ready = readiness(each)
        made.append(attrs.evolve(each, started=started, ready=ready))
    return tuple(made)


def _phase(look: Look, status: PodStatus, *, is_terminal: bool) -> Phase:
    """What the containers amount to; a terminal phase never changes again."""
    computed = phase(
        look.pod.spec,
        status.init_container_statuses,
        status.container_statuses,
        is_terminal=is_terminal,
        has_initialized=has_active_app(look.pod.spec, look.found),
    )
    if computed.is_terminal:
        return computed
    for said in (look.reported.phase, look.published.phase):
        if said in TERMINAL:
            return said
    return computed


def _with_phase(
    look: Look, status: PodStatus, computed: Phase, eviction: Eviction | None
) -> PodStatus:
    """*status* with its phase; reason and message stay for as long as the phase does."""
    reason = message = ""
    if computed == look.reported.phase:
        reason = look.reported.reason or look.published.reason
        message = look.reported.message or look.published.message
    if eviction is not None:
        computed, reason, message = Phase.FAILED, eviction.reason, eviction.message
    if look.published.phase in TERMINAL:
        computed = look.published.phase
    return attrs.evolve(status, phase=computed, reason=reason, message=message)


def _conditions(look: Look, status: PodStatus, now: datetime | None) -> tuple[PodCondition, ...]:
    reported = look.reported
    initialized = reported.condition(INITIALIZED)
    view = PodView(
        spec=look.pod.spec,
        phase=status.phase,
        init_statuses=status.init_container_statuses,
        statuses=status.container_statuses,
        has_sandbox=new_sandbox_attempt(look.pod.spec, look.found.sandboxes) is None,
        was_initialized=initialized is not None and initialized.status == "True",
        is_restarting_all=is_restarting_all(look.pod, look.found, reported.conditions),
        generation=status.observed_generation,
    )
    others = {each.type: each for each in look.published.conditions if not is_own(each.type)}
    others |= {each.type: each for each in reported.conditions if each.type == DISRUPTED}
    made = conditions(view, times={}, others=tuple(others.values()))
    return tuple(dated(each, reported, now) if is_own(each.type) else each for each in made)
