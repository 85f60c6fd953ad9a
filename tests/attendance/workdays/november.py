"""November 2026 as tests of changes from a day on see it: its days, closed months before it, and what it comes to."""

from __future__ import annotations

import datetime as dt

from attendance.people.models import Person
from attendance.workdays import facts
from attendance.workdays.models import MonthClosing
from tests.attendance.workdays import office
from timekeeping.totals import Totals
from timekeeping.work_day import WorkDay

FIRST, LAST = dt.date(2026, 11, 1), dt.date(2026, 11, 30)


def day(number: int, month: int = 11) -> dt.date:
    return dt.date(2026, month, number)


def closed(*months: int) -> None:
    """Let months of 2026 be closed, with nobody in them."""
    for month in months:
        MonthClosing.objects.create(
            month=day(1, month), closed_at=office.at("2026-11-02 08:00"), rule_version="4", sha256=""
        )


def month(person: Person) -> tuple[dict[dt.date, WorkDay], Totals]:
    """Return the days and the totals of somebody's whole November."""
    found = facts.months(Person.objects.filter(pk=person.pk), FIRST, LAST, now=office.at("2026-12-02 12:00"))
    ((_, days, sums),) = found
    return {each.day: each for each in days}, sums
