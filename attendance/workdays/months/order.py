"""The order of closings: the closed months, the next to close, and the month with which records begin."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from attendance.checkins.models import CheckIn
from attendance.core import audit, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.workdays.models import Correction, Leave, MonthClosing, MonthSettings, counting

CLOSED = MonthClosing.State.CLOSED
ONE_DAY = dt.timedelta(days=1)


def bounds(month: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of the month that holds the day."""
    first = month.replace(day=1)
    return first, (first + dt.timedelta(days=31)).replace(day=1) - ONE_DAY


def newest_in_force() -> MonthClosing | None:
    """Return the closing of the newest month that is closed and was not reopened."""
    return MonthClosing.objects.filter(state=CLOSED).order_by("-month").first()


def in_force(month: dt.date) -> MonthClosing | None:
    """Return the closing of the month that holds the day; None while it is open."""
    return MonthClosing.objects.filter(state=CLOSED, month=month.replace(day=1)).first()


def records_begin() -> dt.date | None:
    """Return the first day of the month with which records begin: as it was set, or of the first fact."""
    row = MonthSettings.objects.filter(pk=1).first()
    if row is not None and row.records_begin is not None:
        return row.records_begin
    return _first_fact()


def _first_fact() -> dt.date | None:
    found: list[dt.date] = []
    check_in = CheckIn.objects.filter(voided_at=None).order_by("at").values_list("at", flat=True).first()
    if check_in is not None:
        found.append(check_in.astimezone(site.zone()).date())
    leave = counting(Leave.objects.all()).order_by("first").values_list("first", flat=True).first()
    correction = counting(Correction.objects.all()).order_by("day").values_list("day", flat=True).first()
    found.extend(day for day in (leave, correction) if day is not None)
    return min(found).replace(day=1) if found else None


def begin_records(month: dt.date, *, actor: User | None) -> None:
    """Say with which month records begin; the months before it are never closed. Raises `records_begun`."""
    first = month.replace(day=1)
    with transaction.atomic():
        if MonthClosing.objects.exclude(state=MonthClosing.State.PREPARING).exists():
            raise Refusal("records_begun", month=f"{records_begin() or first:%Y-%m}")
        MonthSettings.objects.update_or_create(pk=1, defaults={"records_begin": first})
        audit.record("workdays.begin_records", actor=actor, subject=f"month:{first:%Y-%m}")


def fix_records_begin(month: dt.date) -> None:
    """Keep the month that is closed first of all as the one with which records begin."""
    MonthSettings.objects.get_or_create(pk=1, defaults={"records_begin": month.replace(day=1)})
    MonthSettings.objects.filter(pk=1, records_begin=None).update(records_begin=month.replace(day=1))


def is_before_records(month: dt.date) -> bool:
    """Whether a month lies before the one with which records begin."""
    begin = records_begin()
    return begin is not None and month.replace(day=1) < begin


def next_to_close() -> dt.date | None:
    """Return the first day of the month that is closed next; None where there is no fact yet."""
    newest = newest_in_force()
    return bounds(newest.month)[1] + ONE_DAY if newest is not None else records_begin()


def assure_next(month: dt.date) -> None:
    """Raise `month_closed`, `before_records`, or `earlier_month_open` unless it is the turn of the month."""
    first, expected = month.replace(day=1), next_to_close()
    if in_force(first) is not None:
        raise Refusal("month_closed", month=f"{first:%Y-%m}")
    if is_before_records(first):
        raise Refusal("before_records", month=f"{first:%Y-%m}", begin=f"{records_begin():%Y-%m}")
    if expected is not None and expected < first:
        raise Refusal("earlier_month_open", month=f"{expected:%Y-%m}")
