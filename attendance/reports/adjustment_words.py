"""Differences of a closed month in words: which quantity, and by how much."""

from __future__ import annotations

from typing import Any

from attendance.reports.writers import plain
from timekeeping.durations import hours_minutes

_HOURS = (
    ("standard", "normal hours"),
    ("overtime", "overtime"),
    ("overtime_to_approve", "overtime to approve"),
    ("undertime", "undertime"),
    ("night", "night hours"),
    ("holiday_hours", "hours on holidays"),
    ("rest_day_hours", "hours on days off"),
    ("late", "late"),
    ("early", "left early"),
)
_DAYS = (
    ("employed", "days employed"),
    ("paid_days", "days paid"),
    ("present", "days present"),
    ("leave", "days of leave"),
    ("absent", "days absent"),
    ("holidays", "holidays"),
    ("off", "days off"),
    ("unmarked", "days not marked"),
)
DIGITS = 4


def describe(quantities: dict[str, Any]) -> str:
    """Return the differences as one line; what follows from others, such as hours paid, is left out."""
    found = [f"{label} {_hours(quantities[key])}" for key, label in _HOURS if quantities.get(key)]
    apart = quantities.get("payable", 0) - quantities.get("standard", 0) - quantities.get("overtime", 0)
    found += [f"hours paid beside these {_hours(apart)}"] if apart else []
    rates = sorted(quantities.get("overtime_by_rate", {}).items())
    found += [f"at {rate} {_hours(seconds)}" for rate, seconds in rates if seconds]
    found += [f"{label} {_days(quantities[key])}" for key, label in _DAYS if quantities.get(key)]
    leave = sorted(quantities.get("leave_by_code", {}).items())
    found += [f"{code} {_days(share)}" for code, share in leave if share]
    return ", ".join(found)


def _hours(seconds: int) -> str:
    return f"{'+' if seconds > 0 else ''}{hours_minutes(seconds)}"


def _days(share: float) -> str:
    return f"{'+' if share > 0 else ''}{plain.number(share, digits=DIGITS)}"
