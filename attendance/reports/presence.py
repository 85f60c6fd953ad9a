"""Who is in now, and what did each day come to?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from attendance.checkins.models import CheckIn
from attendance.core import clock
from attendance.people.models import Person
from attendance.reports import naming
from attendance.reports.days import Day, Punch, by_day, summarize
from attendance.reports.period import Period
from attendance.reports.table import Cell, Column, Kind, Link, State, Table, Tone

LONGEST_STAY = dt.timedelta(hours=16)
"""Whoever came in longer ago than this forgot to check out; matches no night shift that is allowed anywhere."""


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is in."""

    person_id: int
    name: str
    employee_number: str
    department: str
    since: dt.datetime
    device: str


def present(*, people: QuerySet[Person] | None = None) -> list[Present]:
    """Return who is in now, by name: those whose last valid check-in is an IN not older than the longest stay."""
    recent = valid().filter(at__gt=clock.now() - LONGEST_STAY, person__erased_at=None, person__deactivated_at=None)
    if people is not None:
        recent = recent.filter(person__in=people)
    latest: dict[int, CheckIn] = {}
    for check_in in recent.select_related("person__department", "device").order_by("at", "pk"):
        latest[check_in.person_id] = check_in
    found = [_present(check_in) for check_in in latest.values() if check_in.direction == CheckIn.Direction.IN]
    return sorted(found, key=lambda present: (present.name.casefold(), present.person_id))


def _present(check_in: CheckIn) -> Present:
    person = check_in.person
    return Present(
        person_id=person.pk,
        name=person.name,
        employee_number=person.employee_number or "",
        department=person.department.name if person.department else "",
        since=check_in.at,
        device=check_in.device.name if check_in.device else "",
    )


def valid() -> QuerySet[CheckIn]:
    """Return the check-ins that count."""
    return CheckIn.objects.filter(voided_at=None)


def present_table(people: Iterable[Present], *, zone: ZoneInfo) -> Table:
    """Return who is in as a table."""
    columns = (
        Column("Person"),
        Column("Number"),
        Column("Department"),
        Column("In since", Kind.MOMENT),
        Column("Door"),
    )
    rows: list[tuple[Cell, ...]] = [
        (Link(one.name, "person", one.person_id), one.employee_number, one.department, one.since, one.device)
        for one in people
    ]
    return Table(title="Who is in", columns=columns, rows=rows, zone=zone)


@dataclass(frozen=True, slots=True)
class PersonDay:
    """One person's day."""

    person_id: int
    name: str
    employee_number: str
    department: str
    day: Day


ORDERS = {
    "day": lambda row: (row.day.day, row.name.casefold()),
    "person": lambda row: (row.name.casefold(), row.day.day),
    "hours": lambda row: (row.day.worked, row.name.casefold()),
}


def person_days(
    period: Period,
    *,
    zone: ZoneInfo,
    people: QuerySet[Person] | None = None,
    sort: str = "-day",
) -> list[PersonDay]:
    """Return each person's days of the period that have a check-in; two queries, whatever their number."""
    start, end = period.bounds(zone)
    found = valid().filter(at__gte=start, at__lt=end)
    if people is not None:
        found = found.filter(person__in=people)
    punches: dict[int, list[Punch]] = {}
    for person_id, at, direction in found.order_by("at", "pk").values_list("person_id", "at", "direction"):
        punches.setdefault(person_id, []).append(Punch(at, is_in=direction == CheckIn.Direction.IN))
    names = _names(found)
    rows = [
        PersonDay(person_id, *names[person_id], day=summarize(day, of_day))
        for person_id, of_person in punches.items()
        for day, of_day in by_day(of_person, zone=zone).items()
    ]
    key = ORDERS.get(sort.removeprefix("-"), ORDERS["day"])
    return sorted(rows, key=key, reverse=sort.startswith("-"))


def _names(check_ins: QuerySet[CheckIn]) -> dict[int, tuple[str, str, str]]:
    """Return name, number and department of everybody in these check-ins."""
    seen = Person.objects.filter(Q(pk__in=check_ins.order_by().values("person")))
    return {
        pk: (name or naming.deleted(pk), number or "", department or "")
        for pk, name, number, department in seen.values_list("pk", "name", "employee_number", "department__name")
    }


def days_table(rows: Iterable[PersonDay], *, zone: ZoneInfo) -> Table:
    """Return the days as a table."""
    columns = (
        Column("Day", Kind.DAY, sort="day"),
        Column("Person", sort="person"),
        Column("Number"),
        Column("Department"),
        Column("First in", Kind.TIME),
        Column("Last out", Kind.TIME),
        Column("Hours", Kind.DURATION, sort="hours"),
        Column("To check"),
    )
    return Table(title="Days", columns=columns, rows=(_day_row(row, zone=zone) for row in rows), zone=zone)


def _day_row(row: PersonDay, *, zone: ZoneInfo) -> tuple[Cell, ...]:
    day = row.day
    return (
        day.day,
        Link(row.name, "person", row.person_id),
        row.employee_number,
        row.department,
        day.first_in,
        day.last_out,
        day.worked,
        _to_check(day, today=clock.today(zone)),
    )


def _to_check(day: Day, *, today: dt.date) -> State | None:
    """Say what does not add up; somebody who is in today has not forgotten anything yet."""
    missing_outs = day.missing_outs - (day.is_open and day.day == today)
    if missing_outs and day.missing_ins:
        return State("in and out missing", Tone.WARN, "alert")
    if missing_outs:
        return State("out missing", Tone.WARN, "alert")
    if day.missing_ins:
        return State("in missing", Tone.WARN, "alert")
    return State("in now", Tone.GOOD, "in") if day.is_open else None
