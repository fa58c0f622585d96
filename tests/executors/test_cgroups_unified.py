"""Version 2, on trees that are pretended: where groups can be made, and what they are told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from seedpod.executors.subprocess._cgroups import (
    CgroupError,
    Cgroups,
    GroupLimits,
    NoCgroups,
    PodGroup,
    _files,
    _removal,
)
from seedpod.status import Usage
from tests.executors.cgroup_trees import Tree

Mi = 1 << 20
NONE = GroupLimits()


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    return Tree(tmp_path, monkeypatch)


_MARKED: set[str] = set()


@pytest.fixture(autouse=True)
def _marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files on a test machine may not take the marks of a service manager."""
    _MARKED.clear()

    def getxattr(path: str, name: str) -> bytes:
        if path in _MARKED and name == "user.delegate":
            return b"1"
        raise OSError

    monkeypatch.setattr(os, "getxattr", getxattr)


def delegate(group: Path) -> None:
    _MARKED.add(str(group))


def found(tree: Tree, group: str, **how: str) -> Cgroups:
    cgroups = Cgroups.found(tree.mount(group, **how))
    assert isinstance(cgroups, Cgroups), cgroups
    return cgroups


def not_found(tree: Tree, group: str, **how: str) -> NoCgroups:
    cgroups = Cgroups.found(tree.mount(group, **how))
    assert isinstance(cgroups, NoCgroups), cgroups
    return cgroups


def test_in_the_root_of_version_2_controllers_are_handed_on_to_pods_and_containers(
    tree: Tree,
) -> None:
    (tree.root / "cgroup.procs").write_text("1\n7\n")
    cgroups = found(tree, "/")
    assert cgroups.lacking() == {}
    assert (tree.root / "cgroup.subtree_control").read_text() == "cpu memory pids"
    pod = cgroups.open_pod("web", GroupLimits(cpu_shares=2048, memory=8 * Mi, pids=9))
    group = pod.open_container("main-0", GroupLimits(cpu_shares=1024, cpu_quota=50_000, memory=Mi))
    assert pod.paths == (f"{tree.root}/web",)
    assert group.procs == (f"{tree.root}/web/main-0/cgroup.procs",)
    assert tree.said("web") == {
        "cpu.weight": "79",
        "memory.max": "8388608",
        "memory.swap.max": "0",
        "pids.max": "9",
        "cgroup.subtree_control": "cpu memory pids",
    }
    assert tree.said("web/main-0") == {
        "cpu.weight": "39",
        "cpu.max": "50000 100000",
        "memory.max": "1048576",
        "memory.swap.max": "0",
        "memory.oom.group": "1",
    }


def test_a_group_with_processes_cannot_hand_controllers_on_and_the_answer_says_what_to_do(
    tree: Tree,
) -> None:
    tree.root.joinpath("cgroup.subtree_control").write_text("cpu memory pids")
    tree.group("run.scope", processes="7")
    none = not_found(tree, "/run.scope")
    assert f"{tree.root}/run.scope has processes" in none.why
    assert "systemd-run --user" in none.why
    assert set(none.lacking()) == {"cpu", "memory", "pids"}
    assert set(none.lacking(GroupLimits(memory=1))) == {"memory"}
    assert tree.orders == []


def test_a_delegated_group_above_is_the_place_if_nobody_is_in_it(tree: Tree) -> None:
    tree.root.joinpath("cgroup.subtree_control").write_text("cpu memory pids")
    unit = tree.group("user.slice/run.service")
    tree.root.joinpath("user.slice/cgroup.subtree_control").write_text("memory pids")
    (unit / "cgroup.controllers").write_text("memory pids")
    tree.group("user.slice/run.service/host", processes="7")
    delegate(unit)
    cgroups = found(tree, "/user.slice/run.service/host")
    assert set(cgroups.lacking()) == {"cpu"}
    assert f"{unit} is not given it from above" in cgroups.lacking()["cpu"]
    pod = cgroups.open_pod("web", GroupLimits(cpu_quota=1000, memory=Mi))
    assert pod.paths == (f"{unit}/web",)
    assert set(tree.said("user.slice/run.service/web")) == {
        "memory.max",
        "memory.swap.max",
        "cgroup.subtree_control",
    }


def test_a_group_above_that_was_not_delegated_is_left_alone(tree: Tree) -> None:
    tree.group("run.service", hands_on="cpu memory pids")
    tree.group("run.service/host", processes="7")
    not_found(tree, "/run.service/host")
    assert tree.orders == []


def test_a_delegated_group_that_has_processes_itself_is_no_place(tree: Tree) -> None:
    tree.root.joinpath("cgroup.subtree_control").write_text("cpu memory pids")
    delegate(tree.group("run.service", processes="8"))
    tree.group("run.service/host", processes="7")
    assert "run.service has processes" in not_found(tree, "/run.service/host").why


def test_a_part_of_the_tree_is_found_by_what_the_mount_shows(tree: Tree) -> None:
    cgroups = found(tree, "/docker/abc", shown="/docker/abc")
    assert cgroups.open_pod("web", NONE).paths == (f"{tree.root}/web",)


