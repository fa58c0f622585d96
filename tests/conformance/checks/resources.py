"""Effective resources and QoS classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from seedpod._core.resources import (
    Amounts,
    aggregate_limits,
    aggregate_requests,
    effective_limits,
    effective_requests,
    is_pod_level_resource,
    pod_level,
    qos_class,
)
from seedpod.spec import Quantity, ResourceRequirements
from seedpod.status import PodStatus
from tests.conformance.rows import Json, Row, pod_of, pod_status, structured

_RESIZES_PODS: Final = "InPlacePodLevelResourcesVerticalScaling"
"""The gate without which what a pod as a whole has does not count."""


def check_pod_resources(row: Row) -> None:
    given = row.given
    options = given.get("options", {})
    choices: dict[str, Any] = {
        "has_overhead": not options.get("excludeOverhead", False),
        "has_pod_level": not options.get("skipPodLevelResources", False),
    }
    pod, status = pod_of(given), status_of(given)
    found = {
        "requests": effective_requests(pod, status, **choices),
        "limits": effective_limits(pod, status, **choices),
    }
    assert_amounts(found, row)


def check_aggregate(row: Row) -> None:
    spec, status = pod_of(row.given).spec, status_of(row.given)
    found = {"requests": aggregate_requests(spec, status), "limits": aggregate_limits(spec, status)}
    assert_amounts(found, row)


def check_qos_class(row: Row) -> None:
    assert qos_class(pod_of(row.given)) == row.expect["qosClass"]


def check_is_pod_level(row: Row) -> None:
    assert is_pod_level_resource(row.given["resource"]) == row.expect["result"]


def check_has_pod_level(row: Row) -> None:
    own = own_resources(row.given)
    assert bool(pod_level(own.requests) or pod_level(own.limits)) == row.expect["result"]


def check_has_pod_level_limits(row: Row) -> None:
    assert bool(pod_level(own_resources(row.given).limits)) == row.expect["result"]


def assert_amounts(found: Mapping[str, Amounts], row: Row) -> None:
    """Compare what the row asserts, quantities by value."""
    wanted = {
        kind: {name: Quantity(amount) for name, amount in amounts.items()}
        for kind, amounts in row.expect.items()
    }
    assert {kind: found[kind] for kind in wanted} == wanted


def status_of(given: Json) -> PodStatus | None:
    """What the pod has, if that is to count."""
    if not given.get("options", {}).get("useStatusResources", False):
        return None
    status = pod_status(given["pod"].get("status", {}))
    if _RESIZES_PODS in given.get("features", ()):
        return status
    return attrs.evolve(status, resources=None)


def own_resources(given: Json) -> ResourceRequirements:
    return structured(ResourceRequirements, given["podResources"] or {})


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    "podResources": check_pod_resources,
    "aggregateContainers": check_aggregate,
    "qosClass": check_qos_class,
    "isSupportedPodLevelResource": check_is_pod_level,
    "isPodLevelResourcesSet": check_has_pod_level,
    "isPodLevelLimitsSet": check_has_pod_level_limits,
}
