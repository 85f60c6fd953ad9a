"""Takes an approved request back, or lets it count again: each a new line with a reason; decided rows never change.

A closed month does not move: the line is a fact like the approval was, and the difference becomes an adjustment.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.workdays.models import (
    Approved,
    Correction,
    Leave,
    OvertimeApproval,
    Revocation,
    State,
    counting,
    revoked_field,
)
from attendance.workdays.requests import corrections, decisions, leaves
from attendance.workdays.requests.decisions import day_of

Kind = Revocation.Kind


def counts(request: Approved) -> bool:
    """Whether an approved request counts: it was not taken back, or counts again since."""
    if isinstance(request, Correction):
        return counting(Correction.objects.filter(pk=request.pk)).exists()
    if isinstance(request, Leave):
        return counting(Leave.objects.filter(pk=request.pk)).exists()
    return counting(OvertimeApproval.objects.filter(pk=request.pk)).exists()


def request(about: Approved, *, reason: str, actor: User | None) -> Revocation:
    """Ask that an approved request counts no more. Raises `reason_missing`, `counts_no_more`, `cancelling_waits`."""
    if not reason.strip():
        raise Refusal("reason_missing")
    with transaction.atomic():
        decisions.lock(about.person)
        if not counts(about):
            raise Refusal("counts_no_more")
        if decisions.waiting_revocation(about) is not None:
            raise Refusal("cancelling_waits")
        row = Revocation.objects.create(
            person=about.person,
            day=day_of(about),
            reason=reason.strip()[:500],
            requested_at=clock.now(),
            requested_by=actor,
            **{revoked_field(about): about},
        )
        subject = f"person:{about.person_id}"
        audit.record("workdays.request_revocation", actor=actor, subject=subject, revocation=row.pk)
    return row


def approve(row: Revocation, *, actor: User) -> Revocation:
    """Let the request count no more. Raises `not_your_department`, `already_decided`, `counts_no_more`."""
    with transaction.atomic():
        decided = decisions.approve(row, day=row.day, actor=actor, assure=_assure_counts)
        for twin in _twins(decided.request):
            decisions.revoke(twin, kind=Kind.REVOKE, reason=decided.reason, actor=actor)
        _append(decided.request)
    return decided


def _assure_counts(row: Revocation) -> None:
    if not counts(row.request):
        raise Refusal("counts_no_more")


def _twins(about: Approved) -> list[OvertimeApproval]:
    """Return the other approvals of the same overtime: an earlier one would hold in the place of the newest."""
    if not isinstance(about, OvertimeApproval):
        return []
    same = OvertimeApproval.objects.filter(person=about.person, day=about.day).exclude(pk=about.pk)
    return list(counting(same).select_related("person"))


def reject(row: Revocation, *, decision: str, actor: User) -> Revocation:
    """Let the request stand, and say why. Raises `reason_missing`, `not_your_department`, `already_decided`."""
    return decisions.reject(row, day=row.day, decision=decision, actor=actor)


def revoke(about: Approved, *, reason: str, actor: User) -> Revocation:
    """Take an approved request back at once. Raises what `request` and `approve` raise."""
    with transaction.atomic():
        return approve(request(about, reason=reason, actor=actor), actor=actor)


def restore(about: Correction | Leave, *, reason: str, actor: User) -> Revocation:
    """Let a request that was taken back count again, as it was approved; what remained of a leave counts no more.

    Raises `reason_missing`, `counts_already`, `not_your_department`, `already_approved`, `leave_overlaps`.
    """
    if not reason.strip():
        raise Refusal("reason_missing")
    with transaction.atomic():
        decisions.lock(about.person)
        if counts(about):
            raise Refusal("counts_already")
        if not type(about)._default_manager.filter(pk=about.pk, state=State.APPROVED).exists():
            raise Refusal("counts_no_more")
        if isinstance(about, Correction):
            corrections.assure_not_approved(about)
        else:
            for part in remaining(about):
                decisions.revoke(part, kind=Kind.REVOKE, reason=reason, actor=actor)
            leaves.assure_free(about)
        row = decisions.revoke(about, kind=Kind.RESTORE, reason=reason, actor=actor)
        _append(about)
    return row


def remaining(whole: Leave) -> list[Leave]:
    """Return what counts in the place of a leave that was cut short."""
    found: list[Leave] = []
    parts: QuerySet[Leave] = Leave.objects.filter(replaces=whole, state=State.APPROVED)
    while rows := list(parts):
        found.extend(rows)
        parts = Leave.objects.filter(replaces__in=[row.pk for row in rows], state=State.APPROVED)
    return list(counting(Leave.objects.filter(pk__in=[row.pk for row in found])).select_related("person", "type"))


def days_touched(about: Approved) -> tuple[dt.date, dt.date]:
    """Return the first and the last day on which an approved request may change something."""
    if isinstance(about, Correction):
        return corrections.days_touched(about)
    if isinstance(about, Leave):
        return about.first, about.last + facts_log.ONE_DAY
    return about.day, about.day


def _append(about: Approved) -> None:
    kind = facts_log.Kind.OVERTIME
    if not isinstance(about, OvertimeApproval):
        kind = facts_log.Kind.CORRECTION if isinstance(about, Correction) else facts_log.Kind.LEAVE
    first, last = days_touched(about)
    facts_log.append(kind, about.person, first=first, last=last)