@pytest.mark.parametrize("group", ["/elsewhere", "/docker/abcd", "/../outside"])
def test_a_group_the_mount_does_not_show_is_named(tree: Tree, group: str) -> None:
    none = not_found(tree, group, shown="/docker/abc")
    assert none.why == (
        f"cpu, memory, pids: group {group}, which this process is in, is not mounted where it can"
        " be seen"
    )


def test_without_permission_the_answer_is_a_reason(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert f"{tree.root} may not be written by this user" in not_found(tree, "/").why


def test_a_read_only_mount_is_called_one(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is what the root user of a container usually has."""
    statvfs = os.statvfs_result((0, 0, 0, 0, 0, 0, 0, 0, os.ST_RDONLY, 255))
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    monkeypatch.setattr(os, "statvfs", lambda _: statvfs)
    assert f"{tree.root} is mounted read-only" in not_found(tree, "/").why


def test_what_cannot_be_read_is_an_answer_too(tmp_path: Path) -> None:
    none = Cgroups.found(str(tmp_path / "nothing"))
    assert isinstance(none, NoCgroups)
    assert "cannot be read" in none.why
    (tmp_path / "mountinfo").write_text("no such thing\n")
    (tmp_path / "cgroup").write_text("nor this\n")
    assert isinstance(Cgroups.found(str(tmp_path)), NoCgroups)


def test_a_host_without_cgroups_lacks_all(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text("22 1 8:1 / / rw - ext4 /dev/x rw\n")
    (tmp_path / "cgroup").write_text("")
    none = Cgroups.found(str(tmp_path))
    assert isinstance(none, NoCgroups)
    assert none.why == "cpu, memory, pids: this kernel has no such controller, or hides it"


def test_version_1_and_2_share_the_work(tree: Tree, tmp_path: Path) -> None:
    memory = tmp_path / "with blank" / "memory"
    memory.mkdir(parents=True)
    (memory / "cgroup.subtree_control").touch()
    cgroups = found(tree, "/", version_1=str(memory).replace(" ", "\\040"))
    pod = cgroups.open_pod("web", NONE)
    assert pod.paths == (f"{tree.root}/web", f"{memory}/web")
    assert (tree.root / "cgroup.subtree_control").read_text() == "cpu pids"


def test_counts_of_version_2_are_read(tree: Tree) -> None:
    group = found(tree, "/").open_pod("web", NONE).open_container("main-0", NONE)
    assert group.usage() == Usage(cpu_seconds=2.5, memory_bytes=3072)
    (tree.root / "web/main-0/memory.events").write_text("oom 9\noom_kill 3\noom_group_kill 1\n")
    assert group.oom_kills() == 3


def test_nobody_counts_what_has_no_controller(tree: Tree) -> None:
    tree.root.joinpath("cgroup.controllers").write_text("pids")
    group = found(tree, "/").open_pod("web", NONE).open_container("main-0", NONE)
    assert group.usage() == Usage(cpu_seconds=2.5, memory_bytes=None)
    assert group.oom_kills() == 0


def test_a_limit_the_kernel_does_not_know_is_refused_and_one_it_need_not_know_is_not(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = found(tree, "/").open_pod("web", NONE)

    def without(*files: str) -> Callable[[str], None]:
        def make(directory: str) -> None:
            tree.make(directory)
            for each in files:
                Path(directory, each).unlink()

        return make

    monkeypatch.setattr(_files, "make", without("memory.swap.max", "memory.oom.group"))
    pod.open_container("main-0", GroupLimits(memory=Mi))
    monkeypatch.setattr(_files, "make", without("memory.max"))
    with pytest.raises(CgroupError, match=r"main-1/memory.max: this kernel has no such limit"):
        pod.open_container("main-1", GroupLimits(memory=Mi))
    assert not Path(pod.paths[0], "main-1").exists()


def test_what_cannot_be_removed_is_named_after_a_while(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_removal, "_PATIENCE", 0.05)
    pod: PodGroup = found(tree, "/").open_pod("web", NONE)
    tree.is_locked_in = True
    (tree.root / "web/cgroup.procs").write_text("0\n999999999\n")
    began = time.monotonic()
    problems = anyio.run(pod.close)
    assert time.monotonic() - began < 2
    assert problems == [f"{tree.root}/web: still there after a kill: process 999999999"]
    assert tree.said("web")["cgroup.kill"] == "1"


def test_what_may_not_be_removed_is_not_waited_for(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = found(tree, "/").open_pod("web", NONE)

    def remove(directory: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_files, "remove", remove)
    assert anyio.run(pod.close) == [f"{tree.root}/web: Permission denied"]


def test_what_version_1_has_taken_is_not_looked_for_in_version_2(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, *_, **__: path != str(memory) and may(path, 2))
    cgroups = found(tree, "/", version_1=str(memory))
    assert cgroups.lacking() == {"memory": f"{memory} may not be written by this user"}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_name_that_is_no_name_of_a_directory_is_refused(name: str, tree: Tree) -> None:
    cgroups = found(tree, "/")
    with pytest.raises(CgroupError, match="not a name for a group"):
        cgroups.open_pod(name, NONE)
