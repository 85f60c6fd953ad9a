"""People present by hour and day of the week, counted from the same days as the sheets."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from attendance.reports import layouts
from attendance.reports.month_values import Month, PersonSummary
from attendance.reports.table import Cell, Column, Kind, Table

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Counted = list[list[float]]
"""[day of the week][hour] -> people present on average of the days that had anybody."""
LONGEST_SECONDS = 24 * 3600
_EPOCH_DAY = dt.date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = dt.date(1970, 1, 1).weekday()


def by_hour(months: Iterable[PersonSummary], *, zone: ZoneInfo) -> Counted:
    """Count whoever was there for any part of an hour, from first in to last out."""
    present: dict[int, int] = defaultdict(int)
    for each in months:
        counted = -1
        for start, end in each.presence:
            for hour in _local_hours(start, min(end, start + LONGEST_SECONDS), zone):
                if hour > counted:  # a night and the next day may share an hour; a person is there once
                    present[hour] += 1
                    counted = hour
    people = [[0] * 24 for _ in WEEK]
    dates: list[set[int]] = [set() for _ in WEEK]
    for hour, count in present.items():
        day = hour // 24
        weekday = (day + _EPOCH_WEEKDAY) % 7
        people[weekday][hour % 24] += count
        dates[weekday].add(day)
    return [[count / max(1, len(dates[at])) for count in hours] for at, hours in enumerate(people)]


def _local_hours(start: int, end: int, zone: ZoneInfo) -> Iterable[int]:
    """Return the hours of the local calendar, counted from 1970, that [start, end) touches; both are instants."""
    first, last = (dt.datetime.fromtimestamp(at, zone) for at in (start, max(start, end - 1)))
    begins, ends = _hour(first), _hour(last)
    if first.utcoffset() == last.utcoffset():
        return range(begins, ends + 1)
    steps = (dt.datetime.fromtimestamp(at, zone) for at in range(start, end, 1800))
    return sorted({begins, ends, *(_hour(step) for step in steps)})


def _hour(local: dt.datetime) -> int:
    return (local.toordinal() - _EPOCH_DAY) * 24 + local.hour


def table(counted: Counted, wanted: Month, *, zone: ZoneInfo) -> Table:
    """Return hours by days of the week."""
    columns = (Column("Hour"), *(Column(day, Kind.NUMBER) for day in WEEK))
    rows: list[tuple[Cell, ...]] = [
        (f"{hour:02}:00", *(round(counted[day][hour], 1) for day in range(7))) for hour in range(24)
    ]
    digits = layouts.of_month(wanted).digits
    return Table(title=f"Present by hour {wanted.name}", columns=columns, rows=rows, zone=zone, digits=digits)
