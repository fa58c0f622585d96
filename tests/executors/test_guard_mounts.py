"""What is mounted in a pod's directories is unmounted, not removed, when the host has died."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from seedpod._runtime.volumes.tmpfs import mount_tmpfs, mounts_below
from tests.executors.test_guard import guard
from tests.machine import lacks


@pytest.mark.parametrize("name", ["memory", "in\\side"])
def test_a_tree_is_removed_but_nothing_of_what_is_mounted_in_it(tmp_path: Path, name: str) -> None:
    tree, precious = tmp_path / "tree", tmp_path / "precious"
    for each in (tree / "bound", tree / name, precious):
        each.mkdir(parents=True)
    (precious / "file").write_text("keep me")
    if problem := mount_tmpfs(tree / name, 4096):
        lacks(f"leave to mount a file system: {problem}")
        return
    subprocess.run(["mount", "--bind", precious, tree / "bound"], check=True)
    with (tree / name / "open").open("w"), guard(f"tree {tree}"):
        pass
    try:
        assert not tree.exists()
        assert (precious / "file").read_text() == "keep me"
    finally:
        assert mounts_below(tmp_path) == []
