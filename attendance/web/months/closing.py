"""Closing and reopening a month: what is still open before, what was open when it was closed, what reopening does."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people import facts_log
from attendance.reports import layouts, month
from attendance.reports.month import Month
from attendance.web import access, errors, paging, typed_days
from attendance.web.months import month_states
from attendance.web.months.person_month import FROM_OPEN_POINTS
from attendance.web.pages import Page
from attendance.workdays.models import Adjustment, MonthClosing
from attendance.workdays.months import closing, open_points, order, reopening
from attendance.workdays.months.open_points import Kind, OpenPoint

POINTS_A_PAGE = 25
LABELS = {
    Kind.MISSING_OUT: "Out missing",
    Kind.MISSING_IN: "In missing",
    Kind.NOT_EMPLOYED: "Check-ins outside of the employment",
    Kind.ABSENCE: "Absent without a reason",
    Kind.CORRECTION: "Correction waits for a decision",
    Kind.LEAVE: "Leave waits for a decision",
    Kind.CANCELLING: "Cancelling waits for a decision",
    Kind.OVERTIME: "Overtime to approve",
    Kind.ENTRY_AND_FACTS: "Entry by hand and late facts change the same",
    Kind.SILENT_DOOR: "Door not heard from",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An open point with its words, and the page on which it is mended; `address` is empty where it is not allowed."""

    what: str
    day: dt.date | None
    person: str
    number: str
    door: str
    address: str
    action: str


def open_points_page(request: HttpRequest) -> HttpResponseBase:
    """Show what is open before a month is closed, or what was open when it was."""
    first = typed_days.first_of_month(request.GET.get("month", "")) or order.next_to_close()
    if first is None:
        return redirect("muster_roll")
    wanted = month.month(first, version=typed_days.version(request.GET.get("version", "")))
    plan_seen = facts_log.newest()  # before the points: a change in between is one that was not seen
    found = _points(wanted)
    counts = Counter(point.kind for point in found)
    kind = request.GET.get("kind", "")
    shown = [point for point in found if point.kind == kind] if kind in set(Kind) else found
    page = paging.page(request, shown, rows=POINTS_A_PAGE)
    context = {
        "month": wanted,
        "kinds": [(each, LABELS[each], counts[each]) for each in Kind if counts[each]],
        "kind": kind if kind in set(Kind) else "",
        "count": len(found),
        "agreed": open_points.digest(found),
        "plan_seen": plan_seen,
        "page": page,
        "lines": _lines(request, wanted, list(page)),
        **month_states.context(request, wanted),
    }
    return render(request, "attendance/open_points.html", context)


def _points(wanted: Month) -> list[OpenPoint]:
    """Return the points by kind and day: live ones while the month is open, those that were kept afterwards."""
    if wanted.closing is not None:
        found = [open_points.from_json(each) for each in wanted.closing.open_points]
    elif order.is_before_records(wanted.first) or wanted.last >= clock.today(site.zone()):
        found = []
    else:
        found = open_points.find(wanted.first, wanted.last)
    places = {kind: place for place, kind in enumerate(Kind)}
    return sorted(found, key=lambda point: (places[point.kind], point.day or wanted.first, point.person or 0))


def _lines(request: HttpRequest, wanted: Month, points: list[OpenPoint]) -> list[Line]:
    people = month.identities(wanted, {point.person for point in points if point.person is not None})
    found = []
    for point in points:
        person = people.get(point.person) if point.person is not None else None
        address, action = _place(request, wanted, point)
        is_of_month = point.kind is Kind.ENTRY_AND_FACTS and point.day is not None
        found.append(
            Line(
                what=_what(point, wanted),
                day=None if is_of_month else point.day,
                person=person.shown if person else "",
                number=person.employee_number if person else "",
                door=point.door,
                address=address,
                action=action,
            )
        )
    return found


def _what(point: OpenPoint, wanted: Month) -> str:
    if point.kind is not Kind.ENTRY_AND_FACTS or point.day is None:
        return LABELS[point.kind]
    if point.day == wanted.first:
        return "Entry by hand for this month from before it was reopened: is it still needed?"
    return f"{LABELS[point.kind]}, {point.day:%B %Y}"


