"""A part of a volume as it was when its container started, whatever the volume shows later.

A kubelet mounts the file itself, and goes on showing it when the volume's names are pointed at
newer files. A name cannot do that; so the files are linked to names that stay.

Source: Kubernetes, a mount with `subPath` does not see updates.
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path

from seedpod._runtime.volumes.removal import remove
from seedpod._runtime.volumes.sub_path import SubPathError


def kept_part(source: Path, directory: Path, part: str) -> Path:
    """*source* under a name below *directory* that only the next call for the same part changes.

    Args:
        source: Absolute, and without symbolic links: what `resolve_sub_path` found.
        directory: On the same file system; made if it is not there.
        part: The part's path in its volume; calls for the same part share a name.

    Raises:
        SubPathError: The file system refused.
    """
    kept = directory / sha256(part.encode()).hexdigest()[:16]
    new = kept.with_suffix(".new")
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        remove(new)
        if source.is_dir():
            shutil.copytree(source, new, copy_function=os.link)
            remove(kept)
        else:
            os.link(source, new)
        new.replace(kept)
    except (OSError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SubPathError(f"subPath {part!r} cannot be kept: {reason}") from error
    return kept
