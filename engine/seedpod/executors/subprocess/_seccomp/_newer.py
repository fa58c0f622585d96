"""Calls that are newer than a profile do not exist for its containers, instead of being refused.

Theory of operation: a C library tries the newest call first and falls back on ENOSYS alone, so a
profile that refuses by EPERM what it has never heard of would break programs by every release of
the kernel. What is prepended here answers ENOSYS to numbers above the highest the profile names;
all else goes on to the profile's own first instruction, which loads what it needs afresh.

Source: runc, libcontainer/seccomp/patchbpf.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from errno import ENOSYS
from typing import Final

from seedpod.executors.subprocess._seccomp._architectures import TOKENS

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_GREATER: Final = 0x25  # BPF_JMP | BPF_JGT | BPF_K
_IF_NOT_LESS: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_NUMBER, _ARCHITECTURE = 0, 4  # where struct seccomp_data has them
_ERRNO: Final = 0x0005_0000  # SECCOMP_RET_ERRNO
_X32: Final = 0x4000_0000  # the bit by which calls of x32 differ from those of x86-64


def newer_do_not_exist(highest: Mapping[int, int]) -> bytes:
    """The instructions, for the *highest* number known by the token of its architecture."""
    return b"".join(_of(token, number) for token, number in highest.items())


def _of(token: int, highest: int) -> bytes:
    judged = _instruction(_IF_GREATER, highest, otherwise=1) + _instruction(
        _RETURN, _ERRNO | ENOSYS
    )
    if token == TOKENS["X86_64"]:
        judged = _instruction(_IF_NOT_LESS, _X32, then=2) + judged
    judged = _instruction(_LOAD, _NUMBER) + judged
    skipped = len(judged) // 8
    return (
        _instruction(_LOAD, _ARCHITECTURE)
        + _instruction(_IF_EQUAL, token, otherwise=skipped)
        + judged
    )


def _instruction(code: int, operand: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """A `struct sock_filter`."""
    return struct.pack("=HBBI", code, then, otherwise, operand)
