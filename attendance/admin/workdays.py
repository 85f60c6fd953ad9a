"""Rosters, requests and closed months in the admin, read-only.

Each of them has a page and a rule that checks more than a form could: overlapping assignments, closed months, who
may decide about whom.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import BinaryField, ForeignKey, JSONField, Model

from attendance.admin.guards import ReadOnly
from attendance.workdays import models

SHOWN: tuple[type[Model], ...] = (
    models.Site,
    models.ZoneChange,
    models.Employment,
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
    models.OvertimeApproval,
    models.WorkRules,
    models.MonthSettings,
    models.MonthClosing,
    models.ClosedMonth,
    models.Adjustment,
    models.PayrollTemplate,
)
MOST_COLUMNS = 8


def _admin_for(model: type[Model]) -> type[ReadOnly[Model]]:
    """Make the page of a model: its plain fields as columns, its choices and flags as filters."""
    plain = [field for field in model._meta.concrete_fields if not isinstance(field, JSONField | BinaryField)]
    return type(
        f"{model.__name__}Admin",
        (ReadOnly,),
        {
            "__doc__": f"Rows of {model._meta.verbose_name_plural}.",
            "list_display": tuple(field.name for field in plain[:MOST_COLUMNS]),
            "list_filter": tuple(field.name for field in plain if field.choices),
            "list_select_related": tuple(field.name for field in plain if isinstance(field, ForeignKey)) or False,
        },
    )


for _model in SHOWN:
    admin.site.register(_model, _admin_for(_model))
