"""Volumes the engine does not prepare are refused by name."""

from __future__ import annotations

import pytest

from seedpod._core.volume_support import unsupported_volumes
from seedpod.errors import ProblemKind
from seedpod.spec import (
    EmptyDirVolumeSource,
    HostPathVolumeSource,
    ImageVolumeSource,
    Pod,
    PodSecurityContext,
    PodSpec,
    ProjectedVolumeSource,
    ServiceAccountTokenProjection,
    Volume,
    VolumeProjection,
)


def refused(*volumes: Volume) -> list[str]:
    problems = unsupported_volumes(Pod(spec=PodSpec(volumes=volumes)))
    assert all(problem.kind is ProblemKind.UNSUPPORTED for problem in problems)
    return [problem.path for problem in problems]


def test_an_empty_dir_on_the_disk_and_a_host_path_are_prepared() -> None:
    volumes = [Volume(empty_dir=EmptyDirVolumeSource()), Volume(host_path=HostPathVolumeSource())]
    assert refused(*volumes) == []


@pytest.mark.parametrize(
    ("volume", "kind"),
    [
        (Volume(persistent_volume_claim={"claimName": "c"}), "persistentVolumeClaim"),
        (Volume(nfs={"server": "s", "path": "/"}), "nfs"),
        (Volume(csi={"driver": "d"}), "csi"),
        (Volume(ephemeral={}), "ephemeral"),
        (Volume(image=ImageVolumeSource(reference="i")), "image"),
    ],
)
def test_a_volume_of_another_kind_is_refused(volume: Volume, kind: str) -> None:
    assert refused(Volume(empty_dir=EmptyDirVolumeSource()), volume) == [f"spec.volumes[1].{kind}"]


def test_an_empty_dir_in_memory_needs_a_file_system_there() -> None:
    pod = Pod(spec=PodSpec(volumes=(Volume(empty_dir=EmptyDirVolumeSource(medium="Memory")),)))
    assert unsupported_volumes(pod, has_tmpfs=True) == []
    [problem] = unsupported_volumes(pod, has_tmpfs=False)
    assert problem.path == "spec.volumes[0].emptyDir.medium"


def test_an_empty_dir_of_huge_pages_is_refused() -> None:
    pod = Pod(spec=PodSpec(volumes=(Volume(empty_dir=EmptyDirVolumeSource(medium="HugePages")),)))
    [problem] = unsupported_volumes(pod, has_tmpfs=True)
    assert problem.path == "spec.volumes[0].emptyDir.medium"


def test_a_limit_of_size_is_kept() -> None:
    assert refused(Volume(empty_dir=EmptyDirVolumeSource(size_limit="1Mi"))) == []


def test_a_token_in_a_projected_volume_is_refused() -> None:
    token = VolumeProjection(service_account_token=ServiceAccountTokenProjection(path="t"))
    volume = Volume(projected=ProjectedVolumeSource(sources=[VolumeProjection(), token]))
    assert refused(volume) == ["spec.volumes[0].projected.sources[1].serviceAccountToken"]


def test_an_fs_group_that_volumes_cannot_be_given_to_is_refused() -> None:
    pod = Pod(spec=PodSpec(security_context=PodSecurityContext(fs_group=0)))
    [problem] = unsupported_volumes(pod)
    assert str(problem) == (
        "spec.securityContext.fsGroup: 0: "
        "must be a group of the host process, which may give files to no other"
    )
    assert unsupported_volumes(pod, may_give_to=lambda group: group == 0) == []
    [problem] = unsupported_volumes(pod, may_give_to=lambda group: group == 1)
    assert problem.kind is ProblemKind.UNSUPPORTED
