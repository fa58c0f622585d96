"""The condition AllContainersRestarting, row by row of Kubernetes' table."""

from __future__ import annotations

from seedpod._core.adoption.restarting_all import is_restarting_all
from seedpod._core.conditions import ALL_RESTARTING, PodView, conditions
from seedpod.status import Phase, PodCondition
from tests.conformance.checks.reading import found_pod
from tests.conformance.rows import Row, pod_of


def check_all_containers_restarting(row: Row) -> None:
    """By what the runtime has, and what was reported before."""
    given = row.given
    pod = pod_of(given)
    reported = [PodCondition(**each) for each in given["previousConditions"]]
    view = PodView(
        spec=pod.spec,
        phase=Phase(given["phase"]),
        init_statuses=(),
        statuses=(),
        has_sandbox=True,
        is_restarting_all=is_restarting_all(pod, found_pod(given["runtime"]), reported),
    )
    found = next(each for each in conditions(view, times={}) if each.type == ALL_RESTARTING)
    wanted = row.expect["condition"]
    assert found.status == wanted["status"]
    assert found.reason == wanted.get("reason", "")
    if "message" in wanted:
        assert found.message == wanted["message"]
