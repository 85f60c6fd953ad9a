"""Days of closed months that the rules of today judge otherwise: listed once after an upgrade, and paid by nobody."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from attendance.core.permissions import Right
from attendance.reports import month
from attendance.web import paging
from attendance.web.months import changed_days, month_states
from attendance.web.pages import Page
from attendance.workdays.months import upgrade


def differences(request: HttpRequest) -> HttpResponseBase:
    """Show the days, month by month."""
    found = sorted(upgrade.differences(), key=lambda each: (each.day.replace(day=1), each.person, each.day))
    page = paging.page(request, found)
    context = {"page": page, "rows": [_row(each) for each in page], "waits": month_states.differences_wait()}
    return render(request, "attendance/month_differences.html", context)


def _row(each: upgrade.Difference) -> dict[str, Any]:
    wanted = month.of_closing(each.closing)
    person = month.identities(wanted, {each.person}).get(each.person)
    return {"person": person, "pk": each.person, **changed_days.row(each.day, each.before, each.after)}


@require_POST
def mark_as_reviewed(request: HttpRequest) -> HttpResponse:
    """Say that the days were looked at; they are not shown again."""
    upgrade.mark_as_reviewed()
    messages.success(request, "Noted. Closed months stay as they are.")
    return redirect("muster_roll")


PAGES = (
    Page(
        "months/differences/",
        differences,
        name="month_differences",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page(
        "months/differences/reviewed/",
        mark_as_reviewed,
        name="review_month_differences",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
)
