"""Going on with a pod that was not begun here, or whose sandbox was lost.

Theory of operation: what is there is looked at once, and `_core.adoption` says what a kubelet would
do with it. That is told to each container as the part it plays when the story of the pod comes to
it, so the story itself stays the same: a container may be found running and be adopted, may have
ended for good, or need not be waited for.

Source: kubelet, computePodActions.
"""

from __future__ import annotations

import attrs

from seedpod import events
from seedpod._core.adoption.actions import Actions, pod_actions
from seedpod._core.adoption.attempts import (
    has_attempt_failed,
    is_app_alive,
    is_running,
    newest_attempts,
)
from seedpod._core.adoption.kills import ContainerToKill, changed
from seedpod._core.adoption.restarting_all import restart_trigger
from seedpod._core.adoption.resumption import resumptions
from seedpod._core.adoption.sandboxes import new_sandbox_attempt
from seedpod._core.adoption.statuses import Look, app_statuses, init_statuses
from seedpod._core.kill_messages import INIT
from seedpod._core.unseen_ends import LOST
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.pod_run import PodRun
from seedpod.abc import CanAdopt, ContainerKind
from seedpod.events import StopReason
from seedpod.status import FoundContainer, FoundPod, FoundSandbox, Terminated, Waiting


async def take_up(pod: PodRun, found: FoundPod, adoption: CanAdopt) -> None:
    """Decide how *pod* goes on, of which *found* is there.

    Cancellation: something of what cannot be used may be left.
    """
    is_usable = new_sandbox_attempt(pod.pod.spec, found.sandboxes) is None
    _note_found(pod, found, is_usable=is_usable)
    if is_usable:
        _take_up_sandbox(pod, found, pod_actions(pod.pod, found))
    else:
        await _begin_elsewhere(pod, found, adoption)


async def discard(pod: PodRun, found: FoundPod, adoption: CanAdopt) -> None:
    """End by force whatever was found of *pod*; nobody sees how it ends.

    Cancellation: something may be left.
    """
    await adoption.discard(pod.pod)
    for name, attempt in newest_attempts(found).items():
        if is_running(attempt) and name in pod.record.by_name:
            pod.milestone = pod.happened(
                events.ContainerExited,
                pod.milestone,
                name,
                attempt.attempt,
                LOST.exit_code,
                LOST.reason,
                LOST.message,
                attempt.container_id,
            )


def begin_anew(pod: PodRun) -> bool:
    """Prepare *pod*, whose sandbox is lost, for another one; False if it ends instead."""
    pod.is_lost = False
    found = _left_of(pod)
    if not _goes_on(pod, found):
        return False
    pod.stop_clock = None
    return True


def _take_up_sandbox(pod: PodRun, found: FoundPod, actions: Actions) -> None:
    pod.found = found
    pod.sandbox_attempt = found.sandboxes[0].attempt
    newest = newest_attempts(found)
    last = max((i for i, each in enumerate(pod.inits) if each.name in newest), default=0)
    if is_app_alive(pod.pod.spec, newest):
        last = len(pod.inits)
    for each in pod.inits[:last]:
        each.was_passed = True
    verdicts = {each.name: each for each in actions.containers_to_kill}
    parts = resumptions(pod.pod, found)
    for each in pod.containers:
        attempt = newest.get(each.name)
        each.part = parts[each.name]
        if attempt is not None and (is_running(attempt) or attempt.state is None):
            each.found = attempt
            each.is_open = True  # whoever waits for its end does so even before it is adopted
            each.verdict = verdicts.get(each.name) or _verdict_to_come(each, attempt)
            each.is_held_until_started = each.name not in verdicts
    trigger = restart_trigger(pod.pod.spec, found)
    if trigger is not None:
        pod.restart_all(_run_of(pod, trigger))
    elif actions.kills_pod:
        has_failed = any(
            has_attempt_failed(newest[each.name]) for each in pod.inits if each.name in newest
        )
        reason = StopReason.INIT_FAILED if has_failed else StopReason.COMPLETED
        pod.stop(reason, pod.grace_of_spec, pod.milestone)


async def _begin_elsewhere(pod: PodRun, found: FoundPod, adoption: CanAdopt) -> None:
    """The sandbox that was found cannot be used: what is in it goes, whatever becomes of the pod.

    Cancellation: something may be left.
    """
    await discard(pod, found, adoption)
    if found.sandboxes:
        pod.milestone = pod.happened(events.SandboxLost, pod.milestone)
    _goes_on(pod, attrs.evolve(found, containers=tuple(map(_ended, found.containers))))


def _ended(attempt: FoundContainer) -> FoundContainer:
    """What is left of an attempt in a sandbox that was discarded."""
    if not is_running(attempt):
        return attempt
    return attrs.evolve(attempt, state=LOST)


def _verdict_to_come(container: ContainerRun, attempt: FoundContainer) -> ContainerToKill | None:
    """A sidecar that was made from another description is replaced, but not before it started."""
    is_other = container.kind is ContainerKind.SIDECAR and attempt.has_other_spec
    return changed(attempt, INIT) if is_other else None


def _goes_on(pod: PodRun, found: FoundPod) -> bool:
    """Give the containers their parts in another sandbox; False if the pod needs none."""
    actions = pod_actions(pod.pod, found, heeds_own_policies=True)
    if not actions.creates_sandbox:
        pod.stop(StopReason.SANDBOX_LOST, 0.0, pod.milestone)
        return False
    pod.sandbox_attempt = actions.sandbox_attempt or 0
    parts = resumptions(pod.pod, found)
    for each in pod.containers:
        each.part = parts[each.name]
        each.was_passed = False
    for each in pod.inits:  # what is known of them is forgotten with the old sandbox
        each.end = each.ended_at = each.ended_before = None
    return True


def _note_found(pod: PodRun, found: FoundPod, *, is_usable: bool) -> None:
    """Let the status say what there is."""
    newest = newest_attempts(found)
    look = Look(pod=pod.pod, found=found)
    for status in (*init_statuses(look), *app_statuses(look)):
        attempt = newest.get(status.name)
        if attempt is not None:
            _run_of(pod, status.name).attempt = attempt.attempt
        if attempt is not None or not isinstance(status.state, Waiting):
            pod.milestone = pod.happened(
                events.ContainerFound,
                pod.milestone,
                status.name,
                status.state,
                status.restart_count,
                status.container_id,
                status.image_id,
                status.user,
                status.last_state,
                is_usable and attempt is not None and attempt.is_in_newest_sandbox,
            )


def _left_of(pod: PodRun) -> FoundPod:
    """What there is of a pod whose sandbox is lost, as it would be found."""
    sandbox = FoundSandbox(
        is_ready=False,
        attempt=pod.sandbox_attempt,
        has_host_network=pod.pod.spec.host_network,
        ip=pod.facts.pod_ip,
    )
    made = [each for each in pod.containers if each.attempt >= 0]
    return FoundPod(sandboxes=(sandbox,), containers=tuple(map(_attempt_of, made)))


def _attempt_of(container: ContainerRun) -> FoundContainer:
    record = container.record
    # Why it waits may be put over the end of its newest attempt.
    state = record.state if isinstance(record.state, Terminated) else record.last_state
    return FoundContainer(name=container.name, attempt=container.attempt, state=state)


def _run_of(pod: PodRun, name: str) -> ContainerRun:
    return next(each for each in pod.containers if each.name == name)
