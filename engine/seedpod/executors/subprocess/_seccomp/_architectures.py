"""Architectures by the names of profiles, and which of them one kernel runs together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final

PREFIX: Final = "SCMP_ARCH_"
TOKENS: Final = MappingProxyType(
    {
        "X86": 0x4000_0003,
        "X86_64": 0xC000_003E,
        "X32": 0x4000_003E,
        "ARM": 0x4000_0028,
        "AARCH64": 0xC000_00B7,
        "LOONGARCH64": 0xC000_0102,
        "M68K": 0x0000_0004,
        "MIPS": 0x0000_0008,
        "MIPS64": 0x8000_0008,
        "MIPS64N32": 0xA000_0008,
        "MIPSEL": 0x4000_0008,
        "MIPSEL64": 0xC000_0008,
        "MIPSEL64N32": 0xE000_0008,
        "PARISC": 0x0000_000F,
        "PARISC64": 0x8000_000F,
        "PPC": 0x0000_0014,
        "PPC64": 0x8000_0015,
        "PPC64LE": 0xC000_0015,
        "RISCV64": 0xC000_00F3,
        "S390": 0x0000_0016,
        "S390X": 0x8000_0016,
        "SH": 0x4000_002A,
        "SHEB": 0x0000_002A,
    }
)
"""The kernel's `AUDIT_ARCH_*`; x32 has none there, and this one of libseccomp's."""
_NAMES: Final = MappingProxyType({token: name for name, token in TOKENS.items()})

_FAMILIES: Final = (
    frozenset({"X86_64", "X86", "X32"}),
    frozenset({"AARCH64", "ARM"}),
    frozenset({"MIPS64", "MIPS", "MIPS64N32"}),
    frozenset({"MIPSEL64", "MIPSEL", "MIPSEL64N32"}),
    frozenset({"PARISC64", "PARISC"}),
    frozenset({"PPC64", "PPC"}),
    frozenset({"S390X", "S390"}),
)
_OF_DOCKER: Final = MappingProxyType(
    {"X86_64": "amd64", "AARCH64": "arm64", "LOONGARCH64": "loong64"}
)


def architecture(token: int) -> str:
    """The name of the architecture with this *token*; empty for one that is not listed."""
    return _NAMES.get(token, "")


def others(native: str) -> frozenset[str]:
    """Those whose programs a machine of *native* may run besides its own."""
    together = next((family for family in _FAMILIES if native in family), frozenset[str]())
    return together - {native}


def of_docker(name: str) -> str:
    """What `includes` and `excludes` call the architecture *name*: `amd64`."""
    return _OF_DOCKER.get(name, name.lower())


def tokens(names: Iterable[str]) -> Iterator[int]:
    """The tokens of *names*."""
    return (TOKENS[name] for name in names)
