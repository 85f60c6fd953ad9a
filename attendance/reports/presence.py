"""Who is in now, and what each work day comes to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from attendance.checkins.models import CheckIn
from attendance.core import clock
from attendance.people.models import Person
from attendance.reports import days, naming
from attendance.reports.days import Day, Entry
from attendance.reports.period import Period
from attendance.reports.table import Cell, Column, Kind, Link, State, Table, Tone
from attendance.workdays import doors, facts
from attendance.workdays.facts import Facts
from timekeeping import door
from timekeeping.door import Standing
from timekeeping.values import Source
from timekeeping.work_day import Flag

_ONE_DAY = dt.timedelta(days=1)


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
    """Return who is in now, by name: those whose next punch goes out."""
    today = clock.now().date()
    seen = days.seen(Period(today - _ONE_DAY, today + _ONE_DAY), people).filter(erased_at=None, deactivated_at=None)
    return present_of(facts.load(seen, *doors.around(clock.now())))


def present_of(everybody: Iterable[Facts]) -> list[Present]:
    """Return who of these people is in now, by name, out of facts that are loaded."""
    at = int(clock.now().timestamp())
    found = [
        (known.person, standing)
        for known in everybody
        if known.person.is_active and (standing := _standing(known, at)).is_in
    ]
    numbers = [number for _, standing in found if (number := _check_in(standing)) is not None]
    devices = dict(CheckIn.objects.filter(pk__in=numbers, device__isnull=False).values_list("pk", "device__name"))
    present = [_present(person, standing, devices.get(_check_in(standing) or 0, "")) for person, standing in found]
    return sorted(present, key=lambda present: (present.name.casefold(), present.person_id))


def _standing(known: Facts, at: int) -> Standing:
    context = doors.context_of(known, rules=known.rules, watermark=None)
    return door.find_standing(at, punches=known.punches, context=context)


def _check_in(standing: Standing) -> int | None:
    """Return the number of the check-in by which somebody came; None where a correction says so."""
    opened = standing.open_in
    return None if opened is None or opened.source is Source.CORRECTION else opened.number


def _present(person: Person, standing: Standing, device: str) -> Present:
    return Present(
        person_id=person.pk,
        name=person.name,
        employee_number=person.employee_number or "",
        department=person.department.name if person.department else "",
        since=dt.datetime.fromtimestamp(standing.since or 0, dt.UTC),
        device=device,
    )


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


class PersonDays(Sequence[PersonDay]):
    """Work days in order. What they come to is derived for those alone that somebody looks at: a page, or a file."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, at: int) -> PersonDay: ...

    @overload
    def __getitem__(self, at: slice) -> list[PersonDay]: ...

    def __getitem__(self, at: int | slice) -> PersonDay | list[PersonDay]:
        if isinstance(at, slice):
            return _person_days(self._entries[at])
        return _person_days([self._entries[at]])[0]

    def __iter__(self) -> Iterator[PersonDay]:
        return iter(_person_days(self._entries))


def person_days(period: Period, *, people: QuerySet[Person] | None = None, sort: str = "-day") -> Sequence[PersonDay]:
    """Return each person's work days of the period that have a punch or a correction."""
    entries = list(days.find(period, people=people))
    order, is_reversed = sort.removeprefix("-"), sort.startswith("-")
    if order == "hours":
        rows = _person_days(entries)
        return sorted(rows, key=lambda row: (row.day.worked, row.name.casefold()), reverse=is_reversed)
    if order == "person":
        return PersonDays(sorted(entries, key=lambda entry: (_name(entry), entry.day), reverse=is_reversed))
    return PersonDays(sorted(entries, key=lambda entry: (entry.day, _name(entry)), reverse=is_reversed))


def _name(entry: Entry) -> str:
    return naming.shown(entry.person).casefold()


def _person_days(entries: Sequence[Entry]) -> list[PersonDay]:
    return [
        PersonDay(
            person_id=entry.person.pk,
            name=naming.shown(entry.person),
            employee_number=entry.person.employee_number or "",
            department=entry.person.department.name if entry.person.department else "",
            day=day,
        )
        for entry, day in zip(entries, days.read(entries), strict=True)
    ]


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
    return Table(title="Days", columns=columns, rows=map(_day_row, rows), zone=zone)


def _day_row(row: PersonDay) -> tuple[Cell, ...]:
    day = row.day
    return (
        day.day,
        Link(row.name, "person", row.person_id),
        row.employee_number,
        row.department,
        day.first_in,
        day.last_out,
        day.worked,
        _to_check(day),
    )


_FLAGGED = {
    Flag.MISSING_OUT: "out missing",
    Flag.MISSING_IN: "in missing",
    Flag.AUTOMATIC_OUT: "out filled in",
    Flag.OFF_SHIFT: "outside the shift",
}
"""What somebody should look at, the most urgent first."""


def _to_check(day: Day) -> State | None:
    """Say what does not add up; who is in has not forgotten anything yet."""
    if not day.is_employed:
        return State("not employed on this day", Tone.WARN, "alert")
    if day.is_in_missing and day.is_out_missing:
        return State("in and out missing", Tone.WARN, "alert")
    words = next((words for flag, words in _FLAGGED.items() if flag in day.flags), None)
    if words is not None:
        return State(words, Tone.WARN, "alert")
    return State("in now", Tone.GOOD, "in") if day.is_open else None
