"""Where a path leads in a root directory, as `chroot` would have it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from seedpod.executors.subprocess._in_root import inside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "usr/bin").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "usr/bin/sh").touch()
    (root / "bin").symlink_to("usr/bin")
    (root / "abs").symlink_to("/usr/bin")
    (root / "up").symlink_to("../../../../../..")
    (root / "etc/shadow").symlink_to("../../../../etc/shadow")
    (root / "etc/group").symlink_to("../../../../etc/elsewhere")
    (root / "etc/passwd").symlink_to("/etc/shadow")
    (root / "etc/deep").symlink_to("/up/abs/../bin/./sh")
    (root / "gone").symlink_to("/not/there")
    (root / "top").symlink_to("/")
    return root


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", ""),
        ("", ""),
        (".", ""),
        ("/../..", ""),
        ("/usr/bin/sh", "usr/bin/sh"),
        ("usr/bin/sh", "usr/bin/sh"),
        ("//usr/./bin//sh/", "usr/bin/sh"),
        ("/bin/sh", "usr/bin/sh"),
        ("/bin/..", "usr"),
        ("/abs/sh", "usr/bin/sh"),
        ("/up", ""),
        ("/up/etc", "etc"),
        ("/top/top/top/etc", "etc"),
        ("/etc/group", "etc/elsewhere"),
        ("/etc/deep", "usr/bin/sh"),
        ("/new/a/b", "new/a/b"),
        ("/new/../../../etc", "etc"),
        ("/gone/more", "not/there/more"),
        ("/usr/bin/new", "usr/bin/new"),
    ],
)
def test_a_path_stays_inside(root: Path, path: str, found: str) -> None:
    assert inside(root, path) == root / found


def test_a_link_to_a_link_to_itself_ends(root: Path) -> None:
    with pytest.raises(OSError, match="/etc/passwd") as caught:
        inside(root, "/etc/passwd")  # and back: /etc/shadow leads to /etc/shadow
    assert caught.value.errno == errno.ELOOP


@pytest.mark.parametrize(("links", "is_followed"), [(40, True), (41, False)])
def test_forty_links_are_followed(root: Path, links: int, is_followed: bool) -> None:
    for number in range(links):
        (root / f"link{number}").symlink_to(f"link{number + 1}")
    if is_followed:
        assert inside(root, "/link0") == root / "link40"
    else:
        with pytest.raises(OSError, match="symbolic links"):
            inside(root, "/link0")


def test_nothing_is_below_a_file(root: Path) -> None:
    with pytest.raises(NotADirectoryError):
        inside(root, "/usr/bin/sh/new")


def test_a_nul_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match="null"):
        inside(root, "/a\0b")
