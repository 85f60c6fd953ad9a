"""Rows of a small office: people, shifts, punches, in as few words as possible."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from attendance.core.models import SiteSettings
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.workdays.models import Assignment, Employment, Holiday, HolidayCalendar, LeaveType, Shift
from tests import factories

BERLIN = ZoneInfo("Europe/Berlin")


def site(zone: str = "Europe/Berlin") -> SiteSettings:
    return SiteSettings.objects.update_or_create(pk=1, defaults={"time_zone": zone, "site_name": "Main"})[0]


def at(text: str, zone: ZoneInfo = BERLIN) -> dt.datetime:
    """Read "2026-11-02 08:00" as local time."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def day_shift(**fields: Any) -> Shift:
    facts = {"name": "Day", "start": dt.time(8), "end": dt.time(17), "breaks": "12:00-13:00", "week_days": "mon-fri"}
    return Shift.objects.create(**{**facts, **fields})


def night_shift(**fields: Any) -> Shift:
    return day_shift(**{"name": "Night", "start": dt.time(22), "end": dt.time(6), "breaks": "", **fields})


def employee(name: str = "Mei Lin", *, shift: Shift | None = None, joined: str = "2026-01-01", **fields: Any) -> Person:
    person = factories.person(name, **fields)
    Employment.objects.create(person=person, joined=dt.date.fromisoformat(joined))
    if shift is not None:
        Assignment.objects.create(shift=shift, person=person)
    return person


def punches(person: Person, *texts: str) -> None:
    """Check in and out in turn."""
    for number, text in enumerate(texts):
        made = factories.check_in(person, at(text), "out" if number % 2 else "in")
        with transaction.atomic():
            facts_log.append_instant(facts_log.Kind.CHECK_IN, person, at=made.at)


def leave_type(code: str = "CL", **fields: Any) -> LeaveType:
    return LeaveType.objects.create(code=code, name="Casual leave", **fields)


def holiday(day: str, name: str = "Feast") -> Holiday:
    calendar, _ = HolidayCalendar.objects.get_or_create(name="Public")
    return Holiday.objects.create(calendar=calendar, day=dt.date.fromisoformat(day), name=name)
