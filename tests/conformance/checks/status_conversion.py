"""How the status of a pod found in some state reads, row by row of Kubernetes' tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from seedpod._core.adoption.merging import merged
from seedpod._core.adoption.pod_status import pod_status
from seedpod._core.adoption.statuses import Look, app_statuses, init_statuses
from seedpod._core.adoption.termination import terminated
from seedpod._core.manifest.dump import to_dict
from seedpod.status import ContainerStatus, PodStatus
from tests.conformance.checks.reading import (
    comparable,
    found_pod,
    status_of,
    statuses_of,
    without_unasked,
)
from tests.conformance.rows import Json, Row, pod_of

_NOT_IN_ROWS: Final = ("image", "imageID", "started")
_NOT_COMPARED: Final = (*_NOT_IN_ROWS, "containerID", "allocatedResources", "resources")


def check_container_statuses(row: Row) -> None:
    """One list of containers of a pod."""
    given = row.given
    pod = pod_of(given)
    reported = statuses_of(given["previousStatuses"])
    is_init = given["isInitContainer"]
    look = Look(
        pod=pod,
        found=found_pod(given["runtime"]),
        reported=PodStatus(
            init_container_statuses=reported if is_init else (),
            container_statuses=() if is_init else reported,
        ),
        is_restarting_all=given["restartingAllContainers"],
    )
    found = init_statuses(look) if is_init else app_statuses(look)
    _compare({"statuses": _written(found)}, row.expect, *_NOT_COMPARED)


def check_pod_status(row: Row) -> None:
    """The whole status; the row says which containers count as ready."""
    given = row.given
    pod = pod_of(given)
    apps = {each.name for each in pod.spec.containers}
    assert given["readinessStub"] == "every regular container counts as ready"
    look = Look(
        pod=pod,
        found=found_pod(given["runtime"], host_network=pod.spec.host_network),
        reported=status_of(given["previousStatus"]),
        published=status_of(given["pod"].get("status", {})),
    )
    found = pod_status(
        look,
        lambda status: (status.started, status.name in apps),
        is_terminal=given["podIsTerminal"],
    )
    _compare({"status": to_dict(found)}, row.expect, *_NOT_IN_ROWS)


def check_merging(row: Row) -> None:
    """What is published after what was."""
    given = row.given
    found = merged(
        status_of(given["oldStatus"]),
        status_of(given["newStatus"]),
        may_have_running=given["couldHaveRunningContainers"],
    )
    _compare({"status": to_dict(found)}, row.expect, *_NOT_IN_ROWS)


def check_termination(row: Row) -> None:
    """The last word; a row says of containers how they ended, and no more."""
    raw = row.given["pod"].get("status", {})
    status = terminated(pod_of(row.given).spec, status_of(raw))
    ends = {"name", "state", "lastState"}
    found: dict[str, Any] = {"phase": str(status.phase)}
    for name, statuses in (
        ("initContainerStatuses", status.init_container_statuses),
        ("containerStatuses", status.container_statuses),
    ):
        found[name] = [
            {key: each for key, each in one.items() if key in ends} for one in _written(statuses)
        ]
    asked = {name: found[name] for name in row.expect}
    _compare(asked, row.expect)


def _written(statuses: Iterable[ContainerStatus]) -> list[Json]:
    return [to_dict(each) for each in statuses]


def _compare(found: Json, wanted: Json, *ignored: str) -> None:
    expected = comparable(wanted, *ignored)
    assert without_unasked(comparable(found, *ignored), expected) == expected


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    "convertContainerStatuses": check_container_statuses,
    "generatePodStatus": check_pod_status,
    "mergePodStatus": check_merging,
    "terminatePod": check_termination,
}
