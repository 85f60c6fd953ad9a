"""Overtime: the work beyond the plan, and its rates.

A tolerance is a threshold, not a discount: a difference of at most the tolerance is none, a greater one counts whole.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timekeeping.plan import DayKind
from timekeeping.values import MINUTE, Approval, OvertimeRule, RateStep, Rules
from timekeeping.work_day import Flag, OvertimeState, WorkDay

_SEVEN_DAYS = dt.timedelta(days=7)


def beyond(*, worked: int, planned: int, rules: Rules) -> int:
    """Return the difference to the plan that counts: overtime, or undertime below zero where it is kept."""
    difference = worked - planned
    if difference > rules.overtime_tolerance_minutes * MINUTE:
        return difference
    if rules.undertime and -difference > rules.undertime_tolerance_minutes * MINUTE:
        return difference
    return 0


def within_plan(*, worked: int, planned: int, rules: Rules) -> int:
    """Return the ordinary time: at most the plan, and the whole plan where so small a shortfall is tolerated."""
    shortfall = planned - worked
    if worked and 0 < shortfall <= rules.undertime_tolerance_minutes * MINUTE:
        return planned
    return min(worked, planned)


def divide_day(
    kind: DayKind, *, worked: int, planned: int, elsewhere: int, rules: Rules, is_open: bool
) -> tuple[int, int]:
    """Return what lies beyond the plan of a day (below it where undertime is kept), and the ordinary time."""
    if kind is DayKind.UNROSTERED:
        return 0, worked
    if kind is not DayKind.WORKING:
        if rules.overtime is OvertimeRule.WEEK:  # part of the week's total, and nothing before that is known
            return 0, 0
        counts = rules.rest_day_is_overtime and rules.overtime is OvertimeRule.DAY
        return (worked, 0) if counts else (0, worked)
    done = worked + elsewhere
    if rules.overtime is OvertimeRule.WEEK:  # a shortfall is tolerated, or not, in the week
        return 0, min(done, planned)
    standard = within_plan(worked=done, planned=planned, rules=rules)
    if rules.overtime is not OvertimeRule.DAY:
        return 0, standard
    extra = beyond(worked=done, planned=planned, rules=rules)
    return (0 if extra < 0 and (is_open or not worked) else extra), standard


def by_rate(work_day: WorkDay) -> dict[str, int]:
    """Return the overtime of a day by its class of rate."""
    rules, kind = work_day.rules, work_day.planned_day.kind
    if rules.overtime is OvertimeRule.WEEK:
        return split(work_day.overtime, rules.rates)
    if kind is DayKind.HOLIDAY:
        return split(work_day.overtime, rules.holiday_rates)
    return split(work_day.overtime, rules.rest_day_rates if kind is DayKind.REST else rules.rates)


def split(seconds: int, steps: Sequence[RateStep]) -> dict[str, int]:
    """Cut a duration at the steps of a scale of rates; undertime has none."""
    result: dict[str, int] = {}
    if seconds <= 0:
        return result
    ordered = sorted(steps, key=lambda step: step.after_minutes)
    for at, step in enumerate(ordered):
        upper = ordered[at + 1].after_minutes * MINUTE if at + 1 < len(ordered) else seconds
        piece = min(seconds, upper) - step.after_minutes * MINUTE
        if piece > 0:
            result[step.rate] = result.get(step.rate, 0) + piece
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days from `first`, or fewer where a change of the weekly settings cuts them: the total against the plan.

    `evened`: what the ordinary time of the week lies above (or below) that of its days, as long and short days and
    work on days off make up for each other; only under the weekly rule.
    """

    first: dt.date
    rules: Rules
    worked: int
    planned: int
    overtime: int
    days: tuple[WorkDay, ...]
    state: OvertimeState = OvertimeState.NONE
    evened: int = 0

    @property
    def is_weekly(self) -> bool:
        """Whether the week as a whole is compared with its plan; otherwise it is the sum of its days."""
        return self.rules.overtime is OvertimeRule.WEEK

    @property
    def last_employed_day(self) -> dt.date | None:
        """The day with which the week's overtime is paid."""
        return next((day.day for day in reversed(self.days) if day.employed), None)

    @property
    def by_rate(self) -> dict[str, int]:
        """The overtime by its class of rate; under the daily rule the sum of the days."""
        if self.is_weekly:
            return split(self.overtime, self.rules.rates)
        found: dict[str, int] = {}
        for day in self.days:
            for rate, seconds in by_rate(day).items():
                found[rate] = found.get(rate, 0) + seconds
        return found


_OPEN = frozenset({Flag.UNDECIDED, Flag.MISSING_OUT, Flag.AUTOMATIC_OUT})
"""A week in which some time is still to be confirmed has no undertime."""


