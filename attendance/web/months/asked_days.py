"""What a day holds now, in words, beside a request about it: shift, punches and leave; no hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from attendance.people.models import Person
from attendance.workdays import deliveries, facts, plans
from attendance.workdays.models import LeaveType
from attendance.workdays.plans import Plan
from timekeeping.pairing import Use
from timekeeping.plan import DayKind
from timekeeping.work_day import PunchUse, WorkDay

DAYS_SHOWN = 5
"""So many days of a leave are shown; each takes a few milliseconds."""
_PLANS = {DayKind.REST: "day off", DayKind.UNROSTERED: "no shift"}
_USES = {
    Use.REPEATED: "repeated",
    Use.OFF_SHIFT: "outside the shift",
    Use.REPLACED: "withdrawn",
    Use.REVOKED: "taken back",
    Use.NOT_EMPLOYED: "not employed",
    Use.LEADING_OUT: "no in before it",
    Use.EXTRA_IN: "a second in",
    Use.EXTRA_OUT: "a later out counts",
}


@dataclass(frozen=True, slots=True)
class AskedDay:
    """A day and what it holds, in words."""

    day: dt.date
    plan: str
    punches: str
    leave: str


@dataclass(frozen=True, slots=True)
class AskedDays:
    """The days of a request, those at first, and how many more there are; `zone` of the first."""

    days: tuple[AskedDay, ...]
    more: int
    zone: ZoneInfo


class Reader:
    """Reads days for one page: plan and kinds of leave once."""

    def __init__(self) -> None:
        self.plan: Plan = plans.read()
        self.kinds = dict(LeaveType.objects.values_list("code", "name"))
        self.watermark = deliveries.watermark()

    def read(self, person: Person, first: dt.date, last: dt.date) -> AskedDays:
        """Return what the days of somebody hold now, as the day engine sees them."""
        shown = min(last, first + dt.timedelta(days=DAYS_SHOWN - 1))
        (known,) = facts.load(Person.objects.filter(pk=person.pk), first, shown, plan=self.plan)
        days = facts.derive_one(known, first, shown, rules=self.plan.book, watermark=self.watermark)
        return AskedDays(tuple(map(self._day, days)), (last - shown).days, ZoneInfo(days[0].zone))

    def _day(self, day: WorkDay) -> AskedDay:
        return AskedDay(
            day=day.day,
            plan=_plan(day),
            punches=punches(day),
            leave=", ".join(self.kinds.get(each.leave.code, each.leave.code) for each in day.leaves),
        )


def punches(day: WorkDay) -> str:
    """Return the punches of a day in words, and what became of those that do not count."""
    return ", ".join(_punch(day, used) for used in sorted(day.uses_now, key=_at)) or "no check-in"


def _at(used: PunchUse) -> int:
    return used.punch.at


def _plan(day: WorkDay) -> str:
    """Return which shifts expect the person, or why none does."""
    if not day.employed:
        return "not employed"
    planned = day.planned_day
    feast = f"holiday: {planned.holiday}" if planned.holiday else ""
    if planned.kind is DayKind.HOLIDAY:
        return feast
    words = _PLANS.get(planned.kind) or ", ".join(_shifts(day))
    return f"{words}, half a {feast}" if feast else words


def _shifts(day: WorkDay) -> Iterator[str]:
    for each in day.planned_day.occurrences:
        start, end = (day.timeline.local(point) for point in (each.start, each.end))
        yield f"{each.shift.name} {start:%H:%M}-{end:%H:%M}"


def _punch(day: WorkDay, used: PunchUse) -> str:
    at = day.timeline.local(used.punch.at)
    given = used.use if used.use in (Use.IN, Use.OUT) else used.punch.direction or ""
    words = f"{given} {at:%H:%M}".strip()
    if at.date() > day.day:
        words += " next day"
    elif at.date() < day.day:
        words += " the day before"
    return f"{words} ({_USES[used.use]})" if used.use in _USES else words
