"""Requests for leave and their approval; only approved leave counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from django.db import transaction

from attendance.core import audit, clock, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.workdays import decided_requests, facts
from attendance.workdays.models import Leave, LeaveType, MonthClosing, Revocation, State, counting
from attendance.workdays.requests import decisions
from timekeeping import values
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
    replaces: Leave | None = None,
    actor: User | None,
) -> Leave:
    """Ask for leave. Raises `period_invalid`, `hours_missing`, `leave_overlaps`, and what `shorten` raises.

    `replaces`: approved leave of which this is to remain.
    """
    if first > last or (half_day is not None and not first <= half_day <= last):
        raise Refusal("period_invalid")
    if part == LeavePart.HOURS and (start is None or end is None):
        raise Refusal("hours_missing")
    with transaction.atomic():
        decisions.lock(person)
        leave = Leave(
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
            replaces=replaces,
        )
        if replaces is not None:
            _assure_remains(leave, replaces)
        if _overlaps(leave, states=(State.REQUESTED, State.APPROVED), but=replaces):
            raise Refusal("leave_overlaps")
        leave.save()
        audit.record("workdays.request_leave", actor=actor, subject=f"person:{person.pk}", leave=leave.pk)
    return leave


def _overlaps(leave: Leave, *, states: Collection[State], but: Leave | None = None) -> bool:
    """Whether other leave takes the same part of one of the days; two halves of a day may be of two leaves.

    `but`: leave that counts no more as soon as this one does.
    """
    rows = Leave.objects.filter(person=leave.person, first__lte=leave.last, last__gte=leave.first, state__in=states)
    revoked = rows.filter(state=State.APPROVED).exclude(pk__in=counting(Leave.objects.filter(person=leave.person)))
    rows = rows.exclude(pk=leave.pk).exclude(pk__in=revoked)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    own = decided_requests.leave(leave)
    return any(_takes_the_same(own, decided_requests.leave(other)) for other in rows.select_related("type"))


def _takes_the_same(one: values.Leave, other: values.Leave) -> bool:
    first, last = max(one.first, other.first), min(one.last, other.last)
    for offset in range((last - first).days + 1):
        parts = {each.part_on(first + dt.timedelta(days=offset)) for each in (one, other)}
        if len(parts) == 1 or LeavePart.FULL in parts:
            return True
    return False


def approve(leave: Leave, *, actor: User) -> Leave:
    """Let the leave count. Raises `not_your_department`, `already_decided`, `leave_overlaps`."""
    with transaction.atomic():
        row = decisions.approve(leave, day=leave.first, actor=actor, assure=_assure_may_count)
        first, last = row.first, row.last
        if row.replaces is not None:
            first, last = min(first, row.replaces.first), max(last, row.replaces.last)
            decisions.revoke(row.replaces, kind=Revocation.Kind.REVOKE, reason=row.reason, actor=actor)
        facts_log.append(facts_log.Kind.LEAVE, row.person, first=first, last=last + facts_log.ONE_DAY)
    return row


def _assure_may_count(row: Leave) -> None:
    """Refuse leave on days that other leave took meanwhile, and what remains of leave that counts no more."""
    if row.replaces is not None:
        _assure_remains(row, row.replaces)
    assure_free(row, but=row.replaces)


def assure_free(row: Leave, *, but: Leave | None = None) -> None:
    """Raise `leave_overlaps` for leave on days that other leave took; `but`: leave that counts no more then."""
    if _overlaps(row, states=(State.APPROVED,), but=but):
        raise Refusal("leave_overlaps")


def shorten(
    leave: Leave,
    *,
    first: dt.date,
    last: dt.date,
    part: str,
    half_day: dt.date | None = None,
    reason: str,
    actor: User | None,
) -> Leave:
    """Ask that less of approved leave remains; once approved, it counts in the place of the longer one.

    Raises `reason_missing`, `period_invalid`, `counts_no_more`, `leave_not_shorter`, `cancelling_waits`.
    """
    if not reason.strip():
        raise Refusal("reason_missing")
    rest = rest_of(leave, first=first, last=last, part=part, half_day=half_day)
    return request(
        leave.person,
        leave.type,
        first=first,
        last=last,
        part=part,
        half_day=half_day,
        start=rest.start,
        end=rest.end,
        reason=reason,
        replaces=leave,
        actor=actor,
    )


def rest_of(leave: Leave, *, first: dt.date, last: dt.date, part: str, half_day: dt.date | None = None) -> Leave:
    """Return what would remain of approved leave, not saved. Raises what `shorten` raises."""
    if first > last or (half_day is not None and not first <= half_day <= last):
        raise Refusal("period_invalid")
    rest = Leave(
        person=leave.person,
        type=leave.type,
        first=first,
        last=last,
        part=part,
        half_day=half_day,
        start=leave.start if part == LeavePart.HOURS else None,
        end=leave.end if part == LeavePart.HOURS else None,
    )
    _assure_remains(rest, leave)
    return rest


def _assure_remains(leave: Leave, whole: Leave) -> None:
    """Raise unless a leave is a part of another one that counts, and a smaller one."""
    if not counting(Leave.objects.filter(pk=whole.pk)).exists():
        raise Refusal("counts_no_more")
    if decisions.waiting_revocation(whole) is not None:
        raise Refusal("cancelling_waits")
    own, other = (decided_requests.leave(each) for each in (leave, whole))
    days = [whole.first + dt.timedelta(days=offset) for offset in range((whole.last - whole.first).days + 1)]
    pairs = [(own.part_on(day), other.part_on(day)) for day in days]
    is_within = whole.first <= leave.first and leave.last <= whole.last
    takes_less = all(one in (None, two) or two is LeavePart.FULL for one, two in pairs)
    if not (is_within and takes_less and any(one is not two for one, two in pairs)):
        raise Refusal("leave_not_shorter")


def reject(leave: Leave, *, decision: str, actor: User) -> Leave:
    """Say no, and why. Raises `reason_missing`, `not_your_department`, `already_decided`."""
    return decisions.reject(leave, day=leave.first, decision=decision, actor=actor)


@dataclass(frozen=True, slots=True)
class Concerns:
    """What whoever asks for leave, or decides about it, should know; nothing of it forbids the leave.

    `worked`: days with the seconds that were worked on them; `closed`: first days of months that are closed;
    `halves`: days of which only the first half is planned.
    """

    worked: tuple[tuple[dt.date, int], ...]
    closed: tuple[dt.date, ...]
    halves: tuple[HalfDay, ...] = ()


@dataclass(frozen=True, slots=True)
class HalfDay:
    """A day whose second half is off. `holiday`: its name, empty where the roster says so; `share`: leave takes it."""

    day: dt.date
    holiday: str
    share: float
    is_half_leave: bool


def concerns(leave: Leave) -> Concerns:
    """Return which of its days were worked, for half a day by more than half of the plan, and its closed months."""
    months = MonthClosing.objects.filter(
        state=MonthClosing.State.CLOSED, month__gte=leave.first.replace(day=1), month__lte=leave.last
    )
    closed = tuple(months.order_by("month").values_list("month", flat=True))
    return Concerns(tuple(_worked(leave)), closed, () if leave.type.at_work else tuple(_halves(leave)))


def _halves(leave: Leave) -> Iterator[HalfDay]:
    """Derive what the leave, as if it were approved alone, takes of days whose second half is off."""
    (known,) = facts.load(Person.objects.filter(pk=leave.person_id), leave.first, leave.last)
    wished = replace(decided_requests.leave(leave), approved=True)
    alone = replace(known, leave=(wished,))
    for day in facts.derive_one(alone, leave.first, leave.last, rules=known.rules):
        if day.planned_day.off_share and day.leaves:
            is_half = wished.part_on(day.day) in (LeavePart.FIRST_HALF, LeavePart.SECOND_HALF)
            yield HalfDay(day.day, day.planned_day.holiday or "", day.leave, is_half)


def _worked(leave: Leave) -> Iterator[tuple[dt.date, int]]:
    last = min(leave.last, clock.today(site.zone()))
    if leave.type.at_work or leave.first > last or leave.part == LeavePart.HOURS:
        return
    for _, days, _ in facts.months(Person.objects.filter(pk=leave.person_id), leave.first, last):
        for day in days:
            allowed = 0 if leave.part == LeavePart.FULL else day.planned // 2
            if day.worked > allowed:
                yield day.day, day.worked
