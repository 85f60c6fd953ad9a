"""How is the plan changed? Shifts, assignments and rules: tried dry, refused where an example breaks, then saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from attendance.core import audit, clock, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Department, Person
from attendance.workdays import examples, loading, storing
from attendance.workdays.cases.atoms import CaseError
from attendance.workdays.models import Assignment, Shift, WorkRules
from attendance.workdays.results import WorkDay
from attendance.workdays.values import Rules
from attendance.workdays.values import Shift as ShiftValue
from attendance.workdays.values import Site as SiteValue


@dataclass(frozen=True, slots=True)
class Change:
    """A day that a new rule or shift would change, before anything is saved."""

    person: Person
    day: dt.date
    before: dict[str, Any]
    after: dict[str, Any]


def save_shift(row: Shift, *, actor: User | None) -> Shift:
    """Save a new or changed shift. Raises `shift_invalid`, or `example_fails` with the first difference."""
    value = _readable(row)
    row.examples = examples.dated(row.examples, year=clock.today(site.zone()).year)
    told = examples.failures(
        row.examples, shift=value, site=_default_site(), rules=loading.rules(), year=clock.today(site.zone()).year
    )
    if told:
        raise Refusal("example_fails", difference=told[0], more=len(told) - 1)
    with transaction.atomic():
        row.save()
        audit.record("workdays.save_shift", actor=actor, subject=f"shift:{row.pk}", shift=row.name)
    return row


def _readable(row: Shift) -> ShiftValue:
    try:
        row.full_clean(validate_unique=True)
        return loading.shift(row)
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise Refusal("shift_invalid", field=field, reason=error.message_dict[field][0]) from error
    except CaseError as error:
        raise Refusal("shift_invalid", field="breaks or days of the week", reason=str(error)) from error


def _default_site() -> SiteValue:
    ours = site.settings()
    return SiteValue(ours.time_zone, ours.site_name)


def assign(
    shift: Shift,
    *,
    person: Person | None = None,
    department: Department | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    actor: User | None,
) -> Assignment:
    """Assign a shift to a person, to a department, or, with neither, to everybody else. Raises `period_invalid`."""
    if first and last and first > last:
        raise Refusal("period_invalid")
    if person and department:
        raise Refusal("person_or_department")
    with transaction.atomic():
        row = Assignment.objects.create(shift=shift, person=person, department=department, first=first, last=last)
        subject = f"person:{person.pk}" if person else f"department:{department.pk}" if department else "everybody:0"
        audit.record("workdays.assign_shift", actor=actor, subject=subject, shift=shift.pk)
    return row


def end_assignment(row: Assignment, *, last: dt.date, actor: User | None) -> None:
    """Let an assignment end; the days before stay as they were."""
    if row.first and last < row.first:
        raise Refusal("period_invalid")
    with transaction.atomic():
        Assignment.objects.filter(pk=row.pk).update(last=last)
        audit.record("workdays.end_assignment", actor=actor, subject=f"assignment:{row.pk}", last=last.isoformat())


def save_rules(content: dict[str, Any], *, actor: User | None) -> Rules:
    """Save the organisation's settings, by the keys of the reference page. Raises `rules_invalid`, `example_fails`."""
    rules = readable_rules(content)
    content = {key: _plain(value) for key, value in content.items()}
    for row in Shift.objects.all():
        told = examples.failures(
            row.examples,
            shift=loading.shift(row),
            site=_default_site(),
            rules=rules,
            year=clock.today(site.zone()).year,
        )
        if told:
            raise Refusal("example_fails", difference=f"{row.name}: {told[0]}", more=len(told) - 1)
    with transaction.atomic():
        WorkRules.objects.update_or_create(pk=1, defaults={"content": content})
        audit.record("workdays.save_rules", actor=actor, subject="rules:1", content=storing.canonical(content))
    return rules


def _plain(value: Any) -> Any:
    """Write times as text: TOML knows them, JSON does not."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, dt.time | dt.date) else value


def readable_rules(content: dict[str, Any]) -> Rules:
    """Read settings; raises `rules_invalid` with what is wrong."""
    try:
        return loading.read_rules(content)
    except CaseError as error:
        raise Refusal("rules_invalid", reason=str(error)) from error


def try_dry(
    people: QuerySet[Person],
    first: dt.date,
    last: dt.date,
    *,
    rules: Rules | None = None,
    shift: Shift | None = None,
) -> Iterator[Change]:
    """Yield the days that other rules, or a changed shift in place of the saved one, would change."""
    present = loading.rules()
    proposed = rules or present
    saved = loading.shift(Shift.objects.get(pk=shift.pk)) if shift is not None and shift.pk else None
    new = _readable(shift) if shift is not None else None
    mark = loading.watermark()
    for facts in loading.load_weeks(people, first, last, rules=present, more=proposed):
        other = facts
        if saved is not None and new is not None:
            assignments = tuple(
                replace(each, shift=new) if each.shift == saved else each for each in facts.roster.assignments
            )
            other = replace(facts, roster=replace(facts.roster, assignments=assignments))
        before, _ = loading.month_of(facts, first, last, rules=present, watermark=mark)
        after, _ = loading.month_of(other, first, last, rules=proposed, watermark=mark)
        yield from _changes(facts.person, before, after)


def _changes(person: Person, before: list[WorkDay], after: list[WorkDay]) -> Iterator[Change]:
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        told_old, told_new = storing.as_json(old), storing.as_json(new)
        if storing.differs(told_old, told_new):
            yield Change(person, old.day, told_old, told_new)