def _place(request: HttpRequest, wanted: Month, point: OpenPoint) -> tuple[str, str]:
    """Return the address of the thing itself, and what is done there."""
    if point.kind is Kind.SILENT_DOOR:
        return (reverse("devices"), "To the doors") if access.has(request, Right.MANAGE_DEVICES) else ("", "")
    if point.kind in {Kind.CORRECTION, Kind.LEAVE, Kind.CANCELLING}:
        return f"{reverse('inbox')}#{point.kind.value}-{point.request}", "Decide"
    if point.kind is Kind.ENTRY_AND_FACTS:
        return reverse("adjustments"), "Look at both"
    if point.kind is Kind.OVERTIME:
        return f"{reverse('overtime_requests')}?month={wanted.name}", "Approve"
    day = f"{reverse('person_month', args=[point.person])}?month={wanted.name}&day={point.day}&{FROM_OPEN_POINTS}"
    if point.kind is Kind.NOT_EMPLOYED:
        return day, "Look at the day"
    address = f"{day}#mend"
    return address, _MENDS.get(point.kind, "Correct, or enter leave")


_MENDS = {Kind.MISSING_OUT: "Enter the out", Kind.MISSING_IN: "Enter the in"}


@require_POST
def close_month(request: HttpRequest) -> HttpResponse:
    """Close a month; where something is open, only for whoever has said so of the very list that they saw."""
    first = _posted_month(request)
    try:
        closed = closing.close(
            first,
            actor=access.current_user(request),
            with_open_points="with_open_points" in request.POST,
            agreed=request.POST.get("agreed", ""),
            plan_seen=int(seen) if (seen := request.POST.get("plan_seen", "")).isdecimal() and len(seen) < 19 else None,
        )
    except MusterError as error:
        messages.error(request, errors.explain(error))
        if error.code in {"open_points", "open_points_changed", "plan_changed_since_seen"}:
            return redirect(f"{reverse('before_closing')}?month={first:%Y-%m}")
    else:
        count = len(closed.open_points)
        still = f" with {count} open point{'s' if count != 1 else ''}" if count else ""
        messages.success(request, f"{first:%B %Y} is closed{still}. Checksum {closed.sha256[:12]}.")
    return redirect(f"{reverse('muster_roll')}?month={first:%Y-%m}")


def _posted_month(request: HttpRequest) -> dt.date:
    found = typed_days.first_of_month(request.POST.get("month", ""))
    if found is None:
        raise PermissionDenied
    return found


def reopen_month(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say what reopening does; with a reason, reopen. Sent twice it changes nothing more."""
    user = access.current_user(request)
    if not reopening.may_reopen(user):
        raise PermissionDenied
    row = get_object_or_404(MonthClosing, pk=pk)
    back = f"{reverse('muster_roll')}?month={row.month:%Y-%m}"
    if row.state == MonthClosing.State.PREPARING:
        raise Http404
    if row.state == MonthClosing.State.SUPERSEDED:
        messages.info(request, f"Version {row.version} of {row.month:%B %Y} was reopened already.")
        return redirect(back)
    problem = ""
    if request.method == "POST":
        try:
            reopening.reopen(row, reason=request.POST.get("reason", ""), actor=user)
        except MusterError as error:
            problem = errors.explain(error)
        else:
            messages.success(request, f"{row.month:%B %Y} is open again. Close it when it is right.")
            return redirect(back)
    return render(
        request, "attendance/reopen_month.html", _reopening(row, request, problem), status=422 if problem else 200
    )


def _reopening(row: MonthClosing, request: HttpRequest, problem: str) -> dict[str, Any]:
    newest = order.newest_in_force()
    carried = Adjustment.objects.filter(closing=row)
    return {
        "closing": row,
        "month_name": f"{row.month:%Y-%m}",
        "is_newest": newest is not None and newest.pk == row.pk,
        "newest": newest,
        "next_version": row.version + 1,
        "late_facts": carried.filter(kind=Adjustment.Kind.FACTS).count(),
        "entries": carried.filter(kind=Adjustment.Kind.ENTRY).count(),
        "people": month.people(month.of_closing(row)).count(),
        "checksum": layouts.checksum_words(row),
        "reason": request.POST.get("reason", ""),
        "problem": problem,
    }


PAGES = (
    Page(
        "months/closing/", open_points_page, name="before_closing", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"
    ),
    Page("months/close/", close_month, name="close_month", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page(
        "months/closings/<int:pk>/reopen/",
        reopen_month,
        name="reopen_month",
        open_to=Right.MANAGE_SETTINGS,
        menu="muster_roll",
    ),
)
