"""Fills in a missing out; only where the site switched it on, and always to be confirmed."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Sequence

from timekeeping import intervals
from timekeeping.plan import Occurrence, PlannedDay
from timekeeping.timeline import Timeline
from timekeeping.values import MINUTE, Automatic, Punch, Rules


def out_for(
    open_in: int,
    *,
    worked: int,
    plan_seconds: int,
    occurrence: Occurrence | None,
    day: PlannedDay,
    timeline: Timeline,
    rules: Rules,
) -> int | None:
    """Return the point at which the open presence is taken to have ended; None where there is nothing to go by.

    After the plan: when what is left of the plan and the tolerance have passed, fixed breaks not counted, but never
    beyond the end of the local day (of the window, for a shift over midnight). At a time: when it next strikes.
    """
    if rules.automatic_out is Automatic.OFF:
        return None
    if rules.automatic_out is Automatic.AT:
        return _next_time(open_in, rules.automatic_at or dt.time(), timeline)
    if occurrence is None or not plan_seconds:
        return None
    left = plan_seconds - worked + rules.automatic_tolerance_minutes * MINUTE
    latest = occurrence.closes if occurrence.end > day.ends else day.ends
    out = intervals.reach(open_in, seconds=max(0, left), holes=occurrence.breaks)
    return max(open_in, min(out, latest))


def before_next(out: int | None, events: Sequence[Punch], ahead: Sequence[int]) -> int | None:
    """Return an out that is filled in, drawn back to the next event after those of its own shift.

    What is recorded next shows that the presence had ended by then; counting on would count the time of a later shift
    twice.
    """
    if out is None or not events:
        return out
    following = bisect.bisect_right(ahead, max(punch.at for punch in events))
    return min(out, ahead[following]) if following < len(ahead) else out


def _next_time(open_in: int, clock: dt.time, timeline: Timeline) -> int:
    day = timeline.local(open_in).date()
    same_day = timeline.point(day, clock)
    return same_day if same_day > open_in else timeline.point(day + dt.timedelta(days=1), clock)
