"""Events in words: who they are about, and what has been said before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from seedpod import events
from seedpod.cli.feed import Item
from seedpod.cli.words import seconds, words
from seedpod.events import ContainerEvent, Event
from seedpod.spec import Pod
from seedpod.spec.words import RestartPolicy
from seedpod.status import Running

_MOST_COMPLAINTS: Final = 10
"""How many complaints of one attempt are told: some have the time of day in them."""

_Key: TypeAlias = tuple[str, str]
"""The uid of a pod, and a container's name or nothing."""


class Story:
    """Tells what happens to pods, and does not repeat itself."""

    def __init__(self, *, has_many_pods: bool) -> None:
        self._has_many_pods = has_many_pods
        self._started: dict[_Key, float] = {}
        self._complaints: dict[_Key, set[str]] = {}
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
                for after, wait in _wait_after(items, index):
                    told.add(after)
                    text = f"{text}; {words(wait)}"
            if text:
                yield item, text

    def _words(self, pod: Pod, event: Event) -> str:
        if isinstance(event, ContainerEvent):
            said = self._of_container(pod, event)
            return f"{self._name(pod, event.container)}: {said}" if said else ""
        said = self._of_pod(pod, event)
        return f"pod {pod_name(pod)}: {said}" if said else ""

    def _name(self, pod: Pod, container: str) -> str:
        kind = "init container" if (kind := kind_of(pod, container)) == "init" else kind
        return f"{kind} {label(pod, container, has_many_pods=self._has_many_pods)}"

    def _of_container(self, pod: Pod, event: ContainerEvent) -> str:
        key = (pod.metadata.uid, event.container)
        match event:
            case events.ContainerStarted(time=time):
                self._begin(key, time)
            case events.ContainerFound(state=Running(started_at=date)):
                self._begin(key, date.timestamp())
            case events.ContainerExited(time=time):
                began = self._started.pop(key, None)
                return words(event) + ("" if began is None else f" after {seconds(time - began)}")
            case events.ContainerReadinessChanged(is_ready=is_ready):
                return _readiness(pod, event.container, is_ready=is_ready)
            case (
                events.ContainerProbeFailed()
                | events.ContainerProbeWarned()
                | events.ContainerWaiting(until=None)
            ):
                return self._once(key, words(event))
            case _:
                pass
        return words(event)

    def _of_pod(self, pod: Pod, event: Event) -> str:
        uid = pod.metadata.uid
        match event:
            case events.PodConditionChanged(type="Ready", is_true=True):
                # Told once: a pod that crashes and comes back would say little else.
                is_first = uid not in self._have_been_ready
                self._have_been_ready.add(uid)
                return "ready" if is_first else ""
            case events.AllContainersRestarting(container=container):
                return f"all containers restart: {self._name(pod, container)} asks for it"
            case events.PodBlocked() | events.ImagePullSecretsMissing():
                return self._once((uid, ""), words(event))
            case _:
                return words(event)

    def _begin(self, key: _Key, time: float) -> None:
        self._started[key] = time
        self._complaints.pop(key, None)

    def _once(self, key: _Key, complaint: str) -> str:
        """*complaint*, unless it was told before: in this attempt, if it is a container's."""
        told = self._complaints.setdefault(key, set())
        if complaint in told or len(told) >= _MOST_COMPLAINTS:
            return ""
        told.add(complaint)
        return complaint


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


def _readiness(pod: Pod, container: str, *, is_ready: bool) -> str:
    """Readiness is news only where a probe decides it."""
    every = (*pod.spec.init_containers, *pod.spec.containers)
    has_probe = any(each.readiness_probe for each in every if each.name == container)
    return ("ready" if is_ready else "not ready") if has_probe else ""


def _wait_after(items: Sequence[Item], index: int) -> Iterator[tuple[int, Event]]:
    """Where in *items* the container that ended at *index* goes on to wait, if it does."""
    item, end = items[index], items[index].what
    if not isinstance(end, events.ContainerExited) or item.pod is None:
        return
    for later, other in enumerate(items[index + 1 :], index + 1):
        event = other.what
        if other.pod is None or other.pod.metadata.uid != item.pod.metadata.uid:
            continue
        if not isinstance(event, ContainerEvent) or event.container != end.container:
            continue
        if isinstance(event, events.ContainerWaiting) and event.until is not None:
            yield later, event
        if words(event):
            return
