"""Weak matches to look at: both faces of a check-in side by side, and two buttons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from attendance.checkins.models import CheckIn
from attendance.core import site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.recognition import weakness
from attendance.reports import match_reviews as report
from attendance.reports import naming
from attendance.reports.match_reviews import WeakMatch
from attendance.web import access, errors, paging
from attendance.web.pages import Page
from attendance.workdays import doors
from attendance.workdays.months import order
from attendance.workdays.requests import reviews

ROWS = 20
"""Two pictures each."""
DECIDERS = (Right.APPROVE_CORRECTIONS, Right.MANAGE_ATTENDANCE)
ANSWERED = "answered"
"""In the address: those that somebody has looked at, in place of those that wait."""

WHY = {
    weakness.NEAR_THRESHOLD: "The two faces are only just alike enough.",
    weakness.NEAR_RUNNER_UP: "{runner_up} is nearly as much alike.",
    weakness.SETTLED_BY_NUMBER: "The face could be that of two people; the employee number said which one.",
    weakness.LOOK_ALIKE_WITHOUT_PIN: "There is a look-alike, and no PIN: the employee number alone was taken.",
}


def match_reviews(request: HttpRequest) -> HttpResponseBase:
    """Show the weak matches that wait for a look, or those that had one; newest first."""
    is_answered = request.GET.get("shown") == ANSWERED
    page = paging.page(request, report.check_ins(is_answered=is_answered), rows=ROWS)
    decides = access.has(request, *DECIDERS)
    own = access.current_user(request).pk
    context = {
        "zone": site.zone(),
        "page": page,
        "rows": [_row(each, decides=decides and each.check_in.person.user_id != own) for each in report.read([*page])],
        "is_answered": is_answered,
        "decides": decides,
        "settings": site.settings(),
    }
    return render(request, "attendance/match_reviews.html", context)


def _row(each: WeakMatch, *, decides: bool) -> dict[str, Any]:
    runner_up = naming.shown(each.attempt.runner_up) if each.attempt.runner_up else "Somebody else"
    return {
        "match": each,
        "name": naming.shown(each.check_in.person),
        "why": WHY.get(each.attempt.weakness, "").format(runner_up=runner_up),
        "offers_right": decides and (each.newest is None or each.is_wrong or not each.counts),
        "offers_wrong": decides and (not each.is_wrong or each.counts),
    }


@require_POST
def answer_match(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the answer about one check-in."""
    check_in = get_object_or_404(CheckIn.objects.select_related("person"), pk=pk)
    verdict = reviews.Verdict.WRONG if request.POST.get("verdict") == "wrong" else reviews.Verdict.RIGHT
    try:
        reviews.answer(check_in, verdict=verdict, actor=access.current_user(request))
    except MusterError as error:
        if error.code == "not_your_department":
            raise PermissionDenied from error
        messages.warning(request, errors.explain(error))
    else:
        messages.success(request, _said(check_in, verdict, was_answered=request.POST.get("shown") == ANSWERED))
    kept = {name: request.POST[name] for name in ("shown", "page") if request.POST.get(name)}
    return redirect(f"{reverse('match_reviews')}?{urlencode(kept)}" if kept else reverse("match_reviews"))


def _said(check_in: CheckIn, verdict: reviews.Verdict, *, was_answered: bool) -> str:
    name, local = naming.shown(check_in.person), check_in.at.astimezone(site.zone())
    at = f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"
    if verdict == reviews.Verdict.RIGHT and not was_answered:
        return f"Noted: it was {name}. The check-in counts as before."
    closed = order.in_force(doors.work_day(check_in)) is not None
    later = " Its month is closed: the payroll file of the next month that is closed adjusts it." if closed else ""
    if verdict == reviews.Verdict.RIGHT:
        return f"The check-in of {name} on {at} counts.{later}"
    return f"The check-in of {name} on {at} does not count any more.{later}"


PAGES = (
    Page("check-ins/review/", match_reviews, name="match_reviews", open_to=Right.VIEW_REPORTS, menu="check_ins"),
    Page("check-ins/review/<int:pk>/", answer_match, name="answer_match", open_to=DECIDERS, menu="check_ins"),
)
