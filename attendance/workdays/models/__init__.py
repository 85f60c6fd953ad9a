"""Rows of work days: the schedule, requests, and closed months."""

from attendance.workdays.models.months import Adjustment, ClosedMonth, MonthClosing, MonthSettings, PayrollTemplate
from attendance.workdays.models.requests import Correction, CorrectionEntry, Decided, Leave, OvertimeApproval, State
from attendance.workdays.models.reviews import MatchReview
from attendance.workdays.models.schedule import (
    Assignment,
    DepartmentManager,
    EarlierEmployment,
    Employment,
    Holiday,
    HolidayCalendar,
    LeaveType,
    Shift,
    SitePeriod,
    StatusCode,
    WorkRules,
    ZoneChange,
)

__all__ = [
    "Adjustment",
    "Assignment",
    "ClosedMonth",
    "Correction",
    "CorrectionEntry",
    "Decided",
    "DepartmentManager",
    "EarlierEmployment",
    "Employment",
    "Holiday",
    "HolidayCalendar",
    "Leave",
    "LeaveType",
    "MatchReview",
    "MonthClosing",
    "MonthSettings",
    "OvertimeApproval",
    "PayrollTemplate",
    "Shift",
    "SitePeriod",
    "State",
    "StatusCode",
    "WorkRules",
    "ZoneChange",
]
