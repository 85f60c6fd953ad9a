"""The plan of a person by day: shift, window and planned hours.

A plan depends on the roster alone, so that people with the same roster share it.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, replace
from functools import lru_cache

from timekeeping import intervals
from timekeeping.durations import cut
from timekeeping.rule_book import Nights, value_on
from timekeeping.timeline import Timeline
from timekeeping.values import DAY, HOUR, MINUTE, Assignment, ClockChange, Holiday, Night, Shift, Site, Span

_ONE_DAY = dt.timedelta(days=1)
_CLOCK_CHANGE_GAP = 2 * HOUR
"""Windows without margins of their own tile the day; a clock change may open a gap no longer than this."""


class DayKind(enum.StrEnum):
    """The kind of a day by the plan alone."""

    WORKING = "working"
    REST = "rest"
    HOLIDAY = "holiday"
    UNROSTERED = "unrostered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One shift on one work day, in points; the window [opens, closes] is closed at both ends.

    `opens_after`: the minute `opens` itself still belongs to the shift before. `expected` False: a day off or a
    holiday, on which the window only gathers the punches of those who work all the same; then nothing is planned.
    `on_call`: a shift whose plan is 0, so that nobody has to come and its window only says when somebody may.
    `is_half`: only the first half of the shift is expected; `plan_seconds` is what it takes of the whole plan.
    """

    shift: Shift
    day: dt.date
    start: int
    end: int
    opens: int
    closes: int
    expected: bool
    planned: tuple[Span, ...]
    breaks: tuple[Span, ...]
    plan_seconds: int
    opens_after: bool = False
    on_call: bool = False
    is_half: bool = False

    @property
    def is_planned(self) -> bool:
        """Whether somebody has to come."""
        return self.expected and not self.on_call

    @property
    def first_minute(self) -> int:
        """The first minute of the window that is this shift's own."""
        return self.opens + MINUTE if self.opens_after else self.opens


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDay:
    """A local day [starts, ends) with its shifts and the night hours that may touch its work.

    `holiday`: the name of one that takes the day or its second half. `off_share`: 0.5 where only the first half of a
    working day is expected. `is_day_off`: the roster gives the day
    off, whether or not it is a holiday as well.
    """

    day: dt.date
    kind: DayKind
    occurrences: tuple[Occurrence, ...]
    starts: int
    ends: int
    nights: tuple[Span, ...]
    holiday: str | None = None
    off_share: float = 0.0
    is_day_off: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The days in order, and all windows in order: (first minute, last minute, index of day, of occurrence)."""

    days: tuple[PlannedDay, ...]
    windows: tuple[tuple[int, int, int, int], ...]
    timeline: Timeline

    def index_of(self, point: int) -> int:
        """Return the index of the day that a point has as its local date; it may lie outside of the plan."""
        return (self.timeline.local(point).date() - self.days[0].day).days

    def open_from(self, day: dt.date) -> Plan:
        """Return the plan without a shift before a day."""
        days = tuple(
            each if each.day >= day else replace(each, occurrences=(), kind=DayKind.UNROSTERED) for each in self.days
        )
        kept = tuple(window for window in self.windows if self.days[window[2]].day >= day)
        return replace(self, days=days, windows=kept)

    def occurrence(self, window: int) -> Occurrence:
        """Return the shift of a window."""
        _, _, day, number = self.windows[window]
        return self.days[day].occurrences[number]


@lru_cache(maxsize=1024)
def plan_days(
    site: Site,
    assignments: tuple[Assignment, ...],
    *,
    holidays: tuple[Holiday, ...],
    first: dt.date,
    last: dt.date,
    clock_change: ClockChange,
    nights: Nights = (),
) -> Plan:
    """Return what the roster expects from `first` to `last`, both included; the night hours follow the work day."""
    timeline = Timeline(site, clock_change)
    here = [feast for feast in holidays if feast.site in (None, site.name)]
    feasts = {feast.day: feast.name for feast in here if not feast.is_half}
    half_feasts = {feast.day: feast.name for feast in here if feast.is_half and feast.day not in feasts}
    days = []
    for offset in range((last - first).days + 1):
        day = first + offset * _ONE_DAY
        kind, shifts = _expectation(day, assignments, is_holiday=day in feasts)
        is_half = kind is DayKind.WORKING and (
            day in half_feasts or all(day.weekday() in shift.half_days for shift in shifts)
        )
        days.append(
            PlannedDay(
                day=day,
                kind=kind,
                occurrences=tuple(
                    _occurrence(
                        shift,
                        day,
                        timeline,
                        expected=kind is DayKind.WORKING,
                        is_half=kind is DayKind.WORKING and (day in half_feasts or day.weekday() in shift.half_days),
                    )
                    for shift in shifts
                ),
                starts=timeline.point(day, dt.time()),
                ends=timeline.point(day + _ONE_DAY, dt.time()),
                nights=_nights(day, timeline, value_on(nights, day)),
                holiday=feasts.get(day) or half_feasts.get(day),
                off_share=0.5 if is_half else 0.0,
                is_day_off=bool(shifts) and not any(day.weekday() in shift.week_days for shift in shifts),
            )
        )
    return _with_borders(days, timeline)


def _expectation(
    day: dt.date, assignments: tuple[Assignment, ...], *, is_holiday: bool
) -> tuple[DayKind, tuple[Shift, ...]]:
    """One source for a day: who has an assignment of their own is not judged by the department's or the default."""
    covering = [assignment for assignment in assignments if assignment.covers(day)]
    scope = min((assignment.scope for assignment in covering), default=None)
    shifts = tuple(assignment.shift for assignment in covering if assignment.scope is scope)
    working = tuple(shift for shift in shifts if day.weekday() in shift.week_days)
    if is_holiday:
        return DayKind.HOLIDAY, working or shifts
    if working:
        return DayKind.WORKING, working
    return (DayKind.REST if shifts else DayKind.UNROSTERED), shifts


