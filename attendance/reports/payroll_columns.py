"""Columns that a payroll file may have, by their keys."""

from __future__ import annotations

Columns = tuple[tuple[str, str], ...]
"""Key and heading of each column, in the order of the file."""
DURATIONS = {
    "standard", "overtime", "no_rate", "night", "holiday_hours", "rest_day_hours", "late", "early", "worked", "planned",
    "payable", "overtime_to_approve", "undertime", "adjusted_standard", "adjusted_overtime",
}  # fmt: skip
NUMBERS = {
    "employed", "present", "leave", "absent", "late_count", "early_count", "paid_days", "unpaid_days", "adjustments",
}  # fmt: skip
DAYS = {"period_from", "period_to"}
TEXTS = {"employee_number", "name", "department", "line", "reason", "lock"}
RATE, LEAVE = "rate:", "leave:"
"""A class of rate and a kind of leave follow behind these, as in `rate:1.25` and `leave:CL`."""


def is_known(key: str) -> bool:
    """Whether a template may name this column."""
    return key.startswith((RATE, LEAVE)) or key in DURATIONS | NUMBERS | DAYS | TEXTS


def is_duration(key: str) -> bool:
    """Whether a column holds hours."""
    return key.startswith(RATE) or key in DURATIONS
