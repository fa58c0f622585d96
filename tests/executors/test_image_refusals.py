"""What is no image, or a broken one, is refused with the reason, and nothing of it is kept."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seedpod.executors.subprocess._images.layout import platform
from seedpod.executors.subprocess._images.store import ImageStore
from tests.executors.layouts import (
    add_blob,
    add_to_index,
    image_index,
    image_manifest,
    layer,
    oci_layout,
)
from tests.executors.unpacking import has_umoci, names, refusal


def _corrupt(images: Path, digest: str) -> None:
    place = images / "blobs" / digest.replace(":", "/")
    place.write_bytes(place.read_bytes().replace(b"abc", b"abd") + b" ")


def _without_index(images: Path) -> None:
    (images / "index.json").unlink()


def _not_json(images: Path) -> None:
    (images / "index.json").write_text("[" * 100_000)


def _a_list(images: Path) -> None:
    (images / "index.json").write_text("[]")


def _a_pipe(images: Path) -> None:
    (images / "index.json").unlink()
    os.mkfifo(images / "index.json")


def _a_directory(images: Path) -> None:
    (images / "index.json").unlink()
    (images / "index.json").mkdir()


def _a_path_for_a_digest(images: Path) -> None:
    text = (images / "index.json").read_text()
    (images / "index.json").write_text(text.replace("sha256:", "sha256:../"))


def _empty(images: Path) -> None:
    (images / "index.json").write_text('{"manifests": []}')


def _corrupt_manifest(images: Path) -> None:
    _corrupt(images, json.loads((images / "index.json").read_text())["manifests"][0]["digest"])


def _without_blobs(images: Path) -> None:
    shutil.rmtree(images / "blobs")


def _for_another_machine(images: Path) -> None:
    _without_index(images)
    add_to_index(images, image_index(images, {"linux/vax": image_manifest(images)}), "t")


def _of_docker(images: Path) -> None:
    _without_index(images)
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    add_to_index(images, add_blob(images, docker, b"{}"), "t")


def _bad_config(images: Path) -> None:
    _without_index(images)
    oci_layout(images, "t", config={"Env": ["A=B", 1]})


def _an_index_of_itself(images: Path) -> None:
    _without_index(images)
    entry = image_manifest(images)
    for _ in range(6):
        entry = image_index(images, {platform(): entry})
    add_to_index(images, entry, "t")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (shutil.rmtree, "there is nothing at this path"),
        (_without_index, "is not an OCI image layout: it has no index.json"),
        (_not_json, "is malformed: index.json is not JSON"),
        (_a_list, "is malformed: index.json is not an object"),
        (_a_pipe, "not a regular file"),
        (_a_directory, "Is a directory"),
        (_a_path_for_a_digest, "is malformed: a descriptor has the digest 'sha256:../"),
        (_empty, "is an OCI image layout without any image"),
        (_corrupt_manifest, "is corrupt: blobs/sha256/"),
        (_without_blobs, "is incomplete: it has no blobs/sha256/"),
        (_for_another_machine, f"has no image for {platform()}, only for linux/vax"),
        (_of_docker, "'skopeo copy' makes an OCI image of it"),
        (_bad_config, "its configuration is malformed: config.Env: must be a list of strings"),
        (_an_index_of_itself, "its manifest is not of the type"),
    ],
)
def test_a_layout_is_refused(
    store: ImageStore, images: Path, spoil: Callable[[Path], object], reason: str
) -> None:
    oci_layout(images, "t")
    spoil(images)
    assert reason in refusal(store, f"oci:{images}:t")
    assert not list(images.parent.glob("store/*/*/*"))


def test_a_tag_that_is_not_there_is_answered_with_those_that_are(
    store: ImageStore, images: Path
) -> None:
    oci_layout(images, "b")
    oci_layout(images, "a")
    assert refusal(store, f"oci:{images}:c") == "has no image with the tag 'c'; its tags: a, b"
    assert refusal(store, f"oci:{images}") == "has several images; name one by its tag: a, b"


def test_a_corrupt_layer_is_refused_in_the_words_of_umoci(
    store: ImageStore, images: Path, tmp_path: Path
) -> None:
    if not has_umoci():
        return
    (tmp_path / "root/protected/directory").mkdir(parents=True)
    (tmp_path / "root/protected").chmod(0o555)  # what is half made of it is removed all the same
    content = layer({"file": "abc"})
    digest = oci_layout(images, "t", tmp_path / "root", layers=[content])
    _corrupt(images, str(add_blob(images, "", content)["digest"]))
    assert "umoci: create rootfs: " in refusal(store, f"oci:{images}:t")
    place = images.parent / "store" / digest.replace(":", "/")
    assert names(place) == ["lock"]


@pytest.mark.parametrize("data", [b"", b"no tar", b"\x1f\x8b" + b"x" * 2000])
def test_what_is_no_archive_is_refused(store: ImageStore, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    assert "is not a tar file" in refusal(store, f"oci-archive:{tmp_path}/file")


def test_a_directory_that_is_none_is_refused(store: ImageStore, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(store, f"dir:{tmp_path}/file") == "is not a directory"
    assert "No such file or directory" in refusal(store, f"dir:{tmp_path}/missing")
    assert "symbolic links" in refusal(store, f"dir:{tmp_path}/loop")


def test_without_umoci_it_is_said_how_to_have_it(
    store: ImageStore, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oci_layout(images, "t")
    monkeypatch.setenv("PATH", "/nowhere")
    assert refusal(store, f"oci:{images}:t").endswith("install it: apt-get install umoci")


def test_a_store_that_others_may_enter_is_refused(
    store: ImageStore, images: Path, tmp_path: Path
) -> None:
    (tmp_path / "store/sha256").mkdir(parents=True)
    (tmp_path / "store/sha256").chmod(0o755)
    oci_layout(images, "t")
    assert "must be yours and nobody else's" in refusal(store, f"oci:{images}:t")
