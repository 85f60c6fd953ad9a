"""How does the day stand? A few counts, each of which a list explains."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Q

from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.core import clock
from attendance.people.models import Person
from attendance.reports import expected, presence, roster
from attendance.reports.days import Day, Punch, summarize
from attendance.reports.period import Period
from attendance.workdays.models import Correction, Leave, State

SILENT_AFTER = dt.timedelta(minutes=5)
"""A door tells twice a minute that it is there; whoever is silent for so long is switched off or cut off."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts of the present local day.

    `expected`: with a shift today; `missing` of them are not here yet, and of those `late` should be.
    `not_recognized`: attempts that ended in no check-in.
    """

    present: int
    came: int
    enrolled: int
    expected: int
    missing: int
    late: int
    not_recognized: int
    photos_to_decide: int
    yesterday_to_check: int
    requests: int
    silent_doors: int
    doors: int


def standing(*, zone: ZoneInfo) -> Standing:
    """Count, with one query a figure; who is expected follows from the rules of work days."""
    today = clock.today(zone)
    start, end = clock.day_bounds(today, zone)
    yesterday = today - dt.timedelta(days=1)
    of_today = presence.valid().filter(at__gte=start, at__lt=end)
    days = presence.person_days(Period(yesterday, yesterday), zone=zone)
    doors = Device.objects.filter(revoked_at=None).exclude(paired_at=None)
    silent = Q(last_seen_at=None) | Q(last_seen_at__lt=clock.now() - SILENT_AFTER)
    lost = Attempt.objects.filter(at__gte=start, at__lt=end).exclude(answer=Attempt.Answer.MATCHED)
    planned = expected.expected(zone=zone)
    return Standing(
        present=len(presence.present()),
        came=of_today.order_by().values("person").distinct().count(),
        enrolled=Person.objects.filter(erased_at=None, deactivated_at=None).count(),
        expected=len(planned),
        missing=sum(one.came is None for one in planned),
        late=sum(one.is_missing for one in planned),
        not_recognized=lost.count(),
        photos_to_decide=roster.needing_decision(),
        yesterday_to_check=sum(1 for row in days if row.day.missing_outs or row.day.missing_ins),
        requests=Correction.objects.filter(state=State.REQUESTED).count()
        + Leave.objects.filter(state=State.REQUESTED).count(),
        silent_doors=doors.filter(silent).count(),
        doors=doors.count(),
    )


@dataclass(frozen=True, slots=True)
class OwnDay:
    """What somebody may see of their own day."""

    day: Day
    check_ins: list[CheckIn]


def own_day(person: Person, *, zone: ZoneInfo) -> OwnDay:
    """Return the present day of one person."""
    today = clock.today(zone)
    start, end = clock.day_bounds(today, zone)
    found = list(
        presence.valid().filter(person=person, at__gte=start, at__lt=end).select_related("device").order_by("at", "pk")
    )
    punches = [Punch(one.at, is_in=one.direction == CheckIn.Direction.IN) for one in found]
    return OwnDay(day=summarize(today, punches), check_ins=found)
