"""Derives work days from punches, roster, calendar, leave and corrections: the same facts give the same days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from timekeeping.events import Allotted, allot, gather, in_order
from timekeeping.judgement import Shared, judge
from timekeeping.pairing import Use
from timekeeping.plan import DayKind, Plan, PlannedDay, plan_days
from timekeeping.rule_book import RuleBook, rule_book
from timekeeping.settled import REACH, Border, Settled, border
from timekeeping.values import (
    Approval,
    Correction,
    Holiday,
    Leave,
    Punch,
    Roster,
    Rules,
    Source,
)
from timekeeping.work_day import PunchUse, WorkDay

_ONE_DAY = dt.timedelta(days=1)
_MARGIN = dt.timedelta(days=2)
"""Days around the period that are planned as well: their windows keep their own punches."""


def derive(
    day: dt.date,
    *,
    punches: Iterable[Punch],
    roster: Roster,
    calendar: tuple[Holiday, ...] = (),
    leave: Sequence[Leave] = (),
    corrections: Sequence[Correction] = (),
    watermark: int | None = None,
    rules: Rules | RuleBook | None = None,
    approvals: Sequence[Approval] = (),
) -> WorkDay:
    """Return one work day; the punches should reach two days to either side of it."""
    return derive_days(
        day,
        day,
        punches=punches,
        roster=roster,
        calendar=calendar,
        leave=leave,
        corrections=corrections,
        watermark=watermark,
        rules=rules,
        approvals=approvals,
    )[0]


def derive_days(
    first: dt.date,
    last: dt.date,
    *,
    punches: Iterable[Punch],
    roster: Roster,
    calendar: tuple[Holiday, ...] = (),
    leave: Sequence[Leave] = (),
    corrections: Sequence[Correction] = (),
    watermark: int | None = None,
    rules: Rules | RuleBook | None = None,
    approvals: Sequence[Approval] = (),
    settled: Settled | None = None,
    holding: Punch | None = None,
) -> list[WorkDay]:
    """Return the work days from `first` to `last`, both included.

    `watermark`: the instant up to which every door of the site has delivered; None: nothing is awaited any more.
    `holding`: judge the day alone to which this one of the punches belongs; all of them where shifts are worked as one.
    `rules`: each day is judged by those that hold on it. Where they change how a change of the clocks counts, the
    days before and after are derived apart, as their points are not the same.
    `settled`: days that stand under a plan and rules of their own; the punches should reach five days before the last
    of them.
    """
    book = rule_book(rules)
    given = tuple(punches)
    days: list[WorkDay] = []
    before: Border | None = None
    if settled is not None and settled.concerns(first):
        days, before = _settle(
            settled,
            first,
            last,
            punches=given,
            roster=roster,
            leave=leave,
            corrections=corrections,
            watermark=watermark,
            approvals=approvals,
        )
        first = max(first, settled.until + _ONE_DAY)
        if first > last:
            return days
    is_corrected = bool(corrections) or any(punch.source is Source.CORRECTION for punch in given)
    for _, _, plan in _plans(first, last, roster=roster, calendar=calendar, book=book):
        mark = None if watermark is None else plan.timeline.point_at(watermark)
        shared = Shared(
            roster=roster,
            leave=leave,
            watermark=mark,
            rules=book,
            approvals=approvals,
            timeline=plan.timeline,
            is_corrected=is_corrected,
        )
        alone = holding if before is None else None  # else it may stand on a settled day
        days += _stretch(plan, given, corrections, shared, before=before, holding=alone)
    return days


def _settle(
    settled: Settled,
    first: dt.date,
    last: dt.date,
    *,
    punches: tuple[Punch, ...],
    roster: Roster,
    leave: Sequence[Leave],
    corrections: Sequence[Correction],
    watermark: int | None = None,
    approvals: Sequence[Approval] = (),
) -> tuple[list[WorkDay], Border]:
    """Return the settled days of a period, and which punches they used."""
    begins, is_crossed = min(first, settled.until + _ONE_DAY - REACH), settled.until < last
    days = derive_days(
        begins if is_crossed else first,
        settled.until if is_crossed else last,
        punches=punches,
        roster=settled.roster(roster),
        calendar=settled.calendar,
        leave=leave,
        corrections=corrections,
        watermark=watermark,
        rules=settled.rules,
        approvals=approvals,
    )
    return [day for day in days if day.day >= first], border(settled.until, days)


def _plans(
    first: dt.date, last: dt.date, *, roster: Roster, calendar: tuple[Holiday, ...], book: RuleBook
) -> Iterator[tuple[dt.date, dt.date, Plan]]:
    """Yield the plan, margins included, of each stretch that counts changes of the clocks in one way."""
    for start, end, clock_change in book.clock_stretches(first, last):
        yield (
            start,
            end,
            plan_days(
                roster.site,
                roster.assignments,
                holidays=calendar,
                first=start - _MARGIN,
                last=end + _MARGIN,
                clock_change=clock_change,
                nights=book.nights,
            ),
        )


def _stretch(
    plan: Plan,
    punches: Sequence[Punch],
    corrections: Sequence[Correction],
    shared: Shared,
    *,
    before: Border | None,
    holding: Punch | None,
) -> list[WorkDay]:
    """Return the days of a plan inside its margins; all of them count changes of the clocks in the same way."""
    plan, allotted, aside = _allot(plan, punches, corrections, rules=shared.rules, before=before)
    days: Iterable[int] = range(_MARGIN.days, len(plan.days) - _MARGIN.days)
    if holding is not None and not any(each.borders for each in allotted):
        held = _day_of(holding, plan, allotted, aside)
        days = [at for at in days if plan.days[at].day == held]
    if shared.rules.fills_in_outs:
        points = sorted(punch.at for each in allotted for group in each.groups for punch in group)
        shared = replace(shared, events=points)
    return [judge(plan.days[at], allotted[at], aside.get(plan.days[at].day, ()), shared) for at in days]


def _allot(
    plan: Plan,
    punches: Sequence[Punch],
    corrections: Sequence[Correction],
    *,
    rules: RuleBook,
    before: Border | None,
) -> tuple[Plan, list[Allotted], dict[dt.date, list[PunchUse]]]:
    """Return the events of each day, and the punches that are none; without those that settled days used.

    What settled days count is read all the same, so that the night is understood as a whole; then it is taken out. An
    event that the present plan would give to a settled day, on which it does not stand, is left to the open days.
    """
    events, set_aside = gather(punches, corrections, timeline=plan.timeline, rules=rules)
    allotted = allot(events, plan, rules=rules)
    if before is not None and plan.days[0].day <= before.until:
        timeline, opens = plan.timeline, before.until + _ONE_DAY

        def is_gone(punch: Punch) -> bool:
            return before.is_used(punch, timeline)

        set_aside = [each for each in set_aside if not is_gone(each[0])]
        closed = (before.until - plan.days[0].day).days + 1
        held = [punch for day in allotted[:closed] for group in day.groups for punch in group]
        if all(before.is_held(punch, timeline) for punch in held):
            allotted = [*allotted[:closed], *(day.without(is_gone) for day in allotted[closed:])]
        else:
            plan = plan.open_from(opens)
            stands = {id(punch) for punch in held if before.is_held(punch, timeline)}
            left = [punch for punch in events if id(punch) not in stands and not is_gone(punch)]
            allotted = allot(left, plan, rules=rules)
            _move_over_the_border(plan.days[closed], allotted[closed], allotted[:closed])
    return plan, allotted, _by_day(set_aside, plan) if set_aside else {}


def _move_over_the_border(first_open: PlannedDay, events: Allotted, before: Sequence[Allotted]) -> None:
    """Let the first open day have what came before midnight and no settled day holds, as work beside its shifts."""
    moved = [punch for day in before for group in day.groups for punch in group]
    if moved and first_open.kind is DayKind.WORKING:
        events.called = sorted([*events.called, *moved], key=in_order)
    elif moved:
        events.loose = sorted([*events.loose, *moved], key=in_order)


def _day_of(punch: Punch, plan: Plan, allotted: Sequence[Allotted], aside: dict[dt.date, list[PunchUse]]) -> dt.date:
    """Return the work day to which a punch belongs; its local day where it is none of the events."""
    point = plan.timeline.point_at(punch.at)
    for planned, events in zip(plan.days, allotted, strict=True):
        if events.any and any(is_same(each, punch, point) for group in events.groups for each in group):
            return planned.day
    for day, uses in aside.items():
        if any(is_same(use.punch, punch, point) for use in uses):
            return day
    return plan.timeline.local(punch.at).date()


def is_same(event: Punch, punch: Punch, point: int) -> bool:
    """Whether an event is that punch, which lies at a point of its timeline."""
    return event.at == point and event.number == punch.number and event.source is punch.source


def find_days(
    first: dt.date,
    last: dt.date,
    *,
    punches: Iterable[Punch],
    roster: Roster,
    calendar: tuple[Holiday, ...] = (),
    corrections: Sequence[Correction] = (),
    rules: Rules | RuleBook | None = None,
    settled: Settled | None = None,
) -> list[dt.date]:
    """Return the work days to which a punch belongs, whatever became of it, without judging open days."""
    book = rule_book(rules)
    given = tuple(punches)
    found: set[dt.date] = set()
    before: Border | None = None
    if settled is not None and settled.concerns(first):
        days, before = _settle(settled, first, last, punches=given, roster=roster, leave=(), corrections=corrections)
        found.update(day.day for day in days if day.has_punch)
        first = max(first, settled.until + _ONE_DAY)
        if first > last:
            return sorted(found)
    for start, end, plan in _plans(first, last, roster=roster, calendar=calendar, book=book):
        plan, allotted, aside = _allot(plan, given, corrections, rules=book, before=before)  # noqa: PLW2901
        counted = (day for day, uses in aside.items() if any(each.use is not Use.REVOKED for each in uses))
        touched = {*counted, *(planned.day for planned, own in zip(plan.days, allotted, strict=True) if own.any)}
        found.update(day for day in touched if start <= day <= end)
    return sorted(found)


def _by_day(set_aside: Sequence[tuple[Punch, Use]], plan: Plan) -> dict[dt.date, list[PunchUse]]:
    """Put the punches that are no events where they would have been counted."""
    result: dict[dt.date, list[PunchUse]] = {}
    for punch, use in set_aside:
        place = next((each for each in plan.windows if each[0] <= punch.minute <= each[1]), None)
        if place is None:
            day, shift = plan.timeline.local(punch.at).date(), None
        else:
            day, shift = plan.days[place[2]].day, plan.days[place[2]].occurrences[place[3]].shift.name
        result.setdefault(day, []).append(PunchUse(punch, use, day, shift))
    return result
