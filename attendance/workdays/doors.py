"""Which stretch of time belongs together for a person at a door right now? The window of a shift, or the local day."""

from __future__ import annotations

import datetime as dt

from attendance.checkins.direction import Window
from attendance.core import clock
from attendance.people.models import Person
from attendance.workdays import facts
from attendance.workdays.models import Assignment
from timekeeping.plan import plan_days
from timekeeping.values import MINUTE

_AROUND = dt.timedelta(days=2)


def window(person: Person | None, *, now: dt.datetime | None = None) -> Window | None:
    """Return the window that holds the moment; None where no shift says anything, and then the local day counts."""
    if person is None or not Assignment.objects.exists():
        return None
    moment = now or clock.now()
    today = moment.date()
    (known,) = facts.load(Person.objects.filter(pk=person.pk), today, today)
    rules = facts.rules()
    planned = plan_days(
        known.roster.site,
        known.roster.assignments,
        holidays=known.calendar,
        first=today - _AROUND,
        last=today + _AROUND,
        clock_change=rules.clock_change,
    )
    timeline = planned.timeline
    point = timeline.point_at(int(moment.timestamp()))
    minute = point - point % MINUTE
    for opens, closes, _, _ in planned.windows:
        if opens <= minute <= closes:
            return Window(_moment(timeline.instant(opens)), _moment(timeline.instant(closes + MINUTE)))
    return None


def _moment(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
