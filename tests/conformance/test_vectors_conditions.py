"""The conditions of a pod, row by row of Kubernetes' tables."""

from __future__ import annotations

from typing import Any

import pytest

from seedpod._core.conditions import (
    CONTAINERS_READY,
    INITIALIZED,
    READY,
    READY_TO_START,
    PodView,
    conditions,
)
from seedpod.status import Phase, PodCondition
from tests.conformance.vectors_support import (
    Json,
    Row,
    agreeing,
    container_statuses,
    pod_conditions,
    pod_of,
    unaccounted,
)

ASKED = {CONTAINERS_READY, INITIALIZED, READY, READY_TO_START}


@pytest.mark.parametrize("row", agreeing("conditions"))
def test_conditions_are_those_kubernetes_finds(row: Row) -> None:
    wanted: dict[str, Any] = dict(row.expect["condition"])
    mentions = wanted.pop("messageMentions", [])
    found = condition(row.given)
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert [name for name in mentions if name not in found.message] == []


def test_every_condition_is_asked_for_or_listed() -> None:
    assert unaccounted("conditions", ASKED) == set()


def condition(given: Json) -> PodCondition:
    """What we say of the condition a row asks for."""
    raw = given.get("containerStatuses")
    statuses = container_statuses(raw)
    sandboxes = given.get("runtime", {}).get("sandboxes", [])
    view = PodView(
        spec=pod_of(given).spec,
        phase=Phase(given.get("phase", "Pending")),
        init_statuses=statuses,
        statuses=None if raw is None else statuses,
        has_sandbox=any(each["ready"] for each in sandboxes),
    )
    found = conditions(view, times={}, others=pod_conditions(given.get("conditions")))
    return next(each for each in found if each.type == given["condition"])
