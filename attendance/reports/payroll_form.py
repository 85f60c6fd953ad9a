"""The form of a payroll file as its template wants it: separator, decimal mark, rounding, dates."""

from __future__ import annotations

import datetime as dt

from attendance.core import cells
from attendance.reports.writers import plain
from attendance.workdays.models import PayrollTemplate
from attendance.workdays.schedule.employment_lists import DATE_FORMS
from timekeeping.durations import hours_minutes

HUNDREDTH_SECONDS, MINUTE_SECONDS = 36, 60


class Form:
    """How one template writes; without a template: commas, points, minutes and ISO dates."""

    def __init__(self, template: PayrollTemplate | None) -> None:
        self.separator = template.separator if template else ","
        self.mark = template.decimal_mark if template else "."
        self.step = (template.rounding_minutes if template else 1) or 1
        self.each_day = template.rounds_each_day if template else False
        self.dates = DATE_FORMS[template.date_form if template else "iso"]
        self.as_clock = template is not None and template.hours_as == "clock"

    @property
    def unit_seconds(self) -> int:
        """The smallest duration that can be written: a minute, or a hundredth of an hour."""
        return MINUTE_SECONDS if self.as_clock else HUNDREDTH_SECONDS

    def line(self, values: list[str]) -> str:
        """Return one line; a field with the separator or a quote is quoted."""
        return self.separator.join(self._quoted(value) for value in values) + "\r\n"

    def _quoted(self, value: str) -> str:
        needs = any(sign in value for sign in (self.separator, '"', "\r", "\n"))
        return '"{}"'.format(value.replace('"', '""')) if needs else value

    def rounded(self, seconds: int) -> int:
        """Round to the template's step, half up, away from zero."""
        step = self.step * 60
        size = (abs(seconds) // 60 * 60 * 2 + step) // (2 * step) * step
        return size if seconds >= 0 else -size

    def units(self, seconds: int) -> int:
        """Return so many of the smallest durations, half away from zero."""
        unit = self.unit_seconds
        size = (2 * abs(seconds) + unit) // (2 * unit)
        return size if seconds >= 0 else -size

    def duration_of_units(self, units: int) -> str:
        """Write hours as a decimal number or as h:mm, without a mark for thousands."""
        if self.as_clock:
            return hours_minutes(units * self.unit_seconds)
        whole, rest = divmod(abs(units), 3600 // self.unit_seconds)
        return f"{'-' if units < 0 else ''}{whole}{self.mark}{rest:02d}"

    def duration(self, seconds: int) -> str:
        """Write a duration rounded, as files of layout 1 have it."""
        kept = self.rounded(seconds)
        if self.as_clock:
            return hours_minutes(kept)
        return f"{kept / 3600:.2f}".replace(".", self.mark)

    def number(self, value: float, *, digits: int | None) -> str:
        """Write a plain number: so many digits after the point, or six significant ones."""
        return plain.number(value, digits=digits).replace(".", self.mark)

    def day(self, day: dt.date) -> str:
        """Write a day."""
        return f"{day:{self.dates}}"

    def text(self, text: str) -> str:
        """Write a text so that no spreadsheet runs it."""
        return cells.guard(text)
