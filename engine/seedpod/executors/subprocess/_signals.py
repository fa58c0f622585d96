"""Signals by the names a manifest uses."""

from __future__ import annotations

import re
import signal
from functools import lru_cache
from typing import Final

_REAL_TIME: Final = re.compile(r"SIGRT(MIN\+|MAX-)(\d{1,2})")


@lru_cache(maxsize=128)
def signal_number(name: str) -> int:
    """The number of the signal called *name*: `SIGTERM`, `SIGRTMIN+3`, `SIGRTMAX-1`.

    Source: api/core/v1, type Signal.

    Raises:
        ValueError: Linux has no signal of this name.
    """
    real_time = _REAL_TIME.fullmatch(name)
    if real_time is None:
        if name in signal.Signals.__members__:
            return signal.Signals[name].value
    else:
        end, distance = real_time[1], int(real_time[2])
        number = signal.SIGRTMIN + distance if end == "MIN+" else signal.SIGRTMAX - distance
        if signal.SIGRTMIN <= number <= signal.SIGRTMAX:
            return number
    raise ValueError(f"{name!r}: must be the name of a signal, like SIGTERM or SIGRTMIN+3")
