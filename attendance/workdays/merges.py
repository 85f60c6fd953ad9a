"""Merges two records of one person, and takes them apart again.

What the other record has on open days counts for the record that is kept: its check-ins move, each by a line of its
own. Closed months stay with the record that they were closed for, and so does a check-in that a closed day has used, as
of a night over the end of the month. From the first open day on the other record is not employed and not matched.
Taking apart moves back what lies on days that are open by then.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Iterable
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from attendance.checkins.models import CheckIn, CheckInMove
from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.enrolment import handing_over, membership
from attendance.people import facts_log, periods
from attendance.people.facts_log import Fact
from attendance.people.models import Person, PersonMerge
from attendance.recognition import pairs
from attendance.workdays import facts
from attendance.workdays.models import Assignment, Correction, CorrectionEntry, Leave, OvertimeApproval, State, counting
from attendance.workdays.months import upgrade
from attendance.workdays.requests import scopes
from attendance.workdays.schedule import valid_from

_AROUND = dt.timedelta(days=3)
"""So far from the first open day a check-in may belong to the other side of it."""
Row = TypeVar("Row", Correction, Leave)


def merge(kept: Person, other: Person, *, reason: str, actor: User) -> PersonMerge:
    """Let what is recorded of `other` on open days count for `kept`, who is the same person.

    Raises `reason_missing`, `same_record`, `person_erased`, `merge_into_inactive`, `merged_already`,
    `not_your_department`, and, where something of `other` on open days cannot move, `merge_has_corrections`,
    `merge_has_leave`, `merge_has_overtime` or `merge_has_shift`.
    """
    if not reason.strip():
        raise Refusal("reason_missing")
    upgrade.fill_in()
    with transaction.atomic():
        kept, other = _locked(kept, other)
        if not kept.is_active:
            raise Refusal("merge_into_inactive")
        facts_log.lock()
        first_day = valid_from.first_day(None)
        _assure_decidable(actor, kept, other, first_day)
        _assure_movable(other, first_day)
        numbers = _open_check_ins(other, first_day)
        was_active = other.is_active
        photo = handing_over.hand_over(other, kept)
        look_alikes, was_pair = pairs.hand_over(other, kept)
        if was_active:
            membership.deactivate(other, actor=actor)
        row = PersonMerge.objects.create(
            kept=kept,
            other=other,
            first_day=first_day,
            reason=reason.strip()[:500],
            at=clock.now(),
            by=actor,
            was_active=was_active,
            photo=photo,
            look_alikes=look_alikes,
            was_pair=was_pair,
        )
        _move(row, numbers, giver=other, taker=kept)
        audit.record("people.merge", actor=actor, subject=f"person:{kept.pk}", other=other.pk, check_ins=len(numbers))
        _append(row, numbers)
    return row


def take_apart(row: PersonMerge, *, actor: User) -> PersonMerge:
    """Let the other record stand for itself again; check-ins of months that were closed meanwhile stay where they are.

    Raises `taken_apart`, `person_erased`, `not_your_department`.
    """
    with transaction.atomic():
        kept, other = _locked(row.kept, row.other, merged=row)
        row = PersonMerge.objects.select_for_update().get(pk=row.pk)
        facts_log.lock()
        first_day = valid_from.first_day(None)
        _assure_decidable(actor, kept, other, first_day)
        moved = set(CheckIn.objects.filter(person=kept, moves__merge=row).values_list("pk", flat=True))
        # while no month was closed meanwhile, nothing of it is in any file
        opens = first_day if first_day > row.first_day else periods.ALWAYS
        numbers = [number for number in _open_check_ins(kept, opens) if number in moved]
        row.apart_day, row.apart_at, row.apart_by = max(first_day, row.first_day), clock.now(), actor
        row.save(update_fields=["apart_day", "apart_at", "apart_by"])
        if row.photo is not None:
            handing_over.hand_over(kept, other, only=row.photo)
        pairs.take_back(other, kept, added=row.look_alikes, was_pair=row.was_pair)
        if row.was_active:
            membership.reactivate(other, actor=actor)
        _move(row, numbers, giver=kept, taker=other)
        audit.record(
            "people.take_apart", actor=actor, subject=f"person:{kept.pk}", other=other.pk, check_ins=len(numbers)
        )
        _append(row, numbers)
    return row


def _locked(kept: Person, other: Person, *, merged: PersonMerge | None = None) -> tuple[Person, Person]:
    """Lock both people, in one order; `merged`: the merge that is to end."""
    if kept.pk == other.pk:
        raise Refusal("same_record")
    rows = {
        row.pk: row
        for row in Person.objects.select_for_update(no_key=True).filter(pk__in=[kept.pk, other.pk]).order_by("pk")
    }
    kept, other = rows[kept.pk], rows[other.pk]
    if kept.erased_at is not None or other.erased_at is not None:
        raise Refusal("person_erased")
    standing = PersonMerge.objects.filter(apart_at=None)
    if merged is not None:
        if not standing.filter(pk=merged.pk).exists():
            raise Refusal("taken_apart")
    elif standing.filter(Q(other__in=rows) | Q(kept=other)).exists():
        raise Refusal("merged_already")
    return kept, other


def _assure_decidable(actor: User, kept: Person, other: Person, first_day: dt.date) -> None:
    scope, day = scopes.scope(actor), max(first_day, clock.now().date())
    for person in (kept, other):
        scope.assure_decidable(person, day)


def _assure_movable(other: Person, first_day: dt.date) -> None:
    """Refuse where the record has more on open days than check-ins: it would stay behind without effect."""
    asked = _standing(Correction.objects.filter(person=other, day__gte=first_day)).order_by("day")
    away = _standing(Leave.objects.filter(person=other, last__gte=first_day)).order_by("first")
    paid = counting(OvertimeApproval.objects.filter(person=other, day__gte=first_day)).order_by("day")
    given = Assignment.objects.filter(Q(last=None) | Q(last__gte=first_day), person=other)
    if days := _written(asked.values_list("day", flat=True)):
        raise Refusal("merge_has_corrections", days=days)
    if days := _written(away.values_list("first", flat=True)):
        raise Refusal("merge_has_leave", days=days)
    if days := _written(paid.values_list("day", flat=True)):
        raise Refusal("merge_has_overtime", days=days)
    if shift := given.select_related("shift").first():
        raise Refusal("merge_has_shift", shift=shift.shift.name)


def _standing(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return the requests that wait or count."""
    return rows.filter(Q(state=State.REQUESTED) | Q(pk__in=counting(rows).order_by().values("pk")))


