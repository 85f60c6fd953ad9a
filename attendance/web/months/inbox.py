"""Corrections and leave that wait for a manager: of people who belonged to the department on the day in question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from attendance.core import site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.web import access, errors
from attendance.web.months import asked_days, leave_concerns
from attendance.web.pages import Page
from attendance.workdays.models import Correction, Leave, State
from attendance.workdays.requests import corrections, leaves, scopes

DECIDED_SHOWN = 20
CONCERNS_SHOWN = 20
"""For so many leaves it is looked up whether their days were worked; it takes a few milliseconds each."""
DAYS_SHOWN = 50
"""For so many corrections it is shown what the day holds now, for the same reason."""
DECIDERS = (Right.APPROVE_CORRECTIONS, Right.MANAGE_ATTENDANCE)


def inbox(request: HttpRequest) -> HttpResponseBase:
    """Show what waits, oldest first, and what was decided last."""
    scope = scopes.scope(request.user)
    asked = scope.requests(Correction.objects.all(), day="day").select_related("person__department", "decided_by")
    wished = scope.requests(Leave.objects.all(), day="first").select_related("person__department", "type", "decided_by")
    waiting = wished.filter(state=State.REQUESTED).order_by("requested_at", "pk")
    corrected = asked.filter(state=State.REQUESTED).prefetch_related("entries__replaces")
    corrected = corrected.order_by("requested_at", "pk")
    reader = asked_days.Reader()
    context = {
        "zone": site.zone(),
        "corrections": [
            (each, reader.read(each.person, each.day, each.day) if at < DAYS_SHOWN else None)
            for at, each in enumerate(corrected)
        ],
        "leaves": [
            (
                leave,
                leave_concerns.sentences(leave) if at < CONCERNS_SHOWN else [],
                reader.read(leave.person, leave.first, leave.last) if at < CONCERNS_SHOWN else None,
            )
            for at, leave in enumerate(waiting)
        ],
        "decided": _decided(asked, wished),
    }
    return render(request, "attendance/inbox.html", context)


def _decided(asked: QuerySet[Correction], wished: QuerySet[Leave]) -> list[Correction | Leave]:
    """Return what was decided last, of both kinds, newest first; of one moment corrections before leave."""
    settled = Coalesce("decided_at", "requested_at")  # what was withdrawn has no decision
    corrected = (
        asked.exclude(state=State.REQUESTED).prefetch_related("entries__replaces").order_by(settled.desc(), "-pk")
    )
    left = wished.exclude(state=State.REQUESTED).order_by(settled.desc(), "-pk")
    found: list[Correction | Leave] = [*corrected[:DECIDED_SHOWN], *left[:DECIDED_SHOWN]]
    # both lists are in order and the sort is stable: numbers of two tables are never compared
    found.sort(key=lambda each: each.decided_at or each.requested_at, reverse=True)
    return found[:DECIDED_SHOWN]


@require_POST
def decide_correction(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or reject a correction."""
    found = Correction.objects.filter(pk=pk).select_related("person").first()
    return _decide(request, found, approve=corrections.approve, reject=corrections.reject)


@require_POST
def decide_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or reject leave."""
    found = Leave.objects.filter(pk=pk).select_related("person").first()
    return _decide(request, found, approve=leaves.approve, reject=leaves.reject)


def _decide(
    request: HttpRequest, found: Any, *, approve: Callable[..., object], reject: Callable[..., object]
) -> HttpResponse:
    if found is None:
        raise PermissionDenied
    user = access.current_user(request)
    try:
        if request.POST.get("verdict") == "approve":
            approve(found, actor=user)
            messages.success(request, f"Approved for {found.person.name}.")
        else:
            reject(found, decision=request.POST.get("decision", ""), actor=user)
            messages.success(request, f"Rejected for {found.person.name}; they read the reason in their month.")
    except MusterError as error:
        if error.code == "not_your_department":
            raise PermissionDenied from error
        messages.error(request, f"{errors.what(error.code)} {errors.advice(error.code, error.facts)}")
    return redirect("inbox")


PAGES = (
    Page("requests/", inbox, name="inbox", open_to=DECIDERS, menu="muster_roll"),
    Page(
        "requests/corrections/<int:pk>/",
        decide_correction,
        name="decide_correction",
        open_to=DECIDERS,
        menu="muster_roll",
    ),
    Page("requests/leave/<int:pk>/", decide_leave, name="decide_leave", open_to=DECIDERS, menu="muster_roll"),
)
