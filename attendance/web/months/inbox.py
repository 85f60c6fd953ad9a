"""Requests that wait for a manager: of people who belonged to the department on the day in question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from attendance.core import site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people import facts_log
from attendance.web import access, errors
from attendance.web.months import asked_days, correction_questions, entry_concerns, leave_concerns, request_lines
from attendance.web.pages import Page
from attendance.workdays.models import Correction, Leave, OvertimeApproval, Revocation, State
from attendance.workdays.requests import corrections, leaves, revocations, rivals, scopes

DECIDED_SHOWN = 20
CONCERNS_SHOWN = 20
"""For so many leaves it is looked up whether their days were worked; it takes a few milliseconds each."""
DAYS_SHOWN = 50
"""For so many corrections it is shown what the day holds now, for the same reason."""
LONGEST_NUMBER = 19
DECIDERS = (Right.APPROVE_CORRECTIONS, Right.MANAGE_ATTENDANCE)


def inbox(request: HttpRequest) -> HttpResponseBase:
    """Show what waits, oldest first, and what was decided last."""
    seen = facts_log.newest()  # before anything is read: what comes later is what nobody has seen
    scope = scopes.scope(request.user)
    asked = scope.requests(Correction.objects.all(), day="day").select_related("person__department", "decided_by")
    wished = scope.requests(Leave.objects.all(), day="first").select_related(
        "person__department", "type", "decided_by", "replaces"
    )
    turns = scope.requests(Revocation.objects.all(), day="day").select_related("person__department", "decided_by")
    overtime = scope.requests(OvertimeApproval.objects.all(), day="day").select_related("person", "by")
    decided = _decided(asked, wished, turns, overtime)
    reading = access.current_user(request)
    cancelling = list(turns.filter(state=State.REQUESTED).order_by("requested_at", "pk"))
    waiting = wished.filter(state=State.REQUESTED).order_by("requested_at", "pk")
    corrected = asked.filter(state=State.REQUESTED).prefetch_related(
        "entries__replaces", "entries__withdraws__correction"
    )
    corrected = corrected.order_by("requested_at", "pk")
    reader = asked_days.Reader()
    competing = rivals.competing(corrected)
    context = {
        "seen": seen,
        "zone": site.zone(),
        "corrections": [
            (
                each,
                reader.read(each.person, each.day, each.day) if at < DAYS_SHOWN else None,
                correction_questions.then(each) if at < DAYS_SHOWN else [],
                competing.get(each.pk),
            )
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
        "cancelling": list(zip(cancelling, request_lines.lines(cancelling, reader=reading), strict=True)),
        "decided": decided,
        "decided_lines": list(zip(decided, request_lines.lines(decided, reader=reading), strict=True)),
    }
    return render(request, "attendance/inbox.html", context)


def _decided(
    asked: QuerySet[Correction],
    wished: QuerySet[Leave],
    turns: QuerySet[Revocation],
    overtime: QuerySet[OvertimeApproval],
) -> list[request_lines.Shown]:
    """Return what was decided last, of all kinds, newest first; of one moment corrections before leave."""
    settled = Coalesce("decided_at", "requested_at")  # what was withdrawn has no decision
    corrected = request_lines.with_times(asked.exclude(state=State.REQUESTED)).order_by(settled.desc(), "-pk")
    left = wished.exclude(state=State.REQUESTED).order_by(settled.desc(), "-pk")
    turned = turns.exclude(state=State.REQUESTED).order_by(settled.desc(), "-pk")
    approved = overtime.order_by("-at", "-pk")
    found: list[request_lines.Shown] = []
    for rows in (turned, corrected, left, approved):
        found.extend(rows[:DECIDED_SHOWN])
    # all lists are in order and the sort is stable: numbers of two tables are never compared
    found.sort(key=_settled, reverse=True)
    return found[:DECIDED_SHOWN]


def _settled(row: request_lines.Shown) -> dt.datetime:
    return row.at if isinstance(row, OvertimeApproval) else row.decided_at or row.requested_at


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


@require_POST
def decide_cancelling(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what somebody asks to cancel, or let it stand."""
    found = Revocation.objects.filter(pk=pk).select_related("person").first()
    return _decide(request, found, approve=revocations.approve, reject=revocations.reject)


def _decide(
    request: HttpRequest, found: Any, *, approve: Callable[..., object], reject: Callable[..., object]
) -> HttpResponse:
    if found is None:
        raise PermissionDenied
    user = access.current_user(request)
    try:
        if request.POST.get("verdict") == "approve":
            if _is_other_by_now(found, seen=request.POST.get("seen", "")):
                messages.error(request, f"Not approved yet: {found.person.name}'s days changed meanwhile. Look again.")
                return redirect("inbox")
            approve(found, actor=user)
            messages.success(request, f"Approved for {found.person.name}.")
            if isinstance(found, Correction):
                entry_concerns.warn(request, found.person, found.day)
        else:
            reject(found, decision=request.POST.get("decision", ""), actor=user)
            messages.success(request, f"Rejected for {found.person.name}; they read the reason in their month.")
    except MusterError as error:
        if error.code == "not_your_department":
            raise PermissionDenied from error
        advice = _ADVICE.get(error.code, "").format(**error.facts) or errors.advice(error.code, error.facts)
        messages.error(request, f"{errors.what(error.code)} {advice}")
    return redirect("inbox")


def _is_other_by_now(found: Correction | Leave | Revocation, *, seen: str) -> bool:
    """Return whether anything was recorded about the days of a request since the page that decides was shown."""
    if not (seen.isascii() and seen.isdigit() and len(seen) < LONGEST_NUMBER):
        return False
    first, last = (found.first, found.last) if isinstance(found, Leave) else (found.day, found.day)
    lines = facts_log.since(int(seen), first=first - facts_log.ONE_DAY, last=last + facts_log.ONE_DAY)
    return lines.filter(Q(person=found.person) | Q(person=None)).exists()


_ADVICE = {
    "entered_already": "The {direction} at {time} counts for the same stretch. Reject this request; or, if it is the "
    "right one, take the {direction} at {time} back first (Decided last, below, or on its day), and approve this one.",
}
"""Where the advice to whoever enters a time is nothing that a decider can do here."""


PAGES = (
    Page("requests/", inbox, name="inbox", open_to=DECIDERS, menu="muster_roll"),
    Page(
        "requests/corrections/<int:pk>/",
        decide_correction,
        name="decide_correction",
        open_to=DECIDERS,
        menu="muster_roll",
    ),
    Page(
        "requests/cancelling/<int:pk>/",
        decide_cancelling,
        name="decide_cancelling",
        open_to=DECIDERS,
        menu="muster_roll",
    ),
    Page("requests/leave/<int:pk>/", decide_leave, name="decide_leave", open_to=DECIDERS, menu="muster_roll"),
)
