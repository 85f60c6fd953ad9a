"""What is open in a month before it is closed: missing outs and ins, absences, requests, overtime, entries, doors."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from attendance.checkins.models import CheckIn
from attendance.core import clock
from attendance.people.models import Person
from attendance.workdays import canonical, deliveries, facts
from attendance.workdays.models import Correction, Leave, Revocation, State
from attendance.workdays.months import overlaps
from attendance.workdays.months.overlaps import PersonMonth
from timekeeping.pairing import Use
from timekeeping.values import Direction
from timekeeping.work_day import Flag, OvertimeState, WorkDay

SILENT = dt.timedelta(minutes=5)
"""A door that is heard from within this time is not silent."""
_ONE_DAY = dt.timedelta(days=1)


class Kind(enum.StrEnum):
    """What somebody would have to do something about."""

    MISSING_OUT = "missing_out"
    MISSING_IN = "missing_in"
    NOT_EMPLOYED = "not_employed"
    ABSENCE = "absence"
    CORRECTION = "correction"
    LEAVE = "leave"
    CANCELLING = "cancelling"
    OVERTIME = "overtime"
    ENTRY_AND_FACTS = "entry_and_facts"
    SILENT_DOOR = "silent_door"


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """One thing that is open. `person`, `request`: numbers of rows; `door`: its name.

    `names_out`, `names_in`: a request that brings an out, or an in; they are not kept with the closing.
    """

    kind: Kind
    day: dt.date | None = None
    person: int | None = None
    request: int | None = None
    door: str = ""
    names_out: bool = False
    names_in: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the form that is kept with the closing; it holds numbers, no name of a person."""
        day = self.day.isoformat() if self.day else None
        return {
            "kind": self.kind.value,
            "day": day,
            "person": self.person,
            "request": self.request,
            "door": self.door,
        }


def from_json(content: dict[str, Any]) -> OpenPoint:
    """Return the point of its JSON form."""
    day = dt.date.fromisoformat(content["day"]) if content["day"] else None
    return OpenPoint(
        Kind(content["kind"]), day=day, person=content["person"], request=content["request"], door=content["door"]
    )


def digest(points: Iterable[OpenPoint]) -> str:
    """Return a checksum of a list of points, in whichever order: whoever agreed to it agreed to no other list."""
    return canonical.digest(sorted(canonical.canonical(point.to_json()) for point in points))


def without_twins(points: Iterable[OpenPoint]) -> list[OpenPoint]:
    """Leave out missing outs and ins for which a request of the same day waits: deciding it mends both."""
    found = list(points)
    asked = {(Kind.MISSING_OUT, point.person, point.day) for point in found if point.names_out}
    asked |= {(Kind.MISSING_IN, point.person, point.day) for point in found if point.names_in}
    return [point for point in found if (point.kind, point.person, point.day) not in asked]


def find(first: dt.date, last: dt.date) -> list[OpenPoint]:
    """Return everything that is open from `first` to `last`, both included."""
    book, now = facts.rule_book(), int(clock.now().timestamp())  # as a closing judges: it waits for no silent door
    found: list[OpenPoint] = []
    for known in facts.load_weeks(facts.employed(first, last), first, last, rules=book):
        days, _ = facts.month_of(known, first, last, rules=book, watermark=now)
        found.extend(of_days(known.person.pk, days))
    found.extend(of_people_outside(first, last))
    twice = of_entries({*overlaps.find(first), *overlaps.in_open_month(first)})
    return without_twins([*found, *of_requests(first, last), *twice, *of_doors(last)])


def of_days(person: int, days: Iterable[WorkDay]) -> Iterator[OpenPoint]:
    """Yield what somebody's work days leave open; check-ins outside of the employment count for nothing."""
    for day in days:
        if not day.employed:
            if any(use.use is Use.NOT_EMPLOYED for use in day.uses):
                yield OpenPoint(Kind.NOT_EMPLOYED, day=day.day, person=person)
            continue
        if day.has(Flag.MISSING_OUT):
            yield OpenPoint(Kind.MISSING_OUT, day=day.day, person=person)
        if day.has(Flag.MISSING_IN):
            yield OpenPoint(Kind.MISSING_IN, day=day.day, person=person)
        if day.absent:
            yield OpenPoint(Kind.ABSENCE, day=day.day, person=person)
        if day.overtime_state is OvertimeState.TO_APPROVE:
            yield OpenPoint(Kind.OVERTIME, day=day.day, person=person)


def of_people_outside(
    first: dt.date, last: dt.date, *, among: Collection[int] | QuerySet[Person, int] | None = None
) -> Iterator[OpenPoint]:
    """Yield the days with check-ins of those who are employed on no day of the period; `among`: of these people."""
    start, end = (dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) for day in (first - _ONE_DAY, last + 2 * _ONE_DAY))
    seen = CheckIn.objects.filter(at__gte=start, at__lt=end, voided_at=None).order_by().values("person")
    outside = Person.objects.filter(pk__in=seen).exclude(pk__in=facts.employed(first, last).order_by().values("pk"))
    if among is not None:
        outside = outside.filter(pk__in=among)
    book, now = facts.rule_book(), int(clock.now().timestamp())
    for known in facts.load_weeks(outside.order_by("pk"), first, last, rules=book):
        days, _ = facts.month_of(known, first, last, rules=book, watermark=now)
        yield from of_days(known.person.pk, days)


def of_requests(first: dt.date, last: dt.date) -> Iterator[OpenPoint]:
    """Yield the corrections and the leave that wait for a decision, and the requests to cancel what was approved."""
    corrections = Correction.objects.filter(day__gte=first, day__lte=last, state=State.REQUESTED).order_by("day", "pk")
    outs, ins = (
        set(corrections.filter(entries__direction=way).order_by().values_list("pk", flat=True))
        for way in (Direction.OUT, Direction.IN)
    )
    for number, person, day in corrections.values_list("pk", "person_id", "day"):
        yield OpenPoint(
            Kind.CORRECTION,
            day=day,
            person=person,
            request=number,
            names_out=number in outs,
            names_in=number in ins,
        )
    leave = Leave.objects.filter(first__lte=last, last__gte=first, state=State.REQUESTED).order_by("first", "pk")
    for number, person, day in leave.values_list("pk", "person_id", "first"):
        yield OpenPoint(Kind.LEAVE, day=max(day, first), person=person, request=number)
    is_of_month = Q(leave=None, day__gte=first, day__lte=last) | Q(leave__first__lte=last, leave__last__gte=first)
    cancelling = Revocation.objects.filter(is_of_month, state=State.REQUESTED).order_by("day", "pk")
    for number, person, day in cancelling.values_list("pk", "person_id", "day"):
        yield OpenPoint(Kind.CANCELLING, day=max(day, first), person=person, request=number)


def of_entries(both: Iterable[PersonMonth]) -> Iterator[OpenPoint]:
    """Yield the months, by their first days, of which entries by hand and late facts change the same.

    In a month that was reopened the facts are late no more: each entry by hand for it is asked about.
    """
    for person, month in sorted(both):
        yield OpenPoint(Kind.ENTRY_AND_FACTS, day=month, person=person)


def of_doors(last: dt.date) -> Iterator[OpenPoint]:
    """Yield the doors that may still hold check-ins of the period: not heard from since its last window closed."""
    needed = dt.datetime.combine(last + dt.timedelta(days=2), dt.time(), tzinfo=dt.UTC)
    for door in deliveries.doors_heard():
        if door.heard < min(needed, clock.now() - SILENT):
            yield OpenPoint(Kind.SILENT_DOOR, door=door.name)
