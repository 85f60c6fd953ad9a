"""Limits guessing: five tries, then a wait that doubles; the same for PINs and for pairing codes.

A try is counted before it is judged, so that a hundred guesses sent at once are not a hundred guesses.
"""

from __future__ import annotations

import datetime as dt
import math

from django.db import transaction
from django.utils.crypto import salted_hmac

from attendance.checkins.models import PinThrottle
from attendance.core import clock

TRIES = 5
FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 3600
"""The wait doubles with every further failure up to this: a four-digit PIN then lasts for months of guessing."""


def key(purpose: str, *parts: object) -> str:
    """Name what is counted without keeping it: no number and no address can be read from the row."""
    return salted_hmac(f"muster.throttle.{purpose}", "\x00".join(map(str, parts)), algorithm="sha256").hexdigest()


def take(counted: str) -> int:
    """Use up one try; return the seconds to wait, 0 where the try may be made now."""
    with transaction.atomic():
        PinThrottle.objects.get_or_create(key=counted)
        row = PinThrottle.objects.select_for_update().get(key=counted)
        now = clock.now()
        if row.locked_until is not None and row.locked_until > now:
            return math.ceil((row.locked_until - now).total_seconds())
        row.failures = min(row.failures + 1, 1000)
        if row.failures >= TRIES:
            doublings = min(row.failures - TRIES, 10)
            wait_seconds = min(FIRST_WAIT_SECONDS * 2**doublings, LONGEST_WAIT_SECONDS)
            row.locked_until = now + dt.timedelta(seconds=wait_seconds)
        row.save()
    return 0


def clear(counted: str) -> None:
    """Forget the failures: the try was right."""
    PinThrottle.objects.filter(key=counted).delete()
