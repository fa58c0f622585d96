"""Whom an image's user is, by the image's own files and no others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seedpod.executors.subprocess._images.problem import ImageError
from seedpod.executors.subprocess._images.users import home_of, user_of
from tests.executors.layouts import GROUP, PASSWD


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/passwd").write_text(f"# none\n\nbad:x:one:two\nshort\n7:x:8:8::/:\n{PASSWD}")
    (root / "etc/group").write_text(f"bad:x:\n{GROUP}")
    return root


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ("", (0, 0, (0,))),
        ("0", (0, 0, (0,))),
        ("root", (0, 0, (0,))),
        ("web", (1000, 1001, (1001, 1002))),
        ("1000", (1000, 1001, (1001, 1002))),
        ("web:root", (1000, 0, (0, 1002))),
        ("web:logs", (1000, 1002, (1002,))),
        ("web:7", (1000, 7, (7, 1002))),
        ("4000", (4000, 0, (0,))),
        ("7", (7, 0, (0,))),
        ("4000:5000", (4000, 5000, (5000,))),
        ("4000:logs", (4000, 1002, (1002,))),
    ],
)
def test_a_user_is(root: Path, user: str, found: tuple[int, int, tuple[int, ...]]) -> None:
    assert user_of(user, root) == found


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ("nobody", "its user 'nobody' is not in its /etc/passwd"),
        ("web:nogroup", "its group 'nogroup' is not in its /etc/group"),
        ("2147483648", "its user '2147483648' is not"),
        ("-1", "its user '-1' is not"),
        ("٣", "its user '٣' is not"),
    ],
)
def test_a_user_that_the_image_does_not_know_is_refused(root: Path, user: str, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        user_of(user, root)


def test_an_image_may_lack_the_files(tmp_path: Path) -> None:
    assert user_of("5:6", tmp_path) == (5, 6, (6,))
    assert home_of(0, tmp_path) is None


def test_a_home_is_what_the_image_says(root: Path) -> None:
    assert home_of(1000, root) == "/home/web"
    assert home_of(4000, root) is None


def test_no_file_outside_is_read(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("evil:x:66:66::/evil:/bin/sh\n")
    (root / "etc/passwd").unlink()
    for target in (str(outside), "../../outside"):
        (root / "etc/passwd").symlink_to(target)
        with pytest.raises(ImageError, match="'evil' is not in its"):
            user_of("evil", root)
        (root / "etc/passwd").unlink()
    (root / "etc/passwd").symlink_to("/outside")
    (root / "outside").write_text("good:x:77:77::/good:/bin/sh\n")
    assert user_of("good", root)[0] == 77


def test_what_is_no_file_is_not_waited_for(root: Path) -> None:
    (root / "etc/passwd").unlink()
    os.mkfifo(root / "etc/passwd")
    with pytest.raises(ImageError, match="its /etc/passwd cannot be read: not a regular file"):
        user_of("web", root)
