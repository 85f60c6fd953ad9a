"""Departments of people by day: a move keeps the department of the days before it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from attendance.people import names, periods
from attendance.people.models import Department, DepartmentPeriod, Person
from attendance.people.periods import Periods


def find_or_add(name: str) -> Department | None:
    """Return the department of that name, which begins to exist if need be; None for an empty name."""
    cleaned = names.clean_department(name)
    return Department.objects.get_or_create(name=cleaned)[0] if cleaned else None


def periods_of(people: Collection[int]) -> dict[int, Periods[int | None]]:
    """Return the departments of those who moved, as numbers; who never moved is not in it."""
    found: dict[int, list[tuple[dt.date, int | None]]] = defaultdict(list)
    rows = DepartmentPeriod.objects.filter(person__in=people).order_by("person", "since")
    for person, since, department in rows.values_list("person_id", "since", "department_id"):
        found[person].append((since, department))
    return {person: tuple(each) for person, each in found.items()}


def moved(person: Person, department: Department | None, *, since: dt.date) -> Periods[int | None]:
    """Return the departments of a person as they would be after a move."""
    known = periods_of([person.pk]).get(person.pk, ())
    return periods.changed(known, department.pk if department else None, since=since, before=person.department_id)


def move(person: Person, department: Department | None, *, since: dt.date, today: dt.date) -> bool:
    """Let a person belong to another department from a day on; return whether that changes anything.

    Inside a transaction of the caller, who has made sure that the day is open and writes the log of facts.
    """
    before = periods_of([person.pk]).get(person.pk, ()) or ((periods.ALWAYS, person.department_id),)
    after = moved(person, department, since=since)
    if after == before:
        return False
    DepartmentPeriod.objects.filter(person=person).delete()
    if len(after) > 1:
        DepartmentPeriod.objects.bulk_create(
            DepartmentPeriod(person=person, since=day, department_id=number) for day, number in after
        )
    person.department_id = periods.value_on(after, today, otherwise=None)
    person.save(update_fields=["department"])
    return True


def apply_due(today: dt.date) -> int:
    """Let `Person.department` repeat the department of today; return how many people that changed."""
    moving = Person.objects.filter(department_periods__since__lte=today, erased_at=None).distinct()
    found = dict(moving.values_list("pk", "department_id"))
    changed = 0
    for person, known in periods_of(found).items():
        present = periods.value_on(known, today, otherwise=found[person])
        if present != found[person]:
            changed += Person.objects.filter(pk=person, erased_at=None).update(department_id=present)
    return changed


def belonging(numbers: Collection[int], *, first: dt.date, last: dt.date) -> Q:
    """Return the filter of people who belonged to one of the departments on any day from `first` to `last`."""
    moved = DepartmentPeriod.objects.filter(person=OuterRef("pk"))
    later = DepartmentPeriod.objects.filter(person=OuterRef("person"), since__gt=OuterRef("since"), since__lte=first)
    there = moved.filter(~Exists(later), department__in=numbers, since__lte=last)
    return Q(Exists(there)) | (Q(department__in=numbers) & ~Q(Exists(moved)))


def belonging_on(numbers: Collection[int], *, day: str) -> Q:
    """Return the filter of rows whose person belonged to one of the departments on the day in that column."""
    moved = DepartmentPeriod.objects.filter(person=OuterRef("person"))
    later = DepartmentPeriod.objects.filter(
        person=OuterRef("person"), since__gt=OuterRef("since"), since__lte=OuterRef(OuterRef(day))
    )
    there = moved.filter(~Exists(later), department__in=numbers, since__lte=OuterRef(day))
    return Q(Exists(there)) | (Q(person__department__in=numbers) & ~Q(Exists(moved)))
