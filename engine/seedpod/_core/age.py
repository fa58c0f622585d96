"""Ages as kubectl prints them: `45s`, `5m3s`, `2d4h`.

Source: apimachinery, `duration.HumanDuration`.
"""

from __future__ import annotations

from datetime import timedelta


def human_duration(duration: timedelta) -> str:
    """A duration with the one or two units that matter at its size."""
    seconds = int(duration.total_seconds())
    if seconds < -1:
        return "<invalid>"
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    return f"{hours}h" if hours < 48 else _days(hours)


def _days(hours: int) -> str:
    days, years = hours // 24, hours // 24 // 365
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if years < 2:
        return f"{days}d"
    return _two(years, "y", days % 365, "d") if years < 8 else f"{years}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
