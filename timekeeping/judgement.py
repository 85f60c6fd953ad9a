"""Judges one planned day with the events that were allotted to it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timekeeping import overtime
from timekeeping.durations import Remainders
from timekeeping.events import Allotted
from timekeeping.flags import flags_of_day
from timekeeping.leave import leave_taken
from timekeeping.pairing import Use
from timekeeping.plan import DayKind, PlannedDay
from timekeeping.rule_book import RuleBook
from timekeeping.status import day_status, free_part, second_codes, shift_part
from timekeeping.timeline import Timeline
from timekeeping.values import MINUTE, Approval, Hours, Leave, Punch, Roster, Rules
from timekeeping.work_day import LEFT, NOT_JOINED, Flag, OvertimeState, Part, PunchUse, Taken, WorkDay, newest_fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all days of one derivation share."""

    roster: Roster
    leave: Sequence[Leave]
    watermark: int | None
    rules: RuleBook
    approvals: Sequence[Approval]
    timeline: Timeline
    is_corrected: bool
    events: Sequence[int] = ()
    """Points of all events, in order; filled where an out may be filled in, which none of them may follow."""


def judge(planned: PlannedDay, allotted: Allotted, aside: Sequence[PunchUse], facts: Shared) -> WorkDay:
    """Return the work day of a planned day with its events; `aside`: punches of the day that are no events."""
    roster, rules = facts.roster, facts.rules.on(planned.day)
    if not roster.employs(planned.day):
        return _not_employed(planned, allotted, facts, LEFT if roster.has_left(planned.day) else NOT_JOINED)
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
                    ahead=facts.events,
                    rest=rest,
                    borders=borders.get(number),
                )
                for number, occurrence in enumerate(planned.occurrences)
            ]
        )
        if is_quiet and not taken:
            return _unattended(planned, parts, facts, rules)
        if allotted.called:
            parts = (*parts, _free(planned, allotted.called, facts, rest=rest))
        if allotted.loose:
            aside = (*_aside(allotted.loose, Use.OFF_SHIFT, planned.day), *aside)
        return _summed(planned, parts, aside=tuple(aside), taken=taken, facts=facts, rules=rules)
    events = [punch for group in (*allotted.by_occurrence, allotted.loose) for punch in group]
    events.sort(key=lambda punch: punch.at)
    hours = planned.occurrences[0].shift.hours if len(planned.occurrences) == 1 else Hours.PAIRS
    part = _free(planned, events, facts, hours=hours)
    return _summed(planned, (part,), aside=tuple(aside), taken=taken, facts=facts, rules=rules)


def _unattended(planned: PlannedDay, parts: tuple[Part, ...], facts: Shared, rules: Rules) -> WorkDay:
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


def _free(
    planned: PlannedDay,
    events: Sequence[Punch],
    facts: Shared,
    *,
    hours: Hours = Hours.PAIRS,
    rest: Remainders | None = None,
) -> Part:
    """Count what was worked on a day off, or outside of all shifts: no breaks, no lateness, no plan."""
    return free_part(
        events,
        hours=hours,
        day=planned,
        timeline=facts.timeline,
        watermark=facts.watermark,
        rules=facts.rules.on(planned.day),
        ahead=facts.events,
        rest=rest,
    )


def _aside(punches: Iterable[Punch], use: Use, day: dt.date) -> tuple[PunchUse, ...]:
    return tuple(PunchUse(punch, use, day, None) for punch in punches)


def _not_employed(planned: PlannedDay, allotted: Allotted, facts: Shared, code: str) -> WorkDay:
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
    facts: Shared,
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
    facts: Shared,
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
