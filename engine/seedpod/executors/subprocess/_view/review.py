"""What of a pod cannot be honoured at the level `view`, found in its manifest alone."""

from __future__ import annotations

from collections.abc import Iterator

from seedpod.errors import ABSENT, Problem
from seedpod.executors.subprocess._images.reference import reference
from seedpod.executors.subprocess._problem import unsupported
from seedpod.executors.subprocess._review import (
    containers_of,
    review_devices,
    review_limits,
    review_ports,
)
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.executors.subprocess._view.review_security import (
    review_container_security,
    review_pod_security,
)
from seedpod.spec import Container, Pod, PodSpec


def review_view(pod: Pod, bubblewrap: Bubblewrap, *, may_ignore_limits: bool) -> Iterator[Problem]:
    """Every problem of *pod*: the pod's own fields first, then container by container.

    Args:
        pod: With its defaults filled in, or not.
        bubblewrap: What the views are made with.
        may_ignore_limits: Whether limits are accepted, and have no effect.
    """
    spec = pod.spec
    yield from _review_pod(spec)
    yield from review_pod_security(spec, bubblewrap)
    if spec.resources is not None and not may_ignore_limits:
        yield from review_limits("spec.resources", spec.resources)
    for path, container in containers_of(spec):
        yield from _review_image(path, container)
        if not may_ignore_limits:
            yield from review_limits(f"{path}.resources", container.resources)
        yield from review_devices(path, container)
        yield from review_ports(path, container)
        yield from _review_mounts(path, container)
        yield from review_container_security(path, spec, container, bubblewrap)


def _review_pod(spec: PodSpec) -> Iterator[Problem]:
    if spec.subdomain:
        yield unsupported("spec.subdomain", spec.subdomain, "there is no DNS for pods here")
    if spec.set_hostname_as_fqdn:
        wanted = "there is no DNS for pods here"
        yield unsupported("spec.setHostnameAsFQDN", found=True, wanted=wanted)
    if spec.dns_config:
        wanted = "containers have the host's own /etc/resolv.conf"
        yield unsupported("spec.dnsConfig", ABSENT, wanted)
    if spec.host_users is False:
        yield unsupported("spec.hostUsers", found=False, wanted="containers have the host's users")
    own = "each container has processes of its own; run it with isolation='none' (--isolation none)"
    if spec.host_pid:
        yield unsupported("spec.hostPID", found=True, wanted=own)
    if spec.share_process_namespace:
        yield unsupported("spec.shareProcessNamespace", found=True, wanted=own)
    if spec.os is not None and spec.os.name not in {"", "linux"}:
        wanted = "containers run on this host, which is linux"
        yield unsupported("spec.os.name", spec.os.name, wanted)


def _review_image(path: str, container: Container) -> Iterator[Problem]:
    try:
        image = reference(container.image)
    except ValueError as error:
        yield unsupported(f"{path}.image", container.image, str(error))
        return
    if image is None and not container.command:
        what = "a command, not args alone" if container.args else "a command or args"
        yield unsupported(
            f"{path}.command",
            ABSENT,
            f"the subprocess executor needs {what} (the host's files have no entrypoint)",
        )


def _review_mounts(path: str, container: Container) -> Iterator[Problem]:
    for index, mount in enumerate(container.volume_mounts):
        where = f"{path}.volumeMounts[{index}]"
        if mount.mount_propagation not in {None, "None"}:
            wanted = "a view never sees what is mounted on the host later"
            yield unsupported(f"{where}.mountPropagation", mount.mount_propagation, wanted)
