"""How the day stands: a few counts, each of which a list explains."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.core import clock
from attendance.people.models import Person
from attendance.reports import days, expected, look_alikes, presence, roster
from attendance.reports.days import Day
from attendance.reports.look_alikes import LookAlike
from attendance.reports.period import Period
from attendance.reports.presence import Present
from attendance.workdays import deliveries, doors, facts
from attendance.workdays.models import Correction, Leave, Revocation, State
from attendance.workdays.requests import reviews
from timekeeping import door
from timekeeping.values import Source
from timekeeping.work_day import WorkDay

SILENT_AFTER = dt.timedelta(minutes=5)
"""A door tells twice a minute that it is there; whoever is silent for so long is switched off or cut off."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts of the present work day.

    `came`: who punched on it. `expected`: with a shift today; `missing` of them are not here yet, and of those `late`
    should be. `not_recognized`: attempts that ended in no check-in. `to_look_at`: check-ins of weak matches that
    nobody has looked at. `look_alikes`: people of pairs about whom something is to be done.
    """

    people_in: list[Present]
    came: int
    enrolled: int
    expected: int
    missing: int
    late: int
    not_recognized: int
    to_look_at: int
    look_alikes: list[LookAlike]
    photos_to_decide: int
    yesterday_to_check: int
    requests: int
    silent_doors: int
    doors: int

    @property
    def present(self) -> int:
        """How many are in now."""
        return len(self.people_in)


def standing(*, zone: ZoneInfo) -> Standing:
    """Count; who came, who is in and who is expected follows from the rules of work days."""
    today = clock.today(zone)
    start, end = clock.day_bounds(today, zone)
    yesterday = today - dt.timedelta(days=1)
    everybody = list(facts.load(_concerned(yesterday, today), *doors.around(clock.now())))
    watermark = deliveries.watermark()
    derived: list[tuple[Person, WorkDay, WorkDay]] = []
    for known in everybody:
        before, of_today = facts.derive_one(known, yesterday, today, rules=known.rules, watermark=watermark)
        derived.append((known.person, before, of_today))
    planned = expected.expected_of((person, of_today) for person, _, of_today in derived)
    paired = Device.objects.filter(revoked_at=None).exclude(paired_at=None)
    silent = Q(last_seen_at=None) | Q(last_seen_at__lt=clock.now() - SILENT_AFTER)
    lost = Attempt.objects.filter(at__gte=start, at__lt=end).exclude(answer=Attempt.Answer.MATCHED)
    return Standing(
        people_in=presence.present_of(everybody),
        came=sum(days.has_punch(of_today) for _, _, of_today in derived),
        enrolled=Person.objects.filter(erased_at=None, deactivated_at=None).count(),
        expected=len(planned),
        missing=sum(one.came is None for one in planned),
        late=sum(one.is_missing for one in planned),
        not_recognized=lost.count(),
        to_look_at=reviews.waiting().count(),
        look_alikes=look_alikes.still_open(),
        photos_to_decide=roster.needing_decision(),
        yesterday_to_check=sum(days.of_work_day(before).is_incomplete for _, before, _ in derived),
        requests=Correction.objects.filter(state=State.REQUESTED).count()
        + Leave.objects.filter(state=State.REQUESTED).count()
        + Revocation.objects.filter(state=State.REQUESTED).count(),
        silent_doors=paired.filter(silent).count(),
        doors=paired.count(),
    )


def _concerned(first: dt.date, last: dt.date) -> QuerySet[Person]:
    """Return everybody who is employed, and everybody else who came all the same."""
    came = days.seen(Period(first, last)).order_by()
    employed = facts.employed(first, last).order_by()
    return Person.objects.filter(Q(pk__in=employed.values("pk")) | Q(pk__in=came.values("pk"))).order_by("pk")


@dataclass(frozen=True, slots=True)
class OwnDay:
    """What somebody may see of their own work day: that of a night lasts until its window is over."""

    day: Day
    is_in: bool
    check_ins: list[CheckIn]


def own_day(person: Person) -> OwnDay:
    """Return the present work day of one person."""
    now = clock.now()
    known = facts.load_one(person, *doors.around(now))
    context = doors.context_of(known, rules=known.rules, watermark=None)
    standing = door.find_standing(int(now.timestamp()), punches=known.punches, context=context)
    (day,) = facts.derive_one(known, standing.day, standing.day, rules=known.rules, watermark=deliveries.watermark())
    numbers = [use.punch.number or 0 for use in day.uses if use.punch.source is not Source.CORRECTION]
    found = CheckIn.objects.filter(pk__in=numbers).select_related("device").order_by("at", "pk")
    return OwnDay(days.of_work_day(day), standing.is_in, list(found))
