"""How many people are here at which hour? Counted from the same days as the sheets, by hour and day of the week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from attendance.reports.month import Month, PersonMonth
from attendance.reports.table import Cell, Column, Kind, Table

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Counted = list[list[float]]
"""[day of the week][hour] -> people present on average of the days that had anybody."""
LONGEST = dt.timedelta(hours=24)


def by_hour(months: Iterable[PersonMonth], *, zone: ZoneInfo) -> Counted:
    """Count whoever was there for any part of an hour, from first in to last out."""
    seen: list[list[set[tuple[int, dt.date]]]] = [[set() for _ in range(24)] for _ in WEEK]
    dates: list[set[dt.date]] = [set() for _ in WEEK]
    for each in months:
        for day in each.days:
            if not (day["in"] and day["out"]):
                continue
            start = dt.datetime.fromisoformat(day["in"])
            end = min(dt.datetime.fromisoformat(day["out"]), start + LONGEST)
            while start < end:
                local = start.astimezone(zone)
                seen[local.weekday()][local.hour].add((each.person.pk, local.date()))
                dates[local.weekday()].add(local.date())
                start += dt.timedelta(minutes=60 - local.minute, seconds=-local.second)
    return [[len(found) / max(1, len(dates[at])) for found in hours] for at, hours in enumerate(seen)]


def table(counted: Counted, of: Month, *, zone: ZoneInfo) -> Table:
    """Return hours by days of the week."""
    columns = (Column("Hour"), *(Column(day, Kind.NUMBER) for day in WEEK))
    rows: list[tuple[Cell, ...]] = [
        (f"{hour:02}:00", *(round(counted[day][hour], 1) for day in range(7))) for hour in range(24)
    ]
    return Table(title=f"Present by hour {of.name}", columns=columns, rows=rows, zone=zone)
