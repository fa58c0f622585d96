"""Events in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seedpod import events
from seedpod.cli.feed import Item
from seedpod.events import ContainerEvent, Event, StopReason
from seedpod.spec import Pod
from seedpod.spec.words import RestartPolicy

_STOPPING: Final = {
    StopReason.INIT_FAILED: "an init container has failed",
    StopReason.DEADLINE_EXCEEDED: "its activeDeadlineSeconds have passed",
    StopReason.CANCELLED: "it is being killed",
}


class Story:
    """Tells what happens to pods; remembers when each container started."""

    def __init__(self, *, has_many_pods: bool) -> None:
        self._has_many_pods = has_many_pods
        self._started: dict[tuple[str, str], float] = {}
        self._have_been_ready: set[str] = set()

    def tell(self, items: Sequence[Item]) -> Iterator[tuple[Item, str]]:
        """What there is to say about events, in their order; about many there is nothing.

        An end and the wait that follows it are told in one line, if they come in one batch.
        """
        told: set[int] = set()
        for index, item in enumerate(items):
            if not isinstance(item.what, Event) or item.pod is None or index in told:
                continue
            text = self._words(item.pod, item.what)
            if isinstance(item.what, events.ContainerExited):
                after = _wait_after(items, index)
                if after is not None:
                    told.add(after)
                    text = f"{text}; {_again(items[after].what)}"
            if text:
                yield item, text

    def _words(self, pod: Pod, event: Event) -> str:
        if isinstance(event, ContainerEvent):
            words = self._of_container(pod, event)
            return f"{self._name(pod, event.container)}: {words}" if words else ""
        words = self._of_pod(pod, event)
        return f"pod {pod_name(pod)}: {words}" if words else ""

    def _name(self, pod: Pod, container: str) -> str:
        kind = "init container" if (kind := kind_of(pod, container)) == "init" else kind
        return f"{kind} {label(pod, container, has_many_pods=self._has_many_pods)}"

    def _of_container(self, pod: Pod, event: ContainerEvent) -> str:
        key = (pod.metadata.uid, event.container)
        match event:
            case events.ContainerStarted(attempt=attempt, time=time):
                self._started[key] = time
                return f"started again (restart {attempt})" if attempt else "started"
            case events.ContainerExited(reason="StartError", message=message):
                return f"could not be started: {message}"
            case events.ContainerExited(exit_code=code, reason=reason, time=time):
                why = f" ({reason})" if reason not in {"", "Completed"} else ""
                took = seconds(time - self._started.pop(key, time))
                return f"exited {code}{why} after {took}"
            case events.ContainerWaiting():
                return _again(event)
            case events.ContainerStopping(signal=signal):
                return f"stopping ({signal})"
            case events.ContainerKilled():
                return "killed: it had not ended in time"
            case events.ContainerReadinessChanged(is_ready=is_ready):
                return _readiness(pod, event.container, is_ready=is_ready)
            case _:
                return ""

    def _of_pod(self, pod: Pod, event: Event) -> str:
        match event:
            case events.PodConditionChanged(type="Ready", is_true=True):
                # Told once: a pod that crashes and comes back would say little else.
                is_first = pod.metadata.uid not in self._have_been_ready
                self._have_been_ready.add(pod.metadata.uid)
                return "ready" if is_first else ""
            case events.PodBlocked(reason=reason, message=message):
                return f"cannot start yet: {reason}: {message}"
            case events.PodStopping(reason=reason, grace_period_seconds=grace):
                why = _STOPPING.get(reason, f"within {grace:g} s")
                return "" if reason is StopReason.COMPLETED else f"stopping: {why}"
            case events.PodGraceShortened(grace_period_seconds=grace):
                return f"stopping: within {grace:g} s"
            case events.PodPhaseChanged(phase=phase, reason=reason, message=message):
                return ": ".join(filter(None, (str(phase), reason, message)))
            case _:
                return ""


def label(pod: Pod, container: str, *, has_many_pods: bool) -> str:
    """What a container is called: with its pod where there are several."""
    return f"{pod_name(pod)}/{container}" if has_many_pods else container


def pod_name(pod: Pod) -> str:
    """What a pod is called: with its namespace, unless that is the default one."""
    meta = pod.metadata
    return meta.name if meta.namespace == "default" else f"{meta.namespace}/{meta.name}"


def kind_of(pod: Pod, container: str) -> str:
    """`init`, `sidecar` or `app`."""
    for each in pod.spec.init_containers:
        if each.name == container:
            return "sidecar" if each.restart_policy == RestartPolicy.ALWAYS else "init"
    return "app"


def seconds(amount: float) -> str:
    """A duration as a person says it: `0.2 s`, `12 s`, `3 min 5 s`."""
    if amount < 10:
        return f"{amount:.1f} s"
    minutes, rest = divmod(round(amount), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _readiness(pod: Pod, container: str, *, is_ready: bool) -> str:
    """Readiness is news only where a probe decides it."""
    every = (*pod.spec.init_containers, *pod.spec.containers)
    has_probe = any(each.readiness_probe for each in every if each.name == container)
    return ("ready" if is_ready else "not ready") if has_probe else ""


def _wait_after(items: Sequence[Item], index: int) -> int | None:
    """Where in *items* the container that ended at *index* goes on to wait, if it does."""
    item, end = items[index], items[index].what
    if not isinstance(end, events.ContainerExited) or item.pod is None:
        return None
    for later, other in enumerate(items[index + 1 :], index + 1):
        event = other.what
        if other.pod is None or other.pod.metadata.uid != item.pod.metadata.uid:
            continue
        if isinstance(event, ContainerEvent) and event.container == end.container:
            return later if isinstance(event, events.ContainerWaiting) else None
    return None


def _again(event: object) -> str:
    if not isinstance(event, events.ContainerWaiting):
        return ""
    if event.until is None:
        return f"waits: {event.reason}: {event.message}"
    wait = f"starts again in {seconds(event.until - event.time).replace('.0 s', ' s')}"
    return (
        wait if event.reason == "CrashLoopBackOff" else f"{event.reason}: {event.message}; {wait}"
    )
