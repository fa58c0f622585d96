"""The signals that may ask a container to stop.

Source: kubernetes, api/core/v1: Signal.
"""

from __future__ import annotations

from typing import Final

_LINUX: Final = (
    "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT "
    "STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX"
).split()

STOP_SIGNALS: Final = {
    "linux": (
        *(f"SIG{name}" for name in _LINUX),
        *(f"SIGRTMIN+{number}" for number in range(1, 16)),
        *(f"SIGRTMAX-{number}" for number in range(1, 15)),
    ),
    "windows": ("SIGTERM", "SIGKILL"),
}
"""By operating system."""
