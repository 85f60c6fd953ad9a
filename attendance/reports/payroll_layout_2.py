"""Payroll lines of layout 2: a line a person of the month, and a further one for each person and month adjusted.

An adjustment line has the same columns and holds differences: what the month comes to now minus what it came to with
all earlier files. Both are rounded as the template wants it, so that the lines of all files add up to the rounded
total. Parts add up as shown: classes of rate to overtime, normal hours and overtime to the hours paid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from attendance.reports import adjusted_months
from attendance.reports.adjusted_months import Figures
from attendance.reports.month_values import Day, Identity, PersonMonth
from attendance.reports.payroll_columns import DAYS, LEAVE, RATE, TEXTS, Columns, is_duration
from attendance.reports.payroll_form import Form
from attendance.reports.payroll_layout_1 import paid_days
from attendance.workdays.models import MonthClosing
from attendance.workdays.months import order

COLUMNS: Columns = (
    ("employee_number", "employee_number"),
    ("name", "name"),
    ("period_from", "period_from"),
    ("period_to", "period_to"),
    ("line", "line"),
    ("employed", "days_employed"),
    ("paid_days", "paid_days"),
    ("unpaid_days", "unpaid_days"),
    ("standard", "hours_normal"),
    ("overtime", "overtime_hours"),
    ("night", "night_hours"),
    ("holiday_hours", "holiday_hours"),
    ("late_count", "late_count"),
    ("late", "late_hours"),
    ("reason", "reason"),
    ("lock", "lock"),
)
"""Columns of a file without a template."""
DIGITS = 4
_BY_DAY = {"standard", "overtime", "night", "late", "early", "worked", "planned"}
_APART = {"adjusted_standard": "standard", "adjusted_overtime": "overtime"}
"""Columns of old templates that hold differences alone, and the columns that then hold none."""


def rows(closing: MonthClosing, people: Iterable[PersonMonth], columns: Columns, form: Form) -> Iterator[list[str]]:
    """Yield the line of each person, then the adjustments by month and number."""
    lock = f"{closing.month:%Y-%m} v{closing.version} {closing.sha256[:12]}"
    writer = _Writer(columns, form, lock)
    for each in people:
        yield writer.month_line(each, closing.month)
    for adjusted in adjusted_months.find(closing, with_days=form.each_day):
        yield writer.adjustment_line(adjusted)


class _Writer:
    """Writes the lines of one file."""

    def __init__(self, columns: Columns, form: Form, lock: str) -> None:
        self.columns, self.form, self.lock = columns, form, lock
        self.keys = {key for key, _ in columns}

    def month_line(self, each: PersonMonth, month: dt.date) -> list[str]:
        """Return what a person's month comes to."""
        totals = {**each.totals, "paid_days": paid_days(each.totals)}
        amounts = Amounts(Figures(totals, each.days), self.form)
        texts = self._texts(each.person, line="month")
        return [self._cell(key, texts, month, amounts=amounts) for key, _ in self.columns]

    def adjustment_line(self, adjusted: adjusted_months.AdjustedMonth) -> list[str]:
        """Return by how much a person's month differs from what earlier files said."""
        texts = self._texts(adjusted.person, line="adjustment", reason="; ".join(adjusted.reasons))
        before, after = (Amounts(figures, self.form) for figures in (adjusted.before, adjusted.after))
        return [
            self._cell(key, texts, adjusted.month, amounts=after, before=before, changed_days=adjusted.changed_days)
            for key, _ in self.columns
        ]

    def _texts(self, person: Identity, *, line: str, reason: str = "") -> dict[str, str]:
        return {
            "employee_number": person.employee_number,
            "name": person.shown,
            "department": person.department,
            "line": line,
            "reason": reason,
            "lock": self.lock,
        }

    def _cell(
        self,
        key: str,
        texts: dict[str, str],
        month: dt.date,
        *,
        amounts: Amounts,
        before: Amounts | None = None,
        changed_days: int = 0,
    ) -> str:
        if key in TEXTS:
            return self.form.text(texts[key])
        if key in DAYS:
            return self.form.day(order.bounds(month)[key == "period_to"])
        if key == "adjustments":
            return str(changed_days)
        if is_duration(key):
            return self.form.duration_of_units(self._units(key, amounts, before))
        value = amounts.number(key) - (before.number(key) if before else 0)
        return self.form.number(value, digits=DIGITS)

    def _units(self, key: str, after: Amounts, before: Amounts | None) -> int:
        if before is None:
            return 0 if key in _APART else after.units(key)
        if key == "adjusted_overtime":  # a class of rate that has a column of its own is not said twice
            own = [name for name in self.keys if name.startswith(RATE) or name == "no_rate"]
            return self._difference("overtime", after, before) - sum(
                self._difference(name, after, before) for name in own
            )
        if key == "overtime" and "adjusted_overtime" in self.keys:
            return self._difference("overtime", after, before) - self._units("adjusted_overtime", after, before)
        if key == "standard" and "adjusted_standard" in self.keys:
            return 0
        return self._difference(_APART.get(key, key), after, before)

    @staticmethod
    def _difference(key: str, after: Amounts, before: Amounts) -> int:
        return after.units(key) - before.units(key)


