"""How large an emptyDir may become."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seedpod._core.volume_sizes import outgrown, size_limits
from seedpod.spec import (
    Container,
    EmptyDirVolumeSource,
    HostPathVolumeSource,
    Pod,
    PodSpec,
    Quantity,
    ResourceRequirements,
    Volume,
)


def container(memory: str | None, policy: str | None = None) -> Container:
    limits = {} if memory is None else {"memory": memory}
    return Container(name="x", restart_policy=policy, resources=ResourceRequirements(limits=limits))


def limits(
    source: EmptyDirVolumeSource,
    *memory: str | None,
    inits: tuple[Container, ...] = (),
    whole: str | None = None,
) -> Mapping[str, str]:
    resources = None if whole is None else ResourceRequirements(limits={"memory": whole})
    spec = PodSpec(
        volumes=[Volume(name="v", empty_dir=source)],
        containers=[container(each) for each in memory],
        init_containers=inits,
        resources=resources,
    )
    return {name: str(limit) for name, limit in size_limits(Pod(spec=spec)).items()}


@pytest.mark.parametrize(
    ("size_limit", "found"), [("1Mi", {"v": "1Mi"}), ("0", {}), (None, {}), ("100M", {"v": "100M"})]
)
def test_on_the_disk_it_is_the_limit_of_the_volume(
    size_limit: str | None, found: dict[str, str]
) -> None:
    assert limits(EmptyDirVolumeSource(size_limit=size_limit), "1Ki") == found


@pytest.mark.parametrize(
    ("size_limit", "memory", "found"),
    [
        ("1Mi", ("2Mi",), {"v": "1Mi"}),
        ("4Mi", ("2Mi",), {"v": "2Mi"}),
        ("4Mi", ("2Mi", "1Mi"), {"v": "3Mi"}),
        ("4Mi", ("2Mi", None), {"v": "4Mi"}),
        (None, ("2Mi",), {"v": "2Mi"}),
        ("0", ("2Mi",), {"v": "2Mi"}),
        (None, (None,), {}),
        (None, ("2Mi", None), {}),
    ],
)
def test_in_memory_it_is_no_more_than_the_pod_may_take(
    size_limit: str | None, memory: tuple[str | None, ...], found: dict[str, str]
) -> None:
    assert limits(EmptyDirVolumeSource(medium="Memory", size_limit=size_limit), *memory) == found


def test_in_memory_init_containers_and_the_pod_s_own_limit_count() -> None:
    source = EmptyDirVolumeSource(medium="Memory")
    assert limits(source, "1Mi", inits=(container(None),)) == {}
    assert limits(source, "1Mi", inits=(container("8Mi"),)) == {"v": "8Mi"}
    assert limits(source, "1Mi", inits=(container("8Mi", "Always"),)) == {"v": "9Mi"}
    assert limits(source, None, whole="5Mi") == {"v": "5Mi"}


def test_other_volumes_have_no_limit() -> None:
    volume = Volume(name="h", host_path=HostPathVolumeSource(path="/"))
    assert size_limits(Pod(spec=PodSpec(volumes=[volume]))) == {}


def test_what_is_said_of_one_that_is_too_large() -> None:
    assert outgrown("v", Quantity("1.5Gi")) == (
        'Usage of EmptyDir volume "v" exceeds the limit "1536Mi". '
    )
