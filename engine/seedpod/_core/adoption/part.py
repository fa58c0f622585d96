"""The part a container plays when its pod is gone on with."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """What becomes of one container when its pod is found."""

    DONE = "Done"
    """An init container that need not run again; nothing waits for it."""
    ADOPT = "Adopt"
    """It runs, and is kept; if the whole pod is killed, it is stopped in its turn."""
    START = "Start"
    """It is started now, whatever becomes of those listed before it."""
    KILL_AND_START = "KillAndStart"
    """Likewise, once what is there of it is killed."""
    LEFT = "Left"
    """It has ended for good, and keeps its end."""
    LATER = "Later"
    """Its turn has not come: it is started after those listed before it, if ever."""
