"""Days on which a record is not employed because it was merged into another record of the same person."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.db.models import Exists, OuterRef, Q

from attendance.people import periods
from attendance.people.models import PersonMerge
from timekeeping.values import Roster

Gaps = Sequence[tuple[dt.date, dt.date | None]]
"""First days, and the days on which the record stands for itself again."""


def was() -> Exists:
    """Return whether the person of a row was ever merged into another record."""
    return Exists(PersonMerge.objects.filter(other=OuterRef("pk")))


def is_all(first: dt.date, last: dt.date) -> Exists:
    """Return whether the person of a row is merged on all days of a period."""
    over = Q(apart_day=None) | Q(apart_day__gt=last)
    return Exists(PersonMerge.objects.filter(over, other=OuterRef("pk"), first_day__lte=first))


def gaps(numbers: Sequence[int]) -> dict[int, Gaps]:
    """Return the gaps of each of the people."""
    found: dict[int, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
    rows = PersonMerge.objects.filter(other__in=numbers).order_by("first_day", "pk") if numbers else ()
    for row in rows:
        found[row.other_id].append((row.first_day, row.apart_day))
    return dict(found)


def without(roster: Roster, gaps: Gaps) -> Roster:
    """Return the roster of somebody who is not employed within the gaps."""
    begin = roster.joined or dt.date.min
    stretches = [*roster.earlier, (begin, roster.left or dt.date.max)]
    for since, until in gaps:
        if until is not None and until <= since:
            continue
        kept: list[tuple[dt.date, dt.date]] = []
        for first, last in stretches:
            if first < since:
                kept.append((first, min(last, since - periods.ONE_DAY)))
            if until is not None and last >= until:
                kept.append((max(first, until), last))
        stretches = [(first, last) for first, last in kept if first <= last]
    if not stretches:
        day = max(begin, dt.date.min + periods.ONE_DAY)
        return replace(roster, joined=day, left=day - periods.ONE_DAY, earlier=())
    *earlier, (joined, left) = stretches
    return replace(roster, joined=joined, left=None if left == dt.date.max else left, earlier=tuple(earlier))