def _occurrence(shift: Shift, day: dt.date, timeline: Timeline, *, expected: bool, is_half: bool) -> Occurrence:
    whole = shift
    if is_half:
        shift = _first_half(whole)
    start, end = _hours(shift, day, timeline)
    half_of_the_rest = max(0, DAY - (end - start)) // 2 // MINUTE * MINUTE
    before = half_of_the_rest if shift.before_minutes is None else shift.before_minutes * MINUTE
    after = half_of_the_rest if shift.after_minutes is None else shift.after_minutes * MINUTE
    breaks = tuple(_within(shift, day, pause, timeline) for pause in shift.breaks) if expected else ()
    on_call = expected and shift.planned_minutes == 0
    planned = tuple(intervals.without([(start, end)], breaks)) if expected and not on_call else ()
    plan_seconds = _plan_seconds(shift, planned) if expected else 0
    if is_half and not on_call:
        plan_seconds = _share_of_the_plan(planned, whole, day, timeline)
    return Occurrence(
        shift=shift,
        day=day,
        start=start,
        end=end,
        opens=start - before,
        closes=end + after,
        expected=expected,
        planned=planned,
        breaks=breaks,
        plan_seconds=plan_seconds,
        on_call=on_call,
        is_half=is_half,
    )


def _hours(shift: Shift, day: dt.date, timeline: Timeline) -> Span:
    ends = day if shift.end > shift.start else day + _ONE_DAY
    return timeline.point(day, shift.start), timeline.point(ends, shift.end)


def _plan_seconds(shift: Shift, planned: tuple[Span, ...]) -> int:
    """Return the plan of a whole day: what was given, or the shift without its breaks."""
    if shift.planned_minutes is not None:
        return shift.planned_minutes * MINUTE
    seconds = cut(intervals.total(planned))
    if seconds > shift.break_after_minutes * MINUTE:
        seconds = max(0, seconds - shift.break_minutes * MINUTE)
    return seconds


