"""The conditions of a pod."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from seedpod._core.conditions import (
    CONTAINERS_READY,
    INITIALIZED,
    READY,
    READY_TO_START,
    PodView,
    conditions,
)
from seedpod.status import Phase, PodCondition
from tests.conformance.rows import Json, Row, container_statuses, pod_conditions, pod_of


def check_condition(row: Row) -> None:
    wanted = row.expect["condition"]
    found = condition(row.given)
    assert (found.type, found.status) == (wanted["type"], wanted["status"])
    assert found.reason == wanted.get("reason", "")
    assert [name for name in wanted.get("messageMentions", ()) if name not in found.message] == []


def check_status(row: Row) -> None:
    assert condition(row.given).status == row.expect["condition"]["status"]


def check_all_restarting(row: Row) -> None:
    # Imported here: without its module the rows of this question fail, and no others.
    from tests.conformance.checks.all_containers_restarting import check_all_containers_restarting

    check_all_containers_restarting(row)


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


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    CONTAINERS_READY: check_condition,
    READY: check_condition,
    INITIALIZED: check_condition,
    READY_TO_START: check_status,
    "AllContainersRestarting": check_all_restarting,
}
