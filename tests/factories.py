"""Factories of rows; they fill in only what a test does not care about."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.people.models import Department, Person

NOON = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
"""A Wednesday."""
_numbers = itertools.count(1)


def person(name: str = "Mei Lin", *, department: str = "", **fields: Any) -> Person:
    """Make a person."""
    fields.setdefault("employee_number", f"E{next(_numbers)}")
    fields.setdefault("created_at", NOON)
    if department:
        fields["department"] = Department.objects.get_or_create(name=department)[0]
    return Person.objects.create(name=name, **fields)


def device(name: str = "Main entrance", **fields: Any) -> Device:
    """Make a door."""
    return Device.objects.create(name=name, created_at=NOON, **fields)


def attempt(at: dt.datetime = NOON, **fields: Any) -> Attempt:
    """Make an attempt at the kiosk."""
    defaults: dict[str, Any] = {"channel": "kiosk", "method": "identify", "answer": "unknown"}
    return Attempt.objects.create(at=at, **defaults | fields)


def check_in(of: Person, at: dt.datetime, direction: str = "in", **fields: Any) -> CheckIn:
    """Make a check-in at the kiosk."""
    defaults: dict[str, Any] = {"channel": "kiosk", "method": "identify", "time_zone": "UTC"}
    return CheckIn.objects.create(person=of, at=at, direction=direction, **defaults | fields)
