"""What does the door show right now: the next direction, the hours so far, a forgotten out of yesterday?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from timekeeping import derivation, intervals
from timekeeping.durations import cut
from timekeeping.plan import DayKind
from timekeeping.rule_book import RuleBook
from timekeeping.status import worked_spans
from timekeeping.timeline import Timeline
from timekeeping.values import MINUTE, Correction, Direction, Holiday, Leave, Punch, Roster, Rules
from timekeeping.work_day import Flag, WorkDay

_BACK = dt.timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Screen:
    """`offers`: the direction of the next punch. `worked`: seconds since the day began, an open presence included.

    `forgotten`: the last earlier work day, of the three before, whose out is missing.
    """

    day: WorkDay
    offers: Direction
    worked: int
    forgotten: WorkDay | None


def screen(
    at: int,
    *,
    punches: Sequence[Punch],
    roster: Roster,
    calendar: tuple[Holiday, ...] = (),
    leave: Sequence[Leave] = (),
    corrections: Sequence[Correction] = (),
    rules: Rules | RuleBook | None = None,
) -> Screen:
    """Return what a door has to say at that instant; whatever was left open in an earlier window stays there."""
    today = Timeline(roster.site).local(at).date()
    days = derivation.derive_days(
        today - _BACK,
        today + dt.timedelta(days=1),
        punches=[punch for punch in punches if punch.at <= at],
        roster=roster,
        calendar=calendar,
        leave=leave,
        corrections=corrections,
        watermark=at,
        rules=rules,
    )
    current = _current(days, at, today)
    now = current.timeline.point_at(at)
    open_in = next((part.pairing.open_in for part in current.parts if part.pairing.open_in is not None), None)
    unrostered = current.planned_day.kind is DayKind.UNROSTERED
    given_up = current.has(Flag.AUTOMATIC_OUT) or (current.has(Flag.MISSING_OUT) and not unrostered)
    still_open = open_in is not None and not given_up
    running = 0
    if still_open and open_in is not None:
        part = next(part for part in current.parts if part.pairing.open_in is not None)
        running = cut(intervals.total(worked_spans([(open_in, now)], part.occurrence, part.planned)))
    forgotten = [day for day in days if day.day < current.day and day.has(Flag.MISSING_OUT)]
    return Screen(
        current,
        Direction.OUT if still_open else Direction.IN,
        current.worked + running,
        forgotten[-1] if forgotten else None,
    )


def _current(days: Sequence[WorkDay], instant: int, today: dt.date) -> WorkDay:
    """Return the work day whose window holds the moment; without one, the local date.

    Without any roster an in of the evening before is still open for as long as work off-shift may last.
    """
    for work_day in days:
        now = work_day.timeline.point_at(instant)
        minute = now - now % MINUTE
        for part in work_day.parts:
            occurrence = part.occurrence
            if occurrence is not None and occurrence.first_minute <= minute <= occurrence.closes:
                return work_day
    at = next(at for at, work_day in enumerate(days) if work_day.day == today)
    before, current = days[at - 1], days[at]
    if current.first_in is None and {before.planned_day.kind, current.planned_day.kind} == {DayKind.UNROSTERED}:
        open_in = next((part.pairing.open_in for part in before.parts), None)
        now = before.timeline.point_at(instant)
        if open_in is not None and now - open_in <= before.rules.longest_off_shift_minutes * MINUTE:
            return before
    return current
