"""Check-ins and times that a correction took away, and how they count again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Person
from attendance.workdays.models import Correction, CorrectionEntry, counting
from attendance.workdays.requests import corrections


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A check-in or a time that counts no more, by an entry of a correction.

    `is_alone`: the correction brought no time in its place, so that it can count again by itself.
    """

    entry: CorrectionEntry
    at: dt.datetime
    is_alone: bool


def find(person: Person, day: dt.date) -> list[Withdrawn]:
    """Return what the corrections of a day took away and nobody has put back, in the order of time."""
    rows = _standing(person).filter(correction__day=day)
    found = [Withdrawn(row, at, not getattr(row, _BRINGS)) for row in rows if (at := _moment(row)) is not None]
    return sorted(found, key=lambda each: (each.at, each.entry.pk))


def count_again(entry: CorrectionEntry, *, actor: User) -> Correction:
    """Let a check-in count again: by a correction of its own, so that what was decided stays as it is.

    Raises `counts_already`, `not_your_department`.
    """
    person = entry.correction.person
    with transaction.atomic():
        row = _standing(person).filter(pk=entry.pk).first()
        if row is None or getattr(row, _BRINGS):
            raise Refusal("counts_already")
        asked = corrections.request(
            person, row.correction.day, withdrawn=[row], reason="the check-in counts again", actor=actor
        )
        return corrections.approve(asked, actor=actor)


_BRINGS = "brings"


def _standing(person: Person) -> QuerySet[CorrectionEntry]:
    """Return the entries that take something away now, and whether their correction brings a time as well."""
    standing = counting(Correction.objects.filter(person=person)).order_by().values("pk")
    put_back = CorrectionEntry.objects.filter(withdraws=OuterRef("pk"), correction__in=standing)
    times = CorrectionEntry.objects.filter(correction=OuterRef("correction"), at__isnull=False)
    rows = CorrectionEntry.objects.filter(
        Q(replaces__isnull=False) | Q(withdraws__at__isnull=False), ~Exists(put_back), correction__in=standing
    )
    return rows.annotate(**{_BRINGS: Exists(times)}).select_related("correction__person", "replaces", "withdraws")


def _moment(row: CorrectionEntry) -> dt.datetime | None:
    if row.replaces is not None:
        return row.replaces.at
    return row.withdraws.at if row.withdraws is not None else None
