"""A day as it was and as it is, in the words of a page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance.reports.writers import plain
from timekeeping.durations import hours_minutes

_HOURS = (
    ("worked", "worked"),
    ("standard", "normal hours"),
    ("overtime", "overtime"),
    ("to_approve", "overtime to approve"),
    ("undertime", "undertime"),
    ("night", "night"),
    ("late", "late"),
    ("early", "left early"),
)
_SHARES = (("leave", "leave"), ("absent", "absent"), ("off", "off"))


def row(day: dt.date, before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    """Return the day with its codes and what differs. `before`: None for a day that no closed month had.

    `overtime` is what is paid; what waits for an approval is `to_approve`.
    """
    was, is_now = with_overtime_apart(before or {}), with_overtime_apart(after)
    return {
        "day": day,
        "codes": (was.get("code", ""), is_now["code"]),
        **{key: dt.timedelta(seconds=is_now.get(key, 0) - was.get(key, 0)) for key in _IN_COLUMNS},
        "what": _difference(was, is_now),
    }


_IN_COLUMNS = ("standard", "overtime", "to_approve")


def with_overtime_apart(day: dict[str, Any]) -> dict[str, Any]:
    """Return the day with its overtime as totals have it: paid, waiting for an approval, or missing from the plan."""
    amount, waits = day.get("overtime", 0), day.get("overtime_state") == "to_approve"
    return {
        **day,
        "overtime": 0 if waits else max(0, amount),
        "to_approve": max(0, amount) if waits else 0,
        "undertime": max(0, -amount),
        "overtime_by_rate": {} if waits else day.get("overtime_by_rate", {}),
    }


def _difference(was: dict[str, Any], now: dict[str, Any]) -> str:
    found = [
        f"{label} {_hours(was.get(key, 0))} → {_hours(now.get(key, 0))}"
        for key, label in _HOURS
        if was.get(key, 0) != now.get(key, 0)
    ]
    found += [
        f"{label} {plain.number(was.get(key, 0), digits=2)} → {plain.number(now.get(key, 0), digits=2)}"
        for key, label in _SHARES
        if was.get(key, 0) != now.get(key, 0)
    ]
    if (was.get("overtime_state"), now.get("overtime_state")) == ("to_approve", "approved"):
        found.append("overtime approved")
    return ", ".join(found)


def _hours(seconds: int) -> str:
    return hours_minutes(seconds)
