"""Templates of payroll files: which columns, in which order, under which names."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.reports import payroll
from attendance.workdays import facts
from attendance.workdays.models import LeaveType, PayrollTemplate

LABELS: dict[str, str] = {
    "employee_number": "Employee number",
    "name": "Name",
    "department": "Department",
    "period_from": "First day of the period",
    "period_to": "Last day of the period",
    "line": "Kind of line: month or adjustment",
    "employed": "Days employed",
    "paid_days": "Days paid",
    "unpaid_days": "Days not paid",
    "present": "Days present",
    "leave": "Days of leave",
    "absent": "Days absent",
    "standard": "Normal hours",
    "worked": "Hours worked",
    "planned": "Hours planned",
    "payable": "Hours paid, overtime included",
    "overtime": "Overtime",
    "no_rate": "Overtime at no rate",
    "overtime_to_approve": "Overtime to approve, not paid",
    "undertime": "Undertime",
    "night": "Night hours",
    "holiday_hours": "Hours on holidays",
    "rest_day_hours": "Hours on days off",
    "late_count": "Times late",
    "late": "Hours late",
    "early_count": "Times left early",
    "early": "Hours left early",
    "adjustments": "Adjustment lines: days that came out differently",
    "adjusted_standard": "Adjustment lines: normal hours, in a column of their own",
    "adjusted_overtime": "Adjustment lines: overtime, in a column of its own",
    "reason": "Adjustment lines: reason of an entry by hand",
    "lock": "Month, version and checksum",
}
"""Key of a column -> what it holds; keys that are not known to `payroll` are left out."""


def choices() -> list[tuple[str, str]]:
    """Return every column that a template may have: key and what it holds, rates and kinds of leave included."""
    known = list(LABELS.items())
    known.extend((f"rate:{rate}", f"Overtime at {rate}") for rate in facts.rates())
    known.extend((f"leave:{kind.code}", f"Days of {kind.name} ({kind.code})") for kind in LeaveType.objects.all())
    return known


EACH_RATE = "Each rate"


def with_each_rate() -> PayrollTemplate:
    """Return a template, not saved: the standard columns with a column for each class of rate behind the overtime."""
    own = [(f"rate:{rate}", f"overtime_hours_at_{rate}") for rate in facts.rates()]
    own.append(("no_rate", "overtime_hours_at_no_rate"))
    chosen = list(payroll.DEFAULT_COLUMNS)
    at = next(place for place, (key, _) in enumerate(chosen, start=1) if key == "overtime")
    return PayrollTemplate(name=EACH_RATE, columns=[*chosen[:at], *own, *chosen[at:]])


def save(row: PayrollTemplate, *, columns: Sequence[tuple[str, str]], actor: User | None) -> PayrollTemplate:
    """Keep a new or changed template.

    Raises `payroll_columns_missing`, `payroll_column_unknown`, `template_invalid`.
    """
    if not columns:
        raise Refusal("payroll_columns_missing")
    row.columns = [list(pair) for pair in columns]
    payroll.columns(row)
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refusal("template_invalid", field=next(iter(error.message_dict))) from error
    with transaction.atomic():
        row.save()
        audit.record("workdays.save_payroll_template", actor=actor, subject=f"payroll_template:{row.pk}")
    return row


def remove(row: PayrollTemplate, *, actor: User | None) -> None:
    """Forget a template; files that were made by it stay as they are."""
    with transaction.atomic():
        audit.record("workdays.remove_payroll_template", actor=actor, subject=f"payroll_template:{row.pk}")
        row.delete()
