"""Work days as lists show them: first in, last out, hours, and what is missing.

The days are those that `timekeeping` derives, and those of a closed month as they were stored with it: the very
figures of the month's sheets. A night belongs to the day on which its shift begins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from attendance.checkins.models import CheckIn
from attendance.people.models import Person
from attendance.reports.period import Period
from attendance.workdays import facts
from attendance.workdays.models import ClosedMonth, Correction, MonthClosing, State
from timekeeping.work_day import Flag, WorkDay

_AROUND = dt.timedelta(days=3)
"""Punches so far from a day may belong to it: windows reach over midnight, and zones differ."""
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """One person's work day. `is_open`: an in is still without its out, and the time for it is not over."""

    day: dt.date
    first_in: dt.datetime | None
    last_out: dt.datetime | None
    worked: dt.timedelta
    flags: frozenset[Flag] = frozenset()
    is_open: bool = False
    is_employed: bool = True

    @property
    def is_in_missing(self) -> bool:
        """Whether somebody left who never came."""
        return Flag.MISSING_IN in self.flags

    @property
    def is_out_missing(self) -> bool:
        """Whether somebody came who never left."""
        return Flag.MISSING_OUT in self.flags

    @property
    def is_incomplete(self) -> bool:
        """Whether somebody has to put a time right."""
        return self.is_in_missing or self.is_out_missing


def read(period: Period, *, people: QuerySet[Person] | None = None) -> Iterator[tuple[Person, Day]]:
    """Yield the work days of the period that have a punch or a correction, person by person."""
    closings = MonthClosing.objects.filter(
        state=MonthClosing.State.CLOSED, month__gte=period.first.replace(day=1), month__lte=period.last
    )
    first = period.first
    for closing in closings.order_by("month"):
        month = closing.month
        ends = (month + dt.timedelta(days=31)).replace(day=1) - _ONE_DAY
        if first < month:
            yield from _derived(Period(first, month - _ONE_DAY), people)
        yield from _stored(closing, Period(max(first, month), min(ends, period.last)), people)
        first = ends + _ONE_DAY
    if first <= period.last:
        yield from _derived(Period(first, period.last), people)


def seen(period: Period, people: QuerySet[Person] | None = None) -> QuerySet[Person]:
    """Return those of the people for whom anything counts on a work day of the period."""
    start = dt.datetime.combine(period.first - _AROUND, dt.time(), tzinfo=dt.UTC)
    end = dt.datetime.combine(period.last + _AROUND, dt.time(), tzinfo=dt.UTC)
    check_ins = CheckIn.objects.filter(person=OuterRef("pk"), voided_at=None, at__gte=start, at__lt=end)
    corrections = Correction.objects.filter(
        person=OuterRef("pk"), state=State.APPROVED, day__gte=period.first - _AROUND, day__lte=period.last + _AROUND
    )
    everybody = Person.objects.all() if people is None else people
    return everybody.filter(Exists(check_ins) | Exists(corrections)).order_by("pk")


def of_work_day(work_day: WorkDay) -> Day:
    """Return the day as lists show it."""
    return Day(
        day=work_day.day,
        first_in=_moment(work_day, work_day.first_in),
        last_out=_moment(work_day, work_day.last_out),
        worked=dt.timedelta(seconds=work_day.worked),
        flags=frozenset(work_day.flags),
        is_open=any(part.pairing.open_in is not None and not part.judged for part in work_day.parts),
        is_employed=work_day.employed,
    )


def _derived(period: Period, people: QuerySet[Person] | None) -> Iterator[tuple[Person, Day]]:
    for person, work_days in facts.derive(seen(period, people), period.first, period.last):
        for work_day in work_days:
            if work_day.aside or any(part.pairing.uses for part in work_day.parts):
                yield person, of_work_day(work_day)


def _moment(work_day: WorkDay, point: int | None) -> dt.datetime | None:
    return None if point is None else dt.datetime.fromtimestamp(work_day.timeline.instant(point), dt.UTC)


def _stored(closing: MonthClosing, period: Period, people: QuerySet[Person] | None) -> Iterator[tuple[Person, Day]]:
    rows = ClosedMonth.objects.filter(closing=closing).select_related("person__department").order_by("person")
    if people is not None:
        rows = rows.filter(person__in=people.order_by().values("pk"))
    first, last = period.first.isoformat(), period.last.isoformat()
    for row in rows.iterator(chunk_size=200):
        for stored in row.days:
            if first <= stored["day"] <= last and (stored["in"] or stored["out"] or stored["flags"]):
                yield row.person, _of_stored(stored)


def _of_stored(stored: dict[str, Any]) -> Day:
    first_in, last_out = (stored[key] and dt.datetime.fromisoformat(stored[key]) for key in ("in", "out"))
    return Day(
        day=dt.date.fromisoformat(stored["day"]),
        first_in=first_in,
        last_out=last_out,
        worked=dt.timedelta(seconds=stored["worked"]),
        flags=frozenset(map(Flag, stored["flags"])),
        is_employed=stored["employed"],
    )
