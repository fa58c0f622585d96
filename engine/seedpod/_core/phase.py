"""The phase of a pod, from its spec and what is seen of its containers.

Every container contributes a few facts (a set of bits); the phase is the first rule that fits the
facts of all of them together. No rule counts anything: that some app waits, or failed, is enough.

Source: kubelet, `getPhase`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from seedpod._core.restart import ALWAYS, may_restart
from seedpod._core.unseen_ends import RESTARTING_ALL
from seedpod.spec import Container, PodSpec
from seedpod.status import ContainerState, Phase, Running, Terminated

# Plain integers: an IntFlag would cost more than the rest of this module.
_INIT_FAILED: Final = 1
"""An init container has failed and may not run again."""
_INIT_PENDING: Final = 2
_SIDECAR_PENDING: Final = 4
"""A sidecar has not started yet."""
_WAITING: Final = 8
"""An app or a sidecar has never run."""
_RUNNING: Final = 16
_UNKNOWN: Final = 32
"""An app or a sidecar has no status at all."""
_STOPPED: Final = 64
_WILL_RESTART: Final = 128
"""A stopped app is to run again."""
_NOT_SUCCEEDED: Final = 256
"""A stopped app did not end with 0, or waits for its next attempt."""

_NOT_THERE: Final = _INIT_PENDING | _WAITING | _UNKNOWN


class ContainerView(Protocol):
    """What the phase looks at in a container: a `ContainerStatus`, or a record being kept."""

    @property
    def name(self) -> str:
        """The container's name in the spec."""
        ...

    @property
    def state(self) -> ContainerState:
        """What the container does now."""
        ...

    @property
    def last_state(self) -> Terminated | None:
        """How the attempt before ended."""
        ...

    @property
    def started(self) -> bool | None:
        """Whether the running attempt counts as started."""
        ...


ViewT = TypeVar("ViewT", bound=ContainerView)


def phase(
    spec: PodSpec,
    init_statuses: Sequence[ContainerView],
    statuses: Sequence[ContainerView],
    *,
    is_terminal: bool = False,
    has_initialized: bool = False,
) -> Phase:
    """The phase of a pod whose containers look like this.

    Args:
        spec: The pod's; an absent restart policy acts as `Always`.
        init_statuses: Of init containers and sidecars, found by name; quickest in the spec's order.
        statuses: Of apps, likewise.
        is_terminal: The pod is being ended: nothing of it will be started again.
        has_initialized: Some app was started already: a sidecar that starts anew changes nothing.
    """
    facts = _init_facts(spec, init_statuses) | _app_facts(spec, statuses)
    if facts & _INIT_FAILED:
        return Phase.FAILED
    if facts & _NOT_THERE or (facts & _SIDECAR_PENDING and not has_initialized):
        return Phase.PENDING
    if facts & _RUNNING:
        return Phase.RUNNING
    if not facts & _STOPPED:
        return Phase.PENDING
    if facts & _WILL_RESTART and not is_terminal:
        return Phase.RUNNING
    return Phase.FAILED if facts & _NOT_SUCCEEDED else Phase.SUCCEEDED


def final_phase(
    spec: PodSpec, init_statuses: Sequence[ContainerView], statuses: Sequence[ContainerView]
) -> Phase:
    """The terminal phase of a pod of which nothing runs any more and nothing will.

    Whatever is not over by then, an app that never started for example, counts as failed.

    Source: kubelet, `TerminatePod`.
    """
    last = phase(spec, init_statuses, statuses, is_terminal=True, has_initialized=True)
    return last if last.is_terminal else Phase.FAILED


def find_status(statuses: Sequence[ViewT], index: int, name: str) -> ViewT | None:
    """The status of this name; *index* is where it is likely to be."""
    if index < len(statuses) and statuses[index].name == name:
        return statuses[index]
    for each in statuses:
        if each.name == name:
            return each
    return None


def _init_facts(spec: PodSpec, statuses: Sequence[ContainerView]) -> int:
    facts = 0
    index = 0
    for container in spec.init_containers:
        status = find_status(statuses, index, container.name)
        if container.restart_policy == ALWAYS:
            facts |= _sidecar_fact(status)
        else:
            facts |= _init_fact(spec.restart_policy, container, status)
        index += 1  # noqa: SIM113 - enumerate makes a tuple each round
    return facts


def _init_fact(policy: str, container: Container, status: ContainerView | None) -> int:
    ended = None if status is None else _ended(status)
    if ended is None:
        return _INIT_PENDING
    if ended.exit_code == 0 or ended.reason == RESTARTING_ALL:
        return 0
    return 0 if may_restart(policy, container, ended.exit_code) else _INIT_FAILED


def _sidecar_fact(status: ContainerView | None) -> int:
    if status is None:
        return _UNKNOWN
    if isinstance(status.state, Running):
        return _RUNNING if status.started else _RUNNING | _SIDECAR_PENDING
    return _SIDECAR_PENDING | _WAITING if _ended(status) is None else 0


def _app_facts(spec: PodSpec, statuses: Sequence[ContainerView]) -> int:
    facts = 0
    index = 0
    for container in spec.containers:
        status = find_status(statuses, index, container.name)
        if status is None:
            facts |= _UNKNOWN
        elif isinstance(status.state, Running):
            facts |= _RUNNING
        else:
            facts |= _still_app_fact(spec.restart_policy, container, status)
        index += 1  # noqa: SIM113 - as above
    return facts


def _still_app_fact(policy: str, container: Container, status: ContainerView) -> int:
    ended = _ended(status)
    if ended is None:
        return _WAITING
    facts = _STOPPED
    if ended.reason == RESTARTING_ALL or may_restart(policy, container, ended.exit_code):
        facts |= _WILL_RESTART
    if ended.exit_code != 0 or ended is not status.state:
        facts |= _NOT_SUCCEEDED
    return facts


def _ended(status: ContainerView) -> Terminated | None:
    """How a container that does not run ended; None if it runs or never did."""
    state = status.state
    if isinstance(state, Terminated):
        return state
    return None if isinstance(state, Running) else status.last_state
