"""Requests with what became of them: decided, taken back, counting again, and the page on which that is done."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from attendance.core.models import User
from attendance.workdays.models import (
    Approved,
    Correction,
    Leave,
    OvertimeApproval,
    Revocation,
    State,
    revoked_field,
)
from attendance.workdays.requests import scopes
from attendance.workdays.requests.decisions import day_of

Shown = Approved | Revocation
_TONES = {State.APPROVED: "good", State.REJECTED: "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A request as pages show it. `about`: what it is about; `address`: where it is taken back or counts again.

    `kind`: correction, leave or overtime; `is_turn`: it takes back what it is about, or lets it count again. `why`,
    `by`: the reason of the last word about it, and who had that word. `is_asked_back`: a request to cancel it waits.
    """

    about: Approved
    kind: str
    is_turn: bool
    first: dt.date
    last: dt.date
    state: str
    tone: str
    is_asked_back: bool
    why: str
    by: User | None
    action: str
    address: str


def lines(requests: Sequence[Shown], *, reader: User) -> list[Line]:
    """Return the requests in their order, with what the reader may do about each."""
    turns: dict[tuple[str, int], list[Revocation]] = defaultdict(list)
    rows = Revocation.objects.filter(person__in={each.person_id for each in requests})
    rows = rows.filter(state__in=(State.APPROVED, State.REQUESTED)).select_related("decided_by")
    for row in rows.order_by("decided_at", "pk"):
        turns[_key(row.request)].append(row)
    return [_line(each, turns[_key(_about(each))], reader) for each in requests]


def _about(shown: Shown) -> Approved:
    return shown.request if isinstance(shown, Revocation) else shown


def _key(about: Approved) -> tuple[str, int]:
    return revoked_field(about), about.pk


def _line(shown: Shown, turns: list[Revocation], reader: User) -> Line:
    about = _about(shown)
    decided = [row for row in turns if row.state == State.APPROVED]
    state, tone, why, by = _of_turn(shown) if isinstance(shown, Revocation) else _of_request(about, decided)
    is_asked_back = any(row.state == State.REQUESTED for row in turns)
    action = "" if is_asked_back or isinstance(shown, Revocation) else _action(about, decided, reader)
    return Line(
        about=about,
        kind=revoked_field(about),
        is_turn=isinstance(shown, Revocation),
        first=day_of(about),
        last=about.last if isinstance(about, Leave) else about.day,
        state=state,
        tone=tone,
        is_asked_back=is_asked_back and not isinstance(shown, Revocation),
        why=why,
        by=by,
        action=action,
        address=reverse("approved_request", args=_key(about)) if action else "",
    )


def _of_turn(row: Revocation) -> tuple[str, str, str, User | None]:
    if row.state == State.REJECTED:
        return "cancelling was rejected", "bad", row.decision, row.decided_by
    if row.kind == Revocation.Kind.RESTORE:
        return "counts again", "good", row.reason, row.decided_by
    return "taken back", "plain", row.reason, row.decided_by


def _of_request(about: Approved, decided: Sequence[Revocation]) -> tuple[str, str, str, User | None]:
    if decided:
        return _of_turn(decided[-1])
    if isinstance(about, OvertimeApproval):
        return State.APPROVED.label, "good", "", about.by
    return State(about.state).label, _TONES.get(State(about.state), "plain"), about.decision, about.decided_by


def _action(about: Approved, decided: Sequence[Revocation], reader: User) -> str:
    """Return what the button says that leads to the page; empty where there is nothing to do."""
    if not isinstance(about, OvertimeApproval) and about.state != State.APPROVED:
        return ""
    day = day_of(about)
    decides = scopes.scope(reader).decidable(day, day).filter(pk=about.person_id).exists()
    counts = not decided or decided[-1].kind == Revocation.Kind.RESTORE
    if not counts:
        return "Count it again" if decides and not isinstance(about, OvertimeApproval) else ""
    what = "cancel or cut short" if isinstance(about, Leave) else "take back" if decides else "cancel"
    return what.capitalize() if decides else f"Ask to {what}"


def of_month(person: int, first: dt.date, last: dt.date, *, reader: User) -> list[Line]:
    """Return what was asked for a month of somebody, and the approvals of its overtime."""
    corrections = Correction.objects.filter(person=person, day__gte=first, day__lte=last)
    leaves = Leave.objects.filter(person=person, first__lte=last, last__gte=first).select_related("type", "replaces")
    approvals = OvertimeApproval.objects.filter(person=person, day__gte=first, day__lte=last)
    found: list[Shown] = [*with_times(corrections), *leaves.select_related("person"), *approvals.order_by("day", "pk")]
    return lines(found, reader=reader)


def with_times(rows: QuerySet[Correction]) -> QuerySet[Correction]:
    """Read along what corrections name."""
    return rows.select_related("person").prefetch_related("entries__replaces", "entries__withdraws")
