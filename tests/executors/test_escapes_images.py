"""Attempts to get out by an image: a root directory nobody vouches for, full of links and devices.

Whoever wrote it has done his work before anything is mounted, so that nothing can be swapped; but
every path in it may lead anywhere.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.executors.as_user import assert_passes_as_user
from tests.executors.inside import container, in_a_view, ran
from tests.executors.layouts import root_directory

IS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root that is as it should be; made once, since programs are large."""
    return root_directory(tmp_path_factory.mktemp("plain") / "root")


@pytest.fixture
def root(plain: Path, tmp_path: Path) -> Path:
    """One to be made hostile."""
    return Path(shutil.copytree(plain, tmp_path / "image", symlinks=True))


def in_image(root: Path, script: str, **fields: Any) -> list[str]:
    ended = ran(container(script, image=f"dir:{root}", **fields))
    assert ended.end_of().reason != "ContainerCannotRun", ended.end_of()
    return ended.lines


def replace(root: Path, name: str, target: str) -> None:
    """Have a link to *target* where the image has *name*."""
    at = root / name
    if at.is_dir() and not at.is_symlink():
        shutil.rmtree(at)
    else:
        at.unlink(missing_ok=True)
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(target)


@in_a_view
def test_a_plain_image_shows_its_own_files_and_nothing_of_the_hosts(root: Path) -> None:
    (root / "mine").write_text("of the image\n")
    lines = in_image(root, "cat /mine; ls /; ls /usr /sys 2>/dev/null; echo $HOME; cat /etc/passwd")
    assert "of the image" in lines
    assert not {"work", "boot", "srv", "kernel"} & {*lines}
    assert "web:x:1000:1001:Web:/home/web:/bin/sh" in lines


PLACES = ("tmp", "proc", "dev", "run", "var/tmp", "etc", "etc/hosts", "etc/resolv.conf", "sys")
TARGETS = ("/", "..", "../../../../../..", "{outside}", "/oldroot{outside}", "/newroot", "{place}")


@in_a_view
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", PLACES)
def test_a_link_where_something_is_mounted_leads_nowhere(
    root: Path, tmp_path: Path, place: str, target: str
) -> None:
    """Either the container cannot be made, or it runs, and has nothing of the outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    (outside / "mark").write_text("out\n")
    replace(root, place, target.format(outside=outside, place=f"/{place}"))
    script = (
        f"cat /{place}/mark {outside}/mark /{place}{outside}/mark /oldroot{outside}/mark; "
        f"touch /{place}/left {outside}/left; echo tried"
    )
    mount = {"name": "data", "mountPath": f"/{place}/deep/data"}
    volumes = [{"name": "data", "emptyDir": {}}]
    for mounts in ([], [mount] if place in {"etc", "sys"} else []):
        ended = started(root, script, mounts, volumes)
        assert "out" not in ended
        assert sorted(os.listdir(outside)) == ["mark"]  # noqa: PTH208 (names alone)


def started(
    root: Path, script: str, mounts: list[dict[str, Any]], volumes: list[dict[str, Any]]
) -> list[str]:
    """What the container writes, or what it waits for."""
    pod: dict[str, Any] = {"volumes": volumes if mounts else []}
    one = container(f"{{ {script}; }} 2>/dev/null", image=f"dir:{root}", volumeMounts=mounts)
    settled = ran(one, **pod, must_end=False)
    return settled.lines


@in_a_view
@pytest.mark.parametrize("target", ["/etc", "{outside}/passwd", "/passwd"])
def test_users_are_not_looked_up_outside(root: Path, tmp_path: Path, target: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "passwd").write_text("root:x:0:0::/out:/bin/sh\nnobody:x:65534:65534::/out:/\n")
    replace(root, "etc/passwd", target.format(outside=outside))
    one = container("echo $HOME", image=f"dir:{root}")
    assert ran(one, must_end=False).lines in ([], ["/"])


@in_a_view
def test_a_command_is_not_looked_up_outside(root: Path, tmp_path: Path) -> None:
    """What is said of it would tell what there is on the host."""
    (tmp_path / "text").write_text("not a program")
    (tmp_path / "text").chmod(0o755)
    replace(root, "bin/way", str(tmp_path / "text"))
    ended = ran({**container(image=f"dir:{root}"), "command": ["/bin/way"]})
    assert ended.end_of().message.endswith("command not found: /bin/way")


@in_a_view
def test_a_working_directory_does_not_lead_outside(root: Path, tmp_path: Path) -> None:
    replace(root, "way", str(tmp_path))
    lines = ran(
        container("ls; echo tried", image=f"dir:{root}", workingDir="/way"), must_end=False
    ).lines
    assert lines in ([], ["tried"])


@in_a_view
def test_devices_of_an_image_cannot_be_opened(root: Path) -> None:
    if not IS_ROOT:
        return  # nobody else can make one
    number = Path("/").stat().st_dev
    os.mknod(root / "disk", 0o666 | 0o060000, number)
    os.mknod(root / "etc/null", 0o666 | 0o020000, os.makedev(1, 3))
    for directory in (root / "tmp", root / "dev"):
        os.mknod(directory / "disk", 0o666 | 0o060000, number)
    reads = "for each in /disk /etc/null /tmp/disk /dev/disk; do cat $each && echo out; done"
    lines = in_image(root, f"{{ {reads}; echo tried; }} 2>/dev/null")
    assert lines == ["tried"]


@in_a_view
def test_a_program_of_root_in_an_image_makes_nobody_root(root: Path) -> None:
    if not IS_ROOT:
        return  # nobody else can make one
    (root / "bin/id").chmod(0o4755)
    assert in_image(root, "/bin/id -u", securityContext={"runAsUser": 1234}) == ["1234"]


@in_a_view
def test_nothing_is_written_into_an_image(root: Path) -> None:
    before = snapshot(root)
    in_image(
        root,
        "touch /new /bin/new /etc/new /tmp/new; mkdir /made; echo x > /etc/passwd; : > /bin/id",
        workingDir="/made/for/it",
    )
    assert snapshot(root) == before


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    return {str(each): (each.lstat().st_mode, each.lstat().st_mtime_ns) for each in root.rglob("*")}


@in_a_view
def test_what_runs_first_is_not_the_images(root: Path) -> None:
    """To become another user takes a program of the host's, by libraries of the host's."""
    if not IS_ROOT:
        return  # nobody else has to change
    (root / "etc/ld.so.preload").write_text("/evil.so\n")
    (root / "evil.so").write_text("not a library")
    lines = in_image(root, "id -u", securityContext={"runAsUser": 1234})
    assert lines[-1] == "1234"
    # The loader complains of it in each program that it loads: the shell, and `id`.
    assert len([each for each in lines if "evil.so" in each]) <= 2


@in_a_view
def test_an_image_cannot_be_climbed_out_of(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mark").write_text("out\n")
    script = (
        f"cat /proc/1/root{tmp_path}/mark /proc/self/root/..{tmp_path}/mark; cat /..{tmp_path}/mark"
    )
    assert "out" not in in_image(root, f"{{ {script}; }} 2>/dev/null")


@in_a_view
def test_an_ordinary_user_has_views_of_images_that_cannot_be_left_either() -> None:
    assert_passes_as_user(__file__)
