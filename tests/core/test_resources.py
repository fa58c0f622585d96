"""What a pod as a whole asks for, and its class."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.resources import effective_limits, effective_requests, qos_class
from seedpod.spec import Container, Pod, PodSpec, Quantity, ResourceRequirements
from seedpod.status import ContainerStatus, PodCondition, PodStatus
from tests.core.sketches import asking, container


def pod(*apps: Container, inits: tuple[Container, ...] = (), **fields: object) -> Pod:
    return Pod(spec=PodSpec(containers=apps, init_containers=inits, **fields))  # type: ignore[arg-type]


def using(name: str, **amounts: str) -> Container:
    """A container whose requests and limits are the same."""
    return Container(name=name, resources=ResourceRequirements(requests=amounts, limits=amounts))


def texts(amounts: Mapping[str, Quantity]) -> dict[str, str]:
    return {name: str(amount) for name, amount in amounts.items()}


def test_apps_and_sidecars_add_up() -> None:
    found = effective_requests(
        pod(
            asking("a", cpu="300m"), asking("b", cpu="1"), inits=(asking("s", "Always", cpu="50m"),)
        )
    )
    assert texts(found) == {"cpu": "1350m"}


def test_a_large_init_container_counts_with_the_sidecars_before_it_only() -> None:
    inits = (
        asking("s1", "Always", cpu="100m"),
        asking("init", cpu="900m"),
        asking("s2", "Always", cpu="200m"),
    )
    found = effective_requests(pod(asking("a", cpu="300m"), asking("b", cpu="100m"), inits=inits))
    assert texts(found) == {"cpu": "1"}


def test_the_sum_of_what_runs_in_the_end_may_be_the_largest() -> None:
    inits = (
        asking("s1", "Always", cpu="100m"),
        asking("init", cpu="500m"),
        asking("s2", "Always", cpu="200m"),
    )
    found = effective_requests(pod(asking("a", cpu="300m"), asking("b", cpu="100m"), inits=inits))
    assert texts(found) == {"cpu": "700m"}


def having(name: str, *, allocated: str = "0", **amounts: str) -> ContainerStatus:
    """The status of a container that has these amounts, and was granted so much cpu."""
    has = ResourceRequirements(requests=amounts, limits=amounts)
    return ContainerStatus(name=name, resources=has, allocated_resources={"cpu": allocated})


INFEASIBLE = PodCondition(type="PodResizePending", status="True", reason="Infeasible")


def test_until_it_is_resized_a_container_counts_with_the_most_it_has_or_is_to_have() -> None:
    status = PodStatus(container_statuses=(having("a", cpu="2", allocated="3"),))
    for wanted, expected in (("1", "3"), ("4", "4")):
        assert texts(effective_requests(pod(asking("a", cpu=wanted)), status)) == {"cpu": expected}


def test_a_resize_that_cannot_be_made_does_not_count() -> None:
    status = PodStatus(
        conditions=(INFEASIBLE,), container_statuses=(having("a", cpu="2", allocated="1"),)
    )
    assert texts(effective_requests(pod(using("a", cpu="4")), status)) == {"cpu": "2"}
    assert texts(effective_limits(pod(using("a", cpu="4")), status)) == {"cpu": "2"}


def test_a_container_that_has_nothing_yet_counts_with_what_it_asks_for() -> None:
    status = PodStatus(conditions=(INFEASIBLE,), container_statuses=(ContainerStatus(name="a"),))
    assert texts(effective_requests(pod(asking("a", cpu="4")), status)) == {"cpu": "4"}
    assert texts(effective_limits(pod(using("a", cpu="4")), status)) == {"cpu": "4"}


def test_what_a_sidecar_has_counts_and_what_an_init_container_had_does_not() -> None:
    inits = (asking("s", "Always", cpu="1"), asking("i", cpu="1"))
    status = PodStatus(init_container_statuses=(having("s", cpu="3"), having("i", cpu="9")))
    assert texts(effective_requests(pod(inits=inits), status)) == {"cpu": "4"}


def test_a_pod_as_a_whole_is_resized_as_a_container_is() -> None:
    both = {"cpu": "2"}
    whole = pod(resources=ResourceRequirements(requests=both, limits=both))
    has = ResourceRequirements(requests={"cpu": "1", "memory": "1Gi"}, limits={"cpu": "5"})
    status = PodStatus(resources=has, allocated_resources={"cpu": "3"})
    assert texts(effective_requests(whole, status)) == {"cpu": "3"}
    assert texts(effective_limits(whole, status)) == {"cpu": "5"}
    assert texts(effective_requests(whole, PodStatus())) == {"cpu": "2"}


def test_each_resource_is_judged_by_itself() -> None:
    found = effective_requests(
        pod(asking("a", cpu="2", memory="1Gi"), inits=(asking("init", cpu="1", memory="3Gi"),))
    )
    assert texts(found) == {"cpu": "2", "memory": "3Gi"}


def test_the_pods_own_resources_replace_those_of_its_containers() -> None:
    own = ResourceRequirements(
        requests={"cpu": "1", "hugepages-2Mi": "4Mi", "example.com/gpu": "9"}, limits={"cpu": "2"}
    )
    found = pod(asking("a", cpu="3", memory="1Gi"), resources=own)
    assert texts(effective_requests(found)) == {
        "cpu": "1",
        "memory": "1Gi",
        "hugepages-2Mi": "4Mi",
    }
    assert texts(effective_limits(found)) == {"cpu": "2"}
    assert texts(effective_requests(found, has_pod_level=False)) == {"cpu": "3", "memory": "1Gi"}


def test_overhead_is_added_to_requests_and_only_to_limits_there_are() -> None:
    found = pod(using("a", cpu="1"), overhead={"cpu": "250m", "memory": "64Mi"})
    assert texts(effective_requests(found)) == {"cpu": "1250m", "memory": "64Mi"}
    assert texts(effective_limits(found)) == {"cpu": "1250m"}
    assert texts(effective_requests(found, has_overhead=False)) == {"cpu": "1"}


AMOUNTS = st.dictionaries(st.sampled_from(["cpu", "memory"]), st.integers(0, 1000).map(str))
CONTAINERS = st.builds(
    lambda policy, requests: asking("c", policy, **requests),
    st.sampled_from([None, "Always"]),
    AMOUNTS,
)


@given(apps=st.lists(CONTAINERS), inits=st.lists(CONTAINERS))
def test_a_pod_asks_for_at_least_what_each_of_its_containers_does(
    apps: list[Container], inits: list[Container]
) -> None:
    found = effective_requests(pod(*apps, inits=tuple(inits)))
    for each in (*apps, *inits):
        assert all(found[name] >= amount for name, amount in each.resources.requests.items())


@given(apps=st.lists(CONTAINERS), inits=st.lists(CONTAINERS), more=CONTAINERS)
def test_a_further_container_never_lowers_what_a_pod_asks_for(
    apps: list[Container], inits: list[Container], more: Container
) -> None:
    fewer = effective_requests(pod(*apps, inits=tuple(inits)))
    found = effective_requests(pod(*apps, inits=(*inits, more)))
    assert all(found[name] >= amount for name, amount in fewer.items())


def test_a_pod_that_asks_for_nothing_is_best_effort() -> None:
    assert qos_class(pod(container("app"))) == "BestEffort"
    assert qos_class(pod(asking("app", cpu="0"))) == "BestEffort"


def test_a_pod_whose_every_container_is_limited_to_its_requests_is_guaranteed() -> None:
    app, init = using("app", cpu="1", memory="1Gi"), using("init", cpu="1", memory="1Gi")
    assert qos_class(pod(app, inits=(init,))) == "Guaranteed"


@pytest.mark.parametrize(
    "app",
    [asking("app", cpu="1", memory="1Gi"), using("app", cpu="1"), using("app", memory="1Gi")],
)
def test_a_limit_that_is_missing_makes_a_pod_burstable(app: Container) -> None:
    assert qos_class(pod(app)) == "Burstable"


def test_one_init_container_without_limits_makes_a_pod_burstable() -> None:
    app = using("app", cpu="1", memory="1Gi")
    assert qos_class(pod(app, inits=(container("init"),))) == "Burstable"


def test_requests_below_the_limits_make_a_pod_burstable() -> None:
    resources = ResourceRequirements(
        requests={"cpu": "1", "memory": "1Gi"}, limits={"cpu": "2", "memory": "1Gi"}
    )
    assert qos_class(pod(container("app", resources=resources))) == "Burstable"


def test_other_resources_do_not_matter_for_the_class() -> None:
    app = using("app", **{"cpu": "1", "memory": "1Gi", "example.com/gpu": "1"})
    assert qos_class(pod(app)) == "Guaranteed"
    assert qos_class(pod(using("app", **{"example.com/gpu": "1"}))) == "BestEffort"


def test_the_pods_own_resources_alone_are_judged() -> None:
    amounts = {"cpu": "1", "memory": "1Gi"}
    own = ResourceRequirements(requests=amounts, limits=amounts)
    assert qos_class(pod(container("app"), resources=own)) == "Guaranteed"


def test_empty_resources_of_the_pod_are_as_good_as_none() -> None:
    app = using("app", cpu="1", memory="1Gi")
    assert qos_class(pod(app, resources=ResourceRequirements())) == "Guaranteed"
