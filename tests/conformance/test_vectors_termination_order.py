"""Grace periods and the order of stop signals, row by row of Kubernetes' tables."""

from __future__ import annotations

import pytest

from seedpod._core.grace import container_grace, effective_grace
from seedpod._core.ordering import stop_prerequisites
from tests.conformance.vectors_support import Asker, Json, Row, agreeing, pod_of, unaccounted


@pytest.mark.parametrize("row", agreeing("termination_order"))
def test_containers_end_in_kubernetes_order_and_time(row: Row) -> None:
    assert ASKERS[row.question](row.given) == row.expect


def test_every_question_about_the_end_is_asked_or_listed() -> None:
    assert unaccounted("termination_order", ASKERS) == set()


def waits(given: Json) -> object:
    """How long each running container waits: for those before it, or until its grace is used up."""
    before = stop_prerequisites(pod_of(given).spec)
    running = given["running"]

    def wait(name: str) -> float:
        ends = [wait(each) + lasts[each] for each in before[name] if each in running]
        return min(float(grace[name]), max(ends, default=0.0))

    grace, lasts = given["graceSeconds"], given["secondsToStopOnceTold"]
    return {"waitBeforeStopWholeSeconds": {name: int(wait(name)) for name in running}}


def of_container(given: Json) -> object:
    spec = pod_of(given).spec
    [container] = spec.containers
    failed = {"LivenessProbe": container.liveness_probe, "StartupProbe": container.startup_probe}
    return {"graceSeconds": container_grace(spec, failed.get(given["killReason"]))}


def of_pod(given: Json) -> object:
    pod = pod_of(given)
    asked = (pod.metadata.deletion_grace_period_seconds, given.get("gracePeriodOverride"))
    return {"graceSeconds": effective_grace(pod.spec, *asked)}


ASKERS: dict[str, Asker] = {
    "terminationOrder": waits,
    "containerGracePeriod": of_container,
    "podGracePeriod": of_pod,
}
