"""What one event says by itself, in a few words; about many there is nothing to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from seedpod import events
from seedpod.events import Event, StopReason
from seedpod.spec.words import HookKind
from seedpod.status import Running, Terminated

_LONGEST: Final = 200
"""How much of a message is shown."""
_STOPPING: Final = {
    StopReason.INIT_FAILED: "an init container has failed",
    StopReason.DEADLINE_EXCEEDED: "its activeDeadlineSeconds have passed",
    StopReason.EVICTED: "it is evicted",
    StopReason.SANDBOX_LOST: "nothing of it may start again",
    StopReason.CANCELLED: "it is being killed",
}
_TOLD_BEFORE: Final = frozenset({"FailedPostStartHook", "killing"})
"""Causes of an end that an earlier line has told: of the hook that failed, of the whole pod."""
_UNITS: Final = {1: "kB", 2: "MB", 3: "GB"}
_WAITS: Final = {
    "CrashLoopBackOff": "starts again",
    "PostStartHookError": "starts again",
    "RunContainerError": "starts again",
    "ImagePullBackOff": "pulls its image again",
}
"""Waits whose cause an earlier line has told; what follows them is all there is to say."""


def words(event: Event) -> str:
    """What there is to say about *event*; empty for nothing."""
    say = WORDS.get(type(event))
    return "" if say is None else say(event)


def seconds(amount: float) -> str:
    """A duration as a person says it: `0.2 s`, `12 s`, `3 min 5 s`."""
    if amount < 10:
        return f"{amount:.1f} s"
    minutes, rest = divmod(round(amount), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _blocked(event: events.PodBlocked) -> str:
    return _with("cannot start yet", event.reason, _short(event.message))


def fetched(received: int, total: int | None) -> str:
    """How much is there of something, as a person says it: `34 of 120 MB`, `1.2 of 3.4 GB`."""
    size = received if total is None else max(received, total)
    power = next((each for each in (3, 2) if size >= 1000**each), 1)
    digits = int(size < 10 * 1000**power)
    amounts = [f"{each / 1000**power:.{digits}f}" for each in (received, total) if each is not None]
    return f"{' of '.join(amounts)} {_UNITS[power]}"


def _updated(event: events.PodUpdated) -> str:
    return f"updated: {', '.join(event.fields)}"


def _volumes_updated(event: events.VolumesUpdated) -> str:
    return f"volumes updated: {', '.join(event.volumes)}"


def _pull_secrets_missing(event: events.ImagePullSecretsMissing) -> str:
    return f"missing image pull secrets: {', '.join(event.secrets)}"


def _condition_set(event: events.PodConditionSet) -> str:
    return _with(f"condition {event.type} is {event.status}", event.reason, _short(event.message))


def _pod_stopping(event: events.PodStopping) -> str:
    if event.reason is StopReason.COMPLETED:
        return ""
    what = _STOPPING.get(event.reason, f"within {event.grace_period_seconds:g} s")
    return _with(f"stopping: {what}", _short(event.message))


def _sandbox_lost(_event: events.SandboxLost) -> str:
    return "its sandbox is lost"


def _grace_shortened(event: events.PodGraceShortened) -> str:
    return f"stopping: within {event.grace_period_seconds:g} s"


def _phase_changed(event: events.PodPhaseChanged) -> str:
    return _with(str(event.phase), event.reason, _short(event.message))


def _found(event: events.ContainerFound) -> str:
    match event.state:
        case Running():
            return "found running"
        case Terminated(exit_code=code):
            return f"found ended (exit code {code})"
        case _:
            return ""


def _pulling(event: events.ContainerImagePulling) -> str:
    return f"pulling image {event.image}"


def _pulled(event: events.ContainerImagePulled) -> str:
    """That an image was there already is no news."""
    was_pulled = event.message.startswith("Successfully pulled")
    return f"pulled image {event.image}" if was_pulled else ""


def _started(event: events.ContainerStarted) -> str:
    return f"started again (restart {event.attempt})" if event.attempt else "started"


def _waiting(event: events.ContainerWaiting) -> str:
    what_follows = _WAITS.get(event.reason)
    cause = "" if what_follows else _with(event.reason, _short(event.message))
    if event.until is None:
        return f"waits: {cause}" if cause else ""
    wait = seconds(event.until - event.time).replace(".0 s", " s")
    return "; ".join(filter(None, (cause, f"{what_follows or 'starts again'} in {wait}")))


def _hook_started(event: events.ContainerHookStarted) -> str:
    """One that runs before the stop signal is why nothing else seems to happen."""
    return "running its preStop hook" if event.hook is HookKind.PRE_STOP else ""


def _hook_ended(event: events.ContainerHookEnded) -> str:
    if event.is_success:
        return event.message and _with(f"{event.hook} hook succeeded", _short(event.message))
    # The line says already whose hook it is.
    problem = event.message.partition(" failed - error: ")[2] or event.message
    return _with(f"{event.hook} hook failed", _short(problem))


def _probe_failed(event: events.ContainerProbeFailed) -> str:
    verb = "could not be asked" if event.is_error else "failed"
    return _with(f"{event.probe} probe {verb}", _short(_first_line(event.message)))


def _probe_warned(event: events.ContainerProbeWarned) -> str:
    return _with(f"{event.probe} probe warning", _short(_first_line(event.message)))


def _stopping(event: events.ContainerStopping) -> str:
    """The cause, if it is not that its pod stops."""
    name, message = event.container, event.message
    if message == f"Stopping container {name}" or message in _TOLD_BEFORE:
        return ""
    for subject in (f"Container {name} ", f"Init container {name} "):
        message = message.removeprefix(subject)
    return _short(message)


def _signalled(event: events.ContainerSignalled) -> str:
    return f"stopping ({event.signal})"


def _killed(_event: events.ContainerKilled) -> str:
    return "killed: it had not ended in time"


def _exited(event: events.ContainerExited) -> str:
    if event.reason == "StartError":
        return _with("could not be started", _short(event.message))
    why = f" ({event.reason})" if event.reason not in {"", "Completed"} else ""
    return f"exited {event.exit_code}{why}"


def _gave_up(event: events.ContainerGaveUp) -> str:
    return f"given up after {event.restarts} restart{'' if event.restarts == 1 else 's'}"


def _with(*parts: str) -> str:
    """What there is of *parts*, the general before the particular."""
    return ": ".join(filter(None, parts))


def _short(text: str) -> str:
    """*text* in one line, and not all of it if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


WORDS: Final[Mapping[type[Event], Callable[[Any], str]]] = {
    events.PodBlocked: _blocked,
    events.PodUpdated: _updated,
    events.VolumesUpdated: _volumes_updated,
    events.ImagePullSecretsMissing: _pull_secrets_missing,
    events.PodConditionSet: _condition_set,
    events.SandboxLost: _sandbox_lost,
    events.PodStopping: _pod_stopping,
    events.PodGraceShortened: _grace_shortened,
    events.PodPhaseChanged: _phase_changed,
    events.ContainerFound: _found,
    events.ContainerImagePulling: _pulling,
    events.ContainerImagePulled: _pulled,
    events.ContainerStarted: _started,
    events.ContainerWaiting: _waiting,
    events.ContainerHookStarted: _hook_started,
    events.ContainerHookEnded: _hook_ended,
    events.ContainerProbeFailed: _probe_failed,
    events.ContainerProbeWarned: _probe_warned,
    events.ContainerStopping: _stopping,
    events.ContainerSignalled: _signalled,
    events.ContainerKilled: _killed,
    events.ContainerExited: _exited,
    events.ContainerGaveUp: _gave_up,
}
"""What to say of events that need no more than themselves to be told."""
