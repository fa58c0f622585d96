"""Effective resources and QoS classes, row by row of Kubernetes' tables."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seedpod._core.resources import (
    aggregate_limits,
    aggregate_requests,
    effective_limits,
    effective_requests,
    is_pod_level_resource,
    pod_level,
    qos_class,
)
from seedpod.spec import Quantity, ResourceRequirements
from tests.conformance.vectors_support import (
    Asker,
    Json,
    Row,
    agreeing,
    deviating,
    pod_of,
    structured,
    unaccounted,
)


@pytest.mark.parametrize("row", agreeing("resources"))
def test_resources_are_those_kubernetes_finds(row: Row) -> None:
    assert answer(row) == wanted(row)


@pytest.mark.parametrize("row", deviating("resources"))
def test_listed_deviations_are_real(row: Row) -> None:
    assert answer(row) != wanted(row)


def test_every_question_about_resources_is_asked_or_listed() -> None:
    assert unaccounted("resources", ASKERS) == set()


def answer(row: Row) -> dict[str, object]:
    """What we say, of all that the row asserts."""
    found = ASKERS[row.question](row.given)
    assert isinstance(found, dict)
    return {name: found[name] for name in row.expect}


def wanted(row: Row) -> dict[str, object]:
    """What Kubernetes says, quantities by value."""
    return {
        name: amounts(each) if isinstance(each, Mapping) else each
        for name, each in row.expect.items()
    }


def amounts(raw: Json) -> dict[str, Quantity]:
    return {name: Quantity(each) for name, each in raw.items()}


def pod_resources(given: Json) -> dict[str, object]:
    pod = pod_of(given)
    options = given.get("options", {})
    has_overhead = not options.get("excludeOverhead", False)
    has_pod_level = not options.get("skipPodLevelResources", False)
    return {
        "requests": effective_requests(pod, has_overhead=has_overhead, has_pod_level=has_pod_level),
        "limits": effective_limits(pod, has_overhead=has_overhead, has_pod_level=has_pod_level),
    }


def aggregate(given: Json) -> dict[str, object]:
    spec = pod_of(given).spec
    return {"requests": aggregate_requests(spec), "limits": aggregate_limits(spec)}


def own(given: Json) -> ResourceRequirements:
    return structured(ResourceRequirements, given["podResources"] or {})


ASKERS: dict[str, Asker] = {
    "podResources": pod_resources,
    "aggregateContainers": aggregate,
    "qosClass": lambda given: {"qosClass": qos_class(pod_of(given))},
    "isSupportedPodLevelResource": lambda given: {
        "result": is_pod_level_resource(given["resource"])
    },
    "isPodLevelResourcesSet": lambda given: {
        "result": bool(pod_level(own(given).requests) or pod_level(own(given).limits))
    },
    "isPodLevelLimitsSet": lambda given: {"result": bool(pod_level(own(given).limits))},
}
