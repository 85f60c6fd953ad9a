"""Decisions about requests: once, by somebody who may decide about that day, with a line in the audit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction

from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Person
from attendance.workdays.models import Approved, Leave, Revocation, State, revoked_field
from attendance.workdays.requests import scopes
from attendance.workdays.requests.scopes import Request


def lock(person: Person) -> None:
    """Let no other request of the person be made or decided until the end of the transaction."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)


def approve(request: Request, *, day: dt.date, actor: User, assure: Callable[[Request], None] | None = None) -> Request:
    """Let what was asked for that day count. Raises `not_your_department`, `already_decided`, and what `assure` does.

    `assure`: refuses, under the lock, what may not be approved any more.
    """
    return _decide(request, State.APPROVED, day=day, decision="", actor=actor, assure=assure)


def reject(request: Request, *, day: dt.date, decision: str, actor: User) -> Request:
    """Say no, and why. Raises `reason_missing`, `not_your_department`, `already_decided`."""
    if not decision.strip():
        raise Refusal("reason_missing")
    return _decide(request, State.REJECTED, day=day, decision=decision.strip()[:500], actor=actor)


def _decide(
    request: Request,
    state: State,
    *,
    day: dt.date,
    decision: str,
    actor: User,
    assure: Callable[[Request], None] | None = None,
) -> Request:
    scopes.scope(actor).assure_decidable(request.person, day)
    name = str(request._meta.model_name)
    with transaction.atomic():
        lock(request.person)
        row = type(request)._default_manager.select_for_update().get(pk=request.pk)
        if row.state != State.REQUESTED:
            raise Refusal("already_decided")
        if assure is not None:
            assure(row)
        row.state, row.decision = state, decision
        row.decided_at, row.decided_by = clock.now(), actor
        row.save(update_fields=["state", "decision", "decided_at", "decided_by"])
        verb = "approve" if state == State.APPROVED else "reject"
        about: dict[str, Any] = {name: row.pk}
        audit.record(f"workdays.{verb}_{name}", actor=actor, subject=f"person:{row.person_id}", **about)
    return row


def day_of(request: Approved) -> dt.date:
    """Return the day by which it is found who may decide about an approved request."""
    return request.first if isinstance(request, Leave) else request.day


def waiting_revocation(request: Approved) -> Revocation | None:
    """Return the request to take an approved one back that nobody has decided yet."""
    rows = Revocation.objects.filter(state=State.REQUESTED, **{revoked_field(request): request})
    return rows.select_related("person").first()


def revoke(request: Approved, *, kind: Revocation.Kind, reason: str, actor: User) -> Revocation:
    """Write that an approved request counts no more, or again; inside a transaction that writes the log of facts.

    Raises `not_your_department`.
    """
    day, now = day_of(request), clock.now()
    scopes.scope(actor).assure_decidable(request.person, day)
    row = Revocation.objects.create(
        person=request.person,
        day=day,
        kind=kind,
        state=State.APPROVED,
        reason=reason.strip()[:500],
        requested_at=now,
        requested_by=actor,
        decided_at=now,
        decided_by=actor,
        **{revoked_field(request): request},
    )
    about: dict[str, Any] = {revoked_field(request): request.pk}
    audit.record(
        f"workdays.{kind.value}_{revoked_field(request)}", actor=actor, subject=f"person:{request.person_id}", **about
    )
    return row
