"""Totals of a period: the sums of what its days and weeks show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from timekeeping import overtime
from timekeeping.plan import DayKind
from timekeeping.shares import share_of_day
from timekeeping.values import Approval, OvertimeRule, Paid
from timekeeping.work_day import HALF_DAY, HOLIDAY, OvertimeState, WorkDay


@dataclass(slots=True)
class Totals:
    """Days are shares that add up to `employed`; durations are whole minutes, in seconds.

    `overtime_by_rate` holds overtime that may be paid; `overtime_to_approve` waits for somebody. `working_days`: on
    which somebody was expected, whatever became of them; a wage is divided by them, not by the days present.
    `paid_days`: for which a monthly wage is due, by what each status is worth.
    """

    employed: int = 0
    working_days: int = 0
    present: float = 0.0
    leave: float = 0.0
    absent: float = 0.0
    holidays: float = 0.0
    off: float = 0.0
    unmarked: float = 0.0
    gross: int = 0
    worked: int = 0
    planned: int = 0
    standard: int = 0
    overtime: int = 0
    overtime_to_approve: int = 0
    undertime: int = 0
    payable: int = 0
    night: int = 0
    holiday_hours: int = 0
    rest_day_hours: int = 0
    late: int = 0
    late_count: int = 0
    early: int = 0
    early_count: int = 0
    paid_leave: float = 0.0
    paid_days: float = 0.0
    leave_by_code: dict[str, float] = field(default_factory=dict)
    overtime_by_rate: dict[str, int] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=dict)

    @property
    def counted(self) -> float:
        """All shares together: the days employed, or the sheet is wrong."""
        shares = (self.present, self.leave, self.absent, self.holidays, self.off, self.unmarked)
        return share_of_day(sum(shares))


def total(days: Sequence[WorkDay], *, approvals: Sequence[Approval] = (), around: Sequence[WorkDay] = ()) -> Totals:
    """Add up work days; those outside of the employment count for nothing.

    `around`: the same days with six more on either side, so that the weekly rule sees whole weeks.
    """
    result = Totals()
    for work_day in days:
        if work_day.employed:
            _add_shares(result, work_day, work_day.rules.paid)
            _add_times(result, work_day)
    if any(work_day.rules.overtime is OvertimeRule.WEEK for work_day in days):
        _add_weeks(result, around or days, approvals, within={day.day for day in days})
    _settle_shares(result)
    return result


_SHARES = ("present", "leave", "absent", "holidays", "off", "unmarked", "paid_leave", "paid_days")


def _settle_shares(result: Totals) -> None:
    """Cut the noise that sums of floats have, such as -5.55e-17 for nothing."""
    for name in _SHARES:
        setattr(result, name, share_of_day(getattr(result, name)))
    result.leave_by_code = {code: share_of_day(share) for code, share in result.leave_by_code.items()}


def _add_shares(result: Totals, day: WorkDay, paid: Paid) -> None:
    result.employed += 1
    result.present += day.present
    result.leave += day.leave
    result.absent += day.absent
    result.off += day.off
    result.working_days += day.planned_day.kind is DayKind.WORKING
    if day.code == HOLIDAY:
        result.holidays += 1
        result.paid_days += paid.holiday
    else:
        result.unmarked += 1 - day.present - day.leave - day.absent - day.off
    result.paid_days += day.present * paid.present + day.absent * paid.absent + day.off * paid.off
    if day.leaves:
        for code, share in day.leave_by_code.items():
            result.leave_by_code[code] = result.leave_by_code.get(code, 0.0) + share
        result.paid_leave += day.paid_leave
        result.paid_days += day.paid_leave
        result.paid_days += sum(share * (leave.paid_fraction - paid.present) for leave, share in day.elsewhere_shares)
    if day.code == HALF_DAY:
        result.paid_days += day.judged_half * (paid.half_day - (paid.present + paid.absent) / 2)


def _add_times(result: Totals, day: WorkDay) -> None:
    result.gross += day.gross
    result.worked += day.worked
    result.planned += day.planned
    result.standard += day.standard
    result.payable += day.payable
    unconfirmed, unconfirmed_night = day.unconfirmed if day.automatic_out is not None else (0, 0)
    result.night += day.night - unconfirmed_night
    result.late += day.late
    result.late_count += bool(day.late)
    result.early += day.early
    result.early_count += bool(day.early)
    if day.planned_day.kind is DayKind.HOLIDAY:
        result.holiday_hours += day.worked - unconfirmed
    elif day.planned_day.kind is DayKind.REST:
        result.rest_day_hours += day.worked - unconfirmed
    if day.overtime < 0:
        result.undertime -= day.overtime
    elif day.overtime_state is OvertimeState.TO_APPROVE:
        result.overtime_to_approve += day.overtime
    else:
        result.overtime += day.overtime
        _add_rates(result, overtime.by_rate(day))
    for flag in day.flags:
        result.flagged[flag.value] = result.flagged.get(flag.value, 0) + 1


def _add_weeks(result: Totals, days: Iterable[WorkDay], approvals: Sequence[Approval], *, within: set[dt.date]) -> None:
    """A week is never split: it belongs whole to the period that holds its last day inside the employment."""
    for week in overtime.weeks(days, approvals=approvals):
        if not week.is_weekly or week.last_employed_day not in within:
            continue
        result.standard += week.evened
        result.payable += week.evened
        if week.overtime < 0:
            result.undertime -= week.overtime
        elif week.state is OvertimeState.TO_APPROVE:
            result.overtime_to_approve += week.overtime
        else:
            result.overtime += week.overtime
            result.payable += week.overtime
            _add_rates(result, week.by_rate)


def _add_rates(result: Totals, rates: dict[str, int]) -> None:
    for rate, seconds in rates.items():
        result.overtime_by_rate[rate] = result.overtime_by_rate.get(rate, 0) + seconds
