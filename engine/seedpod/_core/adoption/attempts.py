"""The attempts that were found of a pod's containers, and what they tell.

Source: kubelet, `FindContainerStatusByName`, `isInitContainerFailed`,
`HasAnyRegularContainerCreated`, `HasAnyActiveRegularContainerStarted` and
`pruneInitContainersBeforeStart`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from seedpod._core.restart import has_init_failed
from seedpod.spec import PodSpec
from seedpod.status import FoundContainer, FoundPod, Running, Terminated, Waiting

Newest: TypeAlias = Mapping[str, FoundContainer]
"""By the name of a container: the newest attempt of it there is a record of."""


def newest_attempts(found: FoundPod) -> Newest:
    """The attempt of each container that counts; what ran before it is history."""
    newest: dict[str, FoundContainer] = {}
    for each in found.containers:
        newest.setdefault(each.name, each)
    return newest


def next_attempt(newest: FoundContainer | None) -> int:
    """The number of the attempt after the newest there is."""
    return 0 if newest is None else newest.attempt + 1


def is_running(attempt: FoundContainer | None) -> bool:
    """Whether there is such an attempt, and it runs."""
    return attempt is not None and isinstance(attempt.state, Running)


def has_attempt_failed(attempt: FoundContainer) -> bool:
    """Whether an attempt of an init container has failed; one whose fate is unknown has."""
    state = attempt.state
    return state is None or (isinstance(state, Terminated) and has_init_failed(state))


def has_attempt_succeeded(attempt: FoundContainer | None) -> bool:
    """Whether there is such an attempt, and it ended with 0."""
    state = None if attempt is None else attempt.state
    return isinstance(state, Terminated) and state.exit_code == 0


def was_app_created(spec: PodSpec, newest: Newest) -> bool:
    """Whether the newest attempt of some app is known to have been made, in whatever sandbox."""
    seen = (newest.get(app.name) for app in spec.containers)
    return any(each is not None and each.state is not None for each in seen)


def is_app_alive(spec: PodSpec, newest: Newest) -> bool:
    """Whether some app runs or is about to, which proves that the pod is initialized.

    An end proves nothing: the sandbox it happened in may be long gone.
    """
    seen = (newest.get(app.name) for app in spec.containers)
    return any(each is not None and isinstance(each.state, Running | Waiting) for each in seen)


def has_active_app(spec: PodSpec, found: FoundPod) -> bool:
    """Whether there was an attempt of some app in the sandbox that is in use."""
    if not (found.sandboxes and found.sandboxes[0].is_ready):
        return False
    apps = {app.name for app in spec.containers}
    return any(each.name in apps and each.is_in_newest_sandbox for each in found.containers)


def kept_attempts(spec: PodSpec, found: FoundPod) -> tuple[FoundContainer, ...]:
    """The attempts whose records are kept when the pod goes on.

    Of an init container that is the newest that is over; it proves that the container need not run
    again. Whatever may still be there, and all attempts of apps, are not touched.
    """
    inits = {each.name for each in spec.init_containers}
    seen: set[str] = set()
    kept: list[FoundContainer] = []
    for each in found.containers:
        is_over = each.state is None or isinstance(each.state, Terminated)
        if each.name in inits and is_over:
            if each.name in seen:
                continue
            seen.add(each.name)
        kept.append(each)
    return tuple(kept)
