"""The names of images that are on this machine's disk: `dir:`, `oci:` and `oci-archive:`.

Source: containers-transports(5), whose words these are.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

import attrs

_FOREIGN: Final = ("docker-archive:", "docker-daemon:", "containers-storage:", "docker://")
"""Other words of the same manual; those `skopeo` understands and we do not."""
_LIKE: Final = {
    "dir": "dir:/srv/alpine",
    "oci": "oci:/srv/images:alpine",
    "oci-archive": "oci-archive:/srv/alpine.tar",
}


class ImageKind(StrEnum):
    """How an image lies on the disk."""

    DIRECTORY = "dir"
    """A root directory as it is."""
    LAYOUT = "oci"
    """A directory in the OCI image layout."""
    ARCHIVE = "oci-archive"
    """A tar file of one."""


@attrs.frozen
class ImageReference:
    """Which image, and where."""

    kind: ImageKind
    path: Path
    """Absolute."""
    tag: str = ""
    """Which image of the layout (its `org.opencontainers.image.ref.name`); empty: the only one."""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.kind}:{self.path}{tag}"


def reference(image: str) -> ImageReference | None:
    """The image on disk that *image* names; None for a name that a registry would understand.

    Looks at nothing but the name. As for skopeo, a path ends at the first colon (that of a `dir:`
    does not), and a tag may contain further ones.

    Raises:
        ValueError: It names an image on disk wrongly, or one of a kind that is not read here. The
            sentence is what would have been right, after the name.
    """
    if image.startswith(_FOREIGN):
        raise ValueError(
            "is of a kind that is not read here; make an OCI layout of it:"
            f" skopeo copy {image} oci:/srv/images:TAG"
        )
    scheme, colon, rest = image.partition(":")
    if not colon or scheme not in _LIKE:
        return None
    kind = ImageKind(scheme)
    path, colon, tag = (rest, "", "") if kind is ImageKind.DIRECTORY else rest.partition(":")
    if not path.startswith("/") or "\0" in path:
        raise ValueError(f"must have an absolute path after '{kind}:', like {_LIKE[kind]}")
    if colon and not tag:
        raise ValueError("must have a tag after its last colon, or not have that colon")
    return ImageReference(kind, Path(path), tag)
