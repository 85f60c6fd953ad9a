"""The log of facts about work days: append-only lines in the order of recording.

Everything from which work days are derived (check-ins and their withdrawal, decided corrections and leave, approved
overtime, joining and leaving) writes one line in its own transaction; so does a change of the plan or the rules, for
everybody. A number comes from one locked row and becomes visible with its line, so that a reader who has seen n has
seen everything up to n. The lock is held until the commit: append as the last statement of a short transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from attendance.core import clock
from attendance.people.models import FactCounter, FactLine, Person

Kind = FactLine.Kind
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fact:
    """What is appended: `first` to `last`, both included, are the local days that it may touch."""

    kind: FactLine.Kind
    person: Person | None
    first: dt.date
    last: dt.date | None


def newest() -> int:
    """Return the number of the newest line; 0 before the first."""
    return FactLine.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0


def lock() -> int:
    """Lock the counter until the end of the present transaction; return the newest number.

    Whoever holds it knows that no fact is recorded meanwhile.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("the counter is locked inside a transaction only")
    counter = FactCounter.objects.select_for_update().filter(pk=1).first()
    if counter is None:
        FactCounter.objects.get_or_create(pk=1)
        counter = FactCounter.objects.select_for_update().get(pk=1)
    return counter.value


def append(kind: FactLine.Kind, person: Person | None, *, first: dt.date, last: dt.date | None) -> int:
    """Write one line; return its number."""
    return append_all([Fact(kind, person, first, last)])


def append_instant(kind: FactLine.Kind, person: Person, *, at: dt.datetime) -> int:
    """Write a line for a moment: it may touch its own day and those beside it, in whichever zone they are counted."""
    day = at.astimezone(dt.UTC).date()
    return append(kind, person, first=day - ONE_DAY, last=day + ONE_DAY)


def append_all(facts: Iterable[Fact]) -> int:
    """Write the lines in order, with one look at the counter; return the newest number."""
    wanted = list(facts)
    if not wanted:
        return newest()
    sequence = lock()
    at = clock.now()
    FactLine.objects.bulk_create(
        FactLine(
            sequence=sequence + offset,
            kind=fact.kind,
            person=fact.person,
            first=fact.first,
            last=fact.last,
            recorded_at=at,
        )
        for offset, fact in enumerate(wanted, start=1)
    )
    FactCounter.objects.filter(pk=1).update(value=sequence + len(wanted))
    return sequence + len(wanted)


def since(sequence: int, *, first: dt.date, last: dt.date) -> QuerySet[FactLine]:
    """Return the lines after a number that may touch one of the days, both included."""
    return FactLine.objects.filter(sequence__gt=sequence, first__lte=last).filter(Q(last=None) | Q(last__gte=first))


def people_of(lines: QuerySet[FactLine]) -> set[int]:
    """Return the numbers of the people whom some lines are about.

    Each line is read: asked for distinct people, SQLite walks the whole log by person.
    """
    return set(lines.exclude(person=None).order_by().values_list("person_id", flat=True))
