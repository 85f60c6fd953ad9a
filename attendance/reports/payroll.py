"""Payroll files of closed months, by a saved template.

The same closing and template give the same file, byte for byte: every figure and name in it is stored with the closing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from attendance.core.errors import Refusal
from attendance.reports import layouts, month
from attendance.reports.month import Month
from attendance.reports.payroll_columns import Columns, is_known
from attendance.reports.payroll_form import Form
from attendance.workdays.models import MonthClosing, PayrollTemplate

DEFAULT_COLUMNS: Columns = layouts.NEWEST.payroll_columns
"""Key -> name of the column, where no template names any."""


def columns(template: PayrollTemplate | None, *, default: Columns = DEFAULT_COLUMNS) -> Columns:
    """Return key and name of each column. Raises `payroll_column_unknown`."""
    chosen = tuple((key, name) for key, name in template.columns) if template and template.columns else default
    for key, _ in chosen:
        if not is_known(key):
            raise Refusal("payroll_column_unknown", column=key)
    return chosen


def lines(wanted: Month, *, template: PayrollTemplate | None = None) -> Iterator[str]:
    """Yield the file line by line. Raises `month_open`, `payroll_column_unknown`."""
    form = Form(template)
    return (form.line(row) for row in rows(wanted, template=template))


def rows(wanted: Month, *, template: PayrollTemplate | None = None) -> Iterator[list[str]]:
    """Yield heading and lines as their cells, written as in the file. Raises as `lines` does."""
    if wanted.closing is None:
        raise Refusal("month_open")
    layout = layouts.of_closing(wanted.closing)
    chosen = columns(template, default=layout.payroll_columns)
    form = Form(template)
    yield [form.text(name) for _, name in chosen]
    yield from layout.payroll_rows(wanted.closing, month.read(wanted, month.people(wanted)), chosen, form)


def file_name(wanted: Month, template: PayrollTemplate | None) -> str:
    """Return the file's name: what, which month and version of it, by which template."""
    name = "-".join(
        filter(None, ("payroll", wanted.name, version_words(wanted.closing), template.name if template else ""))
    )
    return f"{name}.csv".replace(" ", "-")


def version_words(closing: MonthClosing | None) -> str:
    """Return what a file's name says about its closing: nothing about the first one while it is in force."""
    if closing is None:
        return ""
    if closing.state == MonthClosing.State.SUPERSEDED:
        return f"v{closing.version}-superseded"
    return f"v{closing.version}" if closing.version > 1 else ""


def made_at(wanted: Month, *, now: dt.datetime, zone: ZoneInfo) -> str:
    """Return the moment that a file states: that of the closing, or the present while the month is open."""
    moment = wanted.closing.closed_at if wanted.closing else now
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
