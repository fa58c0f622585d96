"""The container that holds a pod's namespaces: its network, its host name, its shared memory.

All others join it, so they find each other at `localhost`, and what is published is published here.
It does nothing itself but reap, and lives as long as the pod's sandbox.

Source: kubelet, generatePodSandboxConfig and GetPodDNS; Docker Engine API, "Create a container".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from seedpod.deriving import hostname
from seedpod.spec import ContainerPort, Pod, PodSpec
from seedpod_docker._labels import PodLabels
from seedpod_docker._settings import Choices


def pod_config(pod: Pod, labels: PodLabels, image: str, choices: Choices) -> dict[str, Any]:
    """The body of the request that makes it."""
    spec = pod.spec
    host: dict[str, Any] = {
        "NetworkMode": "host" if spec.host_network else choices.network,
        "IpcMode": "host" if spec.host_ipc else "shareable",
        "CapDrop": ["ALL"],
        "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges"],
        "ExtraHosts": list(_extra_hosts(spec)),
        "LogConfig": {"Type": "none"},
        "Sysctls": _sysctls(spec),
        **_names(spec),
    }
    config: dict[str, Any] = {"Image": image, "Labels": labels.of_pod, "HostConfig": host}
    if spec.share_process_namespace:
        host["CapDrop"] = []  # it reaps, and is asked to end, whoever its neighbours run as
    if spec.host_network:
        host["UTSMode"] = "host"
    else:
        config["Hostname"] = hostname(pod)
        published = _published(spec)
        config["ExposedPorts"] = {each: {} for each in published}
        host["PortBindings"] = published
    return config


def _extra_hosts(spec: PodSpec) -> Iterator[str]:
    for alias in spec.host_aliases:
        for name in alias.hostnames:
            yield f"{name}:{alias.ip}"


def _sysctls(spec: PodSpec) -> dict[str, str]:
    context = spec.security_context
    return {} if context is None else {each.name: each.value for each in context.sysctls}


def _published(spec: PodSpec) -> dict[str, list[dict[str, str]]]:
    """The ports of the host that lead to ports of the pod."""
    found: dict[str, list[dict[str, str]]] = {}
    for port in _ports(spec):
        if port.host_port:
            key = f"{port.container_port}/{(port.protocol or 'TCP').lower()}"
            binding = {"HostIp": port.host_ip, "HostPort": str(port.host_port)}
            if binding not in found.setdefault(key, []):
                found[key].append(binding)
    return found


def _ports(spec: PodSpec) -> Iterator[ContainerPort]:
    for container in (*spec.init_containers, *spec.containers):
        yield from container.ports


def _names(spec: PodSpec) -> dict[str, Any]:
    """How its containers resolve names: as the engine has it, and as `dnsConfig` adds."""
    given = spec.dns_config or {}

    def listed(key: str) -> Sequence[Any]:
        return cast("Sequence[Any]", given.get(key) or ())

    options = [
        f"{each['name']}:{each['value']}" if each.get("value") else str(each["name"])
        for each in listed("options")
    ]
    names: dict[str, Any] = {
        "Dns": [*listed("nameservers")],
        "DnsSearch": [*listed("searches")],
        "DnsOptions": options,
    }
    return {key: value for key, value in names.items() if value}
