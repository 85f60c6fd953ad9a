"""Payroll lines of layout 1: a line a person of the month, with three columns about corrected days.

Months that were closed under this layout have it for good; nothing here changes any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from attendance.reports.month_values import Day, PersonMonth
from attendance.reports.payroll_columns import DAYS, LEAVE, RATE, TEXTS, Columns, is_duration
from attendance.reports.payroll_form import Form
from attendance.workdays.models import Adjustment, MonthClosing
from attendance.workdays.months import order

COLUMNS: Columns = (
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
_BY_DAY = {"standard", "overtime", "night", "late", "early", "worked", "planned", "payable"}


def rows(closing: MonthClosing, people: Iterable[PersonMonth], columns: Columns, form: Form) -> Iterator[list[str]]:
    """Yield the line of each person."""
    adjusted = _changed_days(closing)
    for each in people:
        line = _Line(each, closing, adjusted.get(each.person.pk, []))
        yield [_cell(line, key, form) for key, _ in columns]


def _changed_days(closing: MonthClosing) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in Adjustment.objects.filter(closing=closing, kind=Adjustment.Kind.FACTS).order_by("person", "month"):
        found.setdefault(row.person_id, []).extend(row.days)
    return found


class _Line:
    def __init__(self, each: PersonMonth, closing: MonthClosing, changed: list[dict[str, Any]]) -> None:
        self.person, self.days, self.totals = each.person, each.days, each.totals
        self.closing = closing
        self.changed = changed

    def seconds(self, key: str, *, each_day: Callable[[int], int]) -> int:
        """Return a duration: summed from days that are rounded one by one, or the total."""
        if key.startswith(RATE):
            rate = key.removeprefix(RATE)
            return sum(each_day(day["overtime_by_rate"].get(rate, 0)) for day in self._paid_overtime())
        if key in {"adjusted_standard", "adjusted_overtime"}:
            name = key.removeprefix("adjusted_")
            return sum(day["after"][name] - (day["before"] or {}).get(name, 0) for day in self.changed)
        if key in _BY_DAY:
            days = self._paid_overtime() if key == "overtime" else self.days
            rounded = sum(each_day(max(0, day[key]) if key == "overtime" else day[key]) for day in days)
            exact = sum(max(0, day[key]) if key == "overtime" else day[key] for day in days)
            return rounded + int(self.totals[key]) - exact if rounded != exact else int(self.totals[key])
        return int(self.totals.get(key, 0))

    def _paid_overtime(self) -> list[Day]:
        return [day for day in self.days if day["overtime_state"] != "to_approve"]

    def number(self, key: str) -> float:
        """Return a number of days or of times."""
        if key == "adjustments":
            return len(self.changed)
        if key.startswith(LEAVE):
            return float(self.totals["leave_by_code"].get(key.removeprefix(LEAVE), 0.0))
        if key in {"paid_days", "unpaid_days"}:
            paid = paid_days(self.totals)
            return paid if key == "paid_days" else self.totals["employed"] - paid
        return float(self.totals[key])

    def text(self, key: str) -> str:
        """Return a text."""
        return {
            "employee_number": self.person.employee_number,
            "name": self.person.name,
            "department": self.person.department,
            "lock": f"{self.closing.month:%Y-%m} {self.closing.sha256[:12]}",
            "line": "month",
        }.get(key, "")


def paid_days(totals: dict[str, Any]) -> float:
    """Return what the rules summed up; months that were closed before they did have the shares only."""
    if "paid_days" in totals:
        return float(totals["paid_days"])
    return float(totals["present"] + totals["holidays"] + totals["off"] + totals["paid_leave"])


def _cell(line: _Line, key: str, form: Form) -> str:
    if is_duration(key):
        return form.duration(line.seconds(key, each_day=form.rounded if form.each_day else int))
    if key in DAYS:
        return form.day(order.bounds(line.closing.month)[key == "period_to"])
    if key in TEXTS:
        return form.text(line.text(key))
    return form.number(line.number(key), digits=None)
