"""Where in a manifest the containers of a pod stand, and their probes and hooks."""

from __future__ import annotations

from collections.abc import Iterator

from seedpod._core.hooks import hook_of
from seedpod._core.probes import probes
from seedpod.spec import Container, LifecycleHandler, PodSpec, Probe
from seedpod.spec.words import HookKind


def containers_of(spec: PodSpec) -> Iterator[tuple[str, Container]]:
    """Init containers first, each with its path."""
    for index, container in enumerate(spec.init_containers):
        yield f"spec.initContainers[{index}]", container
    for index, container in enumerate(spec.containers):
        yield f"spec.containers[{index}]", container


def probes_and_hooks(container: Container) -> Iterator[tuple[str, Probe | LifecycleHandler]]:
    """Every probe and hook of *container*, with the name of its field."""
    for kind, probe in probes(container):
        yield f"{kind}Probe", probe
    if container.lifecycle is None:  # as it is with most
        return
    for hook in HookKind:
        handler = hook_of(container, hook)
        if handler is not None:
            yield f"lifecycle.{hook}", handler
