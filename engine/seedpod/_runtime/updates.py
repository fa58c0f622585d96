"""Changing a pod that runs: labels, annotations, its deadline, the images of its containers.

Source: Kubernetes, ValidatePodUpdate; kubelet, HandlePodUpdates and computePodActions.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from seedpod import events
from seedpod._core.backoff import backoff_key
from seedpod._core.defaults import with_defaults
from seedpod._core.kill_messages import APP, INIT, changed, restarted
from seedpod._core.validation.updates import update_problems
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.pod_volumes import volumes_refreshed
from seedpod._runtime.stopping import end_alone
from seedpod._runtime.watches import set_deadline
from seedpod.abc import ContainerKind
from seedpod.errors import SpecError
from seedpod.spec import Container, Pod


def update(pod: PodRun, new: Pod) -> None:
    """Put *new* in the place of what was submitted, and have what runs follow.

    Raises:
        SpecError: It changes what may not change; then nothing has changed. Lists everything.
    """
    old = pod.pod
    new = _in_place_of(old, with_defaults(new))
    problems = update_problems(old, new)
    if problems:
        raise SpecError(problems, f"Pod {old.metadata.name}")
    fields = tuple(_changes(old, new))
    if not fields or pod.is_finished:
        return
    if old.spec != new.spec:
        generation = old.metadata.generation + 1
        new = attrs.evolve(new, metadata=attrs.evolve(new.metadata, generation=generation))
    pod.pod = new
    cause = pod.happened(events.PodUpdated, None, fields, new)
    if "spec.activeDeadlineSeconds" in fields:
        set_deadline(pod)
    volumes_refreshed(pod)
    specs = {each.name: each for each in (*new.spec.init_containers, *new.spec.containers)}
    for container in pod.containers:
        _follow(container, specs[container.name], old, cause)


def _in_place_of(old: Pod, new: Pod) -> Pod:
    """*new* with what is filled in when a pod is taken on, where it does not say."""
    kept = old.metadata
    metadata = attrs.evolve(
        new.metadata,
        uid=new.metadata.uid or kept.uid,
        generation=kept.generation,
        creation_timestamp=new.metadata.creation_timestamp or kept.creation_timestamp,
    )
    return attrs.evolve(new, metadata=metadata)


def _changes(old: Pod, new: Pod) -> Iterator[str]:
    """The paths of the fields that differ and mean something to a pod that runs."""
    for name in ("labels", "annotations"):
        if getattr(old.metadata, name) != getattr(new.metadata, name):
            yield f"metadata.{name}"
    if old.spec.active_deadline_seconds != new.spec.active_deadline_seconds:
        yield "spec.activeDeadlineSeconds"
    for path, before, after in (
        ("initContainers", old.spec.init_containers, new.spec.init_containers),
        ("containers", old.spec.containers, new.spec.containers),
    ):
        for index, (was, now) in enumerate(zip(before, after, strict=True)):
            if was.image != now.image:
                yield f"spec.{path}[{index}].image"
    if old.spec.termination_grace_period_seconds != new.spec.termination_grace_period_seconds:
        yield "spec.terminationGracePeriodSeconds"


def _follow(container: ContainerRun, spec: Container, old: Pod, cause: int) -> None:
    """Have a container follow its changed description: a new image replaces what runs.

    A regular init container is never run again for that; one that waits goes on at once.
    """
    if spec is container.spec or spec == container.spec:
        return
    pod = container.pod
    is_new_image = spec.image != container.spec.image
    if backoff_key(old, container.spec) != backoff_key(pod.pod, spec):
        container.backoff = None
    container.spec = spec
    if not is_new_image or pod.is_stopping or container.kind is ContainerKind.INIT:
        return
    if container.pause is not None:
        container.pause.cancel()
    elif container.is_running and pod.group is not None:
        container.was_replaced = True
        message = _message(container)
        pod.group.start_soon(end_alone, container, message, pod.grace_of_spec, cause)


def _message(container: ContainerRun) -> str:
    if container.kind is ContainerKind.APP:
        return restarted(changed(APP, container.name))
    return changed(INIT, container.name)
