"""What is wrong with a pod: the list of every problem, in the manifest's order of importance.

Theory of operation: each part of a pod has a function that yields its problems; it is handed the
part, the path it stands at, and (for containers) a `Scope` with what it must know of the rest.
Nothing stops at the first problem, and a right pod costs no more than the questions asked.

Source: kubernetes, pkg/apis/core/validation: ValidatePodCreate, ValidatePodSpec; release 1.36 with
container restart rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seedpod._core.validation import text
from seedpod._core.validation.container import (
    app_containers_problems,
    ephemeral_containers_problems,
    init_containers_problems,
    padding_problems,
)
from seedpod._core.validation.dns import dns_problems
from seedpod._core.validation.file_keys import file_key_problems
from seedpod._core.validation.gates import TODAY, Gates
from seedpod._core.validation.metadata import metadata_problems
from seedpod._core.validation.network import network_problems
from seedpod._core.validation.platform import platform_problems
from seedpod._core.validation.pod_resources import (
    consistency_problems,
    pod_resources_problems,
)
from seedpod._core.validation.ports import host_network_problems
from seedpod._core.validation.report import choice_problems, forbidden, invalid, required
from seedpod._core.validation.resources import overhead_problems
from seedpod._core.validation.restarts import RESTART_POLICIES
from seedpod._core.validation.scheduling import scheduling_problems
from seedpod._core.validation.scope import Scope
from seedpod._core.validation.security import (
    namespace_problems,
    pod_security_problems,
    user_namespace_problems,
)
from seedpod._core.validation.volumes import checked_volumes, made_claims_problems
from seedpod.errors import Problem
from seedpod.spec.pod import Pod, PodReadinessGate, PodSpec


def problems(pod: Pod, gates: Gates = TODAY) -> list[Problem]:
    """Everything that is wrong with a pod that is to be created; empty when it is right.

    Args:
        pod: With defaults; without them, what a default would fill in is missing.
        gates: What counts as valid.
    """
    spec = pod.spec
    found = list(content_problems(pod, gates))
    if spec.node_name and spec.scheduling_gates:
        found.append(forbidden("spec.nodeName", "must not be set together with schedulingGates"))
    if spec.ephemeral_containers:
        wanted = "must be empty: these are added to a running pod"
        found.append(forbidden("spec.ephemeralContainers", wanted))
    return found


def content_problems(
    pod: Pod, gates: Gates, *, may_keep_restart_container: bool = False
) -> Iterator[Problem]:
    """What is wrong with the metadata and the spec of a pod, new or changed."""
    spec = pod.spec
    yield from metadata_problems(pod.metadata, "metadata")
    may_keep = may_keep_restart_container
    yield from spec_problems(spec, "spec", gates, may_keep_restart_container=may_keep)
    yield from made_claims_problems(spec.volumes, pod.metadata.name, "spec.volumes")
    for index, app in enumerate(spec.containers):
        yield from padding_problems(app, f"spec.containers[{index}]")
    for index, init in enumerate(spec.init_containers):
        yield from padding_problems(init, f"spec.initContainers[{index}]")


def spec_problems(
    spec: PodSpec, path: str, gates: Gates = TODAY, *, may_keep_restart_container: bool = False
) -> Iterator[Problem]:
    """What is wrong with the spec of a pod."""
    yield from restart_policy_problems(spec.restart_policy, f"{path}.restartPolicy")
    yield from _durations_problems(spec, path)
    volumes, wrong = checked_volumes(spec.volumes, f"{path}.volumes")
    yield from wrong
    scope = Scope(
        restart_policy=spec.restart_policy,
        termination_grace_period_seconds=spec.termination_grace_period_seconds,
        os=spec.os.name if spec.os else "",
        host_users=spec.host_users,
        volumes=volumes,
        broken_volumes=frozenset(each.name for each in spec.volumes if each.name not in volumes),
        resource_claims=frozenset(str(each.get("name", "")) for each in spec.resource_claims),
        may_keep_restart_container=may_keep_restart_container,
        gates=gates,
    )
    yield from _containers_problems(spec, scope, path)
    yield from network_problems(spec, path)
    yield from dns_problems(spec, path)
    yield from _rare_problems(spec, path)


def restart_policy_problems(policy: str, path: str) -> Iterator[Problem]:
    """What is wrong with the restart policy of a pod."""
    return choice_problems(policy, RESTART_POLICIES, path)


def readiness_gates_problems(gates: Sequence[PodReadinessGate], path: str) -> Iterator[Problem]:
    """What is wrong with the conditions that others set."""
    for index, gate in enumerate(gates):
        if not text.is_qualified_name(gate.condition_type):
            where = f"{path}[{index}].conditionType"
            yield invalid(where, gate.condition_type, text.QUALIFIED_NAME)


def _durations_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    if spec.termination_grace_period_seconds is None:
        yield required(f"{path}.terminationGracePeriodSeconds", "must be a number of seconds")
    seconds = spec.active_deadline_seconds
    if seconds is not None and not 1 <= seconds <= text.MAX_INT32:
        wanted = f"must be between 1 and {text.MAX_INT32} seconds"
        yield invalid(f"{path}.activeDeadlineSeconds", seconds, wanted)


def _containers_problems(spec: PodSpec, scope: Scope, path: str) -> Iterator[Problem]:
    apps, inits = spec.containers, spec.init_containers
    yield from app_containers_problems(apps, scope, f"{path}.containers")
    if inits:
        yield from init_containers_problems(inits, apps, scope, f"{path}.initContainers")
    if spec.ephemeral_containers:
        yield from ephemeral_containers_problems(
            spec.ephemeral_containers, (*apps, *inits), scope, f"{path}.ephemeralContainers"
        )
    if spec.host_network:
        yield from host_network_problems(apps, f"{path}.containers")
    yield from file_key_problems(spec, path)


def _rare_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """What is wrong with the fields that few pods have."""
    yield from scheduling_problems(spec, path)
    if spec.readiness_gates:
        yield from readiness_gates_problems(spec.readiness_gates, f"{path}.readinessGates")
    if spec.security_context is not None:
        yield from pod_security_problems(spec.security_context, spec, f"{path}.securityContext")
    else:
        yield from namespace_problems(spec, f"{path}.securityContext")
    yield from user_namespace_problems(spec, path)
    if spec.os is not None:
        yield from platform_problems(spec.os, spec, path)
    if spec.resources is not None:
        yield from _own_resources_problems(spec, path)
    if spec.overhead:
        yield from overhead_problems(spec.overhead, f"{path}.overhead")
    if spec.service_account_name:
        if not text.is_dns_subdomain(spec.service_account_name):
            found = spec.service_account_name
            yield invalid(f"{path}.serviceAccountName", found, text.DNS_SUBDOMAIN)
    else:
        yield from _token_problems(spec, f"{path}.volumes")


def _own_resources_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    if spec.resources is None:
        return
    if spec.os is not None and spec.os.name == "windows":
        yield forbidden(f"{path}.resources", "does not exist on windows")
        return
    yield from pod_resources_problems(spec.resources, f"{path}.resources")
    yield from consistency_problems(spec, spec.resources, f"{path}.resources")


def _token_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """Tokens of a service account that the pod does not name."""
    for number, volume in enumerate(spec.volumes):
        for index, source in enumerate(volume.projected.sources if volume.projected else ()):
            if source.service_account_token is not None:
                where = f"{path}[{number}].projected.sources[{index}].serviceAccountToken"
                yield forbidden(where, "needs spec.serviceAccountName to be set")
