"""What is wrong with requests and limits of a pod as a whole.

Source: kubernetes, pkg/apis/core/validation: validatePodResources, validatePodResourceConsistency.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seedpod._core.resources import aggregate_limits, aggregate_requests
from seedpod._core.validation import text
from seedpod._core.validation.report import forbidden, invalid, not_supported
from seedpod._core.validation.resources import (
    HUGEPAGES,
    amount_problems,
    is_standard,
    pairing_problems,
)
from seedpod.errors import Problem
from seedpod.spec.pod import PodSpec
from seedpod.spec.resources import ResourceRequirements

_SUPPORTED: Final = ("cpu", "memory", "hugepages-SIZE")


def pod_resources_problems(resources: ResourceRequirements, path: str) -> Iterator[Problem]:
    """What is wrong with the requests and limits of a pod, taken by themselves."""
    for field, amounts in (("limits", resources.limits), ("requests", resources.requests)):
        for name, amount in amounts.items():
            yield from _name_problems(name, f"{path}.{field}[{name}]")
            yield from amount_problems(name, amount, f"{path}.{field}[{name}]")
    yield from pairing_problems(resources, path)
    if resources.claims:
        yield forbidden(f"{path}.claims", "must not be set for the pod as a whole")


def consistency_problems(
    spec: PodSpec, resources: ResourceRequirements, path: str
) -> Iterator[Problem]:
    """Where the containers ask for more than the *resources* of their pod."""
    requests = aggregate_requests(spec)
    for name, amount in resources.requests.items():
        if name in requests and requests[name] > amount:
            wanted = f"must be at least what the containers request ({requests[name]})"
            yield invalid(f"{path}.requests[{name}]", str(amount), wanted)
    limits = aggregate_limits(spec)
    for name, amount in resources.limits.items():
        for container in spec.containers:
            own = container.resources.limits.get(name)
            if own is not None and own > amount:
                wanted = f"must be at least the limit of container {container.name} ({own})"
                yield invalid(f"{path}.limits[{name}]", str(amount), wanted)
        if name.startswith(HUGEPAGES) and name in limits and limits[name] > amount:
            wanted = f"must be at least the limits of the containers ({limits[name]})"
            yield invalid(f"{path}.limits[{name}]", str(amount), wanted)


def _name_problems(name: str, path: str) -> Iterator[Problem]:
    if not text.is_qualified_name(name):
        yield invalid(path, name, text.QUALIFIED_NAME)
    elif "/" not in name and not is_standard(name):
        yield invalid(path, name, f"must be one of {', '.join(_SUPPORTED)}")
    elif name not in {"cpu", "memory"} and not name.startswith(HUGEPAGES):
        yield not_supported(path, name, _SUPPORTED)
