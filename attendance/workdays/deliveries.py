"""Up to when the doors have delivered their check-ins."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.db.models.functions import Coalesce

from attendance.checkins.models import Device
from attendance.core import clock
from timekeeping import values


def watermark(now: dt.datetime | None = None) -> int:
    """Return up to when all punches have arrived: when the door that is behind was last heard from.

    People check in at any door, so the doors of all sites count; without doors nothing is awaited but the present.
    """
    moment = now or clock.now()
    slowest = slowest_door()
    arrived = values.watermark({} if slowest is None else {slowest.name: int(slowest.heard.timestamp())})
    return int(moment.timestamp()) if arrived is None else min(arrived, int(moment.timestamp()))


class Heard(NamedTuple):
    """A door, and when it last said that it is there: until then it has delivered everything."""

    name: str
    heard: dt.datetime


def slowest_door() -> Heard | None:
    """Return the door in use that was not heard from for the longest time; a revoked one delivers no more."""
    return next(iter(doors_heard()), None)


def doors_heard() -> list[Heard]:
    """Return the doors in use, those first that were not heard from for the longest time."""
    rows = Device.objects.filter(revoked_at=None).exclude(paired_at=None)
    heard = rows.annotate(heard=Coalesce("last_seen_at", "paired_at")).order_by("heard", "name")
    return [Heard(row.name, row.heard) for row in heard]
