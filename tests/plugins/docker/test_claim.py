"""A kept pod belongs to one living process at a time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seedpod_docker import _claim
from seedpod_docker._claim import ClaimedError, claim, is_claimed

ENGINE = "unix:///run/docker.sock"
HOLDER = """
import sys
from pathlib import Path
from seedpod_docker import _claim
_claim._DIRECTORY = Path(sys.argv[3])
with _claim.claim(sys.argv[1], sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the locks are, of us and of our children."""
    monkeypatch.setattr(_claim, "_DIRECTORY", tmp_path)
    return tmp_path


@contextmanager
def another_holds(uid: str) -> Generator[subprocess.Popen[str]]:
    """A block in which another process has the pod, if it is not ended."""
    program = [sys.executable, "-c", HOLDER, ENGINE, uid, str(_claim._DIRECTORY)]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other


def is_free(uid: str) -> bool:
    return not is_claimed(ENGINE, uid)


def test_two_processes_cannot_have_the_same_pod() -> None:
    with another_holds("u"):
        assert is_claimed(ENGINE, "u")
        with pytest.raises(ClaimedError), claim(ENGINE, "u"):
            pass
    assert is_free("u")


def test_other_pods_and_other_engines_are_free() -> None:
    with another_holds("u"):
        assert is_free("v")
        assert not is_claimed("tcp://build.example:2376", "u")


def test_a_claim_ends_with_the_process_that_has_it() -> None:
    with another_holds("u") as other:
        other.kill()
        other.wait()
        assert is_free("u")


def test_two_engines_of_one_process_cannot_have_the_same_pod() -> None:
    with claim(ENGINE, "u"):
        with pytest.raises(ClaimedError), claim(ENGINE, "u"):
            pass
        assert is_claimed(ENGINE, "u")
    assert is_free("u")


def test_who_was_refused_takes_nothing_from_who_has_it() -> None:
    with another_holds("u"):
        assert [is_claimed(ENGINE, "u") for _ in range(3)] == [True] * 3


def test_the_file_goes_with_the_block(directory: Path) -> None:
    with claim(ENGINE, "u"):
        [file] = directory.iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
    assert list(directory.iterdir()) == []


def test_the_file_goes_with_whatever_leaves_the_block(directory: Path) -> None:
    with pytest.raises(KeyError), claim(ENGINE, "u"):
        raise KeyError
    assert list(directory.iterdir()) == []


def test_a_file_that_somebody_has_removed_is_no_loss() -> None:
    with claim(ENGINE, "u"):
        _claim._path(ENGINE, "u").unlink()


def test_a_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    path = _claim._path(ENGINE, "u")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ClaimedError, match="symbolic links"), claim(ENGINE, "u"):
        pass
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("is_made_anew", [False, True])
def test_a_lock_on_a_file_that_was_removed_meanwhile_does_not_count(
    monkeypatch: pytest.MonkeyPatch, is_made_anew: bool
) -> None:
    path = _claim._path(ENGINE, "u")
    locked: list[int] = []

    def flock(handle: int, operation: int) -> None:
        """Take the lock just after its holder has removed the file."""
        if not locked:
            path.unlink()
            if is_made_anew:
                path.touch(0o600)
        locked.append(os.fstat(handle).st_ino)
        os_flock(handle, operation)

    os_flock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", flock)
    with claim(ENGINE, "u"):
        assert path.stat().st_ino == locked[-1]
    assert len(locked) == 2
