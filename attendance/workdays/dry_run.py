"""Days that other rules, or a changed shift, would change: derived twice, nothing saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from attendance.people.models import Person
from attendance.workdays import deliveries, facts
from attendance.workdays.models import Shift
from attendance.workdays.months import stored_days
from attendance.workdays.schedule import shifts
from timekeeping.values import Rules
from timekeeping.work_day import WorkDay


@dataclass(frozen=True, slots=True)
class Change:
    """A day that a new rule or shift would change, before anything is saved."""

    person: Person
    day: dt.date
    before: dict[str, Any]
    after: dict[str, Any]


def try_dry(
    people: QuerySet[Person],
    first: dt.date,
    last: dt.date,
    *,
    rules: Rules | None = None,
    shift: Shift | None = None,
) -> Iterator[Change]:
    """Yield the days that other rules, or a changed shift in place of the saved one, would change."""
    present = facts.rules()
    proposed = rules or present
    saved = facts.shift(Shift.objects.get(pk=shift.pk)) if shift is not None and shift.pk else None
    new = shifts.readable_shift(shift) if shift is not None else None
    mark = deliveries.watermark()
    for known in facts.load_weeks(people, first, last, rules=present, more=proposed):
        other = known
        if saved is not None and new is not None:
            assignments = tuple(
                replace(each, shift=new) if each.shift == saved else each for each in known.roster.assignments
            )
            other = replace(known, roster=replace(known.roster, assignments=assignments))
        before, _ = facts.month_of(known, first, last, rules=present, watermark=mark)
        after, _ = facts.month_of(other, first, last, rules=proposed, watermark=mark)
        yield from _changes(known.person, before, after)


def _changes(person: Person, before: list[WorkDay], after: list[WorkDay]) -> Iterator[Change]:
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        told_old, told_new = stored_days.as_json(old), stored_days.as_json(new)
        if stored_days.differs(told_old, told_new):
            yield Change(person, old.day, told_old, told_new)
