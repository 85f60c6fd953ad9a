"""Saves shifts, refused where an example of theirs breaks, and assigns them to people and departments."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from attendance.core import audit, clock, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import periods
from attendance.people.models import Department, Person
from attendance.workdays import facts, plans
from attendance.workdays.models import Assignment, Shift
from attendance.workdays.schedule import valid_from
from timekeeping.cases import examples
from timekeeping.cases.atoms import CaseError
from timekeeping.values import Shift as ShiftValue


def save_shift(row: Shift, *, actor: User | None) -> Shift:
    """Save a new or changed shift. Raises `shift_invalid`, or `example_fails` with the first difference."""
    value = readable_shift(row)
    row.examples = examples.dated(row.examples, year=clock.today(site.zone()).year)
    found = examples.failures(
        row.examples, shift=value, site=plans.main_site(), rules=facts.rules(), year=clock.today(site.zone()).year
    )
    if found:
        raise Refusal("example_fails", difference=found[0], more=len(found) - 1)
    with transaction.atomic():
        row.save()
        audit.record("workdays.save_shift", actor=actor, subject=f"shift:{row.pk}", shift=row.name)
        valid_from.record(valid_from.first_day(None))
    return row


def readable_shift(row: Shift) -> ShiftValue:
    """Return the value of a row that may not be saved yet. Raises `shift_invalid`."""
    try:
        row.full_clean(validate_unique=True)
        return plans.shift(row)
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise Refusal("shift_invalid", field=field, reason=error.message_dict[field][0]) from error
    except CaseError as error:
        raise Refusal("shift_invalid", field="breaks or days of the week", reason=str(error)) from error


def readable_assignment(
    shift: Shift,
    *,
    person: Person | None = None,
    department: Department | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> Assignment:
    """Return an assignment that is not saved: to a person, to a department, or, with neither, to everybody else.

    Without a first day from the first that is not closed. Raises `period_invalid`, `day_closed`,
    `person_or_department`.
    """
    begins = valid_from.first_day(first)
    valid_from.assure_open(begins)
    first = None if begins == periods.ALWAYS else begins
    if first and last and first > last:
        raise Refusal("period_invalid")
    if person and department:
        raise Refusal("person_or_department")
    return Assignment(shift=shift, person=person, department=department, first=first, last=last)


def assign(
    shift: Shift,
    *,
    person: Person | None = None,
    department: Department | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    actor: User | None,
) -> Assignment:
    """Assign a shift; the parameters are those of `readable_assignment`. Raises also `already_assigned`."""
    row = readable_assignment(shift, person=person, department=department, first=first, last=last)
    with transaction.atomic():
        _assure_new(row)
        row.save()
        subject = f"person:{person.pk}" if person else f"department:{department.pk}" if department else "everybody:0"
        audit.record("workdays.assign_shift", actor=actor, subject=subject, shift=shift.pk)
        valid_from.record(row.first or periods.ALWAYS, last=last)
    return row


def _assure_new(row: Assignment) -> None:
    """Refuse the same shift for the same people on days on which they have it: its plan would count twice."""
    Shift.objects.select_for_update().get(pk=row.shift.pk)  # two of the same wait for each other
    same = Assignment.objects.filter(shift=row.shift, person=row.person, department=row.department)
    begins, ends = row.first or periods.ALWAYS, row.last or dt.date.max
    for each in same:
        if (each.first or periods.ALWAYS) <= ends and begins <= (each.last or dt.date.max):
            raise Refusal("already_assigned")


def withdraw_assignment(row: Assignment, *, actor: User | None) -> None:
    """Take back an assignment of which no day is closed. Raises `day_closed`."""
    first = row.first or periods.ALWAYS
    valid_from.assure_open(first)
    with transaction.atomic():
        audit.record("workdays.withdraw_assignment", actor=actor, subject=f"assignment:{row.pk}", shift=row.shift_id)
        valid_from.record(first, last=row.last)
        row.delete()


def end_assignment(row: Assignment, *, last: dt.date, actor: User | None) -> None:
    """Let an assignment end on another day; the days before stay as they were.

    Raises `period_invalid`, and `day_closed` where a day of a closed month would change.
    """
    if row.first and last < row.first:
        raise Refusal("period_invalid")
    if last == row.last:
        return
    changes = min(last, row.last or last) + periods.ONE_DAY
    valid_from.assure_open(changes)
    with transaction.atomic():
        Assignment.objects.filter(pk=row.pk).update(last=last)
        audit.record("workdays.end_assignment", actor=actor, subject=f"assignment:{row.pk}", last=last.isoformat())
        valid_from.record(changes)
