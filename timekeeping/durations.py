"""Durations in whole minutes, and the one way in which they are written: h:mm.

Seconds are dropped, never rounded up to a minute that was not worked.
"""

from __future__ import annotations

import datetime as dt

from timekeeping.values import MINUTE


def whole_minutes(seconds: int) -> int:
    """Return the complete minutes, towards zero: what is shown is what is compared."""
    return seconds // MINUTE if seconds >= 0 else -(-seconds // MINUTE)


def hours_minutes(duration: int | dt.timedelta) -> str:
    """Write a duration, in seconds where it is a number, as h:mm; hours may go beyond a day."""
    seconds = int(duration.total_seconds()) if isinstance(duration, dt.timedelta) else duration
    minutes = whole_minutes(seconds)
    return f"{'-' if minutes < 0 else ''}{abs(minutes) // 60}:{abs(minutes) % 60:02}"
