"""A directory is removed whatever is in it; on the real file system."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from seedpod._runtime.volumes import removal
from seedpod._runtime.volumes.removal import remove


def test_everything_below_is_removed(tmp_path: Path) -> None:
    pod = tmp_path / "pod"
    (pod / "a/b").mkdir(parents=True)
    (pod / "a/b/file").write_text("x")
    os.mkfifo(pod / "a/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(pod / "a/socket"))
    assert remove(pod) == ()
    assert list(tmp_path.iterdir()) == []


def test_no_depth_is_too_deep(tmp_path: Path) -> None:
    (tmp_path / "pod").mkdir()
    handle = os.open(tmp_path / "pod", os.O_PATH)
    for _ in range(400):
        os.mkdir("deep", dir_fd=handle)
        os.mkdir("side", 0o500, dir_fd=handle)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, 0o400, dir_fd=handle))
        below = os.open("deep", os.O_PATH, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)
    assert remove(tmp_path / "pod") == ()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_gone(tmp_path: Path) -> None:
    assert remove(tmp_path / "pod") == ()


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep me")
    pod = tmp_path / "pod"
    pod.mkdir()
    (pod / "directory").symlink_to(precious)
    (pod / "file").symlink_to(precious / "file")
    (pod / "nowhere").symlink_to("missing")
    assert remove(pod) == ()
    assert (precious / "file").read_text() == "keep me"
    assert not pod.exists()


def test_the_directory_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "pod").symlink_to("precious")
    assert remove(tmp_path / "pod") == ()
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious"]


def test_a_directory_swapped_for_a_link_after_the_look_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep me")
    (tmp_path / "pod/a").mkdir(parents=True)
    opened = removal._opened

    def swapped(name: str, parent: int | None) -> int:
        if name == "a":
            os.rmdir(name, dir_fd=parent)
            os.symlink(precious, name, dir_fd=parent)
        return opened(name, parent)

    monkeypatch.setattr(removal, "_opened", swapped)
    assert remove(tmp_path / "pod") == (f"{tmp_path}/pod/a: Not a directory",)
    assert (precious / "file").read_text() == "keep me"


def test_directories_nobody_may_open_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "pod/a/b"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    for path, mode in ((deep, 0o500), (deep.parent, 0o000), (deep.parent.parent, 0o400)):
        path.chmod(mode)
    modes: list[int] = []
    chmod = Path.chmod

    def watched(self: Path, mode: int) -> None:
        modes.append(mode)
        chmod(self, mode)

    # Root may do anything: what shows that others can is that each is opened up.
    monkeypatch.setattr(Path, "chmod", watched)
    assert remove(tmp_path / "pod") == ()
    assert modes == [0o700, 0o700, 0o700]
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_named_and_the_rest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = tmp_path / "pod"
    (pod / "a").mkdir(parents=True)
    for name in ("a/stubborn", "a/file", "file"):
        (pod / name).write_text("x")
    unlink = os.unlink

    def refusing(name: str, *, dir_fd: int | None = None) -> None:
        if name == "stubborn":
            raise PermissionError(1, "Operation not permitted")
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refusing)
    assert remove(pod) == (f"{pod}/a/stubborn: Operation not permitted",)
    monkeypatch.undo()
    assert [str(path.relative_to(pod)) for path in sorted(pod.rglob("*"))] == ["a", "a/stubborn"]
