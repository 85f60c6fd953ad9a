"""The present time, read nowhere else; tests stop this clock."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from django.utils import timezone

_stopped_at: ContextVar[dt.datetime | None] = ContextVar("stopped_at", default=None)


def now() -> dt.datetime:
    """Return the present instant, aware, in UTC."""
    return _stopped_at.get() or timezone.now()


@contextlib.contextmanager
def stopped_at(instant: dt.datetime) -> Iterator[None]:
    """Let the rules work at another instant, within this thread; a demonstration records the past with it."""
    token = _stopped_at.set(instant)
    try:
        yield
    finally:
        _stopped_at.reset(token)


def today(zone: ZoneInfo) -> dt.date:
    """Return the local date at the site."""
    return now().astimezone(zone).date()


def day_bounds(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """Return the instants, in UTC, at which the local day starts and ends: half-open, 23 to 25 hours apart."""
    start = dt.datetime.combine(day, dt.time(), tzinfo=zone)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    return start.astimezone(dt.UTC), end.astimezone(dt.UTC)
