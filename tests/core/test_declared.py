"""What a status repeats of the spec."""

from __future__ import annotations

import pytest

from seedpod._core.declared import declared_status, pod_resources, with_resources
from seedpod.spec import Lifecycle, ResourceClaim, ResourceRequirements
from seedpod.status import Waiting
from tests.core.found_pods import of
from tests.core.sketches import container, spec

WAITING = Waiting("ContainerCreating")
BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize("own", [{"limits": {"cpu": "2"}}, {"requests": {"cpu": "1"}}])
def test_a_pod_that_sets_bounds_of_its_own_shows_them(own: dict[str, dict[str, str]]) -> None:
    resources = ResourceRequirements(**own)
    assert pod_resources(of(spec(container("app"), resources=resources)))[1] == resources


def test_a_pod_that_sets_none_shows_what_its_containers_amount_to() -> None:
    bounded = ResourceRequirements(limits=BOTH, requests=BOTH)
    app = container("app", resources=bounded)
    pod = of(spec(app, resources=ResourceRequirements()))
    assert pod_resources(pod) == (bounded.requests, bounded)
    pod = of(spec(container("app"), resources=ResourceRequirements()))
    assert pod_resources(pod) == ({}, None)


@pytest.mark.parametrize("limits", [{"cpu": "1"}, {"memory": "1Gi"}, {}])
def test_unless_one_of_them_has_no_limit(limits: dict[str, str]) -> None:
    bounded = container("app", resources=ResourceRequirements(limits=BOTH))
    other = container("other", resources=ResourceRequirements(limits=limits))
    assert pod_resources(of(spec(bounded, other)))[1] is None
    assert pod_resources(of(spec(bounded, inits=(other,))))[1] is None


def test_a_container_shows_its_resources_without_the_claims() -> None:
    claim = ResourceClaim(name="gpu")
    claiming = ResourceRequirements(limits=BOTH, requests=BOTH, claims=[claim])
    app = container("app", resources=claiming)
    status = with_resources(declared_status(app, WAITING), app)
    assert status.resources == ResourceRequirements(limits=BOTH, requests=BOTH)
    assert status.allocated_resources == claiming.requests


@pytest.mark.parametrize(
    ("lifecycle", "shown"),
    [(None, ""), (Lifecycle(), ""), (Lifecycle(stop_signal="SIGUSR1"), "SIGUSR1")],
)
def test_a_container_shows_the_stop_signal_it_asks_for(
    lifecycle: Lifecycle | None, shown: str
) -> None:
    assert declared_status(container("app", lifecycle=lifecycle), WAITING).stop_signal == shown
