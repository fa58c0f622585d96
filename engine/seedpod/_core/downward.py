"""The downward API: what a container may be told about its own pod.

A `fieldRef` names a field of the pod, a `resourceFieldRef` a request or limit of one of its
containers.

Source: kubelet, podFieldSelectorRuntimeValue; Kubernetes, pkg/fieldpath and
component-helpers/resource.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

from seedpod.spec import Container, Pod, ResourceFieldSelector

_NANO: Final = 10**9
_QUALIFIED_NAME: Final = re.compile(
    r"(?:(?=[^/]{1,253}/)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*/)?"
    r"(?=[^/]{1,63}\Z)[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"
)
_IPV4: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_ASCII_END: Final = 0x80
_WIDE_START: Final = 0x10000


@attrs.frozen(kw_only=True)
class PodFacts:
    """What is known of a pod beside its spec once it has a place to run."""

    node_name: str = ""
    host_ip: str = ""
    host_ips: tuple[str, ...] = ()
    pod_ip: str = ""
    pod_ips: tuple[str, ...] = ()
    allocatable_cpu_cores: float = 0
    """What the machine can give to pods; an unset limit counts as this."""
    allocatable_memory_bytes: int = 0
    allocatable_ephemeral_storage_bytes: int = 0


@attrs.frozen
class Unresolved:
    """Something a container refers to is not there, or not yet."""

    message: str
    """In Kubernetes' words."""


def field_value(pod: Pod, field_path: str, facts: PodFacts) -> str | Unresolved:
    """What a `fieldRef` to *field_path* stands for; a label that is not set is empty."""
    split = split_subscript(field_path)
    if split is not None:
        return _subscripted(pod, *split)
    match field_path:
        case "metadata.name":
            return pod.metadata.name
        case "metadata.namespace":
            return pod.metadata.namespace
        case "metadata.uid":
            return pod.metadata.uid
        case "metadata.labels":
            return format_map(pod.metadata.labels)
        case "metadata.annotations":
            return format_map(pod.metadata.annotations)
        case _:
            return _placed(pod, field_path, facts)


def split_subscript(field_path: str) -> tuple[str, str] | None:
    """The path and the key of `path['key']`; None for a path without a subscript."""
    if not field_path.endswith("']"):
        return None
    path, bracket, key = field_path.removesuffix("']").partition("['")
    return (path, key) if path and bracket else None


def format_map(items: Mapping[str, str]) -> str:
    """Labels or annotations as lines `key="value"`, sorted by key, the value escaped as Go does."""
    return "\n".join(f"{key}={_quoted(items[key])}" for key in sorted(items))


def resource_value(
    pod: Pod, container: Container | None, selector: ResourceFieldSelector, facts: PodFacts
) -> str | Unresolved:
    """What a `resourceFieldRef` stands for: the amount in units of its divisor, rounded up.

    Args:
        pod: Whose container it is, and whose limits go before the machine's.
        container: The one that asks; None where the reference has to name one.
        selector: Which resource of which container, in which unit.
        facts: What the machine has, for limits nobody has set.
    """
    name = selector.container_name
    chosen = container if not name else _named(pod, name)
    if chosen is None:
        return Unresolved(f"container {name} not found")
    kind, _, resource = selector.resource.partition(".")
    if kind not in {"limits", "requests"} or not _is_resource(resource):
        return Unresolved(f"unsupported container resource : {selector.resource}")
    if kind == "limits":
        nanos = _limit_nanos(pod, chosen, resource, facts)
    else:
        request = chosen.resources.requests.get(resource)
        nanos = 0 if request is None else request.nanos
    unit = selector.divisor.nanos if selector.divisor else _NANO
    return str(-(-nanos // unit))


def _subscripted(pod: Pod, path: str, key: str) -> str | Unresolved:
    if path not in {"metadata.labels", "metadata.annotations"}:
        return Unresolved(f"fieldPath \"{path}['{key}']\" does not support subscript")
    is_label = path == "metadata.labels"
    # Annotations may have upper case in their prefix, labels may not.
    if not _QUALIFIED_NAME.fullmatch(key if is_label else key.lower()):
        return Unresolved(f"invalid key subscript in {path}['{key}']: must be a qualified name")
    return (pod.metadata.labels if is_label else pod.metadata.annotations).get(key, "")


def _placed(pod: Pod, field_path: str, facts: PodFacts) -> str | Unresolved:
    """The fields that only a pod with a place has, and the service account."""
    match field_path:
        case "spec.nodeName" | "spec.host":  # the older name
            return pod.spec.node_name or facts.node_name
        case "spec.serviceAccountName":
            return pod.spec.service_account_name
        case "status.hostIP":
            return facts.host_ip
        case "status.hostIPs":
            return ",".join(facts.host_ips)
        case "status.podIP":
            return facts.pod_ip
        case "status.podIPs":
            return ",".join(_one_of_each_family(facts))
        case _:
            return Unresolved(f"unsupported fieldPath: {field_path}")


def _one_of_each_family(facts: PodFacts) -> list[str]:
    """The pod's first IPv4 and its first IPv6 address, the host's own family first."""
    v4 = next((ip for ip in facts.pod_ips if _IPV4.fullmatch(ip)), None)
    v6 = next((ip for ip in facts.pod_ips if ":" in ip), None)
    order = (v6, v4) if ":" in facts.host_ip else (v4, v6)
    return [ip for ip in order if ip is not None]


def _quoted(text: str) -> str:
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < _ASCII_END:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _WIDE_START else f"\\U{code:08x}"


def _named(pod: Pod, name: str) -> Container | None:
    every = (*pod.spec.containers, *pod.spec.init_containers)
    return next((each for each in every if each.name == name), None)


def _is_resource(name: str) -> bool:
    return name in {"cpu", "memory", "ephemeral-storage"} or name.startswith("hugepages-")


def _limit_nanos(pod: Pod, container: Container, resource: str, facts: PodFacts) -> int:
    """A limit in billionths: the container's, else the pod's, else all the machine can give."""
    limit = container.resources.limits.get(resource)
    if not limit and pod.spec.resources is not None:
        limit = pod.spec.resources.limits.get(resource)
    if limit:
        return limit.nanos
    match resource:
        case "cpu":
            return round(facts.allocatable_cpu_cores * _NANO)
        case "memory":
            return facts.allocatable_memory_bytes * _NANO
        case "ephemeral-storage":
            return facts.allocatable_ephemeral_storage_bytes * _NANO
        case _:
            return 0
