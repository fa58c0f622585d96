"""What of a pod cannot be honoured at the level `view`, found in its manifest alone."""

from __future__ import annotations

from collections.abc import Iterator

from seedpod._core.fields import containers_of, probes_and_hooks
from seedpod.errors import ABSENT, Problem
from seedpod.executors.subprocess._images.reference import reference
from seedpod.executors.subprocess._problem import unsupported
from seedpod.executors.subprocess._review import (
    review_command,
    review_devices,
    review_host,
    review_ports,
)
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.executors.subprocess._view.review_security import (
    review_container_security,
    review_pod_security,
)
from seedpod.spec import Container, Pod, PodSpec, camel_case


def review_view(pod: Pod, bubblewrap: Bubblewrap, *, has_own_network: bool) -> Iterator[Problem]:
    """Every problem of *pod*: the pod's own fields first, then container by container.

    Args:
        pod: With its defaults filled in, or not.
        bubblewrap: What the views are made with.
        has_own_network: Whether the pod gets a network that the engine is not in.
    """
    spec = pod.spec
    yield from _review_pod(spec)
    yield from review_pod_security(spec, bubblewrap)
    for path, container in containers_of(spec):
        yield from _review_image(path, container)
        yield from review_devices(path, container)
        if has_own_network:
            yield from _review_network(path, container)
        else:
            yield from review_ports(path, container)
        yield from _review_mounts(path, container)
        yield from review_container_security(path, spec, container, bubblewrap)


def _review_pod(spec: PodSpec) -> Iterator[Problem]:
    if spec.subdomain:
        yield unsupported("spec.subdomain", spec.subdomain, "there is no DNS for pods here")
    if spec.set_hostname_as_fqdn:
        wanted = "there is no DNS for pods here"
        yield unsupported("spec.setHostnameAsFQDN", found=True, wanted=wanted)
    yield from review_host(spec)
    own = "each container has processes of its own; run it with isolation='none' (--isolation none)"
    if spec.host_pid:
        yield unsupported("spec.hostPID", found=True, wanted=own)
    if spec.share_process_namespace:
        yield unsupported("spec.shareProcessNamespace", found=True, wanted=own)


def _review_image(path: str, container: Container) -> Iterator[Problem]:
    try:
        image = reference(container.image)
    except ValueError as error:
        yield unsupported(f"{path}.image", container.image, str(error))
        return
    if image is None:
        yield from review_command(path, container, "the host's files have no entrypoint")


def _review_network(path: str, container: Container) -> Iterator[Problem]:
    wanted = "the engine cannot reach a pod's private network; use exec, or hostNetwork: true"
    for name, handler in probes_and_hooks(container):
        for field in ("http_get", "tcp_socket", "grpc"):
            if getattr(handler, field, None) is not None:
                yield unsupported(f"{path}.{name}.{camel_case(field)}", ABSENT, wanted)
    for index, port in enumerate(container.ports):
        if port.host_port:
            where = f"{path}.ports[{index}].hostPort"
            yield unsupported(where, port.host_port, "nothing leads into a pod's private network")


def _review_mounts(path: str, container: Container) -> Iterator[Problem]:
    for index, mount in enumerate(container.volume_mounts):
        where = f"{path}.volumeMounts[{index}]"
        if mount.mount_propagation not in {None, "None"}:
            wanted = "a view never sees what is mounted on the host later"
            yield unsupported(f"{where}.mountPropagation", mount.mount_propagation, wanted)
