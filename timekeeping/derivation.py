"""Derives work days from punches, roster, calendar, leave and corrections: the same facts give the same days."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from timekeeping import overtime
from timekeeping.durations import Remainders
from timekeeping.events import Allotted, allot, gather
from timekeeping.flags import flags_of_day
from timekeeping.leave import leave_taken
from timekeeping.pairing import Use
from timekeeping.plan import DayKind, Plan, PlannedDay, plan_days
from timekeeping.rule_book import RuleBook, rule_book
from timekeeping.status import day_status, free_part, second_codes, shift_part
from timekeeping.timeline import Timeline
from timekeeping.values import (
    MINUTE,
    Approval,
    Correction,
    Holiday,
    Hours,
    Leave,
    Punch,
    Roster,
    Rules,
    Source,
)
from timekeeping.work_day import LEFT, NOT_JOINED, Flag, OvertimeState, Part, PunchUse, Taken, WorkDay, newest_fact

_MARGIN = dt.timedelta(days=2)
"""Days around the period that are planned as well: their windows keep their own punches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What all days of one derivation share."""

    roster: Roster
    leave: Sequence[Leave]
    watermark: int | None
    rules: RuleBook
    approvals: Sequence[Approval]
    timeline: Timeline
    is_corrected: bool


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
) -> list[WorkDay]:
    """Return the work days from `first` to `last`, both included.

    `watermark`: the instant up to which every door of the site has delivered; None: nothing is awaited any more.
    `rules`: each day is judged by those that hold on it. Where they change how a change of the clocks counts, the
    days before and after are derived apart, as their points are not the same.
    """
    book = rule_book(rules)
    given = tuple(punches)
    is_corrected = bool(corrections) or any(punch.source is Source.CORRECTION for punch in given)
    days: list[WorkDay] = []
    for _, _, plan in _plans(first, last, roster=roster, calendar=calendar, book=book):
        mark = None if watermark is None else plan.timeline.point_at(watermark)
        facts = _Facts(
            roster=roster,
            leave=leave,
            watermark=mark,
            rules=book,
            approvals=approvals,
            timeline=plan.timeline,
            is_corrected=is_corrected,
        )
        days += _stretch(plan, given, corrections, facts)
    return days


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


def _stretch(plan: Plan, punches: Sequence[Punch], corrections: Sequence[Correction], facts: _Facts) -> list[WorkDay]:
    """Return the days of a plan inside its margins; all of them count changes of the clocks in the same way."""
    events, set_aside = gather(punches, corrections, timeline=plan.timeline, rules=facts.rules)
    allotted = allot(events, plan, rules=facts.rules)
    aside = _by_day(set_aside, plan) if set_aside else {}
    days = range(_MARGIN.days, len(plan.days) - _MARGIN.days)
    return [_work_day(plan.days[at], allotted[at], aside.get(plan.days[at].day, ()), facts) for at in days]


def find_days(
    first: dt.date,
    last: dt.date,
    *,
    punches: Iterable[Punch],
    roster: Roster,
    calendar: tuple[Holiday, ...] = (),
    corrections: Sequence[Correction] = (),
    rules: Rules | RuleBook | None = None,
) -> list[dt.date]:
    """Return the work days to which a punch belongs, whatever became of it, without judging any of them."""
    book = rule_book(rules)
    given = tuple(punches)
    found: set[dt.date] = set()
    for start, end, plan in _plans(first, last, roster=roster, calendar=calendar, book=book):
        events, set_aside = gather(given, corrections, timeline=plan.timeline, rules=book)
        allotted = zip(plan.days, allot(events, plan, rules=book), strict=True)
        days = {*(planned.day for planned, events_of_day in allotted if events_of_day.any), *_by_day(set_aside, plan)}
        found.update(day for day in days if start <= day <= end)
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


def _work_day(planned: PlannedDay, allotted: Allotted, aside: Sequence[PunchUse], facts: _Facts) -> WorkDay:
    roster, rules = facts.roster, facts.rules.on(planned.day)
    if roster.joined is not None and planned.day < roster.joined:
        return _not_employed(planned, allotted, facts, NOT_JOINED)
    if roster.left is not None and planned.day > roster.left:
        return _not_employed(planned, allotted, facts, LEFT)
    takes_leave = planned.kind is DayKind.WORKING or (planned.kind is DayKind.UNROSTERED and not roster.assignments)
    leave = facts.leave if takes_leave else ()
    is_quiet = not aside and not allotted.any and not (leave and planned.kind is DayKind.UNROSTERED)
    if is_quiet and planned.kind is not DayKind.WORKING:
        status = day_status(planned, (), ())
        return WorkDay(
            day=planned.day, code=status.code, planned_day=planned, rules=rules, site=roster.site, off=status.off
        )
    taken = leave_taken(planned, leave, facts.timeline) if leave else ()
    if planned.kind is DayKind.WORKING:
        rest = Remainders() if len(planned.occurrences) > 1 or allotted.called else None
        borders = allotted.borders or {}
        parts = tuple(
            [
                shift_part(
                    occurrence,
                    allotted.by_occurrence[number],
                    taken=taken,
                    day=planned,
                    timeline=facts.timeline,
                    watermark=facts.watermark,
                    rules=rules,
                    rest=rest,
                    borders=borders.get(number),
                )
                for number, occurrence in enumerate(planned.occurrences)
            ]
        )
        if is_quiet and not taken:
            return _unattended(planned, parts, facts, rules)
        if allotted.called:
            parts = (*parts, _call_out(planned, allotted.called, facts, rest))
        if allotted.loose:
            aside = (*_aside(allotted.loose, Use.OFF_SHIFT, planned.day), *aside)
        return _summed(planned, parts, aside=tuple(aside), taken=taken, facts=facts, rules=rules)
    events = [punch for group in (*allotted.by_occurrence, allotted.loose) for punch in group]
    events.sort(key=lambda punch: punch.at)
    hours = planned.occurrences[0].shift.hours if len(planned.occurrences) == 1 else Hours.PAIRS
    part = free_part(events, hours=hours, day=planned, timeline=facts.timeline, watermark=facts.watermark, rules=rules)
    return _summed(planned, (part,), aside=tuple(aside), taken=taken, facts=facts, rules=rules)


def _unattended(planned: PlannedDay, parts: tuple[Part, ...], facts: _Facts, rules: Rules) -> WorkDay:
    """Return a working day on which nothing was recorded and nothing agreed: it has a plan, and no time at all."""
    status = day_status(planned, parts, ())
    return WorkDay(
        day=planned.day,
        code=status.code,
        second=second_codes(planned, (), worked=0, late=0, early=0),
        planned_day=planned,
        parts=parts,
        flags=(Flag.UNDECIDED,) if status.is_undecided else (),
        rules=rules,
        site=facts.roster.site,
        planned=sum([part.plan_seconds for part in parts]),
        present=status.present,
        absent=status.absent,
        off=status.off,
    )


def _call_out(planned: PlannedDay, events: Sequence[Punch], facts: _Facts, rest: Remainders | None) -> Part:
    """Count what was worked outside of the shifts of a working day: no breaks, no lateness, no plan."""
    return free_part(
        events,
        hours=Hours.PAIRS,
        day=planned,
        timeline=facts.timeline,
        watermark=facts.watermark,
        rules=facts.rules.on(planned.day),
        rest=rest,
    )


def _aside(punches: Iterable[Punch], use: Use, day: dt.date) -> tuple[PunchUse, ...]:
    return tuple(PunchUse(punch, use, day, None) for punch in punches)


def _not_employed(planned: PlannedDay, allotted: Allotted, facts: _Facts, code: str) -> WorkDay:
    punches = itertools.chain(*allotted.groups)
    aside = _aside(punches, Use.NOT_EMPLOYED, planned.day)
    return WorkDay(
        day=planned.day,
        code=code,
        planned_day=planned,
        aside=aside,
        flags=(Flag.OFF_SHIFT,) if aside else (),
        rules=facts.rules.on(planned.day),
        site=facts.roster.site,
        employed=False,
    )


def _summed(
    planned: PlannedDay,
    parts: tuple[Part, ...],
    *,
    aside: tuple[PunchUse, ...],
    taken: tuple[Taken, ...],
    facts: _Facts,
    rules: Rules,
) -> WorkDay:
    worked = gross = plan_seconds = unconfirmed = late = early = elsewhere = 0
    first_in: int | None = None
    last_out: int | None = None
    is_open = False
    for part in parts:
        worked += part.worked
        gross += part.gross
        plan_seconds += part.plan_seconds
        unconfirmed += part.unconfirmed_seconds
        late += part.late
        early += part.early
        elsewhere += part.elsewhere_seconds
        pairing = part.pairing
        is_open = is_open or not part.judged or pairing.open_in is not None
        if pairing.first_in is not None:  # the windows of shifts that overlap need not follow the shifts' order
            first_in = pairing.first_in if first_in is None else min(first_in, pairing.first_in)
        last = part.automatic_out if part.automatic_out is not None else pairing.last_out
        if last is not None:
            last_out = last if last_out is None else max(last_out, last)
    flags = flags_of_day(
        parts,
        aside=aside,
        taken=taken,
        worked=worked,
        outside=planned.kind is DayKind.UNROSTERED and bool(facts.roster.assignments),
        is_corrected=facts.is_corrected,
    )
    confirmed = worked - unconfirmed
    extra, standard = overtime.divide_day(
        planned.kind, worked=confirmed, planned=plan_seconds, elsewhere=elsewhere, rules=rules, is_open=is_open
    )
    status = day_status(planned, parts, taken)
    state = _state(planned, extra, facts, rules=rules, parts=parts, aside=aside, taken=taken)
    return WorkDay(
        day=planned.day,
        code=status.code,
        second=second_codes(planned, flags, worked=worked, late=late, early=early),
        planned_day=planned,
        parts=parts,
        aside=aside,
        flags=(*flags, Flag.UNDECIDED) if status.is_undecided else flags,
        rules=rules,
        site=facts.roster.site,
        first_in=first_in,
        last_out=last_out,
        gross=gross,
        worked=worked,
        planned=plan_seconds,
        standard=standard,
        overtime=extra,
        late=late,
        early=early,
        present=status.present,
        absent=status.absent,
        leave=status.leave,
        off=status.off,
        leaves=taken,
        overtime_state=state,
    )


def _state(
    planned: PlannedDay,
    extra: int,
    facts: _Facts,
    *,
    rules: Rules,
    parts: tuple[Part, ...],
    aside: tuple[PunchUse, ...],
    taken: tuple[Taken, ...],
) -> OvertimeState:
    if extra < MINUTE:
        return OvertimeState.NONE
    if not rules.overtime_needs_approval:
        return OvertimeState.COUNTS
    newest = newest_fact(parts, aside, taken)
    stands = any(approval.day == planned.day and newest <= approval.at for approval in facts.approvals)
    return OvertimeState.APPROVED if stands else OvertimeState.TO_APPROVE
