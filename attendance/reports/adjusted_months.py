"""Closed months as files of later months adjust them: what they came to before a file, and with it.

Everything is read from what is stored. Which closings were in force when a file was made follows from the order in
which closings were made, so the file of a superseded closing comes out again as it went out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from attendance.reports.month_values import Day, Identity, stored_identity
from attendance.reports.payroll_layout_1 import paid_days
from attendance.workdays.models import Adjustment, ClosedMonth, MonthClosing

Sums = dict[str, Any]
Key = tuple[dt.date, int]
"""First day of the month that is adjusted, and the person's number."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a person's month comes to. `entered`: what was entered by hand, which belongs to no day."""

    totals: Sums = field(default_factory=dict)
    days: list[Day] = field(default_factory=list)
    entered: Sums = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedMonth:
    """One person's adjusted month in one file. `reasons`: of entries by hand; `changed_days`: by late facts."""

    person: Identity
    month: dt.date
    before: Figures
    after: Figures
    reasons: list[str]
    changed_days: int


def find(closing: MonthClosing, *, with_days: bool = True) -> list[AdjustedMonth]:
    """Return what the file of a closing adjusts, by month and employee number.

    `with_days`: with the figures of each day, for whoever rounds day by day.
    """
    rows: dict[Key, list[Adjustment]] = {}
    for row in Adjustment.objects.filter(closing=closing).order_by("month", "person", "pk").defer("basis"):
        rows.setdefault((row.month, row.person_id), []).append(row)
    if not rows:
        return []
    in_force = _in_force_before(closing)
    earlier = _earlier(in_force, rows)
    # an entry that waited while its own month was reopened stands in that month's file, beside the line of the month
    stored = _stored({**in_force, closing.month: closing}, rows, with_days=with_days)
    people = _identities(closing, rows, stored)
    found = []
    for key, own in rows.items():
        before = _adjusted(_figures(stored.get(key), with_days=with_days), earlier.get(key, ()))
        found.append(
            AdjustedMonth(
                person=people[key],
                month=key[0],
                before=before,
                after=_adjusted(before, own),
                reasons=[row.reason for row in own if row.kind == Adjustment.Kind.ENTRY],
                changed_days=sum(len(row.days) for row in own),
            )
        )
    return sorted(found, key=lambda each: (each.month, each.person.employee_number, each.person.pk))


def _in_force_before(closing: MonthClosing) -> dict[dt.date, MonthClosing]:
    """Return the closing of each earlier month that was in force when this one was made: the newest made before it."""
    rows = MonthClosing.objects.filter(month__lt=closing.month, pk__lt=closing.pk)
    made = rows.exclude(state=MonthClosing.State.PREPARING).order_by("pk")
    return {row.month: row for row in made.only("month", "state")}


def _stored(in_force: dict[dt.date, MonthClosing], rows: Iterable[Key], *, with_days: bool) -> dict[Key, ClosedMonth]:
    found: dict[Key, ClosedMonth] = {}
    for month, people in _by_month(rows).items():
        if month in in_force:
            own = ClosedMonth.objects.filter(closing=in_force[month], person__in=people)
            left_out = ("basis",) if with_days else ("basis", "days")
            found.update({(month, row.person_id): row for row in own.defer(*left_out)})
    return found


def _by_month(rows: Iterable[Key]) -> dict[dt.date, list[int]]:
    found: dict[dt.date, list[int]] = {}
    for month, person in rows:
        found.setdefault(month, []).append(person)
    return found


def _earlier(in_force: dict[dt.date, MonthClosing], rows: Iterable[Key]) -> dict[Key, list[Adjustment]]:
    """Return what earlier files in force had adjusted, in the order of the files."""
    found: dict[Key, list[Adjustment]] = {}
    known = Adjustment.objects.filter(closing__in=[row.pk for row in in_force.values()]).defer("basis")
    for month, people in _by_month(rows).items():
        for row in known.filter(month=month, person__in=people).order_by("closing__month", "pk"):
            found.setdefault((month, row.person_id), []).append(row)
    return found


def _identities(closing: MonthClosing, rows: Iterable[Key], stored: dict[Key, ClosedMonth]) -> dict[Key, Identity]:
    """Return who each line is about: as stored with the file's own month, or with the month that it adjusts."""
    keys = list(rows)
    own = ClosedMonth.objects.filter(closing=closing, person__in={person for _, person in keys})
    of_file = {row.person_id: stored_identity(row) for row in own.defer("basis", "days", "totals")}
    return {
        key: of_file.get(key[1]) or (stored_identity(stored[key]) if key in stored else Identity(key[1], "", "", ""))
        for key in keys
    }


def _figures(row: ClosedMonth | None, *, with_days: bool) -> Figures:
    if row is None:
        return Figures()
    totals = {**row.totals, "paid_days": paid_days(row.totals)}
    return Figures(totals, row.days if with_days else [])


def _adjusted(figures: Figures, rows: Iterable[Adjustment]) -> Figures:
    """Return the figures with some adjustments on top."""
    for row in rows:
        if row.kind == Adjustment.Kind.ENTRY:
            figures = replace(figures, entered=added(figures.entered, row.quantities))
        else:
            changed = {each["day"]: each["after"] for each in row.days}
            kept = [day for day in figures.days if day["day"] not in changed]
            figures = replace(figures, totals=added(figures.totals, row.quantities), days=[*kept, *changed.values()])
    return figures


def added(sums: Sums, more: Sums) -> Sums:
    """Return two sets of sums together; those by code or by rate name by name."""
    found = dict(sums)
    for key, value in more.items():
        if isinstance(value, dict):
            parts = dict(found.get(key, {}))
            for name, part in value.items():
                parts[name] = parts.get(name, 0) + part
            found[key] = parts
        else:
            found[key] = found.get(key, 0) + value
    return found
