"""Having images unpacked: by umoci, by something in its place, by another process."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from seedpod.executors.subprocess._images.problem import ImageError
from seedpod.executors.subprocess._images.reference import ImageReference, reference
from seedpod.executors.subprocess._images.store import Image, ImageStore
from tests.machine import lacks

# Imports no more than it needs: half of what it takes is imports.
_ANOTHER_PROCESS = """
import sys; sys.path.insert(0, "engine")
from pathlib import Path
import anyio
from seedpod.executors.subprocess._images.reference import reference
from seedpod.executors.subprocess._images.store import ImageStore
anyio.run(ImageStore(Path(sys.argv[1])).resolved, reference(sys.argv[2]))
"""

# Makes what umoci would.
COUNTED = 'echo run >>"$LOG"; sleep 0.1; mkdir unpacked; echo x >unpacked/file'
ENDLESS = 'mkdir unpacked; touch unpacked/half; echo $$ >"$LOG"; exec sleep 1000'


def has_umoci() -> bool:
    """Whether the real one is here; it is said at the end of the run if not."""
    if shutil.which("umoci") is None:
        lacks("umoci (apt-get install umoci)")
        return False
    return True


def meant(image: str) -> ImageReference:
    """What *image*, one on disk, refers to."""
    found = reference(image)
    assert found is not None
    return found


def resolved(store: ImageStore, image: str, backend: str = "asyncio") -> Image:
    """*image*, unpacked."""
    return anyio.run(store.resolved, meant(image), backend=backend)


def refusal(store: ImageStore, image: str) -> str:
    """Why *image* cannot be had, without its name."""
    with pytest.raises(ImageError) as caught:
        resolved(store, image)
    assert str(caught.value).startswith(f"{image}: ")
    return str(caught.value).removeprefix(f"{image}: ")


def in_another_process(store: Path, image: str) -> Sequence[str]:
    """The command line of a process that has *image* unpacked."""
    return [sys.executable, "-c", _ANOTHER_PROCESS, str(store), image]


def instead_of_umoci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Have *script* run as umoci; it knows the file that is returned as `$LOG`."""
    directory, log = tmp_path / "programs", tmp_path / "log"
    directory.mkdir()
    (directory / "umoci").write_text(f"#!/bin/sh\n{script}\n")
    (directory / "umoci").chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    monkeypatch.setenv("LOG", str(log))
    return log


def names(directory: Path) -> list[str]:
    """What is in *directory*."""
    return sorted(each.name for each in directory.iterdir())
