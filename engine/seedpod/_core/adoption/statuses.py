"""Container statuses, from what was found of a pod and what was last said of it.

Theory of operation: a container of which there is an attempt is described by the newest, and its
last state by the one before. Of the others the last report is repeated as far as it can still be
true: what ran and is gone has ended somehow. Last comes what keeps a container from starting, if
somebody knows: it is put over an end that is not the last.

Source: kubelet, `convertToAPIContainerStatuses`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from seedpod._core.adoption.attempts import newest_attempts, was_app_created
from seedpod._core.declared import declared_status, with_resources
from seedpod._core.restart import is_sidecar, needs_start
from seedpod._core.unseen_ends import (
    EXIT_CODE,
    LOST_MESSAGE,
    RESET,
    RESETTING,
    RESTARTING_ALL,
    UNKNOWN,
)
from seedpod.spec import Container, Pod
from seedpod.spec.frozen import as_map
from seedpod.status import (
    ContainerState,
    ContainerStatus,
    FoundContainer,
    FoundPod,
    PodStatus,
    Running,
    Terminated,
    Waiting,
)

_LOST_RUNNING: Final = (
    "The container could not be located when the pod was deleted.  The container used to be Running"
)
_FORGOTTEN: Final = (
    "Unable to get init container status from container runtime and pod has been initialized, "
    "treat it as exited normally"
)


@attrs.frozen(kw_only=True)
class Look:
    """One look at a pod."""

    pod: Pod
    """What it is to be."""
    found: FoundPod
    """What there is of it."""
    reported: PodStatus = attrs.field(factory=PodStatus)
    """What was last made of it."""
    published: PodStatus = attrs.field(
        default=attrs.Factory(lambda look: look.reported, takes_self=True)
    )
    """What others were shown of that, which may be behind."""
    start_failures: Mapping[str, Waiting] = attrs.field(default=None, converter=as_map)
    """By the name of a container: why it could not be started the last time."""
    is_restarting_all: bool = False
    """All containers are being restarted (see `should_restart_all`)."""


def init_statuses(look: Look) -> tuple[ContainerStatus, ...]:
    """The statuses of init containers and sidecars, in the order of the spec."""
    inits = look.pod.spec.init_containers
    statuses = _statuses(look, inits, look.reported.init_container_statuses)
    newest = newest_attempts(look.found)
    is_initialized = was_app_created(look.pod.spec, newest)
    made: list[ContainerStatus] = []
    for container, status in zip(inits, statuses, strict=True):
        attempt = newest.get(container.name)
        if attempt is None and is_initialized and _is_forgotten(container, status):
            made.append(attrs.evolve(status, state=Terminated(0, "Completed", _FORGOTTEN)))
        elif _has_ended_well(attempt):
            made.append(status)
        else:
            made.append(_with_failure(look, container, attempt, status))
    return tuple(made)


def app_statuses(look: Look) -> tuple[ContainerStatus, ...]:
    """The statuses of the apps, sorted by name."""
    apps = look.pod.spec.containers
    statuses = _statuses(look, apps, look.reported.container_statuses)
    newest = newest_attempts(look.found)
    made = [
        _with_failure(look, container, newest.get(container.name), status)
        for container, status in zip(apps, statuses, strict=True)
    ]
    return tuple(sorted(made, key=lambda status: status.name))


def _statuses(
    look: Look, containers: Sequence[Container], reported: Sequence[ContainerStatus]
) -> list[ContainerStatus]:
    """The statuses without what keeps a container from starting, in the order of *containers*."""
    before = {each.name: each for each in reported}
    made: list[ContainerStatus] = []
    for container in containers:
        attempts = [each for each in look.found.containers if each.name == container.name]
        old = before.get(container.name)
        if attempts:
            made.append(_seen(look, container, attempts, old))
        else:
            made.append(_unseen(look, container, old))
    return made


def _seen(
    look: Look,
    container: Container,
    attempts: Sequence[FoundContainer],
    old: ContainerStatus | None,
) -> ContainerStatus:
    newest = attempts[0]
    state = _state(look, newest, old)
    status = attrs.evolve(
        with_resources(declared_status(container, _not_begun(look.pod)), container),
        state=state,
        last_state=_last_state(look, newest, attempts[1:2], old),
        restart_count=_restart_count(newest, old),
        container_id=newest.container_id,
        image_id=newest.image_id,
        user=newest.user,
    )
    if old is None or not isinstance(state, Running):
        return status
    return attrs.evolve(status, started=old.started)


def _state(look: Look, attempt: FoundContainer, old: ContainerStatus | None) -> ContainerState:
    match attempt.state:
        case Running() as state:
            return state
        case Waiting():
            return Waiting()
        case Terminated() as state:
            return attrs.evolve(state, container_id=attempt.container_id)
        case None:
            if old is None or not isinstance(old.state, Running):
                return Waiting()
            reason = RESTARTING_ALL if look.is_restarting_all else UNKNOWN
            return Terminated(EXIT_CODE, reason, LOST_MESSAGE)


def _last_state(
    look: Look,
    newest: FoundContainer,
    before: Sequence[FoundContainer],
    old: ContainerStatus | None,
) -> Terminated | None:
    """How the attempt before ended; if its record is gone, as it was reported."""
    if before:
        state = _state(look, before[0], old)
        return state if isinstance(state, Terminated) else None
    if old is None:
        return None
    if isinstance(old.state, Terminated) and old.container_id != newest.container_id:
        return old.state
    return old.last_state


def _restart_count(attempt: FoundContainer, old: ContainerStatus | None) -> int:
    """The attempt's number; what was reported before is never taken back."""
    if old is None:
        return attempt.attempt
    match attempt.state, old.state:
        case Running(), Terminated():
            # It was started once more, even if the record of the attempts was lost on the way.
            return max(attempt.attempt, old.restart_count + 1)
        case None, Running():
            return old.restart_count + 1
        case _:
            return max(attempt.attempt, old.restart_count)


