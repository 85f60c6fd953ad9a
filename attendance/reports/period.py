"""Periods of reports: the first and the last local day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from attendance.core import clock


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of the site, both included; `first` is never after `last`."""

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"{self.first} is after {self.last}")

    def bounds(self, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
        """Return the half-open instants, in UTC, that hold the period."""
        return clock.day_bounds(self.first, zone)[0], clock.day_bounds(self.last, zone)[1]

    def days(self) -> Iterator[dt.date]:
        """Yield each local day."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + dt.timedelta(days=number)


def last_days(count: int, *, today: dt.date) -> Period:
    """Return the period of so many days that ends today."""
    return Period(today - dt.timedelta(days=count - 1), today)
