"""Days with punches on which another first or last day of employment would leave somebody not employed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from attendance.checkins.models import CheckIn
from attendance.people.models import Person
from attendance.workdays import dry_run, facts, plans
from attendance.workdays.dry_run import Alternative
from attendance.workdays.models import Correction, CorrectionEntry, Employment, counting
from attendance.workdays.schedule import employment
from timekeeping.work_day import WorkDay

_BESIDE = dt.timedelta(days=1)
"""A night shift of the last day ends on the next: the engine says which work day a punch belongs to."""


def find(person: Person, *, joined: dt.date, left: dt.date | None) -> list[dt.date]:
    """Return the days, in order; those on which the person is not employed now either are not among them."""
    reach = _reach(person, employment.proposed_stretches(person, joined=joined, left=left))
    if reach is None:
        return []
    row = Employment.objects.select_related("site").filter(person=person).first()
    change = dry_run.with_employment(person, joined=joined, left=left, place=row.site if row else None)
    before, after = _derived(person, *reach, None), _derived(person, *reach, change)
    return [
        new.day for old, new in zip(before, after, strict=True) if old.has_punch and old.employed and not new.employed
    ]


def _reach(person: Person, stretches: tuple[employment.Stretch, ...]) -> tuple[dt.date, dt.date] | None:
    """Return between which days punches lie outside by their local dates; None where none does."""
    zone = ZoneInfo(plans.main_site().zone)
    days = {moment.astimezone(zone).date() for moment in _moments(person)}
    outside = [day for day in days if not any(first <= day <= last for first, last in stretches)]
    return (min(outside) - _BESIDE, max(outside) + _BESIDE) if outside else None


def _moments(person: Person) -> Iterator[dt.datetime]:
    """Yield the times of doors and of approved corrections that were not taken back."""
    yield from CheckIn.objects.filter(person=person, voided_at=None).values_list("at", flat=True)
    approved = counting(Correction.objects.filter(person=person)).order_by().values("pk")
    entered = CorrectionEntry.objects.filter(correction__in=approved).values_list("at", flat=True)
    yield from (moment for moment in entered if moment is not None)


def _derived(person: Person, first: dt.date, last: dt.date, change: Alternative | None) -> list[WorkDay]:
    plan = plans.read()
    if change is not None:
        change(plan)
    (known,) = facts.load(Person.objects.filter(pk=person.pk), first, last, plan=plan)
    return facts.derive_one(known, first, last, rules=plan.book)
