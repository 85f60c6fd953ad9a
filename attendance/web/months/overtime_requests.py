"""Overtime of a month that waits for approval: several lines at once, never one's own."""

from __future__ import annotations

import datetime as dt
from itertools import islice

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance.core.errors import MusterError
from attendance.people.models import Person
from attendance.reports import month
from attendance.web import access, errors, typed_days
from attendance.web.months import reports
from attendance.web.months.inbox import DECIDERS
from attendance.web.pages import Page
from attendance.workdays import facts
from attendance.workdays.requests import overtime

SHOWN = 200
"""Lines on the page; what is approved makes room for the next."""


def overtime_requests(request: HttpRequest) -> HttpResponseBase:
    """Show what waits, the person's longest first day by day."""
    chosen = reports.read(request)
    wanted = chosen.month
    waiting = overtime.waiting_for(
        access.current_user(request), month.persons(chosen.people), wanted.first, wanted.last
    )
    found = list(islice(waiting, SHOWN + 1))
    context = {
        "month": chosen.month,
        "filter": chosen.form,
        "chosen": chosen,
        "waiting": [(each, dt.timedelta(seconds=each.seconds), dt.timedelta(seconds=each.worked)) for each in found],
        "more": len(found) > SHOWN,
        "needed": facts.rule_book().on(chosen.month.last).overtime_needs_approval,
    }
    return render(request, "attendance/overtime_requests.html", context)


@require_POST
def approve_overtime(request: HttpRequest) -> HttpResponse:
    """Approve the lines that are ticked; one that no longer waits stops no other."""
    user = access.current_user(request)
    approved, gone = 0, 0
    for person, day in _ticked(request):
        try:
            overtime.approve(person, day, actor=user)
            approved += 1
        except MusterError as error:
            if error.code == "not_your_department":
                raise PermissionDenied from error
            gone += 1
    if approved:
        messages.success(request, f"Approved: {approved} line{'s' if approved != 1 else ''}.")
    if gone:
        messages.warning(request, f"{gone} no longer waited. {errors.advice('nothing_to_approve')}")
    if not approved and not gone:
        messages.error(request, "Nothing was ticked.")
    kept = request.GET.copy()  # the filter stays
    if request.POST.get("month"):
        kept["month"] = request.POST["month"]
    return redirect(f"{reverse('overtime_requests')}?{kept.urlencode()}")


def _ticked(request: HttpRequest) -> list[tuple[Person, dt.date]]:
    pairs = []
    for text in request.POST.getlist("line")[: SHOWN + 1]:
        number, _, day = text.partition(":")
        date = typed_days.day(day)
        if date is None or not number.isascii() or not number.isdigit():
            raise PermissionDenied
        pairs.append((int(number), date))
    people = Person.objects.in_bulk({number for number, _ in pairs})
    return [(people[number], day) for number, day in pairs if number in people]


PAGES = (
    Page("requests/overtime/", overtime_requests, name="overtime_requests", open_to=DECIDERS, menu="muster_roll"),
    Page("requests/overtime/approve/", approve_overtime, name="approve_overtime", open_to=DECIDERS, menu="muster_roll"),
)
