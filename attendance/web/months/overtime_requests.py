"""Overtime of a month that waits for approval: several lines at once, never one's own."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
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
from timekeeping.durations import hours_minutes

SHOWN = 200
"""Lines on the page; what is approved makes room for the next."""
NAMED = 10
"""So many lines that became other are named in the message."""


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


@dataclass(frozen=True, slots=True)
class Ticked:
    """A line that was ticked, with the seconds of overtime that it showed."""

    person: Person
    day: dt.date
    seconds: int


@require_POST
def approve_overtime(request: HttpRequest) -> HttpResponse:
    """Approve the lines that are ticked; one that no longer waits, or not for as much, stops no other."""
    user = access.current_user(request)
    approved, gone = 0, 0
    other: list[str] = []
    for line in _ticked(request):
        try:
            overtime.approve(line.person, line.day, actor=user, seen=line.seconds)
            approved += 1
        except MusterError as error:
            if error.code == "not_your_department":
                raise PermissionDenied from error
            if error.code == "overtime_is_other":
                other.append(_became(line, error))
            else:
                gone += 1
    _report(request, approved=approved, gone=gone, other=other)
    kept = request.GET.copy()  # the filter stays
    if request.POST.get("month"):
        kept["month"] = request.POST["month"]
    return redirect(f"{reverse('overtime_requests')}?{kept.urlencode()}")


def _report(request: HttpRequest, *, approved: int, gone: int, other: list[str]) -> None:
    """Say what became of the lines."""
    if approved:
        messages.success(request, f"Approved: {approved} line{'s' if approved != 1 else ''}.")
    if other:
        more = f" {len(other) - NAMED} more are other now too." if len(other) > NAMED else ""
        advice = errors.advice("overtime_is_other")
        messages.warning(request, f"Not approved: {'; '.join(other[:NAMED])}.{more} {advice}")
    if gone:
        messages.warning(request, f"{gone} no longer waited. {errors.advice('nothing_to_approve')}")
    if not approved and not gone and not other:
        messages.error(request, "Nothing was ticked.")


def _became(line: Ticked, error: MusterError) -> str:
    """Say what a line showed, and what waits now."""
    was, now = (hours_minutes(int(error.facts[key] or 0)) for key in ("was", "now"))
    name = f"{line.person.name[:60]}, {line.day:%a} {line.day.day} {line.day:%b %Y}"
    return f"{name}: was {was} when you looked, is {now} now"


_LINE = re.compile(r"(\d{1,18}):(\d{4}-\d{2}-\d{2}):(\d{1,9})", re.ASCII)


def _ticked(request: HttpRequest) -> list[Ticked]:
    found = []
    for text in request.POST.getlist("line")[: SHOWN + 1]:
        match = _LINE.fullmatch(text)
        day = typed_days.day(match[2]) if match else None
        if match is None or day is None:
            raise PermissionDenied
        found.append((int(match[1]), day, int(match[3])))
    people = Person.objects.in_bulk({number for number, _, _ in found})
    return [Ticked(people[number], day, seconds) for number, day, seconds in found if number in people]


PAGES = (
    Page("requests/overtime/", overtime_requests, name="overtime_requests", open_to=DECIDERS, menu="muster_roll"),
    Page("requests/overtime/approve/", approve_overtime, name="approve_overtime", open_to=DECIDERS, menu="muster_roll"),
)
