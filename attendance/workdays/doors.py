"""The values by which a door understands a punch: roster, calendar, rules, leave and corrections of one person."""

from __future__ import annotations

import datetime as dt

from attendance.checkins import attempts
from attendance.checkins.models import CheckIn
from attendance.core import clock
from attendance.people.models import Person
from attendance.workdays import deliveries, facts
from attendance.workdays.facts import Facts
from timekeeping.door import AHEAD, BACK, PunchContext
from timekeeping.rule_book import RuleBook
from timekeeping.values import Rules


def punch_context(person: Person | None) -> PunchContext | None:
    """Return what decides the meaning of a punch of that person now; None for nobody."""
    return None if person is None else _read(person, clock.now())


def worked_seconds(check_in: CheckIn) -> int:
    """Return the hours, as they stand now, of the work day that a check-in belongs to."""
    return attempts.worked_seconds(check_in, context=_read(check_in.person, check_in.at))


def work_day(check_in: CheckIn) -> dt.date:
    """Return the work day that a check-in belongs to; of one that was taken back, its date."""
    day = attempts.work_day(check_in, context=_read(check_in.person, check_in.at))
    return check_in.at.date() if day is None else day.day


def _read(person: Person, moment: dt.datetime) -> PunchContext:
    known = facts.load_one(person, *around(moment), with_punches=False)
    return context_of(known, rules=known.rules, watermark=deliveries.watermark())


def around(moment: dt.datetime) -> tuple[dt.date, dt.date]:
    """Return the first and the last day whose facts may say something about a moment."""
    return (moment - BACK).date(), (moment + AHEAD).date()


def context_of(known: Facts, *, rules: Rules | RuleBook, watermark: int | None) -> PunchContext:
    """Return what decides the meaning of a punch, out of facts that are loaded."""
    return PunchContext(
        roster=known.roster,
        rules=known.at_site(rules),
        calendar=known.calendar,
        leave=known.leave,
        corrections=known.corrections,
        watermark=watermark,
        settled=known.settled,
    )
