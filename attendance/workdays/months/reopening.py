"""Reopens the newest closed month: its file is superseded, and what it had adjusted waits again."""

from __future__ import annotations

from django.db import transaction

from attendance.core import audit, clock, permissions
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.people import facts_log
from attendance.workdays.models import Adjustment, MonthClosing
from attendance.workdays.months import order


def may_reopen(user: User | None) -> bool:
    """Whether somebody may reopen a month: an administrator who also plans attendance."""
    rights = permissions.rights(user)
    return rights.has(Right.MANAGE_SETTINGS) and rights.has(Right.MANAGE_ATTENDANCE)


def reopen(closing: MonthClosing, *, reason: str, actor: User) -> MonthClosing:
    """Take a closing out of force; its rows stay, so that the file that had gone out can be made again.

    Raises `not_allowed`, `reason_missing`, `not_newest_month`.
    """
    if not may_reopen(actor):
        raise Refusal("not_allowed")
    if not reason.strip():
        raise Refusal("reason_missing")
    with transaction.atomic():
        facts_log.lock()  # no closing comes into force, and nobody else reopens, meanwhile
        newest = order.newest_in_force()
        if newest is None or newest.pk != closing.pk:
            raise Refusal("not_newest_month", month=f"{newest.month:%Y-%m}" if newest else "")
        newest.state = MonthClosing.State.SUPERSEDED
        newest.superseded_at, newest.superseded_by = clock.now(), actor
        newest.superseded_reason = reason.strip()[:500]
        newest.save(update_fields=["state", "superseded_at", "superseded_by", "superseded_reason"])
        _wait_again(newest)
        audit.record(
            "workdays.reopen_month",
            actor=actor,
            subject=f"month:{newest.month:%Y-%m}",
            version=newest.version,
            reason=newest.superseded_reason,
        )
        facts_log.append(facts_log.Kind.PLAN, None, first=newest.month, last=None)
    return newest


def _wait_again(closing: MonthClosing) -> None:
    """Write the entries by hand once more: those of the superseded file stay with it."""
    rows = list(Adjustment.objects.filter(closing=closing, kind=Adjustment.Kind.ENTRY))
    for row in rows:
        row.pk, row.closing, row.sequence = None, None, 0
        row._state.adding = True
    Adjustment.objects.bulk_create(rows)
