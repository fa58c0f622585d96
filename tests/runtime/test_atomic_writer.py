"""Updates of a volume's files are seen as a whole; on the real file system."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest

from seedpod._core.volume_payload import File
from seedpod._runtime.volumes.atomic_writer import write
from seedpod.errors import InternalError

NOON = datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC)


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct, autouse=True)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "volume"
    root.mkdir()
    return root


def put(root: Path, *, seed: int = 1, **contents: str) -> bool:
    """Write files with mode 0644; `__` in a name is a slash."""
    files = {name.replace("__", "/"): File(text.encode(), 0o644) for name, text in contents.items()}
    return write(root, files, NOON, Random(seed))


def seen(root: Path) -> dict[str, str]:
    """What a reader of the volume finds: all but the hidden names, by path."""
    found: dict[str, str] = {}
    for entry in root.iterdir():
        if not entry.name.startswith(".."):
            below = (
                [entry]
                if entry.is_file()
                else [path for path in entry.rglob("*") if path.is_file()]
            )
            found.update({str(path.relative_to(root)): path.read_text() for path in below})
    return found


def hidden(root: Path) -> list[str]:
    return sorted(entry.name for entry in root.iterdir() if entry.name.startswith(".."))


def inodes(root: Path) -> dict[str, tuple[int, int]]:
    every = [root, *root.rglob("*")]
    return {str(path): (path.lstat().st_ino, path.lstat().st_ctime_ns) for path in every}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_stand_behind_links(root: Path) -> None:
    assert put(root, color="red", look__shade="dark") is True
    data, stamped = hidden(root)[::-1]
    assert data == "..data"
    assert stamped.startswith("..2026_03_04_12_00_05.")
    assert str((root / "..data").readlink()) == stamped
    assert str((root / "color").readlink()) == "..data/color"
    assert str((root / "look").readlink()) == "..data/look"
    assert seen(root) == {"color": "red", "look/shade": "dark"}


def test_the_directory_is_named_after_the_time_in_utc(root: Path) -> None:
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    write(root, {}, east, Random(1))
    assert hidden(root)[0].startswith("..2026_03_04_12_00_05.")


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o440, 0o777, 0o000])
def test_modes_are_exact_whatever_the_umask(root: Path, mode: int) -> None:
    write(root, {"a/b/c": File(b"x", mode)}, NOON, Random(1))
    assert mode_of(root / "a/b/c") == mode
    assert {mode_of(root / path) for path in ("..data", "a", "a/b")} == {0o755}


def test_the_same_content_again_touches_nothing(root: Path) -> None:
    put(root, color="red", look__shade="dark")
    before = inodes(root)
    assert put(root, seed=2, color="red", look__shade="dark") is False
    assert inodes(root) == before


def test_another_content_replaces_the_first(root: Path) -> None:
    put(root, color="red")
    assert put(root, seed=2, color="blue") is True
    assert seen(root) == {"color": "blue"}
    assert len(hidden(root)) == 2


def test_a_mode_alone_is_a_change(root: Path) -> None:
    put(root, color="red")
    assert write(root, {"color": File(b"red", 0o600)}, NOON, Random(2)) is True
    assert mode_of(root / "color") == 0o600


def test_files_that_are_gone_lose_their_links(root: Path) -> None:
    put(root, color="red", look__shade="dark", size="9")
    put(root, seed=2, size="9", shape__form="round")
    assert seen(root) == {"size": "9", "shape/form": "round"}
    assert sorted(path.name for path in root.iterdir() if not path.name.startswith("..")) == [
        "shape",
        "size",
    ]


def test_an_empty_volume_may_fill_and_empty_again(root: Path) -> None:
    assert put(root) is True
    assert put(root, color="red") is True
    assert put(root) is True
    assert seen(root) == {}


def test_an_equal_random_number_finds_another_name(root: Path) -> None:
    put(root, seed=1, color="red")
    assert put(root, seed=1, color="blue") is True
    assert seen(root) == {"color": "blue"}


def test_an_open_file_goes_on_showing_what_it_did(root: Path) -> None:
    put(root, color="red")
    with (root / "color").open() as reader:
        put(root, seed=2, color="blue")
        assert reader.read() == "red"
    assert (root / "color").read_text() == "blue"


def test_a_reader_sees_all_of_an_update_or_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, color="red", size="9")
    looks: list[dict[str, str]] = []
    for name in ("rename", "symlink_to", "unlink", "chmod", "mkdir"):
        monkeypatch.setattr(Path, name, looking(getattr(Path, name), root, looks))
    put(root, seed=2, color="blue", size="10")
    assert {tuple(sorted(look.items())) for look in looks} == {
        (("color", "red"), ("size", "9")),
        (("color", "blue"), ("size", "10")),
    }


def test_a_volume_that_could_not_be_written_shows_what_it_did(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, color="red")
    before = inodes(root)

    def refused(self: Path, target: Path) -> Path:
        raise PermissionError(1, "no", str(target))

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PermissionError):
        put(root, seed=2, color="blue", size="10")
    (root / "..data_tmp").unlink()
    assert seen(root) == {"color": "red"}
    assert inodes(root).keys() == before.keys()


def test_what_a_killed_writer_left_is_no_obstacle(root: Path) -> None:
    put(root, color="red", size="9")
    (root / "..data_tmp").symlink_to("..2026_gone")
    (root / "size").unlink()
    assert put(root, seed=2, color="red", size="9") is False
    assert seen(root) == {"color": "red", "size": "9"}
    assert put(root, seed=2, color="blue") is True
    assert seen(root) == {"color": "blue"}


def test_a_file_somebody_changed_is_written_anew(root: Path) -> None:
    put(root, color="red")
    (root / "color").write_text("RED")
    assert put(root, seed=2, color="red") is True
    assert seen(root) == {"color": "red"}


def test_a_link_somebody_turned_elsewhere_is_not_followed(root: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep me")
    put(root, color="red")
    (root / "..data").unlink()
    (root / "..data").symlink_to("../precious")
    put(root, seed=2, color="blue")
    assert (precious / "file").read_text() == "keep me"
    assert seen(root) == {"color": "blue"}


@pytest.mark.parametrize("path", ["../up", "/etc/x", "a/../../up", "..data", ""])
def test_a_path_that_leaves_the_volume_is_a_bug_of_ours(root: Path, path: str) -> None:
    with pytest.raises(InternalError, match="were not checked: invalid path"):
        write(root, {path: File(b"hunter2", 0o644)}, NOON, Random(1))
    assert list(root.iterdir()) == []


def test_secrets_are_never_readable_by_others_before_their_mode_is_set(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    fchmod = os.fchmod

    def watched(descriptor: int, mode: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        fchmod(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", watched)
    put(root, token="hunter2")
    assert [mode & 0o077 for mode in modes] == [0]


def looking(operation: object, root: Path, looks: list[dict[str, str]]) -> object:
    """*operation*, with a look at the volume before it and after it."""
    assert callable(operation)

    def looked(self: Path, *args: object, **options: object) -> object:
        looks.append(seen(root))
        outcome = operation(self, *args, **options)
        looks.append(seen(root))
        return outcome

    return looked
