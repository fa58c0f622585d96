"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import attrs


@attrs.frozen(kw_only=True)
class Machine:
    """A machine and the software on it, as far as figures depend on them."""

    cores: int
    """The cores this process may use."""
    system: str
    python: str
    anyio: str
    trio: str
    """Empty if it is not installed."""
    load: float
    """How many processes wanted a core in the minute before; well below `cores`, or distrust."""

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.cores} cores (load {self.load:.1f} before), {self.system}, "
            f"Python {self.python}, anyio {self.anyio}, trio {self.trio or 'not installed'}"
        )


def this_machine() -> Machine:
    """The machine as it is now."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        anyio=_version("anyio"),
        trio=_version("trio"),
        load=round(os.getloadavg()[0], 2),
    )


def loops() -> tuple[str, ...]:
    """The event loops there are; trio is optional."""
    return ("asyncio", "trio") if find_spec("trio") else ("asyncio",)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
