"""What should be known about leave that is asked for: days that were worked, and months that are closed, in words."""

from __future__ import annotations

from attendance.workdays.models import Leave
from attendance.workdays.requests import leaves
from attendance.workdays.requests.leaves import HalfDay
from timekeeping.durations import hours_minutes

DAYS_NAMED = 5


def sentences(leave: Leave) -> list[str]:
    """Return what whoever asks or decides should read; nothing where there is nothing to know."""
    found, said = leaves.concerns(leave), []
    if found.worked:
        days = ", ".join(
            f"{day.day} {day:%b %Y} ({hours_minutes(seconds)})" for day, seconds in found.worked[:DAYS_NAMED]
        )
        more = len(found.worked) - DAYS_NAMED
        said.append(
            f"Work is recorded on: {days}{f' and {more} more' if more > 0 else ''}. Is the leave for these days?"
        )
    said.extend(map(_half_day, found.halves[:DAYS_NAMED]))
    if found.closed:
        months = ", ".join(f"{month:%B %Y}" for month in found.closed)
        are = "is closed" if len(found.closed) == 1 else "are closed"
        said.append(f"{months} {are}: the leave counts as an adjustment of the next month.")
    return said


def is_doubtful(leave: Leave) -> bool:
    """Whether whoever enters leave at once should look again: days were worked, or half of a half day is taken."""
    found = leaves.concerns(leave)
    return bool(found.worked) or any(half.is_half_leave for half in found.halves)


def _half_day(half: HalfDay) -> str:
    day = f"{half.day.day} {half.day:%b %Y}"
    why = f"is half a holiday ({half.holiday})" if half.holiday else "is half a day off"
    more = ", half of that half; leave of the full day takes all of it" if half.is_half_leave else ""
    return f"{day} {why}: only its first half is planned. This leave takes {half.share:g} of a day there{more}."
