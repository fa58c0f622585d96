"""Root directories of the host's own programs, and small OCI images of them."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from seedpod.executors.subprocess._images.layout import MANIFEST, REF_NAME, platform

INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"

PROGRAMS = ("sh", "cat", "env", "false", "id", "ls", "mkdir", "readlink", "sleep", "touch", "true")
PASSWD = "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001:Web:/home/web:/bin/sh\n"
GROUP = "root:x:0:\nweb:x:1001:\nlogs:x:1002:other,web\nother:x:1003:other\n"


def root_directory(path: Path, programs: Sequence[str] = PROGRAMS) -> Path:
    """Make *path*: a root directory with *programs* of the host in `/bin`, and users.

    Its `/etc` has the users `root` and `web` (1000:1001, of the group `logs`, 1002, too).
    """
    for directory in ("bin", "dev", "etc", "home/web", "proc", "root", "tmp"):
        (path / directory).mkdir(parents=True)
    (path / "tmp").chmod(0o1777)
    (path / "etc/passwd").write_text(PASSWD)
    (path / "etc/group").write_text(GROUP)
    for program in programs:
        found = shutil.which(program)
        assert found is not None, f"the host has no {program}"
        shutil.copy(found, path / "bin" / program)
        for library in _libraries(found):
            place = path / library.lstrip("/")
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library, place)
    return path


def layer_of(root: Path) -> bytes:
    """A layer with all that is in *root*, owned by root."""

    def owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        return member

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for each in sorted(root.iterdir()):
            tar.add(each, each.name, filter=owned)
    return file.getvalue()


def layer(files: Mapping[str, str | bytes | Path | None]) -> bytes:
    """A layer with *files*, in their order: content, a link to a path, or None for a directory.

    The name `etc/.wh.passwd` takes away `etc/passwd` of the layers below, `etc/.wh..wh..opq` all
    that was in `etc`.
    """
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, what in files.items():
            member = tarfile.TarInfo(name)
            content = what.encode() if isinstance(what, str) else what
            if content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, Path):
                member.type, member.linkname = tarfile.SYMTYPE, str(content)
            else:
                member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return file.getvalue()


def oci_layout(
    path: Path,
    tag: str,
    root: Path | None = None,
    config: Mapping[str, object] | None = None,
    layers: Sequence[bytes] = (),
) -> str:
    """Add an image to the OCI layout at *path*, which is made if it is not there.

    Args:
        path: The directory.
        tag: Of the image; empty: it has none.
        root: What is in its first layer; None: it is left out.
        config: As in the image configuration: `{"Cmd": ["sh"], "Env": ["A=B"]}`.
        layers: What `layer` and `layer_of` return; they come after that of *root*.

    Returns:
        The digest of its manifest.
    """
    manifest = image_manifest(path, root, config, layers)
    add_to_index(path, manifest, tag)
    return str(manifest["digest"])


def image_manifest(
    path: Path,
    root: Path | None = None,
    config: Mapping[str, object] | None = None,
    layers: Sequence[bytes] = (),
) -> dict[str, object]:
    """Write the blobs of an image and return the descriptor of its manifest; no index names it."""
    contents = [*([] if root is None else [layer_of(root)]), *layers]
    blobs = [add_blob(path, LAYER, each) for each in contents]
    system, architecture = platform().split("/")
    document = {
        "os": system,
        "architecture": architecture,
        "config": dict(config or {}),
        "rootfs": {"type": "layers", "diff_ids": [each["digest"] for each in blobs]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": add_blob(path, CONFIG, json.dumps(document).encode()),
        "layers": blobs,
    }
    return add_blob(path, MANIFEST, json.dumps(manifest).encode())


def image_index(path: Path, manifests: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """Write an index of *manifests*, by their platforms, and return its descriptor."""
    entries = [
        {**manifest, "platform": {"os": name.split("/")[0], "architecture": name.split("/")[1]}}
        for name, manifest in manifests.items()
    ]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    return add_blob(path, INDEX, json.dumps(index).encode())


def add_blob(path: Path, media_type: str, data: bytes) -> dict[str, object]:
    """Write *data* into the layout at *path* and return its descriptor."""
    digest = hashlib.sha256(data).hexdigest()
    place = path / "blobs/sha256" / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def add_to_index(path: Path, entry: Mapping[str, object], tag: str) -> None:
    """Name *entry* in the layout's `index.json`."""
    place = path / "index.json"
    index = json.loads(place.read_text()) if place.exists() else {"manifests": []}
    named = {**entry, "annotations": {REF_NAME: tag}} if tag else entry
    (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    place.write_text(json.dumps({"schemaVersion": 2, "manifests": [*index["manifests"], named]}))


def oci_archive(path: Path, layout: Path) -> Path:
    """Make the tar file *path* of the OCI layout at *layout*."""
    with tarfile.open(path, "w") as tar:
        for each in sorted(layout.iterdir()):
            tar.add(each, each.name)
    return path


def _libraries(program: str) -> list[str]:
    """The shared libraries of *program* and the loader, where the host has them."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listed.stdout, re.MULTILINE)
