"""People whose photo serves them badly: many others resemble it, or doors often do not know them by it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from attendance.checkins.models import Attempt
from attendance.core import clock
from attendance.people.models import ReferenceImage
from attendance.recognition import local_calibration

LOOKED_BACK = dt.timedelta(days=14)
"""Attempts live for days; two weeks of them are enough for whoever comes daily."""

TRIED_AGAIN = dt.timedelta(seconds=60)
"""Whoever is known at a door so soon after a face that was not is taken for the same person."""

FEWEST_REFUSALS = 3
LARGEST_SHARE = 0.2
"""Refusals among somebody's attempts that are still usual."""


@dataclass(frozen=True, slots=True)
class Face:
    """`resembled`: how many people resemble the photo, where that is far more than usual; `refused` of `tries`."""

    resembled: int = 0
    refused: int = 0
    tries: int = 0


def find() -> dict[int, Face]:
    """Return by number of the person what is wrong; people with a good photo are not in it."""
    resembled, refusals = _resembled(), _refusals()
    return {person: Face(resembled.get(person, 0), *refusals.get(person, (0, 0))) for person in {*resembled, *refusals}}


def _resembled() -> dict[int, int]:
    row = local_calibration.newest()
    counts = dict(row.resembled) if row is not None else {}
    present = ReferenceImage.objects.present().filter(pk__in=counts, person__deactivated_at=None)
    return {person: counts[photo] for photo, person in present.values_list("pk", "person")}


def _refusals() -> dict[int, tuple[int, int]]:
    """Return (refused, tries) of those who are refused often."""
    refused: Counter[int] = Counter()
    tries: Counter[int] = Counter()
    for person, is_known in _tries():
        tries[person] += 1
        refused[person] += not is_known
    return {
        person: (count, tries[person])
        for person, count in refused.items()
        if count >= FEWEST_REFUSALS and count > LARGEST_SHARE * tries[person]
    }


def _tries() -> Iterator[tuple[int, bool]]:
    """Yield whose face was shown and whether it was known.

    A face that was compared with one person's own photo is that person's; one that was compared with everybody's and
    not known is the next person's who is known at that door.
    """
    rows = Attempt.objects.filter(at__gt=clock.now() - LOOKED_BACK).order_by("device", "at", "pk")
    unknown: list[tuple[int | None, dt.datetime]] = []
    columns = ("device", "at", "method", "answer", "person", "reference__person")
    for device, at, method, answer, person, owner in rows.values_list(*columns).iterator():
        if answer == Attempt.Answer.UNKNOWN:
            if method == Attempt.Method.VERIFY and owner:
                yield owner, False
            elif device is not None:
                unknown.append((device, at))
        elif answer == Attempt.Answer.MATCHED and person:
            for place, since in unknown:
                if place == device and at - since <= TRIED_AGAIN:
                    yield person, False
            unknown.clear()
            if method != Attempt.Method.PIN:
                yield person, True