class Amounts:
    """What one person's month comes to in the form of a template: durations in its smallest unit, so that they add."""

    def __init__(self, figures: Figures, form: Form) -> None:
        self.figures, self.form = figures, form
        self.totals = figures.totals

    def units(self, key: str) -> int:
        """Return a duration as it is written; parts are cut so that they add up to their whole."""
        if key == "payable":
            return self.units("standard") + self.units("overtime") + self._plain_units("not_normal")
        if key == "no_rate":
            return self.units("overtime") - self._up_to(self._classes())
        if key.startswith(RATE):
            classes = self._classes()
            rate = key.removeprefix(RATE)
            if rate not in classes:
                return 0
            at = classes.index(rate)
            return self._up_to(classes[: at + 1]) - self._up_to(classes[:at])
        return self._plain_units(key)

    def _classes(self) -> list[str]:
        return sorted(self.totals.get("overtime_by_rate", {}), key=_rate_order)

    def _up_to(self, classes: list[str]) -> int:
        """Return the overtime of some classes together."""
        return self.form.units(self._rounded(lambda sums: _of_rates(sums, classes)))

    def _plain_units(self, key: str) -> int:
        return self.form.units(self._rounded(lambda sums: _seconds(sums, key), by_day=key in _BY_DAY))

    def _rounded(self, seconds: Callable[[dict[str, Any]], int], *, by_day: bool = True) -> int:
        """Return a duration rounded by the template: as a total, or day by day with what belongs to no day."""
        total, entered = seconds(self.totals), seconds(self.figures.entered)
        if not self.form.each_day or not by_day:
            return self.form.rounded(total + entered)
        days = [seconds(_as_paid(day)) for day in self.figures.days]
        return sum(map(self.form.rounded, days)) + self.form.rounded(total - sum(days)) + self.form.rounded(entered)

    def number(self, key: str) -> float:
        """Return a number of days or of times."""
        return round(_number(self.totals, key) + _number(self.figures.entered, key), DIGITS)


def _as_paid(day: Day) -> dict[str, Any]:
    """Return the day with the overtime that is paid: none below the plan, and none that waits for an approval."""
    is_paid = day["overtime_state"] != "to_approve" and day["overtime"] > 0
    kept = {"overtime": day["overtime"], "overtime_by_rate": day["overtime_by_rate"]}
    return {**day, **(kept if is_paid else {"overtime": 0, "overtime_by_rate": {}})}


def _seconds(sums: dict[str, Any], key: str) -> int:
    if key == "not_normal":
        return int(sums.get("payable", 0) - sums.get("standard", 0) - sums.get("overtime", 0))
    return int(sums.get(key, 0))


def _of_rates(sums: dict[str, Any], classes: list[str]) -> int:
    return sum(int(sums.get("overtime_by_rate", {}).get(name, 0)) for name in classes)


def _rate_order(rate: str) -> tuple[float, str]:
    try:
        return float(rate.replace(",", ".")), rate
    except ValueError:
        return float("inf"), rate


def _number(sums: dict[str, Any], key: str) -> float:
    if key.startswith(LEAVE):
        return float(sums.get("leave_by_code", {}).get(key.removeprefix(LEAVE), 0))
    if key == "unpaid_days":
        return float(sums.get("employed", 0) - sums.get("paid_days", 0))
    return float(sums.get(key, 0))
