"""The last word on a pod of which nothing runs any more: its phase, why, and its conditions."""

from __future__ import annotations

from seedpod import events
from seedpod._core.adoption.eviction import PAST_DEADLINE
from seedpod._core.backoff import go_duration
from seedpod._core.conditions import BY_NODE, DISRUPTED
from seedpod._core.fold import final_phase
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.pod_run import PodRun
from seedpod.abc import ContainerKind
from seedpod.events import StopReason
from seedpod.status import Phase

GAVE_UP_REASON = "RestartLimitExceeded"


def conclude(pod: PodRun) -> None:
    """Record the terminal phase of *pod*, and what follows from it."""
    record = pod.record
    stopping = record.stopping
    cause = None if stopping is None else stopping.sequence
    if record.has_sandbox:
        cause = pod.happened(events.SandboxClosed, cause)
    phase = final_phase(record)
    is_forced = phase is None
    if phase is None or _given_up(pod) is not None:
        phase = Phase.FAILED
    reason, message = _last_word(pod, phase)
    pod.happened(events.PodPhaseChanged, cause, phase, reason, message, is_forced)
    _settle_conditions(pod, phase)
    if pod.is_disrupted and stopping is not None and stopping.reason is StopReason.EVICTED:
        words = stopping.message
        pod.happened(events.PodConditionSet, cause, DISRUPTED, "True", BY_NODE, words)


def _last_word(pod: PodRun, phase: Phase) -> tuple[str, str]:
    """The reason and message of the terminal phase, where there is more to say."""
    stopping = pod.record.stopping
    if stopping is not None and stopping.reason is StopReason.DEADLINE_EXCEEDED:
        return PAST_DEADLINE.reason, PAST_DEADLINE.message
    if stopping is not None and stopping.reason is StopReason.EVICTED:
        # Source: kubelet; containers that all end well make the pod succeed even so.
        return (str(stopping.reason), stopping.message) if phase is Phase.FAILED else ("", "")
    limit, given_up = pod.settings.restart_limit, _given_up(pod)
    if given_up is None or limit is None:
        return "", ""
    times = f"{limit.max_restarts} times within {go_duration(limit.window_seconds)}"
    return GAVE_UP_REASON, f"container {given_up.name} was restarted {times}"


def _given_up(pod: PodRun) -> ContainerRun | None:
    """A container that would be started again, had it not been so too often; no sidecar."""
    counting = (each for each in pod.containers if each.kind is not ContainerKind.SIDECAR)
    return next((each for each in counting if each.has_given_up), None)


def _settle_conditions(pod: PodRun, phase: Phase) -> None:
    """In a terminal phase a pod is not ready, and one that succeeded had been initialized."""
    cause = pod.log.next_sequence - 1
    final = {"PodReadyToStartContainers": False, "ContainersReady": False, "Ready": False}
    if phase is Phase.SUCCEEDED:
        final["Initialized"] = True
    for type_, is_true in final.items():
        if pod.record.is_true.get(type_) is not is_true:
            pod.happened(events.PodConditionChanged, cause, type_, is_true)
