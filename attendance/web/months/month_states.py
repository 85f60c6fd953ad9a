"""The state of a month, as its pages show it: open, before records, its turn to be closed, closed, superseded."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest

from attendance.core import clock, site
from attendance.core.permissions import Right
from attendance.reports import layouts, month
from attendance.reports.month import Month
from attendance.web import access
from attendance.workdays.models import MonthClosing
from attendance.workdays.months import order, reopening


def context(request: HttpRequest, wanted: Month) -> dict[str, Any]:
    """Return what `_month_state.html` shows, and which actions whoever asks has."""
    manages = access.has(request, Right.MANAGE_ATTENDANCE)
    if wanted.closing is not None:
        closed = _closed(wanted.closing, request)
        return {
            "closed": closed,
            "versions": closed["versions"],
            "chosen_zone": month.zone(wanted),
            "differences_wait": manages and differences_wait(),
        }
    begin = order.records_begin()
    return {
        "closed": None,
        "chosen_zone": month.zone(wanted),
        "before_records": begin if begin is not None and wanted.first < begin else None,
        "is_over": wanted.last < clock.today(site.zone()),
        "comes_first": _comes_first(wanted.first),
        "versions": _superseded(wanted.first),
        "differences_wait": manages and differences_wait(),
    }


def _closed(closing: MonthClosing, request: HttpRequest) -> dict[str, Any]:
    newest = order.newest_in_force()
    is_newest = newest is not None and newest.pk == closing.pk
    return {
        "closing": closing,
        "is_superseded": closing.state == MonthClosing.State.SUPERSEDED,
        "checksum": layouts.checksum_words(closing),
        "open_points": len(closing.open_points),
        "may_reopen": is_newest and reopening.may_reopen(access.current_user(request)),
        "versions": [row for row in _superseded(closing.month) if row.pk != closing.pk],
    }


def _superseded(first: dt.date) -> list[MonthClosing]:
    return list(MonthClosing.objects.filter(month=first, state=MonthClosing.State.SUPERSEDED).order_by("version"))


def _comes_first(first: dt.date) -> dt.date | None:
    """Return the month that has to be closed before this one."""
    expected = order.next_to_close()
    return expected if expected is not None and expected < first else None


def differences_wait() -> bool:
    """Whether months closed before an upgrade have not been compared with the rules of today by anybody."""
    return MonthClosing.objects.filter(filled_in=True, reviewed_at=None, state=order.CLOSED).exists()
