"""Work days as lists show them: first in, last out, hours, and what is missing.

The days are those that `timekeeping` derives, and those of a closed month as they were stored with it: the very
figures of the month's sheets. A night belongs to the day on which its shift begins.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from attendance.checkins.models import CheckIn
from attendance.people.models import Person
from attendance.reports.period import Period
from attendance.workdays import deliveries, facts
from attendance.workdays.facts import Facts
from attendance.workdays.models import ClosedMonth, Correction, MonthClosing, counting
from timekeeping import derivation
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A work day of one person that has a punch or a correction; `stored` where it lies in a closed month."""

    person: Person
    day: dt.date
    known: Facts | None
    stored: dict[str, Any] | None = None


def find(period: Period, *, people: QuerySet[Person] | None = None) -> Iterator[Entry]:
    """Yield the work days of the period that have a punch or a correction; none of them is judged yet."""
    closings = MonthClosing.objects.filter(
        state=MonthClosing.State.CLOSED, month__gte=period.first.replace(day=1), month__lte=period.last
    )
    first = period.first
    for closing in closings.order_by("month"):
        month = closing.month
        ends = (month + dt.timedelta(days=31)).replace(day=1) - _ONE_DAY
        if first < month:
            yield from _open(Period(first, month - _ONE_DAY), people)
        yield from _closed(closing, Period(max(first, month), min(ends, period.last)), people)
        first = ends + _ONE_DAY
    if first <= period.last:
        yield from _open(Period(first, period.last), people)


def read(entries: Sequence[Entry]) -> list[Day]:
    """Return what each entry comes to, in order; the days of one person are derived together."""
    wanted: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        wanted[id(entry.known)].append(entry)
    found: dict[tuple[int, dt.date], Day] = {}
    watermark = deliveries.watermark()
    for key, of_person in wanted.items():
        days, known = {entry.day for entry in of_person}, of_person[0].known
        if known is not None:
            derived = facts.derive_one(known, min(days), max(days), rules=known.rules, watermark=watermark)
            found.update(((key, each.day), of_work_day(each)) for each in derived if each.day in days)
    return [
        found[id(entry.known), entry.day] if entry.stored is None else _of_stored(entry.stored) for entry in entries
    ]


def seen(period: Period, people: QuerySet[Person] | None = None) -> QuerySet[Person]:
    """Return those of the people for whom anything counts on a work day of the period."""
    start = dt.datetime.combine(period.first - _AROUND, dt.time(), tzinfo=dt.UTC)
    end = dt.datetime.combine(period.last + _AROUND, dt.time(), tzinfo=dt.UTC)
    check_ins = CheckIn.objects.filter(person=OuterRef("pk"), voided_at=None, at__gte=start, at__lt=end)
    corrections = counting(
        Correction.objects.filter(
            person=OuterRef("pk"), day__gte=period.first - _AROUND, day__lte=period.last + _AROUND
        )
    )
    everybody = Person.objects.all() if people is None else people
    return everybody.filter(Exists(check_ins) | Exists(corrections)).order_by("pk")


def has_punch(work_day: WorkDay) -> bool:
    """Whether a punch or a correction belongs to the day, whatever became of it."""
    return work_day.has_punch


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


def _open(period: Period, people: QuerySet[Person] | None) -> Iterator[Entry]:
    for known in facts.load(seen(period, people), period.first, period.last):
        days = derivation.find_days(
            period.first,
            period.last,
            punches=known.punches,
            roster=known.roster,
            calendar=known.calendar,
            corrections=known.corrections,
            rules=known.at_site(known.rules),
            settled=known.settled,
        )
        for day in days:
            yield Entry(known.person, day, known)


def _moment(work_day: WorkDay, point: int | None) -> dt.datetime | None:
    return None if point is None else dt.datetime.fromtimestamp(work_day.timeline.instant(point), dt.UTC)


def _closed(closing: MonthClosing, period: Period, people: QuerySet[Person] | None) -> Iterator[Entry]:
    rows = ClosedMonth.objects.filter(closing=closing).select_related("person__department").order_by("person")
    if people is not None:
        rows = rows.filter(person__in=people.order_by().values("pk"))
    first, last = period.first.isoformat(), period.last.isoformat()
    for row in rows.iterator(chunk_size=200):
        for stored in row.days:
            if first <= stored["day"] <= last and (stored["in"] or stored["out"] or stored["flags"]):
                yield Entry(row.person, dt.date.fromisoformat(stored["day"]), None, stored)


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
