"""Whom a container at the level `view` runs as, and what it may do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import pytest

from seedpod.executors.subprocess._seccomp import lacking
from tests.executors.as_user import assert_passes_as_user
from tests.executors.inside import Ended, container, in_a_view, ran, refusal, said
from tests.executors.layouts import root_directory
from tests.machine import lacks

IS_ROOT = os.geteuid() == 0
DEFAULT: Final = 0xA80425FB
"""containerd's default capabilities, as the kernel writes them."""


def identity(**context: Any) -> Ended:
    pod = context.pop("pod", {})
    script = "id -u; id -g; id -G; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status"
    return ran(container(script, securityContext=context), securityContext=pod)


def capability_sets(ended: Ended) -> dict[str, int]:
    words = [each.split() for each in ended.lines if each.startswith("Cap")]
    return {name.rstrip(":"): int(value, 16) for name, value in words}


@in_a_view
@pytest.mark.parametrize(
    ("context", "pod", "user", "group", "groups"),
    [
        ({}, {}, os.geteuid(), os.getegid(), set()),
        ({"runAsUser": 1234}, {}, 1234, None, set()),
        ({"runAsUser": 1234, "runAsGroup": 99}, {}, 1234, 99, set()),
        ({"runAsGroup": 99}, {}, os.geteuid(), 99, set()),
        ({}, {"runAsUser": 7, "runAsGroup": 8}, 7, 8, set()),
        ({"runAsUser": 9}, {"runAsUser": 7, "runAsGroup": 8}, 9, 8, set()),
        ({}, {"supplementalGroups": [5, 6]}, os.geteuid(), os.getegid(), {5, 6}),
        ({"runAsUser": 1234}, {"fsGroup": 77}, 1234, None, {77}),
    ],
)
def test_a_container_runs_as_whom_it_is_told(
    context: dict[str, Any],
    pod: dict[str, Any],
    user: int,
    group: int | None,
    groups: set[int],
) -> None:
    if not IS_ROOT and groups:
        return  # refused: told by `test_view_review`
    ended = identity(**context, pod=pod)
    assert int(ended.lines[0]) == user
    if group is not None:
        assert int(ended.lines[1]) == group
    if IS_ROOT:
        assert groups <= {int(each) for each in ended.lines[2].split()}
    [status] = ended.status.container_statuses
    assert status.user is not None
    assert status.user.linux is not None
    shown = status.user.linux
    assert (shown.uid, shown.gid) == (user, int(ended.lines[1]))
    if IS_ROOT:
        assert {*shown.supplemental_groups} == {int(each) for each in ended.lines[2].split()}


@in_a_view
def test_a_volume_of_a_group_can_be_written_by_a_user_who_is_in_it() -> None:
    if not IS_ROOT:
        return  # nobody else can give a volume to a group
    mount = {"name": "data", "mountPath": "/data"}
    one = container(
        "echo x > /data/file; stat -c '%u %g' /data/file",
        volumeMounts=[mount],
        securityContext={"runAsUser": 1234, "runAsGroup": 99},
    )
    volumes = [{"name": "data", "emptyDir": {}}]
    ended = ran(one, volumes=volumes, securityContext={"fsGroup": 4321})
    assert ended.lines == ["1234 4321"]


@in_a_view
def test_nobody_gains_anything_by_running_a_program() -> None:
    for context in ({}, {"runAsUser": 1234}, {"allowPrivilegeEscalation": False}):
        assert "NoNewPrivs:\t1" in identity(**context).lines


@in_a_view
@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({}, DEFAULT),
        ({"drop": ["ALL"]}, 0),
        ({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}, 1 << 10),
        ({"add": ["SYS_PTRACE"]}, DEFAULT | 1 << 19),
        ({"add": ["CAP_SYS_PTRACE"], "drop": ["CAP_MKNOD"]}, DEFAULT & ~(1 << 27) | 1 << 19),
    ],
)
def test_root_has_the_capabilities_that_containers_have(
    capabilities: dict[str, list[str]], expected: int
) -> None:
    if not IS_ROOT:
        assert capability_sets(identity())["CapEff"] == 0
        return
    sets = capability_sets(identity(capabilities=capabilities))
    assert {hex(sets["CapEff"]), hex(sets["CapPrm"])} == {hex(expected)}


@in_a_view
def test_who_is_not_root_has_no_capabilities() -> None:
    sets = capability_sets(identity(runAsUser=1234))
    assert {sets["CapEff"], sets["CapPrm"], sets["CapAmb"], sets["CapInh"]} == {0}


@in_a_view
def test_a_pod_may_filter_system_calls() -> None:
    problem = lacking()
    if problem is not None:
        lacks(problem)
        return
    filtered = identity(seccompProfile={"type": "RuntimeDefault"})
    assert "Seccomp:\t2" in filtered.lines
    assert "Seccomp:\t0" in identity(seccompProfile={"type": "Unconfined"}).lines
    context = {"seccompProfile": {"type": "RuntimeDefault"}}
    assert "out" not in said("unshare -Ur true 2>/dev/null && echo out", securityContext=context)


@in_a_view
def test_an_image_whose_user_is_root_is_refused_to_who_must_not_be(tmp_path: Path) -> None:
    if not IS_ROOT:
        return  # an image's root is the user of the host process then
    root = root_directory(tmp_path / "root")
    one = container("id -u", image=f"dir:{root}", securityContext={"runAsNonRoot": True})
    waiting = refusal(one)
    assert waiting.reason == "CreateContainerConfigError"
    assert waiting.message == "container has runAsNonRoot and image will run as root"
    named = {"runAsNonRoot": True, "runAsUser": 1000}
    assert said("id -u", image=f"dir:{root}", securityContext=named) == ["1000"]


@in_a_view
def test_a_command_runs_as_the_user_of_its_container() -> None:
    probe = {"exec": {"command": ["sh", "-c", "id -u > /tmp/user"]}, "periodSeconds": 1}
    script = "while [ ! -s /tmp/user ]; do sleep 0.1; done; sleep 0.1; cat /tmp/user"
    lines = said(script, startupProbe=probe, securityContext={"runAsUser": 1234})
    assert lines == ["1234"]


@in_a_view
def test_an_ordinary_user_gives_his_views_what_he_can() -> None:
    assert_passes_as_user(__file__)
