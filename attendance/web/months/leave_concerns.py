"""What should be known about leave that is asked for: days that were worked, and months that are closed, in words."""

from __future__ import annotations

from attendance.workdays.models import Leave
from attendance.workdays.requests import leaves
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
    if found.closed:
        months = ", ".join(f"{month:%B %Y}" for month in found.closed)
        are = "is closed" if len(found.closed) == 1 else "are closed"
        said.append(f"{months} {are}: the leave counts as an adjustment of the next month.")
    return said
