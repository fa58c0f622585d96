"""An image is unpacked once and whole, whoever asks for it, and whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import anyio
import pytest

from seedpod.executors.subprocess._images import layout as layouts
from seedpod.executors.subprocess._images.config import ImageConfig, combined
from seedpod.executors.subprocess._images.store import Image, ImageStore
from seedpod.executors.subprocess._images.umoci import arguments
from tests.executors.layouts import (
    PASSWD,
    add_to_index,
    image_index,
    image_manifest,
    layer,
    oci_archive,
    oci_layout,
    root_directory,
)
from tests.executors.processes import becomes, is_alive
from tests.executors.unpacking import (
    COUNTED,
    ENDLESS,
    has_umoci,
    in_another_process,
    instead_of_umoci,
    meant,
    names,
    refusal,
    resolved,
)


def is_written(log: Path) -> bool:
    return log.exists() and log.read_text().endswith("\n")


def test_a_directory_is_taken_as_it_is(store: ImageStore, tmp_path: Path, backend: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "alias").symlink_to(root)
    image = resolved(store, f"dir:{tmp_path}/alias", backend)
    assert image == Image(root=root, config=ImageConfig(), digest="")
    assert not (tmp_path / "store").exists()


def test_an_image_runs(store: ImageStore, images: Path, tmp_path: Path, backend: str) -> None:
    if not has_umoci():
        return
    config = {
        "Entrypoint": ["sh", "-c"],
        "Cmd": ["true"],
        "Env": ["B=1=2", "A=", "NONE"],
        "WorkingDir": "/tmp",
        "User": "web:logs",
    }
    changes = layer(
        {"etc/.wh.group": "", "home/.wh..wh..opq": "", "home/new": "x", "l": Path("/e")}
    )
    digest = oci_layout(images, "t", root_directory(tmp_path / "root"), config, [changes])
    image = resolved(store, f"oci:{images}:t", backend)
    assert image.digest == digest
    assert image.config == ImageConfig(
        entrypoint=("sh", "-c"),
        cmd=("true",),
        env={"B": "1=2", "A": ""},
        working_dir="/tmp",
        user="web:logs",
    )
    assert list(image.config.env) == ["B", "A"]
    assert names(image.root / "etc") == ["passwd"]
    assert names(image.root / "home") == ["new"]
    assert (image.root / "l").readlink() == Path("/e")
    if os.geteuid() == 0:
        there = ["chroot", str(image.root), *combined(image.config, ["/bin/cat"], ["/etc/passwd"])]
        assert subprocess.check_output(there, text=True) == PASSWD
    place = image.root.parent
    assert names(place) == ["lock", "root"]
    assert place.parent.stat().st_mode & 0o777 == 0o700


def test_an_image_is_unpacked_once(
    store: ImageStore, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    log = instead_of_umoci(tmp_path, monkeypatch, COUNTED)
    oci_layout(images, "a")
    found = meant(f"oci:{images}")
    others = [
        subprocess.Popen(in_another_process(tmp_path / "store", str(found))) for _ in range(2)
    ]

    async def several() -> None:
        async with anyio.create_task_group() as group:
            for each in [store, store, ImageStore(tmp_path / "store")]:
                group.start_soon(each.resolved, found)

    try:
        anyio.run(several, backend=backend)
    finally:
        ended = [each.wait() for each in others]
    assert ended == [0, 0]
    assert log.read_text() == "run\n"
    monkeypatch.setenv("PATH", "")
    assert (resolved(store, str(found)).root / "file").read_text() == "x\n"


def test_cancelling_kills_umoci_and_removes_what_it_made(
    store: ImageStore, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    log = instead_of_umoci(tmp_path, monkeypatch, ENDLESS)
    digest = oci_layout(images, "a")
    found = meant(f"oci:{images}")

    async def cancelled() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(store.resolved, found)
            assert await anyio.to_thread.run_sync(becomes, lambda: is_written(log), 60)
            assert is_alive(int(log.read_text()))
            group.cancel_scope.cancel()

    anyio.run(cancelled, backend=backend)
    assert not is_alive(int(log.read_text()))
    assert names(tmp_path / "store" / digest.replace(":", "/")) == ["lock"]


def test_what_a_killed_process_left_is_no_image(
    store: ImageStore, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    log = instead_of_umoci(tmp_path, monkeypatch, ENDLESS)
    place = tmp_path / "store" / oci_layout(images, "a").replace(":", "/")
    host = subprocess.Popen(in_another_process(tmp_path / "store", f"oci:{images}"))
    is_unpacking = becomes(lambda: is_written(log), within=60)
    host.kill()
    host.wait()
    assert is_unpacking
    orphan = int(log.read_text())
    (tmp_path / "programs/umoci").write_text(f"#!/bin/sh\n{COUNTED}\n")

    async def unpack() -> None:
        found = meant(f"oci:{images}")
        with anyio.move_on_after(0.5) as scope:
            await store.resolved(found)
        assert scope.cancelled_caught  # the orphan may still write
        assert names(place) == ["layout", "lock", "unpacked"]
        os.kill(orphan, signal.SIGKILL)
        with anyio.fail_after(10):
            image = await store.resolved(found)
        assert names(image.root) == ["file"]

    try:
        anyio.run(unpack, backend=backend)
    finally:
        if is_alive(orphan):
            os.kill(orphan, signal.SIGKILL)
    assert names(place) == ["lock", "root"]


def test_an_archive_is_read_like_a_layout(
    store: ImageStore, images: Path, tmp_path: Path, backend: str
) -> None:
    if not has_umoci():
        return
    oci_layout(images, "a", layers=[layer({"a": "a"})])
    oci_layout(images, "b", layers=[layer({"b": "b"})])
    archive = oci_archive(tmp_path / "images.tar", images)
    assert names(resolved(store, f"oci-archive:{archive}:b", backend).root) == ["b"]
    assert "name one by its tag: a, b" in refusal(store, f"oci-archive:{archive}")


def test_the_image_for_this_machine_is_taken(store: ImageStore, images: Path) -> None:
    if not has_umoci():
        return
    here, there = (image_manifest(images, layers=[layer({name: ""})]) for name in ("h", "t"))
    index = image_index(images, {"linux/vax": there, layouts.platform(): here})
    add_to_index(images, index, "both")
    assert names(resolved(store, f"oci:{images}").root) == ["h"]


def test_a_hostile_layer_stays_inside(store: ImageStore, images: Path, tmp_path: Path) -> None:
    if not has_umoci():
        return
    outside = tmp_path / "outside"
    outside.mkdir()
    files: dict[str, str | bytes | Path | None] = {
        "out": outside,
        "out/file": "x",
        "up": Path("../" * 20 + str(outside)),
        "up/y": "y",
    }
    oci_layout(images, "t", layers=[layer({**files, "../../../../../z": "z"})])
    resolved(store, f"oci:{images}:t")
    assert names(outside) == []
    assert not (tmp_path / "z").exists()


def test_a_layer_that_makes_a_link_of_its_root_leads_nowhere(
    store: ImageStore, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_umoci(tmp_path, monkeypatch, "ln -s / unpacked")
    oci_layout(images, "t")
    assert refusal(store, f"oci:{images}") == "cannot be unpacked: its root is not a directory"


def test_only_root_gives_files_to_their_owners(tmp_path: Path) -> None:
    assert "--rootless" in arguments("umoci", "a:b", "c", is_root=False)
    assert "--rootless" not in arguments("umoci", "a:b", "c", is_root=True)


def test_images_are_kept_in_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert repr(ImageStore()) == "<ImageStore /cache/seedpod/images>"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert repr(ImageStore()) == f"<ImageStore {Path.home()}/.cache/seedpod/images>"
