"""hostPath: checked, and made where asked for; on the real file system."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedpod._runtime.volumes.host_path import checked_host_path
from seedpod.spec import HostPathVolumeSource


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct, autouse=True)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def check(path: Path | str, kind: str) -> Path | str:
    return checked_host_path(HostPathVolumeSource(path=str(path), type=kind))


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_without_a_type_nothing_is_checked_or_made(tmp_path: Path) -> None:
    assert check(tmp_path / "missing", "") == tmp_path / "missing"
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert check("data", "DirectoryOrCreate") == tmp_path / "data"


def test_a_directory_is_made_where_none_is(tmp_path: Path) -> None:
    assert check(tmp_path / "a/b", "DirectoryOrCreate") == tmp_path / "a/b"
    assert [mode_of(tmp_path / path) for path in ("a", "a/b")] == [0o755, 0o755]


def test_a_directory_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(0o711)
    assert check(tmp_path / "a", "DirectoryOrCreate") == tmp_path / "a"
    assert mode_of(tmp_path / "a") == 0o711


def test_a_file_is_made_where_none_is(tmp_path: Path) -> None:
    assert check(tmp_path / "file", "FileOrCreate") == tmp_path / "file"
    assert mode_of(tmp_path / "file") == 0o644
    assert (tmp_path / "file").read_bytes() == b""


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "file").chmod(0o600)
    assert check(tmp_path / "file", "FileOrCreate") == tmp_path / "file"
    assert mode_of(tmp_path / "file") == 0o600
    assert (tmp_path / "file").read_text() == "x"


def test_a_file_is_not_made_without_its_directory(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "missing/file", "FileOrCreate")


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        ("Directory", "directory"),
        ("DirectoryOrCreate", "directory"),
        ("File", "file"),
        ("FileOrCreate", "file"),
        ("Socket", "socket"),
        ("CharDevice", "/dev/null"),
    ],
)
def test_only_the_right_thing_passes(tmp_path: Path, kind: str, right: str) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("x")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    for name in ("directory", "file", "socket", "/dev/null"):
        passed = isinstance(check(tmp_path / name, kind), Path)
        assert passed is (name == right), name


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("Directory", "directory"),
        ("File", "file"),
        ("Socket", "socket file"),
        ("CharDevice", "character device"),
        ("BlockDevice", "block device"),
    ],
)
def test_what_is_missing_fails_the_check(tmp_path: Path, kind: str, word: str) -> None:
    path = tmp_path / "missing"
    assert check(path, kind) == f"hostPath type check failed: {path} is not a {word}"
    assert not path.exists()


def test_a_link_counts_as_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("directory")
    assert check(tmp_path / "link", "Directory") == tmp_path / "link"
