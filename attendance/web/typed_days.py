"""Form fields and readers for days and months, with the bounds of what can be typed."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from attendance.workdays.schedule.employment_lists import EARLIEST, LATEST

_BOUNDS = f"{EARLIEST:%Y} to {LATEST:%Y}."


NO_DAY = "Choose a day. A browser sends none for a day that does not exist, such as 29 February 2026."


def _validators(what: str) -> list[Any]:
    return [
        MinValueValidator(EARLIEST, f"Choose a {what} from {_BOUNDS}"),
        MaxValueValidator(LATEST, f"Choose a {what} from {_BOUNDS}"),
    ]


class DayField(forms.DateField):
    """A day, typed or chosen from the browser's calendar."""

    def __init__(self, **facts: Any) -> None:
        known: dict[str, Any] = {
            "validators": _validators("day"),
            "error_messages": {"invalid": "Write the day as 2026-11-30.", "required": NO_DAY},
            "widget": forms.DateInput(attrs={"type": "date"}),
        }
        super().__init__(**{**known, **facts})

    def to_python(self, value: Any) -> dt.date | None:
        """Read a day; of one that the calendar does not have its name is said."""
        try:
            return super().to_python(value)
        except ValidationError:
            missing = _missing_day(str(value).strip())
            if missing:
                raise ValidationError(f"There is no {missing}.") from None
            raise


_WRITTEN = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)


def _missing_day(text: str) -> str:
    """Return the name of a day such as 2026-02-29 that the calendar does not have; nothing for any other text."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return ""
    year, month, day = map(int, found.groups())
    return f"{day} {calendar.month_name[month]} {year:04}" if 1 <= month <= 12 and 28 < day <= 31 else ""


class MonthField(forms.DateField):
    """A month, such as 2026-11."""

    def __init__(self, **facts: Any) -> None:
        known: dict[str, Any] = {
            "input_formats": ["%Y-%m"],
            "validators": _validators("month"),
            "error_messages": {"invalid": "Write the month as 2026-11."},
            "widget": forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
        }
        super().__init__(**{**known, **facts})


def day(text: str) -> dt.date | None:
    """Read a day such as 2026-11-30; None where it is none that can be asked for."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def first_of_month(text: str) -> dt.date | None:
    """Read a month such as 2026-11; None where it is none that can be asked for."""
    try:
        found = dt.datetime.strptime(text, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def version(text: str) -> int | None:
    """Read the version of a closing; None where there is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
