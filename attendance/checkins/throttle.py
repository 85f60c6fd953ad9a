"""Limits guessing: some tries, then a wait that doubles; for passwords, PINs and pairing codes.

A try is counted before it is judged, so that a hundred guesses sent at once are not a hundred guesses. It counts for
several things together: what is guessed about, from where, and both.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from attendance.checkins.models import PinThrottle
from attendance.core import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many failures without a wait; then the wait doubles with each further one, up to the longest."""

    tries: int
    first_wait_seconds: int
    longest_wait_seconds: int


TRIES = 5
ONE = Limit(tries=TRIES, first_wait_seconds=60, longest_wait_seconds=3600)
"""One secret, from one place: a four-digit PIN then lasts for months of guessing."""
PLACE = Limit(tries=30, first_wait_seconds=5, longest_wait_seconds=900)
"""Any secrets from one place, an address or a door: many people stand behind it, some of whom mistype."""
ANYWHERE = Limit(tries=50, first_wait_seconds=60, longest_wait_seconds=3600)
"""One account from any place. Whoever is locked out by others comes in by an administrator's link."""
FORGOTTEN_AFTER = dt.timedelta(days=1)
"""A row that nobody has tried for so long is deleted: fewer tries than one who keeps trying has."""


def key(purpose: str, *parts: object) -> str:
    """Name what is counted without keeping it: no number and no address can be read from the row."""
    return salted_hmac(f"muster.throttle.{purpose}", "\x00".join(map(str, parts)), algorithm="sha256").hexdigest()


def take(counted: str, *, limit: Limit = ONE) -> int:
    """Use up one try; return the seconds to wait, 0 where the try may be made now."""
    return take_all({counted: limit})


def take_all(limits: Mapping[str, Limit]) -> int:
    """Use up one try of each; where one has to wait, none is used up and the longest wait is returned."""
    with transaction.atomic():
        for counted in limits:
            PinThrottle.objects.get_or_create(key=counted)
        # in one order for everybody, or two tries could wait for each other
        rows = list(PinThrottle.objects.select_for_update().filter(key__in=limits).order_by("pk"))
        now = clock.now()
        ends = max((row.locked_until for row in rows if row.locked_until is not None), default=now)
        if ends > now:
            return math.ceil((ends - now).total_seconds())
        for row in rows:
            limit = limits[row.key]
            row.failures = min(row.failures + 1, 1000)
            row.locked_until = now  # when it was tried last, where nobody has to wait
            if row.failures >= limit.tries:
                doublings = min(row.failures - limit.tries, 10)
                seconds = min(limit.first_wait_seconds * 2**doublings, limit.longest_wait_seconds)
                row.locked_until = now + dt.timedelta(seconds=seconds)
            row.save()
    return 0


def clear(counted: str) -> None:
    """Forget the failures: the try was right."""
    PinThrottle.objects.filter(key=counted).delete()


def give_back(counted: str) -> None:
    """Take back the one try that was right; the failures of others from that place stay counted."""
    rows = PinThrottle.objects.filter(key=counted)
    rows.filter(failures__lte=1).delete()
    rows.update(failures=F("failures") - 1, locked_until=clock.now())


def sweep() -> int:
    """Delete what nobody has tried for a day; return how many."""
    old = Q(locked_until=None) | Q(locked_until__lt=clock.now() - FORGOTTEN_AFTER)
    return PinThrottle.objects.filter(old).delete()[0]
