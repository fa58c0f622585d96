"""What is wrong with references to the pod's own fields, as variables and files make them.

Source: kubernetes, pkg/apis/core/validation: validateObjectFieldSelector,
validateContainerResourceFieldSelector.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from seedpod._core.downward import split_subscript
from seedpod._core.validation import text
from seedpod._core.validation.report import invalid, not_supported, required
from seedpod.errors import Problem
from seedpod.spec.env import ObjectFieldSelector, ResourceFieldSelector
from seedpod.spec.quantity import Quantity

ENV_FIELDS: Final = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
"""The fields a variable can show; besides, one label or annotation."""

VOLUME_FIELDS: Final = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
"""The fields a file can show; besides, one label or annotation."""

_CONVERTIBLE: Final = frozenset(
    {
        *ENV_FIELDS,
        *VOLUME_FIELDS,
        "spec.host",
        "spec.restartPolicy",
        "spec.schedulerName",
        "status.phase",
    }
)
_OLDER_NAMES: Final = {"spec.host": "spec.nodeName"}
_RESOURCES: Final = (
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
)
_HUGEPAGES: Final = ("limits.hugepages-", "requests.hugepages-")
_CPU_DIVISORS: Final = frozenset(map(Quantity, ("1m", "1")))
_BYTE_DIVISORS: Final = frozenset(
    map(Quantity, "1 1k 1M 1G 1T 1P 1E 1Ki 1Mi 1Gi 1Ti 1Pi 1Ei".split())
)


def field_ref_problems(
    ref: ObjectFieldSelector, fields: Collection[str], path: str
) -> Iterator[Problem]:
    """What is wrong with a reference to one of the *fields* of the pod."""
    if not ref.api_version:
        yield required(f"{path}.apiVersion", "is required; v1 is the only one there is")
        return
    if not ref.field_path:
        yield required(f"{path}.fieldPath", f"must be one of {', '.join(fields)}")
        return
    subscripted = split_subscript(ref.field_path)
    if ref.api_version != "v1" or not (subscripted or ref.field_path in _CONVERTIBLE):
        wanted = f"must be a field of a v1 Pod: one of {', '.join(fields)}"
        yield invalid(f"{path}.fieldPath", ref.field_path, wanted)
    elif subscripted is not None:
        yield from _subscript_problems(ref.field_path, *subscripted, path)
    elif _OLDER_NAMES.get(ref.field_path, ref.field_path) not in fields:
        yield not_supported(f"{path}.fieldPath", ref.field_path, fields)


def resource_ref_problems(
    ref: ResourceFieldSelector, path: str, *, is_volume: bool
) -> Iterator[Problem]:
    """What is wrong with a reference to a container's requests or limits."""
    if is_volume and not ref.container_name:
        yield required(f"{path}.containerName", "must name the container whose resource is meant")
    elif not ref.resource:
        yield required(f"{path}.resource", f"must be one of {', '.join(_RESOURCES)}")
    elif not _is_resource(ref.resource):
        yield not_supported(f"{path}.resource", ref.resource, _RESOURCES)
    if ref.divisor and _is_resource(ref.resource):
        yield from _divisor_problems(ref.resource, ref.divisor, f"{path}.divisor")


def _is_resource(name: str) -> bool:
    return name in _RESOURCES or name.startswith(_HUGEPAGES)


def _subscript_problems(found: str, mapping: str, key: str, path: str) -> Iterator[Problem]:
    if mapping not in {"metadata.labels", "metadata.annotations"}:
        wanted = "only metadata.labels and metadata.annotations have keys"
        yield invalid(f"{path}.fieldPath", found, wanted)
    elif not text.is_qualified_name(key.lower() if mapping == "metadata.annotations" else key):
        yield invalid(path, found, f"the key between ['...'] {text.QUALIFIED_NAME}")


def _divisor_problems(resource: str, divisor: Quantity, path: str) -> Iterator[Problem]:
    is_cpu = resource.endswith(".cpu")
    if divisor in (_CPU_DIVISORS if is_cpu else _BYTE_DIVISORS):
        return
    wanted = "1m or 1" if is_cpu else "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi or 1Ei"
    yield invalid(path, str(divisor), f"must be {wanted}")
