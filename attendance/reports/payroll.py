"""Which figures go to payroll? Only those of a closed month, by a saved template, with what changed since.

The same closing and template give the same file, byte for byte: nothing in it is looked up or computed anew but number
and name of the person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from attendance.core import cells
from attendance.core.errors import Refusal
from attendance.people.models import Person
from attendance.reports import month
from attendance.reports.month import Day, Month, PersonMonth
from attendance.workdays.models import Adjustment, PayrollTemplate
from attendance.workdays.schedule.employment_lists import DATE_FORMS
from timekeeping.durations import hours_minutes

Value = str | int | float | dt.date
DEFAULT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("employee_number", "employee_number"),
    ("name", "name"),
    ("period_from", "period_from"),
    ("period_to", "period_to"),
    ("employed", "days_employed"),
    ("paid_days", "paid_days"),
    ("unpaid_days", "unpaid_days"),
    ("standard", "hours_normal"),
    ("overtime", "overtime_hours"),
    ("night", "night_hours"),
    ("holiday_hours", "holiday_hours"),
    ("late_count", "late_count"),
    ("late", "late_hours"),
    ("adjustments", "adjustments"),
    ("adjusted_standard", "adjusted_hours_normal"),
    ("adjusted_overtime", "adjusted_overtime_hours"),
    ("lock", "lock"),
)
"""Key -> name of the column. Further keys: `rate:1.25`, `leave:CL`, and those of `DURATIONS` and `NUMBERS`."""
DURATIONS = {
    "standard", "overtime", "night", "holiday_hours", "rest_day_hours", "late", "early", "worked", "planned", "payable",
    "overtime_to_approve", "undertime",
}  # fmt: skip
NUMBERS = {"employed", "present", "leave", "absent", "late_count", "early_count"}


def columns(template: PayrollTemplate | None) -> list[tuple[str, str]]:
    """Return key and name of each column. Raises `payroll_column_unknown`."""
    chosen = [(key, name) for key, name in template.columns] if template and template.columns else list(DEFAULT_COLUMNS)
    for key, _ in chosen:
        if not is_known(key):
            raise Refusal("payroll_column_unknown", column=key)
    return chosen


def is_known(key: str) -> bool:
    """Whether a template may name this column."""
    return key.startswith(("rate:", "leave:")) or key in DURATIONS | NUMBERS | set(_FACTS)


def lines(of: Month, *, template: PayrollTemplate | None = None) -> Iterator[str]:
    """Yield the file line by line. Raises `month_open`, `payroll_column_unknown`."""
    form = _Form(template)
    return (form.line(row) for row in rows(of, template=template))


def rows(of: Month, *, template: PayrollTemplate | None = None) -> Iterator[list[str]]:
    """Yield heading and lines as their cells, written as in the file. Raises as `lines` does."""
    if of.closing is None:
        raise Refusal("month_open")
    chosen = columns(template)
    form = _Form(template)
    yield [form.text(name) for _, name in chosen]
    adjusted = _adjustments(of)
    for each in month.read(of, month.people(of)):
        facts = _Facts(each, of, adjusted.get(each.person.pk, []))
        yield [form.value(facts, key) for key, _ in chosen]


def _adjustments(of: Month) -> dict[int, list[Day]]:
    """Return the days that late facts changed, each with its forms before and after, by person."""
    found: dict[int, list[Day]] = {}
    rows = Adjustment.objects.filter(closing=of.closing, kind=Adjustment.Kind.FACTS).order_by("month")
    for row in rows:
        found.setdefault(row.person_id, []).extend(row.days)
    return found


class _Facts:
    """One person's line."""

    def __init__(self, each: PersonMonth, of: Month, adjustments: list[Day]) -> None:
        self.person: Person = each.person
        self.days = each.days
        self.totals: dict[str, Any] = each.totals
        self.of = of
        self.adjustments = adjustments

    def seconds(self, key: str, *, each_day: Callable[[int], int]) -> int:
        """Return a duration: summed from days that are rounded one by one, or the total."""
        if key.startswith("rate:"):
            rate = key.removeprefix("rate:")
            return sum(each_day(day["overtime_by_rate"].get(rate, 0)) for day in self._paid_overtime())
        if key in {"standard", "overtime", "night", "late", "early", "worked", "planned", "payable"}:
            days = self._paid_overtime() if key == "overtime" else self.days
            rounded = sum(each_day(max(0, day[key]) if key == "overtime" else day[key]) for day in days)
            exact = sum(max(0, day[key]) if key == "overtime" else day[key] for day in days)
            return rounded + int(self.totals[key]) - exact if rounded != exact else int(self.totals[key])
        return int(self.totals[key])

    def _paid_overtime(self) -> list[dict[str, Any]]:
        return [day for day in self.days if day["overtime_state"] != "to_approve"]

    def adjusted(self, key: str) -> int:
        """Return by how much the days of earlier months came out differently."""
        return sum(day["after"][key] - (day["before"] or {}).get(key, 0) for day in self.adjustments)


