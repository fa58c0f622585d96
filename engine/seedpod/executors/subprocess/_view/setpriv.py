"""util-linux's `setpriv` inside a view, whose root need not have it: with the libraries it needs.

It is shown below /dev, which is the container's own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import attrs

from seedpod.executors.subprocess._view.points import Point

_KIT: Final = "/dev/.seedpod"
_LIBRARY: Final = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)


@attrs.frozen
class Setpriv:
    """The program, ready to be shown."""

    points: tuple[Point, ...]
    command: tuple[str, ...]
    """What runs it; its arguments follow."""


@cache
def found_setpriv() -> Setpriv | str:
    """The host's own; or why there is none."""
    program = shutil.which("setpriv")
    if program is None:
        return "setpriv is not installed; install it with: apt-get install util-linux"
    done = subprocess.run(
        [shutil.which("ldd") or "ldd", program], capture_output=True, text=True, check=False
    )
    libraries = [Path(each) for each in _LIBRARY.findall(done.stdout)]
    loaders = [each for each in libraries if each.name.startswith(("ld-", "ld64", "ld.so"))]
    files = [Path(program), *libraries]
    points = tuple(
        Point(f"{_KIT}/{file.name}", ("--ro-bind", str(file.resolve())), is_file=True)
        for file in files
    )
    command: tuple[str, ...] = (f"{_KIT}/{Path(program).name}",)
    if loaders:  # linked dynamically: by the loader it has brought along
        command = (f"{_KIT}/{loaders[0].name}", "--library-path", _KIT, *command)
    return Setpriv(points, command)
