"""Which image a name means, and what a container of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedpod.executors.subprocess._images.config import ImageConfig, combined
from seedpod.executors.subprocess._images.reference import ImageKind, ImageReference, reference


@pytest.mark.parametrize(
    ("image", "meant"),
    [
        ("alpine", None),
        ("dir", None),
        ("registry.local:5000/oci:1", None),
        ("directory:/x", None),
        ("docker:27", None),
        ("dir:/srv/al:pine", ImageReference(ImageKind.DIRECTORY, Path("/srv/al:pine"))),
        ("dir:/", ImageReference(ImageKind.DIRECTORY, Path("/"))),
        ("oci:/srv/images", ImageReference(ImageKind.LAYOUT, Path("/srv/images"))),
        ("oci:/srv/i:alpine", ImageReference(ImageKind.LAYOUT, Path("/srv/i"), "alpine")),
        ("oci:/srv/i:a/b:1", ImageReference(ImageKind.LAYOUT, Path("/srv/i"), "a/b:1")),
        ("oci-archive:/a.tar", ImageReference(ImageKind.ARCHIVE, Path("/a.tar"))),
        ("oci-archive:/a.tar:t", ImageReference(ImageKind.ARCHIVE, Path("/a.tar"), "t")),
    ],
)
def test_a_name_means(image: str, meant: ImageReference | None) -> None:
    assert reference(image) == meant
    assert meant is None or str(meant) == image


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("dir:", "must have an absolute path after 'dir:', like dir:/srv/alpine"),
        ("dir:alpine", "must have an absolute path"),
        ("dir:/a\0b", "must have an absolute path"),
        ("oci:alpine", "like oci:/srv/images:alpine"),
        ("oci::alpine", "must have an absolute path"),
        ("oci:/srv/images:", "must have a tag after its last colon"),
        ("oci-archive:./a.tar", "like oci-archive:/srv/alpine.tar"),
        ("docker-archive:/a.tar", "skopeo copy docker-archive:/a.tar oci:/srv/images:TAG"),
        ("docker-daemon:alpine:3", "skopeo copy docker-daemon:alpine:3 oci:"),
        ("docker://alpine", "skopeo copy docker://alpine oci:"),
    ],
)
def test_a_name_is_refused(image: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"must have|not read here") as caught:
        reference(image)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("command", "args", "argv"),
    [
        ((), (), ("entry", "-e", "cmd")),
        (("c",), (), ("c",)),
        ((), ("a",), ("entry", "-e", "a")),
        (("c",), ("a",), ("c", "a")),
    ],
)
def test_a_command_drops_what_the_image_would_run(
    command: tuple[str, ...], args: tuple[str, ...], argv: tuple[str, ...]
) -> None:
    config = ImageConfig(entrypoint=("entry", "-e"), cmd=("cmd",))
    assert combined(config, command, args) == argv


def test_neither_a_command_nor_an_image_that_has_one() -> None:
    assert combined(ImageConfig(), (), ()) == ()
