"""Who is expected today, and who of them is late, by shifts, holidays and leave as the months count them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from attendance.core import clock
from attendance.people.models import Person
from attendance.reports import naming, searching
from attendance.reports.table import Cell, Column, Kind, Link, State, Table, Tone
from attendance.workdays import facts, models
from timekeeping.work_day import WorkDay


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody whose shift begins today, at `start`. `late`: how long after it they came, or until now have not."""

    person_id: int
    name: str
    employee_number: str
    department: str
    start: dt.datetime
    came: dt.datetime | None
    late: dt.timedelta

    @property
    def is_missing(self) -> bool:
        """Late, and not here yet."""
        return self.came is None and bool(self.late)


def expected(*, zone: ZoneInfo, people: searching.People = None) -> list[Expected]:
    """Return everybody with a shift today: who is missing first, then by the time of the start.

    Nobody where no shift is planned at all, at the price of one query.
    """
    if not models.Assignment.objects.exists():
        return []
    today = clock.today(zone)
    derived = facts.derive(facts.employed(today, today, people), today, today)
    return expected_of((person, day) for person, (day,) in derived)


def expected_of(work_days: Iterable[tuple[Person, WorkDay]]) -> list[Expected]:
    """Return who of these people has a shift on the day, out of work days that are derived."""
    found = [one for person, day in work_days if day.employed and (one := _expected(person, day)) is not None]
    return sorted(found, key=lambda one: (not one.is_missing, one.start, one.name.casefold(), one.person_id))


def _expected(person: Person, day: WorkDay) -> Expected | None:
    """Look at the first shift of the day that leave has left something of."""
    part = next((part for part in day.parts if part.occurrence is not None and part.planned), None)
    if part is None or part.occurrence is None:
        return None
    timeline = day.timeline
    start = dt.datetime.fromtimestamp(timeline.instant(part.planned[0][0]), dt.UTC)
    first_in = part.pairing.first_in
    came = None if first_in is None else dt.datetime.fromtimestamp(timeline.instant(first_in), dt.UTC)
    late = dt.timedelta(seconds=part.late)
    shift = part.occurrence.shift
    if came is None and not shift.flexible:
        behind = clock.now() - start
        late = behind if behind > dt.timedelta(minutes=shift.grace_late_minutes) else late
    return Expected(
        person_id=person.pk,
        name=person.name or naming.deleted(person.pk),
        employee_number=person.employee_number or "",
        department=person.department.name if person.department else "",
        start=start,
        came=came,
        late=late,
    )


def table(found: Iterable[Expected], *, zone: ZoneInfo) -> Table:
    """Return who is expected as a table."""
    columns = (
        Column("Person"),
        Column("Number"),
        Column("Department"),
        Column("Expected", Kind.TIME),
        Column("Came", Kind.TIME),
        Column("Late", Kind.DURATION),
        Column("State"),
    )
    return Table(title="Expected today", columns=columns, rows=_rows(found), zone=zone)


def _rows(found: Iterable[Expected]) -> Iterator[tuple[Cell, ...]]:
    for one in found:
        link = Link(one.name, "person", one.person_id)
        yield (link, one.employee_number, one.department, one.start, one.came, one.late or None, _state(one))


def _state(one: Expected) -> State:
    if one.is_missing:
        return State("not seen", Tone.BAD, "alert")
    if one.late:
        return State("came late", Tone.WARN, "clock")
    return State("not due yet", Tone.PLAIN, "clock") if one.came is None else State("on time", Tone.GOOD, "check")
