"""Which image of an OCI layout is meant: from its index to the manifest for this machine.

Every blob that is read here has the content its digest names; umoci sees to the layers.

Source: OCI image specification, image-layout.md, image-index.md, manifest.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol, cast

import attrs

from seedpod.executors.subprocess._images.config import ImageConfig, image_config
from seedpod.executors.subprocess._images.problem import ImageError

REF_NAME: Final = "org.opencontainers.image.ref.name"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_INDEXES: Final = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
_DEEPEST: Final = 4
"""How many indexes may lead to a manifest; in practice there are two."""
_DIGEST: Final = re.compile("sha256:([0-9a-f]{64})")
_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i686": "386",
    "loongarch64": "loong64",
}
"""Go's names for what the kernel calls otherwise."""


class Source(Protocol):
    """The files of a layout."""

    def read(self, name: str) -> bytes | None:
        """What is in the file *name*; None if there is no such file."""
        ...


@attrs.frozen(kw_only=True)
class Descriptor:
    """What an index or a manifest says of a blob."""

    media_type: str
    digest: str
    size: int
    tag: str
    platform: str
    """As `linux/amd64`; empty if it says none."""

    @property
    def blob(self) -> str:
        """The name of its file in a layout."""
        return "blobs/" + self.digest.replace(":", "/")


@attrs.frozen(kw_only=True)
class Found:
    """An image in a layout."""

    manifest: Descriptor
    config: ImageConfig
    blobs: tuple[Descriptor, ...]
    """Everything it consists of: manifest, configuration and layers."""


def platform() -> str:
    """This machine, as indexes call it."""
    machine = os.uname().machine
    return f"linux/{_ARCHITECTURES.get(machine, machine)}"


def image_in(source: Source, tag: str) -> Found:
    """The image of *source* that has *tag* (empty: its only one), for this machine.

    Raises:
        ImageError: There is no such image, or what describes it is malformed or corrupt.
        OSError: A file cannot be read.
    """
    text = source.read("index.json")
    if text is None:
        raise ImageError("is not an OCI image layout: it has no index.json")
    entries = list(_descriptors(_object(text, "index.json"), "manifests"))
    entry = _for_this_machine(_tagged(entries, tag))
    for _ in range(_DEEPEST):
        if entry.media_type not in _INDEXES:
            break
        entry = _for_this_machine(list(_descriptors(_document(source, entry), "manifests")))
    if entry.media_type != MANIFEST:
        raise ImageError(
            f"its manifest is not of the type {MANIFEST} but {entry.media_type};"
            " 'skopeo copy' makes an OCI image of it"
        )
    manifest = _document(source, entry)
    config = _descriptor(manifest.get("config"))
    if config.media_type != _CONFIG:
        raise ImageError(f"is not an image to run: its configuration is a {config.media_type}")
    layers = tuple(_descriptors(manifest, "layers"))
    return Found(
        manifest=entry,
        config=image_config(_document(source, config)),
        blobs=(entry, config, *layers),
    )


def _tagged(entries: Sequence[Descriptor], tag: str) -> Sequence[Descriptor]:
    tags = sorted({each.tag for each in entries})
    if not entries:
        raise ImageError("is an OCI image layout without any image")
    if tag:
        known = ", ".join(filter(None, tags)) or "none"
        found = [each for each in entries if each.tag == tag]
        if not found:
            raise ImageError(f"has no image with the tag {tag!r}; its tags: {known}")
        return found
    if len(tags) > 1:
        raise ImageError(
            f"has several images; name one by its tag: {', '.join(filter(None, tags))}"
        )
    return entries


def _for_this_machine(entries: Sequence[Descriptor]) -> Descriptor:
    """The first one for this machine, or else the one that does not say what it is for."""
    wanted = platform()
    found = [each for each in entries if each.platform == wanted]
    unsaid = [each for each in entries if not each.platform]
    if not found and not unsaid:
        known = ", ".join(sorted({each.platform for each in entries})) or "nothing"
        raise ImageError(f"has no image for {wanted}, only for {known}")
    if not found and len({each.digest for each in unsaid}) > 1:
        raise ImageError("has several images that neither a tag nor a platform tells apart")
    return (found or unsaid)[0]


def _document(source: Source, blob: Descriptor) -> Mapping[str, object]:
    data = source.read(blob.blob)
    if data is None:
        raise ImageError(f"is incomplete: it has no {blob.blob}")
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != blob.digest:
        raise ImageError(f"is corrupt: {blob.blob} has another content than its digest says")
    return _object(data, blob.blob)


def _object(data: bytes, name: str) -> Mapping[str, object]:
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImageError(f"is malformed: {name} is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise ImageError(f"is malformed: {name} is not an object")
    return cast("dict[str, object]", value)


def _descriptors(document: Mapping[str, object], name: str) -> Iterator[Descriptor]:
    found: object = document.get(name) or list[object]()
    if not isinstance(found, list):
        raise ImageError(f"is malformed: {name} is not a list")
    for each in cast("list[object]", found):
        yield _descriptor(each)


def _descriptor(value: object) -> Descriptor:
    fields = _fields(value)
    digest, size = str(fields.get("digest")), fields.get("size")
    if not _DIGEST.fullmatch(digest) or not isinstance(size, int):
        raise ImageError(f"is malformed: a descriptor has the digest {digest!r}, size {size!r}")
    where = _fields(fields.get("platform"))
    return Descriptor(
        media_type=str(fields.get("mediaType")),
        digest=digest,
        size=size,
        tag=str(_fields(fields.get("annotations")).get(REF_NAME) or ""),
        platform=f"{where.get('os')}/{where.get('architecture')}" if where else "",
    )


def _fields(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
