"""How is a month closed? Its days are stored, with a checksum; what comes in later is an adjustment of the next one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Person
from attendance.workdays import canonical, facts
from attendance.workdays.models import Adjustment, ClosedMonth, Correction, Leave, MonthClosing, State
from attendance.workdays.months import stored_days
from attendance.workdays.schedule import codes
from timekeeping.totals import Totals
from timekeeping.values import RULE_VERSION
from timekeeping.work_day import Flag, WorkDay

_SILENT = dt.timedelta(minutes=5)
"""A door not heard from for this long stands in the way by itself."""
MONTHS_LOOKED_BACK = 12
"""How far back late facts still become adjustments."""


def bounds(month: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of the month that holds the day."""
    first = month.replace(day=1)
    return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


def is_closed(month: dt.date) -> bool:
    """Whether the month that holds the day is locked."""
    return MonthClosing.objects.filter(month=month.replace(day=1)).exists()


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands between a month and its closing: `undecided` person-days, `waiting` requests.

    `missing_outs` do not stop it: they are counted as they are, and a later correction becomes an adjustment.
    """

    undecided: int
    waiting: int
    missing_outs: int

    @property
    def ready(self) -> bool:
        """Whether the month may be closed."""
        return not self.undecided and not self.waiting


def readiness(month: dt.date) -> Readiness:
    """Return what is still open in a month."""
    first, last = bounds(month)
    days = [day for _, found in facts.derive(facts.employed(first, last), first, last) for day in found]
    return _readiness(days, first, last)


def _readiness(days: list[WorkDay], first: dt.date, last: dt.date) -> Readiness:
    waiting = Correction.objects.filter(day__gte=first, day__lte=last, state=State.REQUESTED).count()
    waiting += Leave.objects.filter(first__lte=last, last__gte=first, state=State.REQUESTED).count()
    return Readiness(
        undecided=sum(day.has(Flag.UNDECIDED) for day in days),
        waiting=waiting,
        missing_outs=sum(day.has(Flag.MISSING_OUT) for day in days),
    )


def close(month: dt.date, *, actor: User | None) -> MonthClosing:
    """Lock a month.

    Raises `month_closed`, `month_not_over`, `door_behind`, `requests_waiting`, `earlier_month_open`.
    """
    first, last = bounds(month)
    with transaction.atomic():
        newest = MonthClosing.objects.select_for_update().order_by("-month").first()
        if newest is not None and newest.month >= first:
            raise Refusal("month_closed", month=f"{first:%Y-%m}")
        if newest is not None and bounds(newest.month)[1] + dt.timedelta(days=1) != first:
            raise Refusal("earlier_month_open", month=f"{newest.month:%Y-%m}")
        found = list(facts.months(facts.employed(first, last), first, last))
        open_points = _readiness([day for _, days, _ in found for day in days], first, last)
        if open_points.undecided:
            slowest = facts.slowest_door()
            if slowest is not None and clock.now() - slowest.heard > _SILENT:
                raise Refusal("door_behind", door=slowest.name, days=open_points.undecided)
            raise Refusal("month_not_over", days=open_points.undecided)
        if open_points.waiting:
            raise Refusal("requests_waiting", requests=open_points.waiting)
        closing = _begun(first, actor=actor)
        ClosedMonth.objects.bulk_create(_closed(closing, person, days, sums) for person, days, sums in found)
        Adjustment.objects.bulk_create(
            Adjustment(closing=closing, person_id=each.person, day=each.day, before=each.before, after=each.after)
            for each in adjustments(first)
        )
        closing.sha256 = checksum(closing)
        closing.save(update_fields=["sha256"])
        audit.record("workdays.close_month", actor=actor, subject=f"month:{first:%Y-%m}", sha256=closing.sha256)
    return closing


def _begun(first: dt.date, *, actor: User | None) -> MonthClosing:
    """Take the month; somebody else may have taken it since it was looked at."""
    try:
        with transaction.atomic():
            return MonthClosing.objects.create(
                month=first,
                closed_at=clock.now(),
                closed_by=actor,
                rule_version=RULE_VERSION,
                sha256="",
                codes=codes.frozen(),
            )
    except IntegrityError as error:
        raise Refusal("month_closed", month=f"{first:%Y-%m}") from error


def _closed(closing: MonthClosing, person: Person, days: list[WorkDay], sums: Totals) -> ClosedMonth:
    return ClosedMonth(
        closing=closing,
        person=person,
        days=[stored_days.as_json(day) for day in days],
        totals=stored_days.totals_as_json(sums),
    )


def checksum(closing: MonthClosing) -> str:
    """Return the checksum of what is stored: days and adjustments, by person number."""
    people = ClosedMonth.objects.filter(closing=closing).order_by("person").values_list("person_id", "days")
    later = Adjustment.objects.filter(closing=closing).order_by("person", "day")
    content = [
        [[number, days] for number, days in people],
        [[row.person_id, row.day.isoformat(), row.before, row.after] for row in later],
    ]
    return canonical.digest(content)


@dataclass(frozen=True, slots=True)
class Difference:
    """A day of a closed month that comes out differently by what is known now."""

    person: int
    day: dt.date
    before: dict[str, Any]
    after: dict[str, Any]


def adjustments(month: dt.date) -> list[Difference]:
    """Return what late facts changed in earlier, closed months and no closing has taken up yet."""
    closings = list(MonthClosing.objects.filter(month__lt=month.replace(day=1)).order_by("-month")[:MONTHS_LOOKED_BACK])
    found = [difference for closing in closings for difference in _differences(closing)]
    return sorted(found, key=lambda difference: (difference.person, difference.day))


def since(closing: MonthClosing) -> Iterator[Difference]:
    """Yield what late facts have changed in a closed month and no closing has taken up yet."""
    return iter(_differences(closing))


def _differences(closing: MonthClosing) -> list[Difference]:
    first, last = bounds(closing.month)
    known = {
        (row.person_id, day["day"]): day for row in ClosedMonth.objects.filter(closing=closing) for day in row.days
    }
    for row in Adjustment.objects.filter(day__gte=first, day__lte=last).order_by("closing__month"):
        known[row.person_id, row.day.isoformat()] = row.after
    result = []
    people = Person.objects.filter(closed_months__closing=closing).order_by("pk")
    for person, days, _ in facts.months(people, first, last):
        for day in days:
            before, after = known.get((person.pk, day.day.isoformat())), stored_days.as_json(day)
            if before is not None and stored_days.differs(before, after):
                result.append(Difference(person.pk, day.day, before, after))
    return result