def _lock(facts: _Facts) -> str:
    closing = facts.of.closing
    return f"{closing.month:%Y-%m} {closing.sha256[:12]}" if closing else ""


_FACTS: dict[str, Callable[[_Facts], Value]] = {
    "employee_number": lambda facts: facts.person.employee_number or "",
    "name": lambda facts: facts.person.name,
    "department": lambda facts: facts.person.department.name if facts.person.department else "",
    "period_from": lambda facts: facts.of.first,
    "period_to": lambda facts: facts.of.last,
    "paid_days": lambda facts: _paid_days(facts.totals),
    "unpaid_days": lambda facts: facts.totals["employed"] - _paid_days(facts.totals),
    "adjustments": lambda facts: len(facts.adjustments),
    "adjusted_standard": lambda facts: facts.adjusted("standard"),
    "adjusted_overtime": lambda facts: facts.adjusted("overtime"),
    "lock": _lock,
}
_ADJUSTED = {"adjusted_standard", "adjusted_overtime"}


def _paid_days(totals: dict[str, Any]) -> float:
    """Return what the rules summed up; months that were closed before they did have the shares only."""
    if "paid_days" in totals:
        return float(totals["paid_days"])
    return float(totals["present"] + totals["holidays"] + totals["off"] + totals["paid_leave"])


class _Form:
    """How a template writes: separator, decimal mark, rounding."""

    def __init__(self, template: PayrollTemplate | None) -> None:
        self.separator = template.separator if template else ","
        self.mark = template.decimal_mark if template else "."
        self.step = (template.rounding_minutes if template else 1) or 1
        self.each_day = template.rounds_each_day if template else False
        self.dates = DATE_FORMS[template.date_form if template else "iso"]
        self.as_clock = template is not None and template.hours_as == "clock"

    def line(self, values: list[str]) -> str:
        """Return one line; a field with the separator or a quote is quoted."""
        return self.separator.join(self._quoted(value) for value in values) + "\r\n"

    def _quoted(self, value: str) -> str:
        needs = any(sign in value for sign in (self.separator, '"', "\r", "\n"))
        return '"{}"'.format(value.replace('"', '""')) if needs else value

    def value(self, facts: _Facts, key: str) -> str:
        """Return one field."""
        if key in DURATIONS or key.startswith("rate:"):
            each_day = self.rounded if self.each_day else int
            return self.duration(facts.seconds(key, each_day=each_day))
        if key.startswith("leave:"):
            return self.number(facts.totals["leave_by_code"].get(key.removeprefix("leave:"), 0.0))
        found = _FACTS[key](facts) if key in _FACTS else facts.totals[key]
        if isinstance(found, dt.date):
            return f"{found:{self.dates}}"
        if key in _ADJUSTED:
            return self.duration(int(found))
        return self.text(found) if isinstance(found, str) else self.number(found)

    def rounded(self, seconds: int) -> int:
        """Round to the template's step, half up, away from zero."""
        step = self.step * 60
        size = (abs(seconds) // 60 * 60 * 2 + step) // (2 * step) * step
        return size if seconds >= 0 else -size

    def duration(self, seconds: int) -> str:
        """Return hours as a decimal number or as h:mm, without a mark for thousands."""
        kept = self.rounded(seconds)
        if self.as_clock:
            return hours_minutes(kept)
        return f"{kept / 3600:.2f}".replace(".", self.mark)

    @staticmethod
    def text(value: str) -> str:
        """Return a text that no spreadsheet runs."""
        return cells.guard(value)

    def number(self, value: float) -> str:
        """Return a plain number."""
        return f"{value:g}".replace(".", self.mark)


def file_name(of: Month, template: PayrollTemplate | None) -> str:
    """Return the file's name: what, which month, by which template."""
    return f"payroll-{of.name}{'-' + template.name if template else ''}.csv".replace(" ", "-")


def made_at(of: Month, *, now: dt.datetime, zone: ZoneInfo) -> str:
    """Return the moment that a file tells: that of the closing, or the present while the month is open."""
    moment = of.closing.closed_at if of.closing else now
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