def first_of_week(day: dt.date, rules: Rules) -> dt.date:
    """Return the day on which the week of that day starts."""
    return day - dt.timedelta(days=(day.weekday() - rules.week_starts) % 7)


def weeks(days: Iterable[WorkDay], *, approvals: Sequence[Approval] = ()) -> list[Week]:
    """Return the weeks that the days make; a week of which days are missing is the sum of those given.

    A change of the weekly settings ends a week: the days before it and those from it on are a week each.
    """
    found: list[Week] = []
    ordered = sorted(days, key=lambda each: each.day)
    stretches = [list(same) for _, same in itertools.groupby(ordered, key=lambda each: weekly_settings(each.rules))]
    for number, stretch in enumerate(stretches):
        begins = stretch[0].day if number else None
        ends = stretches[number + 1][0].day if number + 1 < len(stretches) else None
        for first, members in itertools.groupby(stretch, key=lambda each: first_of_week(each.day, each.rules)):
            start = first if begins is None else max(first, begins)
            end = first + _SEVEN_DAYS if ends is None else min(first + _SEVEN_DAYS, ends)
            share = ((start - first).days, (end - first).days)
            found.append(_week(start, list(members), approvals, share))
    return found


def weekly_settings(rules: Rules) -> tuple[object, ...]:
    """Return the settings of a week; while they stay equal no week is cut, whatever else changes."""
    if rules.overtime is not OvertimeRule.WEEK:
        return (rules.overtime, rules.week_starts)
    return (
        rules.overtime,
        rules.week_starts,
        rules.week_planned_minutes,
        rules.overtime_tolerance_minutes,
        rules.undertime,
        rules.undertime_tolerance_minutes,
        rules.overtime_needs_approval,
        rules.rates,
    )


def paid(days: Sequence[WorkDay], *, around: Sequence[WorkDay], approvals: Sequence[Approval] = ()) -> list[WorkDay]:
    """Return the days as they are paid: under the weekly rule a week's overtime stands at its last day.

    `around`: the same days with six more on either side.
    """
    if not any(day.rules.overtime is OvertimeRule.WEEK for day in days):
        return list(days)
    by_last = {week.last_employed_day: week for week in weeks(around, approvals=approvals) if week.is_weekly}
    return [_with_week(day, by_last[day.day]) if day.day in by_last else day for day in days]


def _with_week(day: WorkDay, week: Week) -> WorkDay:
    return day._replace(
        standard=day.standard + week.evened,
        overtime=week.overtime,
        overtime_state=week.state,
    )


def _week(first: dt.date, members: list[WorkDay], approvals: Sequence[Approval], share: tuple[int, int]) -> Week:
    """Add up a week; `share`: which of its seven days belong to it, from the first on and up to the second."""
    rules = members[0].rules
    worked = sum(day.worked - day.unconfirmed[0] for day in members)
    planned = sum(day.planned for day in members)
    if rules.week_planned_minutes is not None:
        start, end = (rules.week_planned_minutes * part // 7 for part in share)
        planned = (end - start) * MINUTE
    evened = 0
    if rules.overtime is OvertimeRule.WEEK:
        against = [day for day in members if day.planned_day.kind is not DayKind.UNROSTERED or _has_own_plan(rules)]
        total = sum(day.worked - day.unconfirmed[0] for day in against)
        total += sum(part.elsewhere_seconds for day in against for part in day.parts)
        extra = beyond(worked=total, planned=planned, rules=rules)
        if any(not _OPEN.isdisjoint(day.flags) for day in members):
            extra = max(0, extra)
        evened = within_plan(worked=total, planned=planned, rules=rules) - sum(day.standard for day in against)
    else:
        extra = sum(day.overtime for day in members)
    state = _week_state(members, approvals, extra, rules)
    return Week(
        first=first,
        rules=rules,
        worked=worked,
        planned=planned,
        overtime=extra,
        days=tuple(members),
        state=state,
        evened=evened,
    )


def _has_own_plan(rules: Rules) -> bool:
    """Whether the week has a plan even where no day of it has a roster."""
    return rules.week_planned_minutes is not None


def _week_state(members: list[WorkDay], approvals: Sequence[Approval], extra: int, rules: Rules) -> OvertimeState:
    if extra <= 0:
        return OvertimeState.NONE
    if not rules.overtime_needs_approval:
        return OvertimeState.COUNTS
    dates = {day.day for day in members}
    newest = max((day.newest_fact for day in members), default=0)
    approved = any(approval.day in dates and newest <= approval.at for approval in approvals)
    return OvertimeState.APPROVED if approved else OvertimeState.TO_APPROVE
