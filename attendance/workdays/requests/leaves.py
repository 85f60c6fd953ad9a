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
from attendance.workdays.requests import decisions
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
    with transaction.atomic():
        row = decisions.approve(leave, day=leave.first, actor=actor)
        facts_log.append(facts_log.Kind.LEAVE, row.person, first=row.first, last=row.last + facts_log.ONE_DAY)
    return row


def reject(leave: Leave, *, decision: str, actor: User) -> Leave:
    """Say no, and why. Raises `reason_missing`, `not_your_department`, `already_decided`."""
    return decisions.reject(leave, day=leave.first, decision=decision, actor=actor)
