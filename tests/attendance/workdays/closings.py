"""Closes months and puts times right at a moment of one's own, in few words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import time_machine

from attendance.core.models import User
from attendance.people.models import Person
from attendance.workdays.models import (
    MonthClosing,
)
from attendance.workdays.months import closing, open_points, order
from attendance.workdays.requests import corrections
from tests.attendance.workdays import office
from timekeeping.requests import Asked
from timekeeping.values import Direction

NOVEMBER, DECEMBER, JANUARY = dt.date(2026, 11, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1)
MONDAY = dt.date(2026, 11, 2)
LATER = office.at("2026-12-05 12:00")


def close(month: dt.date, at: str, **more: Any) -> MonthClosing:
    with time_machine.travel(office.at(at), tick=False):
        return closing.close(month, **{"actor": None, "with_open_points": True, **more})


def agreed(month: dt.date) -> str:
    """Return what the page before closing posts: the digest of the list of open points as it is now."""
    return open_points.digest(open_points.find(*order.bounds(month)))


def correct(person: Person, text: str, direction: Direction, *, hr: User, at: str) -> None:
    """Let a time count that nobody recorded."""
    moment = dt.datetime.fromisoformat(text)
    with time_machine.travel(office.at(at), tick=False):
        asked = corrections.request(
            person, moment.date(), asked=[Asked(moment, direction)], reason="forgotten", actor=None
        )
        corrections.approve(asked, actor=hr)
