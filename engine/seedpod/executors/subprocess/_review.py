"""What of a pod this executor cannot honour, found in its manifest alone.

A field is refused by name if following it would take more than a plain process. A field that asks
for what a plain process has anyway (`shareProcessNamespace: true`, `runAsUser` of the user we
are) is fine. Probes, hooks and the like are the engine's business.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from seedpod._core.fields import containers_of
from seedpod.errors import ABSENT, Problem
from seedpod.executors.subprocess._links import LinkRules
from seedpod.executors.subprocess._problem import unsupported
from seedpod.executors.subprocess._review_mounts import review_mounts
from seedpod.executors.subprocess._review_security import (
    review_container_security,
    review_pod_security,
)
from seedpod.spec import Container, Pod, PodSpec

_ON_DISK: Final = ("dir:", "oci:", "oci-archive:")
"""How images begin whose files are on this host."""


def review(pod: Pod, rules: LinkRules) -> Iterator[Problem]:
    """Every problem of *pod*: the pod's own fields first, then container by container.

    Args:
        pod: With its defaults filled in, or not.
        rules: Where volumes may be linked.
    """
    spec = pod.spec
    containers = list(containers_of(spec))
    yield from _review_names(spec)
    if spec.host_aliases:
        yield unsupported("spec.hostAliases", ABSENT, "containers have the host's own /etc/hosts")
    yield from review_host(spec)
    yield from review_pod_security(spec)
    for path, container in containers:
        yield from _review_image(path, container)
        yield from review_command(path, container, "there is no image to take an entrypoint from")
        yield from review_devices(path, container)
        yield from review_ports(path, container)
        yield from review_container_security(path, container)
    yield from review_mounts(pod, containers, rules)


def _review_names(spec: PodSpec) -> Iterator[Problem]:
    """What the pod would be called if it had a host name and a network of its own."""
    name = os.uname().nodename
    for field, wanted in (
        ("hostname", spec.hostname),
        ("hostnameOverride", spec.hostname_override),
    ):
        if wanted and wanted != name:
            yield unsupported(f"spec.{field}", wanted, f"containers have the host's name, {name!r}")
    if spec.subdomain:
        yield unsupported("spec.subdomain", spec.subdomain, "there is no DNS for pods here")
    if spec.set_hostname_as_fqdn:
        wanted = f"containers have the host's name, {name!r}"
        yield unsupported("spec.setHostnameAsFQDN", found=True, wanted=wanted)


def review_host(spec: PodSpec) -> Iterator[Problem]:
    """What every pod has of the host: how it resolves names, its users, its system."""
    if spec.dns_config:
        wanted = "containers have the host's own /etc/resolv.conf"
        yield unsupported("spec.dnsConfig", ABSENT, wanted)
    if spec.host_users is False:
        yield unsupported("spec.hostUsers", found=False, wanted="containers have the host's users")
    if spec.os is not None and spec.os.name not in {"", "linux"}:
        wanted = "containers run on this host, which is linux"
        yield unsupported("spec.os.name", spec.os.name, wanted)


def _review_image(path: str, container: Container) -> Iterator[Problem]:
    """Plain processes have the host's files; whoever names others on purpose wants them."""
    if container.image.startswith(_ON_DISK):
        wanted = "takes a view: isolation='view' (--isolation view)"
        yield unsupported(f"{path}.image", container.image, wanted)


def review_command(path: str, container: Container, why: str) -> Iterator[Problem]:
    """A container that says nothing of what to run, where nothing else does; *why* not."""
    if not container.command:
        what = "a command, not args alone" if container.args else "a command or args"
        wanted = f"the subprocess executor needs {what} ({why})"
        yield unsupported(f"{path}.command", ABSENT, wanted)


def review_devices(path: str, container: Container) -> Iterator[Problem]:
    """What a container would be given besides files."""
    wanted = "containers read from /dev/null here, and write to pipes"
    for field, is_set in (
        ("stdin", container.stdin),
        ("stdinOnce", container.stdin_once),
        ("tty", container.tty),
    ):
        if is_set:
            yield unsupported(f"{path}.{field}", found=True, wanted=wanted)
    if container.volume_devices:
        names = [each.name for each in container.volume_devices]
        yield unsupported(f"{path}.volumeDevices", names, "no device can be given to a container")
    if container.resources.claims:
        names = [each.name for each in container.resources.claims]
        wanted = "there is nothing here that could be claimed"
        yield unsupported(f"{path}.resources.claims", names, wanted)


def review_ports(path: str, container: Container) -> Iterator[Problem]:
    """A process listens where it likes, on the host's network: its ports are its host ports."""
    for index, port in enumerate(container.ports):
        if port.host_port and port.host_port != port.container_port:
            yield unsupported(
                f"{path}.ports[{index}].hostPort",
                port.host_port,
                f"must be the containerPort, {port.container_port}: nothing translates ports here",
            )
