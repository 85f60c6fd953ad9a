"""Requests for leave and their approval; only approved leave counts."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.workdays.models import Leave, LeaveType, State
from attendance.workdays.requests import scopes
from timekeeping.values import LeavePart


def request(
    person: Person,
    kind: LeaveType,
    *,
    first: dt.date,
    last: dt.date,
    part: str = LeavePart.FULL,
    half_day: dt.date | None = None,
    start: dt.time | None = None,
    end: dt.time | None = None,
    reason: str = "",
    actor: User | None,
) -> Leave:
    """Ask for leave. Raises `period_invalid`, `hours_missing`, `leave_overlaps`."""
    if first > last or (half_day is not None and not first <= half_day <= last):
        raise Refusal("period_invalid")
    if part == LeavePart.HOURS and (start is None or end is None):
        raise Refusal("hours_missing")
    with transaction.atomic():
        whole = Leave.objects.filter(
            person=person, first__lte=last, last__gte=first, state__in=(State.REQUESTED, State.APPROVED)
        )
        if any(part in {LeavePart.FULL, other.part} or other.part == LeavePart.FULL for other in whole):
            raise Refusal("leave_overlaps")
        leave = Leave.objects.create(
            person=person,
            type=kind,
            first=first,
            last=last,
            part=part,
            half_day=half_day,
            start=start,
            end=end,
            reason=reason.strip()[:500],
            requested_at=clock.now(),
            requested_by=actor,
        )
        audit.record("workdays.request_leave", actor=actor, subject=f"person:{person.pk}", leave=leave.pk)
    return leave


def approve(leave: Leave, *, actor: User) -> Leave:
    """Let the leave count. Raises `not_your_department`, `already_decided`."""
    return _decide(leave, State.APPROVED, decision="", actor=actor)


def reject(leave: Leave, *, decision: str, actor: User) -> Leave:
    """Say no, and why. Raises `reason_missing`, `not_your_department`, `already_decided`."""
    if not decision.strip():
        raise Refusal("reason_missing")
    return _decide(leave, State.REJECTED, decision=decision.strip()[:500], actor=actor)


def _decide(leave: Leave, state: State, *, decision: str, actor: User) -> Leave:
    scopes.scope(actor).assure_decidable(leave.person, leave.first)
    with transaction.atomic():
        row = Leave.objects.select_for_update().get(pk=leave.pk)
        if row.state != State.REQUESTED:
            raise Refusal("already_decided")
        row.state, row.decision = state, decision
        row.decided_at, row.decided_by = clock.now(), actor
        row.save(update_fields=["state", "decision", "decided_at", "decided_by"])
        verb = "approve" if state == State.APPROVED else "reject"
        audit.record(f"workdays.{verb}_leave", actor=actor, subject=f"person:{row.person_id}", leave=row.pk)
        if state == State.APPROVED:
            facts_log.append(facts_log.Kind.LEAVE, row.person, first=row.first, last=row.last + facts_log.ONE_DAY)
    return row
