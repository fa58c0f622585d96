"""What the kernel is told for what a manifest says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.cgroup_values import (
    GroupLimits,
    cpu_quota,
    cpu_shares,
    cpu_weight,
    oom_score_adjustment,
)
from seedpod.spec import Container, Pod, PodSpec, ResourceRequirements

Mi = 1 << 20


def container(
    name: str = "a", requests: str = "", limits: str = "", restart_policy: str | None = None
) -> Container:
    """One whose amounts are written as `cpu=1 memory=64Mi`."""
    return Container(
        name=name,
        resources=ResourceRequirements(
            requests=dict(each.split("=") for each in requests.split()),
            limits=dict(each.split("=") for each in limits.split()),
        ),
        restart_policy=restart_policy,
    )


def spec(*apps: Container, inits: tuple[Container, ...] = (), **fields: object) -> PodSpec:
    return PodSpec(containers=apps, init_containers=inits, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("milli_cpu", "shares"),
    [(0, 2), (1, 2), (2, 2), (3, 3), (100, 102), (500, 512), (1000, 1024), (10**6, 262144)],
)
def test_shares_are_1024_for_each_cpu_within_what_the_kernel_takes(
    milli_cpu: int, shares: int
) -> None:
    assert cpu_shares(milli_cpu) == shares


@pytest.mark.parametrize(
    ("milli_cpu", "quota"), [(1, 1000), (10, 1000), (11, 1100), (500, 50_000), (2500, 250_000)]
)
def test_the_quota_is_that_part_of_a_tenth_of_a_second_but_never_less_than_a_millisecond(
    milli_cpu: int, quota: int
) -> None:
    assert cpu_quota(milli_cpu) == quota


@pytest.mark.parametrize(
    ("shares", "weight"), [(2, 1), (102, 4), (1024, 39), (2048, 79), (262144, 10_000)]
)
def test_a_weight_stands_for_shares(shares: int, weight: int) -> None:
    assert cpu_weight(shares) == weight


@given(st.integers(0, 10**9))
def test_whatever_is_asked_for_is_something_the_kernel_takes(milli_cpu: int) -> None:
    shares = cpu_shares(milli_cpu)
    assert 2 <= shares <= 262144
    assert 1 <= cpu_weight(shares) <= 10_000
    assert cpu_quota(milli_cpu) >= 1000


def test_a_container_gets_what_its_resources_say() -> None:
    found = GroupLimits.of_container(
        container(requests="cpu=250m memory=1Mi", limits="cpu=1500m memory=64Mi")
    )
    assert found == GroupLimits(cpu_shares=256, cpu_quota=150_000, memory=64 * Mi)


def test_a_container_without_resources_has_the_fewest_shares_and_no_limit() -> None:
    found = GroupLimits.of_container(container())
    assert found == GroupLimits(cpu_shares=2)
    assert found.controllers == frozenset()


def test_a_container_that_only_has_a_limit_asks_for_as_much() -> None:
    assert GroupLimits.of_container(container(limits="cpu=1")).cpu_shares == 1024


def test_a_container_that_asks_for_nothing_in_so_many_words_gets_that() -> None:
    assert GroupLimits.of_container(container(requests="cpu=0", limits="cpu=1")).cpu_shares == 2


def test_a_limit_of_zero_is_none() -> None:
    found = GroupLimits.of_container(container(limits="cpu=0 memory=0"))
    assert (found.cpu_quota, found.memory) == (None, None)


def test_amounts_between_the_units_are_rounded_up() -> None:
    found = GroupLimits.of_container(container(limits="cpu=100500u memory=1500m"))
    assert (found.cpu_quota, found.memory) == (10_100, 2)


def test_a_limit_needs_its_controller() -> None:
    assert GroupLimits(cpu_quota=1000).controllers == {"cpu"}
    assert GroupLimits(cpu_shares=2, memory=1, pids=1).controllers == {"memory", "pids"}


ALL = "cpu=1 memory=64Mi"


def test_a_pod_whose_containers_all_have_limits_may_use_their_sum() -> None:
    found = GroupLimits.of_pod(spec(container("a", ALL, ALL), container("b", ALL, ALL)))
    assert found == GroupLimits(cpu_shares=2048, cpu_quota=200_000, memory=128 * Mi)


def test_one_container_without_a_limit_leaves_the_pod_without_that_one() -> None:
    found = GroupLimits.of_pod(spec(container("a", ALL, ALL), container("b", "", "cpu=500m")))
    assert (found.cpu_quota, found.memory) == (150_000, None)


def test_an_init_container_without_a_limit_counts_too() -> None:
    found = GroupLimits.of_pod(spec(container("a", ALL, ALL), inits=(container("i"),)))
    assert (found.cpu_quota, found.memory) == (None, None)


def test_an_init_container_beside_a_sidecar_with_a_limit_is_taken_to_have_it() -> None:
    sidecar = container("s", "memory=8Mi", "memory=8Mi", "Always")
    app = container("a", "memory=64Mi", "memory=64Mi")
    first = GroupLimits.of_pod(spec(app, inits=(sidecar, container("i"))))
    last = GroupLimits.of_pod(spec(app, inits=(container("i"), sidecar)))
    assert (first.memory, last.memory) == (72 * Mi, None)


def test_a_large_init_container_is_what_the_pod_may_use() -> None:
    found = GroupLimits.of_pod(
        spec(container("a", ALL, ALL), inits=(container("i", "cpu=3", "cpu=3 memory=1Gi"),))
    )
    assert (found.cpu_shares, found.cpu_quota, found.memory) == (3072, 300_000, 1024 * Mi)


def test_what_the_pod_says_of_itself_replaces_the_sum() -> None:
    own = ResourceRequirements(requests={"cpu": "2"}, limits={"cpu": "3", "memory": "1Gi"})
    found = GroupLimits.of_pod(spec(container("a", ALL, ALL), container("b"), resources=own))
    assert found == GroupLimits(cpu_shares=2048, cpu_quota=300_000, memory=1024 * Mi)


def test_a_limit_the_pod_does_not_have_comes_from_its_containers_or_not_at_all() -> None:
    own = ResourceRequirements(limits={"cpu": "3"})
    unlimited = GroupLimits.of_pod(spec(container("a", ALL, ALL), container("b"), resources=own))
    limited = GroupLimits.of_pod(spec(container("a", ALL, ALL), resources=own))
    assert (unlimited.memory, limited.memory) == (None, 64 * Mi)


def test_the_overhead_is_on_top_of_a_limit() -> None:
    overhead = {"cpu": "100m", "memory": "1Mi"}
    found = GroupLimits.of_pod(spec(container("a", ALL, ALL), overhead=overhead))
    assert (found.cpu_quota, found.memory) == (110_000, 65 * Mi)


def test_a_pod_that_asks_for_no_cpu_is_not_starved_by_the_rest_of_the_host() -> None:
    found = GroupLimits.of_pod(spec(container("a"), overhead={"cpu": "1"}), pids_limit=7)
    assert found == GroupLimits(pids=7)
    found = GroupLimits.of_pod(spec(container("a", "memory=1Mi", "memory=1Mi")))
    assert (found.cpu_shares, found.memory) == (None, 1024 * 1024)


def score(of: Container, *others: Container, own: ResourceRequirements | None = None) -> int:
    """The adjustment of an app beside other apps, in a pod that may ask for something itself."""
    return oom_score_adjustment(Pod(spec=spec(of, *others, resources=own)), of, 1000 * Mi)


def score_of_init(of: Container, *apps: Container) -> int:
    return oom_score_adjustment(Pod(spec=spec(*apps, inits=(of,))), of, 1000 * Mi)


def test_a_container_that_is_promised_nothing_is_killed_first() -> None:
    assert score(container()) == 1000
    assert score(container(limits="memory=0")) == 1000


def test_a_container_that_is_promised_all_it_may_use_is_killed_last() -> None:
    assert score(container("a", ALL, ALL)) == -997


def test_between_them_a_container_is_killed_the_sooner_the_less_it_asked_for() -> None:
    assert score(container(requests="memory=100Mi")) == 900
    assert score(container(requests="memory=500Mi"), container("b")) == 500
    assert score(container("b"), container(requests="memory=500Mi")) == 999


@pytest.mark.parametrize("asked", ["cpu=1", "memory=1", "memory=1Mi"])
def test_whoever_asked_for_anything_is_not_killed_first(asked: str) -> None:
    assert score(container(requests=asked)) == 999


@pytest.mark.parametrize("asked", ["memory=997Mi", "memory=999Mi", "memory=1000Mi", "memory=2Ti"])
def test_who_asked_for_nearly_all_there_is_is_not_killed_last(asked: str) -> None:
    assert score(container(requests=asked)) == 3


def test_a_sidecar_does_not_go_before_an_app() -> None:
    small = container("s", "memory=10Mi", restart_policy="Always")
    large = container("s", "memory=700Mi", restart_policy="Always")
    apps = container("a", "memory=400Mi"), container("b", "memory=200Mi")
    assert score_of_init(small, *apps) == 800
    assert score_of_init(large, *apps) == 300


def test_an_init_container_that_ends_goes_by_what_it_asked_for_itself() -> None:
    assert score_of_init(container("i", "memory=10Mi"), container("a", "memory=400Mi")) == 990


def test_what_a_pod_asks_for_beyond_its_containers_counts_for_each_in_equal_parts() -> None:
    own = ResourceRequirements(requests={"memory": "500Mi"})
    a, b = container("a", "memory=100Mi"), container("b", "memory=200Mi")
    assert (score(a, b, own=own), score(b, a, own=own)) == (800, 700)
    sidecar = container("s", restart_policy="Always")
    pod = Pod(spec=spec(a, inits=(sidecar,), resources=own))
    assert oom_score_adjustment(pod, a, 1000 * Mi) == 700
    assert oom_score_adjustment(pod, sidecar, 1000 * Mi) == 700


def test_a_pod_that_only_asks_for_cpu_time_itself_adds_no_memory() -> None:
    own = ResourceRequirements(requests={"cpu": "1"})
    assert score(container("a", "memory=100Mi"), container("b"), own=own) == 900
