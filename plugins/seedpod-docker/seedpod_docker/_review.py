"""What of a pod this executor cannot honour, found in its manifest and in what the engine is."""

from __future__ import annotations

from collections.abc import Iterator

from seedpod.deriving import containers_of, probes_and_hooks
from seedpod.errors import ABSENT, Problem, ProblemKind
from seedpod.spec import Container, Pod, PodSpec, camel_case
from seedpod_docker._settings import READ_ONLY_BELOW, EngineFacts

_HUGE = "hugepages-"


def review(pod: Pod, facts: EngineFacts) -> Iterator[Problem]:
    """Every problem of *pod*: the pod's own fields first, then container by container."""
    spec = pod.spec
    yield from _review_pod(spec)
    yield from _review_confinement("spec.securityContext", spec.security_context, facts)
    if spec.volumes and not facts.is_local:
        wanted = "volumes are directories of this machine, and the engine runs on another"
        yield _unsupported("spec.volumes", [each.name for each in spec.volumes], wanted)
    for path, container in containers_of(spec):
        yield from _review_container(path, container, facts)
        if not (facts.is_reachable or spec.host_network):
            yield from _review_probes(path, container)


def _review_pod(spec: PodSpec) -> Iterator[Problem]:
    if spec.subdomain:
        yield _unsupported("spec.subdomain", spec.subdomain, "there is no DNS for pods here")
    if spec.set_hostname_as_fqdn:
        wanted = "there is no DNS for pods here"
        yield _unsupported("spec.setHostnameAsFQDN", found=True, wanted=wanted)
    if spec.host_users is False:
        wanted = "a container has the users of its engine"
        yield _unsupported("spec.hostUsers", found=False, wanted=wanted)
    if spec.resources is not None and spec.resources.limits:
        wanted = "the engine limits containers, not pods; set limits of the containers"
        yield _unsupported("spec.resources.limits", sorted(spec.resources.limits), wanted)
    context = spec.security_context
    if context is not None and context.supplemental_groups_policy == "Strict":
        wanted = "must be Merge: the engine always adds the groups of the image's user"
        path = "spec.securityContext.supplementalGroupsPolicy"
        yield _unsupported(path, "Strict", wanted)


def _review_container(path: str, container: Container, facts: EngineFacts) -> Iterator[Problem]:
    if container.volume_devices:
        names = [each.name for each in container.volume_devices]
        wanted = "there are no block volumes here"
        yield _unsupported(f"{path}.volumeDevices", names, wanted)
    if container.resources.claims:
        names = [each.name for each in container.resources.claims]
        wanted = "there is nothing here that could be claimed"
        yield _unsupported(f"{path}.resources.claims", names, wanted)
    huge = [name for name in container.resources.limits if name.startswith(_HUGE)]
    if huge:
        wanted = "the engine does not limit huge pages"
        yield _unsupported(f"{path}.resources.limits", sorted(huge), wanted)
    for index, mount in enumerate(container.volume_mounts):
        if mount.recursive_read_only == "Enabled" and facts.version < READ_ONLY_BELOW:
            wanted = "takes an engine of version 25 or newer"
            where = f"{path}.volumeMounts[{index}].recursiveReadOnly"
            yield _unsupported(where, "Enabled", wanted)
    yield from _review_confinement(f"{path}.securityContext", container.security_context, facts)


def _review_confinement(path: str, context: object, facts: EngineFacts) -> Iterator[Problem]:
    if context is None:
        return
    armour = getattr(context, "app_armor_profile", None)
    if armour is not None and armour.type != "Unconfined" and not facts.has_app_armor:
        wanted = "must be Unconfined: the engine has no AppArmor"
        yield _unsupported(f"{path}.appArmorProfile.type", armour.type, wanted)
    if getattr(context, "windows_options", None) is not None:
        wanted = "containers run on linux here"
        yield _unsupported(f"{path}.windowsOptions", ABSENT, wanted)


def _review_probes(path: str, container: Container) -> Iterator[Problem]:
    """What would have to be asked over a network that does not lead to the pod."""
    wanted = "pods of this engine have no address that can be reached; use exec, or hostNetwork"
    for name, source in probes_and_hooks(container):
        for field in ("http_get", "tcp_socket", "grpc"):
            if getattr(source, field, None) is not None:
                yield _unsupported(f"{path}.{name}.{camel_case(field)}", ABSENT, wanted)


def _unsupported(path: str, found: object, wanted: str) -> Problem:
    return Problem(path, ProblemKind.UNSUPPORTED, found, wanted)
