"""The image of the container that holds a pod's namespaces: made here, fetched from nowhere.

It has one file, a program of a few hundred bytes. The sources stand in `pause/`, and
`pause/build ARCHITECTURE | base64 -w 80` makes the text below of them.
"""

from __future__ import annotations

import base64
import io
import tarfile
from hashlib import sha256
from typing import Final

import attrs

from seedpod.errors import ExecutorError

_PROGRAMS: Final = {
    "x86_64": """
        f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAsABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAACAAAA
        AAAAAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAcAEAAAAAAABwAQAAAAAAAAAAAQAAAAAA
        UeV0ZAYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAABYW0iD
        +AF3XrgOAAAAvwAAAABIjTWfAAAAMdJBuggAAAAPBbg9AAAASMfH/////zH2ugEAAABFMdIPBUiFwH/j
        uIAAAABIjT1sAAAAMfYx0kG6CAAAAA8FSIP4D3RGSIP4AnRA671eSIX2dDgx/w+2Bkj/xoXAdBqD6DCD
        +Al3KEhr/wpIAcdIgf////9/dxjr3IX/dBK+CQAAALg+AAAADwXrwjH/6wW/AgAAALjnAAAADwUAAAAA
        //////////8=
    """,
    "aarch64": """
        f0VMRgIBAQAAAAAAAAAAAAIAtwABAAAAsABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAACAAAA
        AAAAAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAkAEAAAAAAACQAQAAAAAAAAAAAQAAAAAA
        UeV0ZAYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAADzAwCR
        YAZB+B8EAPFIAwBUAACA0iEGABACAIDSAwGA0ugQgNIBAADUAACAkgEAgNIiAIDSAwCA0ogggNIBAADU
        HwAA8Sz//1SABAAQAQCA0gIAgNIDAYDSKBGA0gEAANQfPADx4AIAVB8IAPGgAgBU7v//F2GGQPhBAgC0
        AACA0kMBgNLke0CyIhRAOAIBADRCwABRXyQAcYgBAFQACAObHwAE6ygBAFT4//8X4AAAtCEBgNIoEIDS
        AQAA1O7//xcAAIDSAgAAFEAAgNLIC4DSAQAA1AAAAAD//////////w==
    """,
}
"""By the machine's name for itself, as engines report it; in base64."""
_ALIASES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""What images call the same."""
_FILE: Final = "pause"


@attrs.frozen(kw_only=True)
class PauseImage:
    """An image to import."""

    reference: str
    """Its name and tag: another program is another tag."""
    tar: bytes = attrs.field(repr=False)
    """Its only layer, uncompressed."""
    entrypoint: tuple[str, ...]
    """The program: without arguments it waits for SIGTERM or SIGINT, ends with 0 then, and reaps
    what has ended until then; with numbers of processes as arguments it kills these."""


def pause_image(architecture: str) -> PauseImage:
    """The image for a machine of this architecture: `x86_64` or `amd64`, `aarch64` or `arm64`.

    Raises:
        ExecutorError: There is no program for this architecture.
    """
    program = pause_program(architecture)
    version = sha256(program).hexdigest()[:12]
    return PauseImage(
        reference=f"seedpod/pause:1-{version}",
        tar=_archive(program),
        entrypoint=(f"/{_FILE}",),
    )


def pause_program(architecture: str) -> bytes:
    """The program in the image.

    Raises:
        ExecutorError: There is none for this architecture.
    """
    text = _PROGRAMS.get(_ALIASES.get(architecture, architecture))
    if text is None:
        known = ", ".join(_PROGRAMS)
        raise ExecutorError(
            "docker",
            f"no sandbox image for architecture {architecture}: there is one for {known}; "
            "name one with sandbox_image=",
        )
    return base64.b64decode(text)


def _archive(program: bytes) -> bytes:
    """A tar that is the same every time: of nobody's file, at no time."""
    entry = tarfile.TarInfo(_FILE)
    entry.size = len(program)
    entry.mode = 0o755
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(entry, io.BytesIO(program))
    return written.getvalue()
