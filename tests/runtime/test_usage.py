"""How much room a directory takes; on the real file system."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from seedpod._runtime.volumes import usage
from seedpod._runtime.volumes.removal import remove
from seedpod._runtime.volumes.tmpfs import mount_tmpfs, unmount_below
from seedpod._runtime.volumes.usage import used_bytes
from tests.machine import lacks

_BLOCK = 4096


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "root"
    path.mkdir()
    yield path
    assert remove(path) == ()


def used(path: Path, backend: str = "asyncio") -> int:
    return anyio.run(used_bytes, path, backend=backend)


def du(path: Path) -> int:
    told = subprocess.run(["du", "-sx", "-B1", path], check=True, capture_output=True)
    return int(told.stdout.split()[0])


def fill(path: Path, blocks: int = 1) -> Path:
    path.write_bytes(b"x" * _BLOCK * blocks)
    return path


def test_a_directory_that_is_not_there_takes_nothing(root: Path) -> None:
    assert used(root / "missing") == 0
    assert used(fill(root / "file")) == 0


def test_it_counts_as_du_does(root: Path, backend: str) -> None:
    (root / "a/b/c").mkdir(parents=True)
    (root / "d").mkdir()
    fill(root / "a/one")
    fill(root / "a/b/c/two", 3)
    os.link(root / "a/one", root / "d/again")
    (root / "d/out").symlink_to("/usr")
    with (root / "sparse").open("wb") as sparse:
        sparse.truncate(100 * _BLOCK)
    os.mkfifo(root / "pipe")
    before = du(root)
    assert used(root, backend) == before >= 4 * _BLOCK
    fill(root / "more", 5)
    assert used(root, backend) == before + 5 * _BLOCK


def test_a_link_is_not_followed(root: Path, tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", 50)
    empty = used(root)
    (root / "link").symlink_to(tmp_path)
    assert used(root) < empty + 50 * _BLOCK
    assert used(root / "link") == 0


def test_another_file_system_is_not_entered(root: Path) -> None:
    inside = root / "inside"
    inside.mkdir()
    if problem := mount_tmpfs(inside, 1 << 20):
        lacks(f"leave to mount a file system: {problem}")
        return
    try:
        fill(inside / "file", 10)
        assert used(root) == du(root) < 10 * _BLOCK
        assert used(inside) == 10 * _BLOCK
    finally:
        assert unmount_below(root) == ()


def test_a_path_longer_than_any_can_be(root: Path, backend: str) -> None:
    name = "n" * 200
    handle = os.open(root, os.O_RDONLY)
    for _ in range(40):
        os.mkdir(name, dir_fd=handle)
        deeper = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = deeper
    file = os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=handle)
    os.write(file, b"x" * 7 * _BLOCK)
    os.close(file)
    os.close(handle)
    assert used(root, backend) == du(root) >= 7 * _BLOCK


def test_what_vanishes_during_the_walk_is_passed_over(
    root: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    for name in "abc":
        (root / name).mkdir()
        fill(root / name / "file")
    taken: list[str] = []

    async def take_away() -> None:
        if not taken:
            for name in ("a", "b"):
                taken.append(name)
                remove(root / name)
        await checkpoint()

    monkeypatch.setattr(usage, "checkpoint", take_away)
    monkeypatch.setattr(usage, "_AT_A_TIME", 18)  # after the first entry of the root
    assert used(root, backend) >= _BLOCK
    assert taken == ["a", "b"]


def test_a_walk_that_cannot_come_back_ends(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """A directory that is moved while the walk is in it does not lead the walk astray."""
    for name in ("one", "two"):
        (root / "a" / name).mkdir(parents=True)
        (tmp_path / name).mkdir()
        fill(tmp_path / name / "elsewhere", 50)

    async def move() -> None:
        open_now = {link.readlink() for link in links() if link.exists()}
        for name in ("one", "two"):
            if root / "a" / name in open_now:  # it is there, and is to go to the other next
                (root / "a" / name).rename(tmp_path / "moved")
        await checkpoint()

    def links() -> list[Path]:
        return list(Path("/proc/self/fd").iterdir())

    monkeypatch.setattr(usage, "checkpoint", move)
    monkeypatch.setattr(usage, "_AT_A_TIME", 1)
    assert used(root, backend) < 50 * _BLOCK
    assert (tmp_path / "moved").exists()


def test_others_run_while_a_large_directory_is_looked_at(root: Path, backend: str) -> None:
    for number in range(2000):
        (root / str(number)).touch()
    turns: list[int] = []

    async def take_turns() -> None:
        while True:
            turns.append(1)
            await checkpoint()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(take_turns)
            await used_bytes(root)
            group.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert len(turns) >= 5


def test_a_walk_that_is_cancelled_leaves_nothing_open(root: Path, backend: str) -> None:
    for number in range(600):
        (root / str(number)).mkdir()

    async def main() -> bool:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await used_bytes(root)
        return scope.cancelled_caught

    assert anyio.run(main, backend=backend)  # that nothing is open is seen to after every test


def test_what_may_not_be_read_is_passed_over(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "closed").mkdir(mode=0)
    fill(root / "open", 3)
    opened = os.open

    def refusing(path: str, flags: int, **options: int) -> int:
        if path == "closed" and os.geteuid() == 0:  # root would be let in
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, **options)

    monkeypatch.setattr(os, "open", refusing)
    assert used(root) >= 3 * _BLOCK
