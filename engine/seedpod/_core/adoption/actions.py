"""What an engine does with a pod it finds in some state.

Nothing is kept between two looks: the answer follows from what is there. Carried out, the actions
bring the pod one step nearer to what its spec asks for; looking again tells the next step.

Source: kubelet, `computePodActions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from seedpod._core.adoption import kills
from seedpod._core.adoption.attempts import (
    Newest,
    has_attempt_succeeded,
    newest_attempts,
)
from seedpod._core.adoption.init_actions import init_actions
from seedpod._core.adoption.kills import ContainerToKill, Verdicts
from seedpod._core.adoption.restarting_all import ContainerToReset, containers_to_reset
from seedpod._core.adoption.sandboxes import new_sandbox_attempt
from seedpod._core.kill_messages import APP, restarted
from seedpod._core.probing import Verdict
from seedpod._core.restart import NEVER, ON_FAILURE, effective_policy, needs_start
from seedpod.spec import Container, Pod
from seedpod.spec.words import ProbeKind
from seedpod.status import FoundContainer, FoundPod, Running

_NOTHING_SAID: Final[Verdicts] = {}


@attrs.frozen(kw_only=True)
class Actions:
    """What is to be done with a pod now; containers are named, and listed in order."""

    kills_pod: bool = False
    """End everything that runs, in the order of a stop, and close the sandbox."""
    creates_sandbox: bool = False
    """Then make another one; what is known of init containers is forgotten with the old one."""
    sandbox_attempt: int | None = None
    """The number of the sandbox to make, if one is made."""
    init_containers_to_start: tuple[str, ...] = ()
    """If one that is no sidecar cannot be started, nothing after it is, apps included."""
    containers_to_start: tuple[str, ...] = ()
    """If one cannot be started, the others are all the same."""
    ephemeral_containers_to_start: tuple[str, ...] = ()
    containers_to_kill: tuple[ContainerToKill, ...] = ()
    """Before anything is started; when the whole pod is killed they go with it."""
    containers_to_reset: tuple[ContainerToReset, ...] = ()
    """All containers are restarted: these are removed one after another, and nothing else is done.
    """


@attrs.frozen(kw_only=True)
class _Turn:
    """What one app asks for."""

    is_kept: bool = False
    """It runs, and goes on."""
    starts: bool = False
    kill: ContainerToKill | None = None


def pod_actions(
    pod: Pod,
    found: FoundPod,
    verdicts: Verdicts = _NOTHING_SAID,
    *,
    restarts_all: bool = False,
    heeds_own_policies: bool = False,
) -> Actions:
    """What is to be done with *pod* now.

    Args:
        pod: What it is to be.
        found: What there is of it.
        verdicts: What the probes have said of the containers that run.
        restarts_all: All containers are being restarted (see `should_restart_all`).
        heeds_own_policies: Whether apps of a `Never` pod that have another policy of their own are
            started again when its sandbox is lost. A kubelet forgets them, and the pod stays
            Running for ever.
    """
    attempt = new_sandbox_attempt(pod.spec, found.sandboxes)
    if restarts_all:
        return Actions(
            kills_pod=attempt is not None,
            creates_sandbox=attempt is not None,
            sandbox_attempt=attempt,
            containers_to_reset=containers_to_reset(pod.spec, found),
        )
    if attempt is not None:
        return _new_sandbox_actions(pod, found, attempt, heeds_own=heeds_own_policies)
    return _same_sandbox_actions(pod, newest_attempts(found), verdicts)


def _new_sandbox_actions(pod: Pod, found: FoundPod, attempt: int, *, heeds_own: bool) -> Actions:
    """Begin anew, unless the pod is over with; init containers run again whatever became of them.

    A pod that is never restarted is over with once anything of it was started.
    """
    is_over = pod.spec.restart_policy == NEVER and attempt != 0 and bool(found.containers)
    newest = newest_attempts(found)
    apps = tuple(
        app.name
        for app in pod.spec.containers
        if not _is_done(pod, app, newest.get(app.name))
        and not (is_over and not (heeds_own and effective_policy(NEVER, app) != NEVER))
    )
    if not apps:
        return Actions(kills_pod=True)
    first = tuple(each.name for each in pod.spec.init_containers[:1])
    return Actions(
        kills_pod=True,
        creates_sandbox=True,
        sandbox_attempt=attempt,
        init_containers_to_start=first,
        containers_to_start=() if first else apps,
    )


def _is_done(pod: Pod, app: Container, attempt: FoundContainer | None) -> bool:
    runs_once = effective_policy(pod.spec.restart_policy, app) == ON_FAILURE
    return runs_once and has_attempt_succeeded(attempt)


def _same_sandbox_actions(pod: Pod, newest: Newest, verdicts: Verdicts) -> Actions:
    inits = init_actions(pod, newest, verdicts)
    actions = Actions(
        kills_pod=inits.kills_pod,
        init_containers_to_start=inits.to_start,
        ephemeral_containers_to_start=tuple(
            each.name for each in pod.spec.ephemeral_containers if each.name not in newest
        ),
        containers_to_kill=inits.to_kill,
    )
    if not inits.is_initialized:
        return actions
    turns = [
        (app.name, _turn(pod, app, newest.get(app.name), verdicts.get(app.name, {})))
        for app in pod.spec.containers
    ]
    to_start = tuple(name for name, turn in turns if turn.starts)
    # Sidecars alone do not keep a pod alive, so none is started for its own sake.
    is_over = not to_start and not any(turn.is_kept for _, turn in turns)
    to_kill = tuple(turn.kill for _, turn in turns if turn.kill is not None)
    return attrs.evolve(
        actions,
        kills_pod=is_over,
        init_containers_to_start=() if is_over else inits.to_start,
        containers_to_start=to_start,
        containers_to_kill=(*inits.to_kill, *to_kill),
    )


def _turn(
    pod: Pod, app: Container, attempt: FoundContainer | None, said: Mapping[ProbeKind, Verdict]
) -> _Turn:
    state = None if attempt is None else attempt.state
    if attempt is not None and isinstance(state, Running):
        return _running_turn(pod, app, attempt, said)
    is_deleting = bool(pod.metadata.deletion_timestamp)
    if not needs_start(pod.spec.restart_policy, app, state, is_deleting=is_deleting):
        return _Turn()
    if attempt is not None and state is None:
        return _Turn(starts=True, kill=kills.lost(attempt, APP))
    return _Turn(starts=True)


def _running_turn(
    pod: Pod, app: Container, attempt: FoundContainer, said: Mapping[ProbeKind, Verdict]
) -> _Turn:
    kill = _kill(attempt, said)
    if kill is None:
        return _Turn(is_kept=True)
    # It has no exit code yet that a rule could be asked about.
    may_return = effective_policy(pod.spec.restart_policy, app) != NEVER
    if not (may_return or attempt.has_other_spec):
        return _Turn(kill=kill)
    return _Turn(starts=True, kill=attrs.evolve(kill, message=restarted(kill.message)))


def _kill(attempt: FoundContainer, said: Mapping[ProbeKind, Verdict]) -> ContainerToKill | None:
    """Why a running app cannot go on; None if it can."""
    if attempt.has_other_spec:
        return kills.changed(attempt, APP)
    for probe in (ProbeKind.LIVENESS, ProbeKind.STARTUP):
        if said.get(probe) is Verdict.FAILURE:
            return kills.failed(attempt, APP, probe)
    return None
