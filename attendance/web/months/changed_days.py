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
    ("night", "night"),
    ("late", "late"),
    ("early", "left early"),
)
_SHARES = (("leave", "leave"), ("absent", "absent"), ("off", "off"))


def row(day: dt.date, before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    """Return the day with its codes and what differs. `before`: None for a day that no closed month had."""
    was = before or {}
    return {
        "day": day,
        "codes": (was.get("code", ""), after["code"]),
        "standard": dt.timedelta(seconds=after["standard"] - was.get("standard", 0)),
        "overtime": dt.timedelta(seconds=_paid_overtime(after) - _paid_overtime(was)),
        "what": _difference(was, after),
    }


def _paid_overtime(day: dict[str, Any]) -> int:
    """Return the overtime that is paid: none below the plan, and none that waits for an approval."""
    return max(0, day.get("overtime", 0)) if day.get("overtime_state") != "to_approve" else 0


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
