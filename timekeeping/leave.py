"""What approved leave and work elsewhere take of the plan of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from timekeeping import intervals
from timekeeping.plan import DayKind, PlannedDay
from timekeeping.shares import share_of_day
from timekeeping.timeline import Timeline
from timekeeping.values import Leave, LeavePart, Span
from timekeeping.work_day import Taken

_FAR = 1 << 62
_ONE_DAY = dt.timedelta(days=1)


def leave_taken(day: PlannedDay, leaves: Sequence[Leave], timeline: Timeline) -> tuple[Taken, ...]:
    """Return what approved leave takes of the plan; on a day off and on a holiday it takes nothing.

    Where there is no plan because nobody has a roster, it takes the day, or half of it.
    """
    if day.kind not in {DayKind.WORKING, DayKind.UNROSTERED}:
        return ()
    planned = [span for occurrence in day.occurrences for span in occurrence.planned]
    result = []
    for leave in leaves:
        part = leave.part_on(day.day) if leave.approved else None
        if part is None:
            continue
        spans = _leave_spans(leave, part, planned, day, timeline)
        share = {LeavePart.FULL: 1.0, LeavePart.FIRST_HALF: 0.5, LeavePart.SECOND_HALF: 0.5}.get(part)
        if share is None:
            share = share_of_day(intervals.total(spans) / max(1, intervals.total(planned)))
        if share:
            result.append(Taken(leave, part, share, tuple(spans)))
    return tuple(result)


def _leave_spans(leave: Leave, part: LeavePart, planned: list[Span], day: PlannedDay, timeline: Timeline) -> list[Span]:
    if part is LeavePart.FULL:
        return planned
    if part is LeavePart.HOURS:
        if leave.start is None or leave.end is None:
            return []
        return intervals.common(planned, _hours_of_leave(day.day, leave.start, leave.end, timeline))
    if not planned:
        return []
    whole = [each.planned for each in day.occurrences if each.planned]
    middle = whole[0][-1][1] if len(whole) == 2 else intervals.middle(planned)  # of two shifts each is a half
    half = (-_FAR, middle) if part is LeavePart.FIRST_HALF else (middle, _FAR)
    return intervals.common(planned, [half])


def _hours_of_leave(day: dt.date, start: dt.time, end: dt.time, timeline: Timeline) -> list[Span]:
    """Return the hours on the day itself and on the next: those of a night shift may lie after midnight."""
    spans = []
    for date in (day, day + _ONE_DAY):
        ends = date if end > start else date + _ONE_DAY
        spans.append((timeline.point(date, start), timeline.point(ends, end)))
    return intervals.merged(spans)


def covered_elsewhere(taken: tuple[Taken, ...]) -> list[Span]:
    """Return the time that work elsewhere covers: a half reaches as far as the day does, hours only as given."""
    spans = []
    for each in taken:
        if each.leave.at_work and each.part is LeavePart.FULL:
            return [(-_FAR, _FAR)]
        if each.leave.at_work and each.spans:
            first, last = each.spans[0][0], each.spans[-1][1]
            spans.append(
                (
                    -_FAR if each.part is LeavePart.FIRST_HALF else first,
                    _FAR if each.part is LeavePart.SECOND_HALF else last,
                )
            )
    return intervals.merged(spans)
