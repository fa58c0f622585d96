"""What to do with the init containers that were found in a usable sandbox.

Theory of operation: the list is walked from its end. The first entry there is an attempt of shows
how far initialization had come; whatever stands before it had its turn. So it alone is judged in
full, and of those before it only the sidecars matter, which must run: records of finished init
containers may be gone, and are not missed. If some app runs, all init containers had their turn.

Source: kubelet, `computeInitContainerActions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from seedpod._core.adoption import kills
from seedpod._core.adoption.attempts import Newest, has_attempt_failed, is_app_alive
from seedpod._core.adoption.kills import ContainerToKill, Verdicts
from seedpod._core.kill_messages import INIT
from seedpod._core.probing import Verdict
from seedpod._core.restart import NEVER, effective_policy, is_sidecar, needs_start
from seedpod.spec import Container, Pod
from seedpod.spec.words import ProbeKind
from seedpod.status import FoundContainer, Running, Terminated, Waiting


@attrs.frozen(kw_only=True)
class InitActions:
    """What to do with the init containers of a pod."""

    to_start: tuple[str, ...] = ()
    """In the order of the spec."""
    to_kill: tuple[ContainerToKill, ...] = ()
    is_initialized: bool = False
    """The apps may run."""
    kills_pod: bool = False
    """Initialization has failed for good."""


@attrs.frozen(kw_only=True)
class _Turn:
    """What one container asks for."""

    is_passed: bool = False
    """The next one may start."""
    starts: bool = False
    kill: ContainerToKill | None = None
    kills_pod: bool = False


_KEEP: Final = _Turn()
_START: Final = _Turn(starts=True)
_PASSED: Final = _Turn(is_passed=True)
_FATAL: Final = _Turn(kills_pod=True)


def init_actions(pod: Pod, newest: Newest, verdicts: Verdicts) -> InitActions:
    """What to do with the init containers.

    Args:
        pod: Its spec says which there are.
        newest: The newest attempt of each container, of apps too.
        verdicts: What the probes of sidecars have said.
    """
    inits = pod.spec.init_containers
    is_initialized = not inits or is_app_alive(pod.spec, newest)
    had_turn = is_initialized
    starts: list[str] = []
    to_kill: list[ContainerToKill] = []
    for index in reversed(range(len(inits))):
        container = inits[index]
        attempt = newest.get(container.name)
        turn = _turn(pod, container, attempt, verdicts, had_turn=had_turn)
        if turn.kills_pod:
            return InitActions(kills_pod=True)
        if turn.is_passed and index + 1 == len(inits):
            is_initialized = True
        elif turn.is_passed and not had_turn:
            starts.append(inits[index + 1].name)
        if turn.kill is not None:
            to_kill.append(turn.kill)
        if turn.starts:
            starts.append(container.name)
        had_turn = had_turn or attempt is not None
    if not had_turn:
        starts.append(inits[0].name)
    return InitActions(
        to_start=tuple(reversed(starts)), to_kill=tuple(to_kill), is_initialized=is_initialized
    )


def _turn(
    pod: Pod,
    container: Container,
    attempt: FoundContainer | None,
    verdicts: Verdicts,
    *,
    had_turn: bool,
) -> _Turn:
    """What *container* asks for; *had_turn*: so had the one after it, or some app."""
    if attempt is None:
        return _START if had_turn and is_sidecar(container) else _KEEP
    if is_sidecar(container):
        return _sidecar_turn(container, attempt, verdicts)
    return _KEEP if had_turn else _regular_turn(pod, container, attempt)


def _regular_turn(pod: Pod, container: Container, attempt: FoundContainer) -> _Turn:
    policy = pod.spec.restart_policy
    match attempt.state:
        case Running():
            return _KEEP
        case Waiting():
            return _START
        case Terminated() as state:
            if not has_attempt_failed(attempt):
                return _PASSED
            is_deleting = bool(pod.metadata.deletion_timestamp)
            may_start = needs_start(policy, container, state, is_deleting=is_deleting)
            return _START if may_start else _FATAL
        case None:
            # It has no exit code that a rule could be asked about.
            if effective_policy(policy, container) == NEVER:
                return _FATAL
            return _Turn(starts=True, kill=kills.lost(attempt, INIT))


def _sidecar_turn(container: Container, attempt: FoundContainer, verdicts: Verdicts) -> _Turn:
    match attempt.state:
        case Running():
            return _running_sidecar_turn(container, attempt, verdicts.get(container.name, {}))
        case Waiting() | Terminated():
            return _START
        case None:
            return _Turn(starts=True, kill=kills.lost(attempt, INIT))


def _running_sidecar_turn(
    container: Container, attempt: FoundContainer, said: Mapping[ProbeKind, Verdict]
) -> _Turn:
    has_probe = container.startup_probe is not None
    startup = said.get(ProbeKind.STARTUP) if has_probe else Verdict.SUCCESS
    if startup is Verdict.FAILURE:
        return _Turn(starts=True, kill=kills.failed(attempt, INIT, ProbeKind.STARTUP))
    if startup is not Verdict.SUCCESS:
        return _KEEP
    if attempt.has_other_spec:
        return _Turn(is_passed=True, starts=True, kill=kills.changed(attempt, INIT))
    if container.liveness_probe is not None and said.get(ProbeKind.LIVENESS) is Verdict.FAILURE:
        kill = kills.failed(attempt, INIT, ProbeKind.LIVENESS)
        return _Turn(is_passed=True, starts=True, kill=kill)
    return _PASSED
