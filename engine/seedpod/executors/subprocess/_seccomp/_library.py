"""The binding of libseccomp, imported when the first profile is compiled, and what it lacks."""

from __future__ import annotations

import ctypes
from functools import cache
from importlib import import_module
from typing import IO, Final, Protocol, cast

from seedpod.executors.subprocess._seccomp._errors import SeccompError

_BINDING: Final = "pyseccomp"
_LIBRARY: Final = "libseccomp.so.2"


class Filter(Protocol):
    """A filter in the making: `pyseccomp.SyscallFilter`."""

    def add_arch(self, arch: int) -> None:
        """Let programs of one more architecture in."""
        ...

    def add_rule(self, action: int, syscall: int, *args: object) -> None:
        """Answer *syscall* by *action* if all *args* hold."""
        ...

    def export_bpf(self, file: IO[bytes]) -> None:
        """Write the program."""
        ...


class Library(Protocol):
    """What is used of `pyseccomp`, which has no types of its own."""

    def SyscallFilter(self, defaction: int) -> Filter:  # noqa: N802 (the binding's name)
        """A filter that answers all calls by *defaction*."""
        ...

    def Arg(self, arg: int, op: int, data_a: int, data_b: int = 0) -> object:  # noqa: N802
        """A comparison of one argument."""
        ...

    def resolve_syscall(self, arch: int, syscall: str) -> int:
        """The number of *syscall*: -1 if unknown, less if *arch* does without."""
        ...

    def system_arch(self) -> int:
        """The token of this machine's architecture."""
        ...


@cache
def library() -> Library:
    """The binding.

    Raises:
        SeccompError: It, or the library it binds, is not installed; says what to install.
    """
    try:
        return cast("Library", import_module(_BINDING))
    except ImportError as error:
        wanted = [f"the Python package {_BINDING} (pip install 'seedpod[seccomp]')"]
        if not _has_library():
            wanted.append(_the_library())
        raise SeccompError(_sentence(wanted)) from error
    except (OSError, RuntimeError, AttributeError) as error:  # its three ways to find no library
        raise SeccompError(_sentence([_the_library()])) from error


def lacking() -> str | None:
    """Why no profile can be compiled here, and what would mend it; None if one can."""
    try:
        library()
    except SeccompError as error:
        return str(error)
    return None


def _has_library() -> bool:
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        return False
    return True


def _the_library() -> str:
    return f"{_LIBRARY}, version 2.4 or later (apt-get install libseccomp2)"


def _sentence(wanted: list[str]) -> str:
    return f"seccomp profiles need {' and '.join(wanted)}"