def _written(days: Iterable[dt.date]) -> str:
    """Return the first few days as text."""
    return ", ".join(f"{day:%Y-%m-%d}" for day in itertools.islice(days, 3))


def _open_check_ins(person: Person, first_day: dt.date) -> list[int]:
    """Return the numbers of the person's check-ins on open days, those that were taken back among them.

    One that a correction of the person names stays: the correction would lose it.
    """
    corrections = _standing(Correction.objects.filter(person=person)).order_by().values("pk")
    named = CorrectionEntry.objects.filter(correction__in=corrections)
    own = CheckIn.objects.filter(person=person).exclude(pk__in=named.exclude(replaces=None).values("replaces"))
    if first_day == periods.ALWAYS:
        return list(own.order_by("at", "pk").values_list("pk", flat=True))
    (known,) = facts.load(Person.objects.filter(pk=person.pk), first_day - _AROUND, first_day + _AROUND)
    days = facts.derive_one(known, first_day - _AROUND, first_day + _AROUND, rules=known.rules)
    before = {use.punch.number for day in days if day.day < first_day for use in day.uses}
    after = {use.punch.number for day in days if day.day >= first_day for use in day.uses}
    zone = ZoneInfo(known.roster.site.zone_on(first_day))
    begin = dt.datetime.combine(first_day - _AROUND, dt.time(), tzinfo=dt.UTC)
    rows = own.filter(at__gte=begin).order_by("at", "pk").values_list("pk", "at")
    return [
        number
        for number, at in rows
        if number in after or (number not in before and at.astimezone(zone).date() >= first_day)
    ]


def _move(row: PersonMerge, numbers: Collection[int], *, giver: Person, taker: Person) -> None:
    at = clock.now()
    CheckInMove.objects.bulk_create(
        CheckInMove(check_in_id=number, before=giver, person=taker, merge=row, at=at) for number in numbers
    )
    for some in (list(numbers)[at : at + 500] for at in range(0, len(numbers), 500)):
        CheckIn.objects.filter(pk__in=some).update(person=taker)


def _append(row: PersonMerge, numbers: Collection[int]) -> None:
    """Say in the log of facts that days of both records may have changed, from the earliest on."""
    moment = CheckIn.objects.filter(pk__in=list(numbers)[:1]).values_list("at", flat=True).first()
    moved = moment.astimezone(dt.UTC).date() if moment is not None else row.at.astimezone(dt.UTC).date()
    first = moved if row.first_day == periods.ALWAYS else min(moved, row.first_day)
    kind = facts_log.Kind.EMPLOYMENT
    facts_log.append_all(
        [
            Fact(kind, row.kept, first - periods.ONE_DAY, None),
            Fact(kind, row.other, row.first_day if row.first_day == periods.ALWAYS else first - periods.ONE_DAY, None),
        ]
    )
