"""A part of a volume never lies outside of it; on the real file system."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from seedpod._core.volume_payload import File
from seedpod._runtime.volumes import sub_path
from seedpod._runtime.volumes.atomic_writer import write
from seedpod._runtime.volumes.sub_path import SubPathError, read_text, resolve_sub_path


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "volume"
    root.mkdir()
    root.chmod(0o777)
    return root


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    outside = tmp_path.resolve() / "outside"
    outside.mkdir()
    (outside / "secret").write_text("hunter2")
    return outside


def refusal(root: Path, path: str) -> str:
    with pytest.raises(SubPathError) as caught:
        resolve_sub_path(root, path)
    return str(caught.value)


def test_what_is_there_is_found(root: Path) -> None:
    (root / "a").mkdir()
    (root / "a/file").write_text("x")
    assert resolve_sub_path(root, "a/file") == root / "a/file"
    assert resolve_sub_path(root, "./a//") == root / "a"
    assert resolve_sub_path(root, "") == root


def test_what_is_missing_is_made_with_the_mode_of_the_root(root: Path) -> None:
    assert resolve_sub_path(root, "a/b") == root / "a/b"
    assert {stat.S_IMODE((root / path).stat().st_mode) for path in ("a", "a/b")} == {0o777}


def test_a_directory_that_is_there_keeps_its_mode(root: Path) -> None:
    (root / "a").mkdir(mode=0o700)
    resolve_sub_path(root, "a/b")
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o700


@pytest.mark.parametrize("path", ["..", "../outside", "a/../../outside", "a/.."])
def test_a_way_up_is_refused(root: Path, path: str) -> None:
    assert refusal(root, path) == f"unable to provision SubPath `{path}`: must not contain '..'"


def test_an_absolute_path_is_refused(root: Path) -> None:
    assert refusal(root, "/etc") == "error SubPath `/etc` must not be an absolute path"


def test_a_null_byte_is_refused(root: Path) -> None:
    assert refusal(root, "a\0b") == (
        "unable to provision SubPath `a\0b`: must not contain a null byte"
    )


@pytest.mark.parametrize("target", ["../outside", "/", "../outside/missing", ".."])
@pytest.mark.parametrize("path", ["link", "link/below"])
def test_a_link_out_of_the_volume_is_refused(
    root: Path, outside: Path, target: str, path: str
) -> None:
    (root / "link").symlink_to(target)
    assert (
        refusal(root, path) == f"unable to provision SubPath `{path}`: it leads out of its volume"
    )
    assert [entry.name for entry in outside.iterdir()] == ["secret"]


def test_a_volume_beside_with_a_longer_name_is_outside(root: Path) -> None:
    root.with_name("volume2").mkdir()
    (root / "link").symlink_to("../volume2")
    assert refusal(root, "link") == "unable to provision SubPath `link`: it leads out of its volume"


def test_a_link_inside_the_volume_is_resolved(root: Path) -> None:
    (root / "real").mkdir()
    (root / "link").symlink_to("real")
    assert resolve_sub_path(root, "link/new") == root / "real/new"
    assert (root / "real/new").is_dir()


def test_a_file_of_a_config_map_is_found_through_its_links(root: Path) -> None:
    write(root, {"color": File(b"red", 0o644)}, datetime(2026, 1, 1, tzinfo=UTC), Random(1))
    assert resolve_sub_path(root, "color").read_text() == "red"


def test_links_in_a_circle_are_refused(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    assert refusal(root, "a") == "a component of the subPath is a symbolic link"
    assert refusal(root, "a/below") == "SubPath `a/below` cannot be prepared: Not a directory"


@pytest.mark.parametrize("position", ["link", "link/below"])
def test_a_component_swapped_for_a_link_after_the_look_is_refused(
    root: Path, outside: Path, position: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "link").mkdir()
    walk = sub_path._walk_or_make

    def swapped(real: Path, names: list[str]) -> None:
        (root / "link").rmdir()
        (root / "link").symlink_to(outside)
        walk(real, names)

    monkeypatch.setattr(sub_path, "_walk_or_make", swapped)
    assert "link" in refusal(root, position)
    assert [entry.name for entry in outside.iterdir()] == ["secret"]


def test_a_file_has_nothing_below_it(root: Path) -> None:
    (root / "file").write_text("x")
    assert refusal(root, "file/below") == (
        "SubPath `file/below` cannot be prepared: Not a directory"
    )


def test_a_volume_that_is_one_file_has_no_parts(root: Path) -> None:
    (root / "file").write_text("x")
    assert refusal(root / "file", "x") == "SubPath `x` cannot be prepared: Not a directory"


def test_a_volume_that_is_gone_has_no_parts(root: Path) -> None:
    assert refusal(root / "gone", "x") == (
        "SubPath `x` cannot be prepared: No such file or directory"
    )


def test_a_file_is_read(root: Path) -> None:
    (root / "file").write_text("caf\u00e9", encoding="utf-8")
    assert read_text(root, "file") == "caf\u00e9"


def test_a_file_behind_a_link_inside_is_read(root: Path) -> None:
    (root / "file").write_text("x")
    (root / "link").symlink_to("file")
    assert read_text(root, "link") == "x"


def test_nothing_is_made_by_reading(root: Path) -> None:
    assert read_text(root, "a/b") is None
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("path", ["link", "../outside/secret", "directory/secret"])
def test_a_file_outside_is_not_read(root: Path, outside: Path, path: str) -> None:
    (root / "link").symlink_to(outside / "secret")
    (root / "directory").symlink_to(outside)
    assert read_text(root, path) is None


def test_what_is_no_regular_file_is_not_read(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "directory").mkdir()
    assert [read_text(root, path) for path in ("pipe", "directory", "")] == [None, None, None]


def test_what_is_no_text_is_not_read(root: Path) -> None:
    (root / "file").write_bytes(b"\xff")
    assert read_text(root, "file") is None


def test_a_file_of_64_kibibytes_is_read_and_a_longer_one_is_not(root: Path) -> None:
    (root / "long").write_text("x" * 65536)
    (root / "longer").write_text("x" * 65537)
    assert read_text(root, "long") == "x" * 65536
    assert read_text(root, "longer") is None
