"""What does a month come to, person by person? Stored where it is closed, derived where it is open; the same form."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from attendance.people.models import Person
from attendance.workdays import facts
from attendance.workdays.models import ClosedMonth, MonthClosing
from attendance.workdays.months import periods, stored_days, summaries
from attendance.workdays.schedule import codes
from attendance.workdays.schedule.codes import Code
from timekeeping.values import RULE_VERSION

_PEOPLE_A_TIME = 200
Day = dict[str, Any]
"""A work day as `workdays.storing` writes it; durations in seconds."""


@dataclass(frozen=True, slots=True)
class Month:
    """The month that a report is about. `closing` is None while it is open."""

    first: dt.date
    last: dt.date
    closing: MonthClosing | None

    @property
    def rule_version(self) -> str:
        """By which rules the days were derived."""
        return self.closing.rule_version if self.closing else RULE_VERSION

    @property
    def name(self) -> str:
        """The month as 2026-11."""
        return f"{self.first:%Y-%m}"

    def days(self) -> list[dt.date]:
        """Return each day."""
        return [self.first + dt.timedelta(days=offset) for offset in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """One person's month: a day a date, and their totals; durations in seconds."""

    person: Person
    days: list[Day]
    totals: dict[str, Any]

    @property
    def was_employed(self) -> bool:
        """Whether the person was employed on at least one of the days."""
        return bool(self.totals["employed"])


def month(day: dt.date) -> Month:
    """Return the month that holds the day."""
    first, last = periods.bounds(day)
    return Month(first, last, periods.in_force(first))


def people(of: Month, *, meant: QuerySet[Person] | None = None) -> QuerySet[Person]:
    """Return everybody employed in the month, also those without a single row, by name."""
    if of.closing is not None:
        found = Person.objects.filter(closed_months__closing=of.closing)
        if meant is not None:
            found = found.filter(pk__in=meant.order_by().values("pk"))
        return found.select_related("department").order_by("name", "pk")
    everybody = None if meant is None else Person.objects.filter(pk__in=meant.order_by().values("pk"))
    return facts.employed(of.first, of.last, everybody).select_related("department")


def read(of: Month, who: QuerySet[Person], *, with_why: bool = False) -> Iterator[PersonMonth]:
    """Yield the month of each person, in the order of the query set; who was not employed at all is left out."""
    found = _stored(of.closing, who) if of.closing is not None else _derived(of, who, with_why=with_why)
    return (each for each in found if each.was_employed)


def _stored(closing: MonthClosing, who: QuerySet[Person]) -> Iterator[PersonMonth]:
    everybody = who.iterator(chunk_size=_PEOPLE_A_TIME)
    while chunk := list(itertools.islice(everybody, _PEOPLE_A_TIME)):
        rows = {row.person_id: row for row in ClosedMonth.objects.filter(closing=closing, person__in=chunk)}
        for person in chunk:
            if person.pk in rows:
                yield PersonMonth(person, rows[person.pk].days, rows[person.pk].totals)


def _derived(of: Month, who: QuerySet[Person], *, with_why: bool) -> Iterator[PersonMonth]:
    for person, days, sums in facts.months(who, of.first, of.last):
        told = [stored_days.as_json(day, with_why=with_why) for day in days]
        yield PersonMonth(person, told, stored_days.totals_as_json(sums))


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """One person's month without its days; `presence`: first in and last out of each day, as instants."""

    person: Person
    totals: dict[str, Any]
    presence: summaries.Presence


def summarize(of: Month, who: QuerySet[Person]) -> Iterator[PersonSummary]:
    """Yield the sums of the very days that `read` yields, for sheets that show nothing else."""
    if of.closing is None:
        for person, found in summaries.summarize(who, of.first, of.last):
            if found.totals.employed:
                yield PersonSummary(person, stored_days.totals_as_json(found.totals), found.presence)
        return
    for each in read(of, who):
        presence = tuple((_seconds(day["in"]), _seconds(day["out"])) for day in each.days if day["in"] and day["out"])
        yield PersonSummary(each.person, each.totals, presence)


def _seconds(instant: str) -> int:
    return int(dt.datetime.fromisoformat(instant).timestamp())


def codes_of(of: Month) -> list[Code]:
    """Return what every code means, the kinds of leave included, in the order of the legend."""
    return codes.table(of.closing, on=of.last)
