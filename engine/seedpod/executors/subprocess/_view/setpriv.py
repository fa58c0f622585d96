"""Changing the user inside a view, whose root need not have a program for it.

util-linux's `setpriv` is shown there with the libraries it needs, below /dev, which is the
container's own. It begins as root, so nothing of the container's may tell its loader, or the C
library, what to load: variables that could are put back by `env`, which comes after it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import attrs

from seedpod.executors.subprocess._view.points import Point
from seedpod.executors.subprocess._view.programs import installed

KIT: Final = "/dev/.seedpod"
_LIBRARY: Final = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)
_LOADING: Final = re.compile(
    r"(?:LD|LC|MALLOC)_.*|LANG|LANGUAGE|GCONV_PATH|GETCONF_DIR|GLIBC_TUNABLES|HOSTALIASES"
    r"|LOCALDOMAIN|LOCPATH|NIS_PATH|NLSPATH|RESOLV_HOST_CONF|RES_OPTIONS|TMPDIR|TZDIR"
)
"""Variables that glibc does not heed in programs that change the user, and those of locales."""


@attrs.frozen
class Setpriv:
    """The programs, ready to be shown."""

    points: tuple[Point, ...]
    setpriv: tuple[str, ...]
    """What runs it; its arguments follow."""
    env: tuple[str, ...]
    """Likewise."""

    def change(self, identity: tuple[str, ...], late: Mapping[str, str]) -> tuple[str, ...]:
        """What to put before a command.

        Args:
            identity: The arguments of `setpriv`.
            late: Variables that are set when the user has changed.
        """
        command = (*self.setpriv, *identity, "--")
        if late:
            command += (*self.env, *(f"{name}={value}" for name, value in late.items()))
        return command


def late_variables(env: Mapping[str, str]) -> dict[str, str]:
    """Those of *env* that a program must not see which is root still."""
    return {name: value for name, value in env.items() if _LOADING.fullmatch(name)}


@cache
def found_setpriv() -> Setpriv:
    """The host's own.

    Raises:
        NotStartedError: A program is not there.
    """
    shown: dict[str, Point] = {}
    commands: list[tuple[str, ...]] = []
    for name in ("setpriv", "env"):
        program = installed(name)
        libraries = _libraries(program)
        loaders = [each for each in libraries if each.name.startswith(("ld-", "ld64", "ld.so"))]
        for file in (Path(program), *libraries):
            at = f"{KIT}/{file.name}"
            shown[at] = Point(at, ("--ro-bind", str(file.resolve())), is_file=True)
        command: tuple[str, ...] = (f"{KIT}/{name}",)
        if loaders:  # linked dynamically: by the loader it has brought along
            command = (f"{KIT}/{loaders[0].name}", "--library-path", KIT, *command)
        commands.append(command)
    return Setpriv(tuple(shown.values()), commands[0], commands[1])


def _libraries(program: str) -> list[Path]:
    ldd = shutil.which("ldd") or "ldd"
    done = subprocess.run([ldd, program], capture_output=True, text=True, check=False)
    return [Path(each) for each in _LIBRARY.findall(done.stdout)]
