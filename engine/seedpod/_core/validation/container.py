"""What is wrong with a list of containers: apps, init containers, or those added to look at one.

Source: kubernetes, pkg/apis/core/validation: validateContainers, validateInitContainers,
validateEphemeralContainers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seedpod._core.validation import text
from seedpod._core.validation.env import env_from_problems, env_problems
from seedpod._core.validation.mounts import devices_problems, mounts_problems
from seedpod._core.validation.ports import host_port_conflicts, ports_problems
from seedpod._core.validation.probes import lifecycle_problems, probes_problems
from seedpod._core.validation.report import (
    choice_problems,
    duplicate,
    forbidden,
    invalid,
    not_found,
    required,
)
from seedpod._core.validation.resources import resources_problems
from seedpod._core.validation.restarts import (
    app_restart_problems,
    init_resize_problems,
    init_restart_problems,
    resize_problems,
    unused_by_init_problems,
)
from seedpod._core.validation.scope import Scope
from seedpod._core.validation.security import security_problems
from seedpod.errors import Problem
from seedpod.spec.container import Container, EphemeralContainer
from seedpod.spec.words import PullPolicy, RestartPolicy, TerminationMessagePolicy

_PULL_POLICIES: Final = tuple(each.value for each in PullPolicy)
_MESSAGE_POLICIES: Final = tuple(each.value for each in TerminationMessagePolicy)
_UNIQUE: Final = "must be unique among the pod's containers"


def app_containers_problems(
    containers: Sequence[Container], scope: Scope, path: str
) -> Iterator[Problem]:
    """What is wrong with the apps of a pod."""
    if not containers:
        yield required(path, "must have at least one container")
        return
    names: set[str] = set()
    for index, container in enumerate(containers):
        where = f"{path}[{index}]"
        yield from container_problems(container, scope, where)
        if container.name in names:
            yield duplicate(f"{where}.name", container.name, _UNIQUE)
        names.add(container.name)
        yield from _long_running_problems(container, scope, where)
        yield from app_restart_problems(container, scope.gates, where)
    yield from host_port_conflicts(containers, path)


def init_containers_problems(
    containers: Sequence[Container], apps: Sequence[Container], scope: Scope, path: str
) -> Iterator[Problem]:
    """What is wrong with the init containers and sidecars of a pod, beside its *apps*."""
    names = {app.name for app in apps}
    for index, container in enumerate(containers):
        where = f"{path}[{index}]"
        yield from container_problems(container, scope, where)
        if container.name in names:
            yield duplicate(f"{where}.name", container.name, _UNIQUE)
        elif container.name:
            names.add(container.name)
        yield from host_port_conflicts([container], path, index)
        yield from init_restart_problems(container, scope.gates, where)
        if container.restart_policy == RestartPolicy.ALWAYS:
            yield from _long_running_problems(container, scope, where)
        else:
            yield from unused_by_init_problems(container, where)
        yield from init_resize_problems(container, scope, where)


def ephemeral_containers_problems(
    containers: Sequence[EphemeralContainer],
    others: Sequence[Container],
    scope: Scope,
    path: str,
) -> Iterator[Problem]:
    """What is wrong with containers added to a pod of *others* to look at one of them."""
    targets = tuple(other.name for other in others)
    names = set(targets)
    for index, container in enumerate(containers):
        where = f"{path}[{index}]"
        yield from container_problems(container, scope, where)
        yield from padding_problems(container, where)
        if container.name in names:
            yield duplicate(f"{where}.name", container.name, _UNIQUE)
        names.add(container.name)
        target = container.target_container_name
        if target and target not in targets:
            place = "an app or init container of the pod"
            yield not_found(f"{where}.targetContainerName", target, place, targets)
        yield from _unused_by_ephemeral_problems(container, where)


def container_problems(container: Container, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with a container, whichever kind it is."""
    if not container.name:
        yield required(f"{path}.name", f"must name the container; {text.DNS_LABEL}")
    elif not text.is_dns_label(container.name):
        yield invalid(f"{path}.name", container.name, text.DNS_LABEL)
    if not container.image:
        yield required(f"{path}.image", "must name the image the container runs")
    if container.termination_message_policy not in _MESSAGE_POLICIES:
        where, found = f"{path}.terminationMessagePolicy", container.termination_message_policy
        yield from choice_problems(found, _MESSAGE_POLICIES, where)
    if container.image_pull_policy not in _PULL_POLICIES:
        yield from pull_policy_problems(container.image_pull_policy, f"{path}.imagePullPolicy")
    yield from _lists_problems(container, scope, path)
    yield from resources_problems(container.resources, scope.resource_claims, f"{path}.resources")
    if container.security_context is not None:
        yield from security_problems(container.security_context, scope, f"{path}.securityContext")


def padding_problems(container: Container, path: str) -> Iterator[Problem]:
    """What is wrong with the image of a container in a pod that is meant to run."""
    if container.image != container.image.strip():
        yield invalid(f"{path}.image", container.image, "must have no blanks at its ends")


def pull_policy_problems(policy: str, path: str) -> Iterator[Problem]:
    """What is wrong with when an image is fetched."""
    return choice_problems(policy, _PULL_POLICIES, path)


def _lists_problems(container: Container, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with the lists of a container; most have none, so the question comes first."""
    if container.ports:
        yield from ports_problems(container.ports, f"{path}.ports")
    if container.env:
        yield from env_problems(container.env, scope.gates, f"{path}.env")
    if container.env_from:
        yield from env_from_problems(container.env_from, scope.gates, f"{path}.envFrom")
    if container.volume_mounts:
        yield from mounts_problems(container, scope, f"{path}.volumeMounts")
    if container.volume_devices:
        yield from devices_problems(container, scope, f"{path}.volumeDevices")
    if container.resize_policy:
        yield from resize_problems(
            container.resize_policy, scope.restart_policy, f"{path}.resizePolicy"
        )


def _long_running_problems(container: Container, scope: Scope, path: str) -> Iterator[Problem]:
    """What is wrong with what apps and sidecars may have, and init containers may not."""
    if container.lifecycle is not None:
        yield from lifecycle_problems(container.lifecycle, scope, f"{path}.lifecycle")
    yield from probes_problems(container, scope, path)


def _unused_by_ephemeral_problems(container: EphemeralContainer, path: str) -> Iterator[Problem]:
    wanted = "must not be set for an ephemeral container"
    resources = container.resources
    for field, is_set in (
        ("lifecycle", container.lifecycle is not None),
        ("livenessProbe", container.liveness_probe is not None),
        ("ports", bool(container.ports)),
        ("readinessProbe", container.readiness_probe is not None),
        ("resizePolicy", bool(container.resize_policy)),
        ("resources", bool(resources.limits or resources.requests or resources.claims)),
        ("restartPolicy", container.restart_policy is not None),
        ("restartPolicyRules", bool(container.restart_policy_rules)),
        ("startupProbe", container.startup_probe is not None),
    ):
        if is_set:
            yield forbidden(f"{path}.{field}", wanted)
    for index, mount in enumerate(container.volume_mounts):
        for field, value in (("subPath", mount.sub_path), ("subPathExpr", mount.sub_path_expr)):
            if value:
                yield forbidden(f"{path}.volumeMounts[{index}].{field}", wanted, value)
