"""The program of a `seccompProfile`, made once for each profile and set of capabilities."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from seedpod.errors import ABSENT, Problem, ProblemKind
from seedpod.executors.subprocess._seccomp._compile import compiled
from seedpod.executors.subprocess._seccomp._default_profile import default_profile
from seedpod.executors.subprocess._seccomp._errors import ProfileError, SeccompError
from seedpod.executors.subprocess._seccomp._parse import parsed
from seedpod.spec import SeccompProfile

PROFILES: Final = Path("/var/lib/kubelet/seccomp")
"""Where the kubelet has the profiles of a node."""
_SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def program(
    profile: SeccompProfile | None,
    capabilities: frozenset[str],
    *,
    seccomp_profiles: Path | None = None,
) -> bytes | None:
    """The filter of a container with this *profile*, ready for the kernel; None for no filter.

    A `Localhost` profile is read each time, for it may have changed, and compiled when it has.

    Args:
        profile: The container's, or its pod's.
        capabilities: All that the container has, as Kubernetes or Linux spell them
            (`SYS_ADMIN`, `CAP_SYS_ADMIN`); they open what is of no use without them.
        seccomp_profiles: The directory of `Localhost` profiles; `PROFILES` if None.

    Raises:
        ProfileError: The profile's file is missing, outside the directory, or malformed.
        SeccompError: Profiles cannot be compiled here, or not this one.
    """
    match None if profile is None else profile.type:
        case None | "Unconfined":
            return None
        case "RuntimeDefault":
            return _default(_spelled(capabilities))
        case "Localhost" if profile is not None:
            root = PROFILES if seccomp_profiles is None else seccomp_profiles
            file = _file(root, profile.localhost_profile or "")
            return _localhost(file, _content(file), _spelled(capabilities))
        case other:  # to take it for Unconfined would be to open what was to be closed
            wanted = "must be RuntimeDefault, Localhost or Unconfined"
            raise SeccompError(f"seccomp profile of type {other!r}: {wanted}")


def as_fd(program: bytes) -> int:
    """A file that reads as *program*, from its start, and can no longer be written.

    It is not inherited by programs that are started; the caller closes it.

    Raises:
        OSError: There is no descriptor or memory left.
    """
    fd = os.memfd_create("seccomp", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        rest = memoryview(program)
        while rest:
            rest = rest[os.write(fd, rest) :]
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
        os.lseek(fd, 0, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _spelled(capabilities: Iterable[str]) -> frozenset[str]:
    """*capabilities* as Linux spells them."""
    return frozenset(
        name if name.startswith("CAP_") else f"CAP_{name}" for name in map(str.upper, capabilities)
    )


@lru_cache(maxsize=64)
def _default(capabilities: frozenset[str]) -> bytes:
    return compiled(default_profile(), capabilities)


@lru_cache(maxsize=64)
def _localhost(file: Path, content: bytes, capabilities: frozenset[str]) -> bytes:
    profile = parsed(file, content)
    try:
        return compiled(profile, capabilities)
    except SeccompError as error:
        raise SeccompError(f"seccomp profile {file}: {error}") from error


def _file(root: Path, name: str) -> Path:
    """The file that is called *name* below *root*, wherever links lead within it."""
    file = root / name
    try:
        home, real = root.resolve(strict=True), file.resolve(strict=True)
    except FileNotFoundError:
        raise ProfileError(file, _problem("there is no such file")) from None
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
        raise ProfileError(file, _problem(f"cannot be found: {error}")) from error
    if real == home or not real.is_relative_to(home):
        raise ProfileError(file, _problem(f"must be a file below {root}"))
    return real


def _content(file: Path) -> bytes:
    """All of *file*, if it is one that has an end."""
    try:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                with open(fd, "rb", closefd=False) as opened:
                    return opened.read()
        finally:
            os.close(fd)
    except OSError as error:
        raise ProfileError(file, _problem(f"cannot be read: {error.strerror}")) from error
    raise ProfileError(file, _problem("must be a regular file"))


def _problem(wanted: str) -> Problem:
    return Problem("", ProblemKind.INVALID, ABSENT, wanted)