def _unseen(look: Look, container: Container, old: ContainerStatus | None) -> ContainerStatus:
    """A container of which there is nothing (any more)."""
    status = declared_status(container, _not_begun(look.pod))
    if old is None:
        return status
    if look.is_restarting_all and not isinstance(old.state, Waiting):
        return _reset(status, old)
    if isinstance(old.state, Terminated):
        return old
    last_state, count = old.last_state, old.restart_count
    if isinstance(old.state, Running) and last_state is None:
        last_state = Terminated(EXIT_CODE, UNKNOWN, _LOST_RUNNING)
        count += 0 if look.pod.metadata.deletion_timestamp else 1
    return attrs.evolve(status, last_state=last_state, restart_count=count)


def _reset(status: ContainerStatus, old: ContainerStatus) -> ContainerStatus:
    return attrs.evolve(
        old if isinstance(old.state, Terminated) else status,
        state=RESETTING,
        last_state=RESET,
        restart_count=old.restart_count + 1,
    )


def _not_begun(pod: Pod) -> Waiting:
    return Waiting("PodInitializing" if pod.spec.init_containers else "ContainerCreating")


def _is_forgotten(container: Container, status: ContainerStatus) -> bool:
    """Whether an init container must have succeeded, now that there was an app after it."""
    return not is_sidecar(container) and isinstance(status.state, Waiting)


def _has_ended_well(attempt: FoundContainer | None) -> bool:
    state = None if attempt is None else attempt.state
    return isinstance(state, Terminated) and state.exit_code == 0


def _with_failure(
    look: Look, container: Container, attempt: FoundContainer | None, status: ContainerStatus
) -> ContainerStatus:
    """*status*, or why the container could not be started, if it is to be started."""
    failure = look.start_failures.get(container.name)
    is_due = needs_start(
        look.pod.spec.restart_policy,
        container,
        None if attempt is None else attempt.state,
        is_deleting=bool(look.pod.metadata.deletion_timestamp),
    )
    if failure is None or not is_due:
        return status
    ended = status.state if isinstance(status.state, Terminated) else status.last_state
    return attrs.evolve(status, state=failure, last_state=ended)