def _share_of_the_plan(half: tuple[Span, ...], whole: Shift, day: dt.date, timeline: Timeline) -> int:
    """Return what a half takes of the plan of the whole day: its own hours of it, as a leave of the other half."""
    pauses = [_within(whole, day, pause, timeline) for pause in whole.breaks]
    planned = tuple(intervals.without([_hours(whole, day, timeline)], pauses))
    return cut(_plan_seconds(whole, planned) * intervals.total(half) // max(1, intervals.total(planned)))


def _within(shift: Shift, day: dt.date, span: tuple[dt.time, dt.time], timeline: Timeline) -> Span:
    """Return the points of two local times of a shift; those before its start are on the next day.

    A break is never longer than its two times say: of an hour that comes twice only one belongs to it.
    """
    first, second = (
        timeline.point(day if clock >= shift.start or shift.end > shift.start else day + _ONE_DAY, clock)
        for clock in span
    )
    if second <= first:
        return first, second + DAY
    length = (_minute_of_day(span[1]) - _minute_of_day(span[0])) % _DAY_MINUTES * MINUTE
    return (first, second) if second - first <= length else (second - length, second)


_DAY_MINUTES = DAY // MINUTE


def _minute_of_day(clock: dt.time) -> int:
    return clock.hour * 60 + clock.minute


@lru_cache(maxsize=512)
def _first_half(shift: Shift) -> Shift:
    """Return what is left of a shift whose second half is off; its thresholds are halved with it."""
    begins = _minute_of_day(shift.start)
    length = (_minute_of_day(shift.end) - begins) % _DAY_MINUTES or _DAY_MINUTES
    pauses = [tuple((_minute_of_day(clock) - begins) % _DAY_MINUTES for clock in pause) for pause in shift.breaks]
    middle = intervals.middle(intervals.without([(0, length)], [(first, last) for first, last in pauses]))
    end = dt.time(*divmod((begins + middle) % _DAY_MINUTES, 60))
    return replace(
        shift,
        end=end,
        breaks=tuple(
            pause
            for pause, (_, last) in zip(shift.breaks, pauses, strict=True)
            if last <= middle or end <= shift.start or pause[0] >= shift.start  # who stays on has the others too
        ),
        half_day_minutes=shift.half_day_minutes // 2,
        absent_minutes=shift.absent_minutes // 2,
    )


def _nights(day: dt.date, timeline: Timeline, night: Night | None) -> tuple[Span, ...]:
    if night is None:
        return ()
    start, end = night
    nights = []
    for offset in (-1, 0, 1):
        evening = day + offset * _ONE_DAY
        morning = evening if end > start else evening + _ONE_DAY
        nights.append((timeline.point(evening, start), timeline.point(morning, end)))
    return tuple(nights)


def _with_borders(days: list[PlannedDay], timeline: Timeline) -> Plan:
    places = sorted(
        ((occurrence, at) for at, planned in enumerate(days) for occurrence in planned.occurrences),
        key=lambda place: (place[0].start, place[0].end),
    )
    shifts = [place[0] for place in places]
    for later in range(1, len(shifts)):
        shifts[later - 1], shifts[later] = _border(shifts[later - 1], shifts[later])
    by_day: list[list[Occurrence]] = [[] for _ in days]
    windows = []
    for occurrence, (_, at) in zip(shifts, places, strict=True):
        windows.append((occurrence.first_minute, occurrence.closes, at, len(by_day[at])))
        by_day[at].append(occurrence)
    return Plan(
        tuple(replace(planned, occurrences=tuple(by_day[at])) for at, planned in enumerate(days)),
        tuple(sorted(windows)),
        timeline,
    )


def _border(earlier: Occurrence, later: Occurrence) -> tuple[Occurrence, Occurrence]:
    """Decide whom the minutes belong to that two windows share.

    A window that only gathers the punches of a day off gives way to one in which somebody is expected, and one on call
    to the margin of a shift, or to an hour of it that was not given.
    """
    if earlier.expected is later.expected:
        meet = _met_by_one_on_call(earlier, later) if earlier.on_call is not later.on_call else None
        return _shared(earlier, later) if meet is None else meet
    if earlier.closes < later.opens:
        return earlier, later
    if later.expected:
        return replace(earlier, closes=min(earlier.closes, later.opens - MINUTE)), later
    return earlier, replace(later, opens=earlier.closes, opens_after=True)


def _met_by_one_on_call(earlier: Occurrence, later: Occurrence) -> tuple[Occurrence, Occurrence] | None:
    if later.on_call:
        has_after = earlier.shift.after_minutes is not None
        border = earlier.closes if has_after else min(earlier.closes, earlier.end + HOUR)
    else:
        has_before = later.shift.before_minutes is not None
        border = later.opens if has_before else max(later.opens, later.start - HOUR)
    if not later.opens <= border <= earlier.closes:
        return None
    return replace(earlier, closes=border), replace(later, opens=border, opens_after=True)


def _shared(earlier: Occurrence, later: Occurrence) -> tuple[Occurrence, Occurrence]:
    """Cut two windows where they overlap.

    A margin that was given goes before one that was not, as far as the other shift itself. Where both were given, the
    border is the end of the earlier shift, or where the later window opens if that is still later. Where neither was,
    it lies midway between the two shifts.
    """
    has_after = earlier.shift.after_minutes is not None
    has_before = later.shift.before_minutes is not None
    if not has_after and not has_before and later.opens - earlier.closes <= _CLOCK_CHANGE_GAP:
        midway = (earlier.end + later.start) // 2 // MINUTE * MINUTE
        border = max(earlier.end, midway)
    elif earlier.closes < later.opens:
        return earlier, later
    elif has_after and not has_before:
        border = max(earlier.end, min(earlier.closes, later.start - MINUTE))
    elif has_before and not has_after and earlier.end < later.opens:
        return replace(earlier, closes=later.opens - MINUTE), later
    else:
        border = max(earlier.end, later.opens) if earlier.closes > later.opens else later.opens
    return replace(earlier, closes=border), replace(later, opens=border, opens_after=True)
