"""What this machine lacks that a test would have used: said at the end, never passed over."""

from __future__ import annotations

_LACKING: set[str] = set()


def lacks(what: str) -> None:
    """Note that this machine lacks *what*; with CI set, that fails the run.

    The test that calls it goes on with what can be tested without: nothing is skipped in silence.
    """
    _LACKING.add(what)


def lacking() -> list[str]:
    """All that has been found lacking so far."""
    return sorted(_LACKING)
