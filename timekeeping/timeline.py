"""Converts between local times and instants, with one zone for each day; nothing else converts.

Results are *points*: instants where elapsed time counts, seconds of the local clock where the organisation
decided that the clock on the wall counts. Differences of points are durations in either case.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from timekeeping.values import ClockChange, Site

UTC = dt.UTC
_EPOCH_DAY = dt.date(1970, 1, 1).toordinal()


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return the zone by its IANA name."""
    return ZoneInfo(name)


def to_instant(local: dt.datetime, zone_name: str) -> int:
    """Return the instant of a local time; a time that was skipped moves on, of two the first (`fold`) counts."""
    return int(local.replace(tzinfo=zone(zone_name)).timestamp())


def to_local_time(at: int, zone_name: str) -> dt.datetime:
    """Return the local time, without a zone, that clocks showed at that instant."""
    return dt.datetime.fromtimestamp(at, zone(zone_name)).replace(tzinfo=None)


def exists(local: dt.datetime, zone_name: str) -> bool:
    """Whether the clocks of the zone ever showed that time."""
    return to_local_time(to_instant(local, zone_name), zone_name).replace(fold=0) == local.replace(fold=0)


def happened_twice(local: dt.datetime, zone_name: str) -> bool:
    """Whether the clocks of the zone showed that time twice, as in the hour before winter time."""
    first, second = (to_instant(local.replace(fold=fold), zone_name) for fold in (0, 1))
    return first != second and exists(local, zone_name)


def _naive_seconds(local: dt.datetime) -> int:
    return (local.toordinal() - _EPOCH_DAY) * 86_400 + local.hour * 3600 + local.minute * 60 + local.second


@dataclass(frozen=True, slots=True)
class Timeline:
    """The points of one site.

    `day`: the work day whose points are shown. On the night in which the site takes another zone an instant may have
    a local time in either; then the zone of that day goes first.
    """

    site: Site
    clock_change: ClockChange = ClockChange.ELAPSED
    day: dt.date | None = None

    @property
    def counts_wall(self) -> bool:
        """Whether points are seconds of the local clock."""
        return self.clock_change is ClockChange.WALL

    def _zone_at(self, at: int) -> str:
        """Return the zone at an instant: another zone begins with its own midnight of the day from which it holds."""
        found = self.site.zone
        for change in self.site.changes:
            if to_instant(dt.datetime.combine(change.since, dt.time()), change.zone) <= at:
                found = change.zone
        return found

    def _shown_zone_at(self, at: int) -> str:
        if not self.site.changes:
            return self.site.zone
        if self.day is not None:
            own = self.site.zone_on(self.day)
            if self.site.zone_on(to_local_time(at, own).date()) == own:
                return own
        return self._zone_at(at)

    def point(self, day: dt.date, clock: dt.time) -> int:
        """Return the point of a local time of that day."""
        local = dt.datetime.combine(day, clock)
        return _naive_seconds(local) if self.counts_wall else to_instant(local, self.site.zone_on(day))

    def point_at(self, at: int) -> int:
        """Return the point of an instant."""
        return _naive_seconds(to_local_time(at, self._zone_at(at))) if self.counts_wall else at

    def local(self, point: int) -> dt.datetime:
        """Return the local time of a point."""
        if self.counts_wall:
            return dt.datetime.fromtimestamp(point, UTC).replace(tzinfo=None)
        return to_local_time(point, self._shown_zone_at(point))

    def instant(self, point: int) -> int:
        """Return the instant of a point."""
        if not self.counts_wall:
            return point
        local = self.local(point)
        return to_instant(local, self.site.zone_on(local.date()))
