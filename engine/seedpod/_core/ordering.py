"""Who waits for whom: at the start of a pod, and at its end.

Init containers and sidecars start one after another as they are listed, then all apps together. At
the end the apps stop together, then the sidecars, the last listed first.

Source: kubelet, `computeInitContainerActions` and `newTerminationOrdering`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from seedpod._core.restart import is_sidecar
from seedpod.spec import Container, PodSpec

NOTHING: Final = "nothing"


@attrs.frozen(kw_only=True)
class PlanStep:
    """One container's turn in a plan."""

    container: str
    """Its name."""
    kind: str
    """`init`, `sidecar` or `app`."""
    waits_for: str
    """In words: `sidecar proxy to have started`; `nothing`."""


def start_plan(spec: PodSpec) -> tuple[PlanStep, ...]:
    """Every container in the order of its start, with what comes before it."""
    steps: list[PlanStep] = []
    before = NOTHING
    for container in spec.init_containers:
        kind = "sidecar" if is_sidecar(container) else "init"
        steps.append(PlanStep(container=container.name, kind=kind, waits_for=before))
        before = _gate(container)
    apps = (PlanStep(container=each.name, kind="app", waits_for=before) for each in spec.containers)
    return (*steps, *apps)


def stop_plan(spec: PodSpec) -> tuple[PlanStep, ...]:
    """The apps and sidecars of a pod in the order of their stop signals.

    Init containers are left out: one that runs when the pod is ended waits for nobody, and nobody
    waits for it. All waiting is over when the grace period is.
    """
    steps = [PlanStep(container=app.name, kind="app", waits_for=NOTHING) for app in spec.containers]
    before = _all_apps(spec)
    for sidecar in reversed(_sidecars(spec)):
        steps.append(PlanStep(container=sidecar.name, kind="sidecar", waits_for=before))
        before = f"sidecar {sidecar.name} to end"
    return tuple(steps)


def stop_prerequisites(spec: PodSpec) -> Mapping[str, tuple[str, ...]]:
    """For each container by name, those that must have ended before its stop signal.

    A sidecar waits for every app and for the sidecar listed next after it.
    """
    apps = tuple(each.name for each in spec.containers)
    every = (*spec.init_containers, *spec.containers)
    waits: dict[str, tuple[str, ...]] = {each.name: () for each in every}
    later: tuple[str, ...] = ()
    for sidecar in reversed(_sidecars(spec)):
        waits[sidecar.name] = apps + later
        later = (sidecar.name,)
    return waits


def _gate(init_container: Container) -> str:
    """What lets the entry after *init_container* start."""
    if not is_sidecar(init_container):
        return f"init container {init_container.name} to succeed"
    if init_container.startup_probe is not None:
        return f"the startup probe of sidecar {init_container.name} to succeed"
    return f"sidecar {init_container.name} to have started"


def _all_apps(spec: PodSpec) -> str:
    names = [each.name for each in spec.containers]
    if len(names) == 1:
        return f"app {names[0]} to end"
    return f"apps {', '.join(names[:-1])} and {names[-1]} to end" if names else NOTHING


def _sidecars(spec: PodSpec) -> list[Container]:
    return [each for each in spec.init_containers if is_sidecar(each)]
