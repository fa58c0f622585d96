"""How a pod goes on, container by container: the actions of the first look, told as parts to play.

An engine that runs a pod from top to bottom passes every container once. This says of each what is
different, there, from a pod of which nothing was there before.
"""

from __future__ import annotations

from collections.abc import Mapping

from seedpod._core.adoption.actions import pod_actions
from seedpod._core.adoption.attempts import (
    Newest,
    is_app_alive,
    is_running,
    newest_attempts,
)
from seedpod._core.adoption.part import Part
from seedpod._core.restart import needs_start
from seedpod.spec import Container, Pod, PodSpec
from seedpod.status import FoundContainer, FoundPod, Terminated, Waiting


def resumptions(pod: Pod, found: FoundPod) -> Mapping[str, Part]:
    """The part of every init container, sidecar and app, by its name.

    The probes of what runs have not been asked again yet, so none has failed.
    """
    actions = pod_actions(pod, found, heeds_own_policies=True)
    newest = newest_attempts(found)
    passed = _passed(pod.spec, newest)
    started = {*actions.init_containers_to_start, *actions.containers_to_start}
    parts: dict[str, Part] = {}
    for each in (*pod.spec.init_containers, *pod.spec.containers):
        attempt = newest.get(each.name)
        if each.name in started:
            parts[each.name] = _started(attempt)
        elif actions.creates_sandbox:
            parts[each.name] = _again(pod, each, attempt)
        elif actions.kills_pod:
            parts[each.name] = _last(attempt)
        else:
            parts[each.name] = _onward(pod, each, attempt, passed)
    return parts


def _started(attempt: FoundContainer | None) -> Part:
    may_run = attempt is not None and (attempt.state is None or is_running(attempt))
    return Part.KILL_AND_START if may_run else Part.START


def _again(pod: Pod, container: Container, attempt: FoundContainer | None) -> Part:
    """The pod begins anew in another sandbox."""
    is_app = container in pod.spec.containers
    return Part.LEFT if is_app and _is_left(pod, container, attempt) else Part.LATER


def _last(attempt: FoundContainer | None) -> Part:
    """The pod is over: nothing is started any more."""
    if is_running(attempt):
        return Part.ADOPT
    was_made = attempt is not None and not isinstance(attempt.state, Waiting)
    return Part.LEFT if was_made else Part.LATER


def _onward(
    pod: Pod, container: Container, attempt: FoundContainer | None, passed: frozenset[str]
) -> Part:
    """The pod goes on where it was."""
    if is_running(attempt):
        return Part.ADOPT
    if container.name in passed:
        return Part.DONE
    return Part.LEFT if _is_left(pod, container, attempt) else Part.LATER


def _is_left(pod: Pod, container: Container, attempt: FoundContainer | None) -> bool:
    if attempt is None or not isinstance(attempt.state, Terminated):
        return False
    return not needs_start(pod.spec.restart_policy, container, attempt.state)


def _passed(spec: PodSpec, newest: Newest) -> frozenset[str]:
    """The init containers that had their turn, as an attempt of them or of one after them tells."""
    had_turn = is_app_alive(spec, newest)
    passed: set[str] = set()
    for container in reversed(spec.init_containers):
        had_turn = had_turn or container.name in newest
        if had_turn:
            passed.add(container.name)
    return frozenset(passed)
