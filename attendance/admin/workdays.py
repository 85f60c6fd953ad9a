"""Rosters, requests and closed months in the admin, read-only.

Each of them has a page and a rule that checks more than a form could: overlapping assignments, closed months, who
may decide about whom.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model

from attendance.admin.guards import read_only
from attendance.checkins.models import CheckInMove, Replay
from attendance.people.models import DoorGroup, DoorGroupMember, PersonMerge, Site
from attendance.workdays import models

SHOWN: tuple[type[Model], ...] = (
    Site,
    DoorGroup,
    DoorGroupMember,
    PersonMerge,
    CheckInMove,
    Replay,
    models.ZoneChange,
    models.Employment,
    models.EarlierEmployment,
    models.SitePeriod,
    models.DepartmentManager,
    models.Shift,
    models.Assignment,
    models.HolidayCalendar,
    models.Holiday,
    models.LeaveType,
    models.StatusCode,
    models.Leave,
    models.Correction,
    models.CorrectionEntry,
    models.MatchReview,
    models.OvertimeApproval,
    models.Revocation,
    models.WorkRules,
    models.MonthSettings,
    models.MonthClosing,
    models.ClosedMonth,
    models.Adjustment,
    models.PayrollTemplate,
)

for _model in SHOWN:
    admin.site.register(_model, read_only(_model))
