"""What is wrong with the ports of containers.

Source: kubernetes, pkg/apis/core/validation: validateContainerPorts, checkHostPortConflicts,
validateHostNetwork.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seedpod._core.validation import text
from seedpod._core.validation.report import choice_problems, duplicate, invalid, required
from seedpod.errors import Problem
from seedpod.spec.container import Container, ContainerPort
from seedpod.spec.words import Protocol

_PROTOCOLS: Final = tuple(each.value for each in Protocol)


def ports_problems(ports: Sequence[ContainerPort], path: str) -> Iterator[Problem]:
    """What is wrong with the ports of one container."""
    names: set[str] = set()
    for index, port in enumerate(ports):
        if port.name:
            if not text.is_port_name(port.name):
                yield invalid(f"{path}[{index}].name", port.name, text.PORT_NAME)
            elif port.name in names:
                wanted = "must be unique among the container's ports"
                yield duplicate(f"{path}[{index}].name", port.name, wanted)
            names.add(port.name)
        yield from _number_problems(port, f"{path}[{index}]")
        yield from choice_problems(port.protocol, _PROTOCOLS, f"{path}[{index}].protocol")


def host_port_conflicts(
    containers: Sequence[Container], path: str, first: int = 0
) -> Iterator[Problem]:
    """Ports of the host that two ports of *containers* want, the first of which is number *first*.

    An init container is looked at alone: they do not run at the same time.
    """
    taken: set[tuple[str, str, int]] = set()
    for number, container in enumerate(containers, first):
        for index, port in enumerate(container.ports):
            if not port.host_port:
                continue
            key = (port.protocol, port.host_ip, port.host_port)
            if key in taken:
                wanted = f"must be unique in the pod for {port.protocol or 'its protocol'}"
                where = f"{path}[{number}].ports[{index}].hostPort"
                yield duplicate(where, port.host_port, wanted)
            taken.add(key)


def host_network_problems(containers: Sequence[Container], path: str) -> Iterator[Problem]:
    """Ports that differ inside and outside, although the pod uses the host's network."""
    for number, container in enumerate(containers):
        for index, port in enumerate(container.ports):
            if port.host_port != port.container_port:
                yield invalid(
                    f"{path}[{number}].ports[{index}].hostPort",
                    port.host_port,
                    f"must be the containerPort ({port.container_port}) where hostNetwork is true",
                )


def _number_problems(port: ContainerPort, path: str) -> Iterator[Problem]:
    if not port.container_port:
        yield required(f"{path}.containerPort", text.PORT_NUMBER)
    elif not text.is_port_number(port.container_port):
        yield invalid(f"{path}.containerPort", port.container_port, text.PORT_NUMBER)
    if port.host_port and not text.is_port_number(port.host_port):
        yield invalid(f"{path}.hostPort", port.host_port, text.PORT_NUMBER)
