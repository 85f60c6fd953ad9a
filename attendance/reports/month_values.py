"""What reports of a month are made of: the month, who a line is about, their days and totals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from attendance.people.models import Person
from attendance.workdays.models import ClosedMonth, MonthClosing
from attendance.workdays.months import summaries
from timekeeping.values import RULE_VERSION

Day = dict[str, Any]
"""A work day as `months.stored_days` writes it; durations in seconds."""


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

    @property
    def is_superseded(self) -> bool:
        """Whether the month was reopened after this closing."""
        return self.closing is not None and self.closing.state == MonthClosing.State.SUPERSEDED

    @property
    def version(self) -> int | None:
        """The version that an address has to name to come back here; None for what is shown without one."""
        return self.closing.version if self.closing is not None and self.is_superseded else None

    def days(self) -> list[dt.date]:
        """Return each day."""
        return [self.first + dt.timedelta(days=offset) for offset in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a line is about: as stored with a closed month, or as known now while the month is open.

    `department`: of the last day; `by_day`: all of an open month, such as "Kitchen, from 16 Nov Bar", of whoever moved.
    """

    pk: int
    employee_number: str
    name: str
    department: str
    by_day: str = ""

    @property
    def shown(self) -> str:
        """The name; where it was erased, the number of the row, so that the lines of one person stay together."""
        return self.name or f"erased person {self.pk}"

    @property
    def departments(self) -> str:
        """The department, or those of the month with their first days."""
        return self.by_day or self.department


@dataclass(frozen=True, slots=True)
class Belongs:
    """Departments of somebody in a month: that of the last day, and all in words where there are several."""

    at_end: str
    by_day: str


def stored_identity(row: ClosedMonth) -> Identity:
    """Return who somebody was when the month was closed."""
    return Identity(row.person_id, row.employee_number, row.name, row.department)


def present_identity(person: Person, *, belongs: Belongs | None = None) -> Identity:
    """Return who somebody is now. `belongs`: their departments in the month, where they ever moved."""
    if belongs is None:
        belongs = Belongs(person.department.name if person.department else "", "")
    return Identity(
        pk=person.pk,
        employee_number=person.employee_number or "",
        name=person.name,
        department=belongs.at_end,
        by_day=belongs.by_day,
    )


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """One person's month: a day a date, and their totals; durations in seconds."""

    person: Identity
    days: list[Day]
    totals: dict[str, Any]

    @property
    def was_employed(self) -> bool:
        """Whether the person was employed on at least one of the days."""
        return bool(self.totals["employed"])

    @property
    def notable(self) -> tuple[summaries.Notable, ...]:
        """The days that somebody should look at."""
        return tuple(_notable(day) for day in self.days if day["late"] or day["early"] or day["absent"] or day["flags"])


def _notable(day: Day) -> summaries.Notable:
    return summaries.Notable(
        day=dt.date.fromisoformat(day["day"]),
        late=day["late"],
        early=day["early"],
        absent=day["absent"],
        flags=tuple(day["flags"]),
        is_employed=day["employed"],
    )


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """One person's month without its days.

    `presence`: first in and last out of each day, as instants; `notable`: days that somebody should look at.
    """

    person: Identity
    totals: dict[str, Any]
    presence: summaries.Presence
    notable: tuple[summaries.Notable, ...]
