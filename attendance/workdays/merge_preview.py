"""What merging two records would do: done for a moment, looked at, and taken back at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from attendance.core import clock, site
from attendance.core.models import User
from attendance.people import periods
from attendance.people.models import Person, ReferenceImage
from attendance.workdays import dry_run, facts, merges
from attendance.workdays.dry_run import LOOKED_BACK, Change, Outcome
from timekeeping.work_day import WorkDay

_BEFORE = dt.timedelta(days=3)
"""Days before the first open one are looked at as well: a night over the end of a month may become whole."""
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePreview:
    """What would move. `first_day`: the first open day. `look_alikes`: who would be noted to look like the kept one."""

    first_day: dt.date
    check_ins: int
    moves_photo: bool
    leaves_photo: bool
    look_alikes: tuple[Person, ...]
    outcome: Outcome

    @property
    def moves_everything(self) -> bool:
        """Whether no month is closed yet."""
        return self.first_day == periods.ALWAYS

    @property
    def adjusts(self) -> bool:
        """Whether days of a closed month would come out otherwise."""
        return any(each.day < self.first_day for each in self.outcome.changes)


def preview(kept: Person, other: Person, *, actor: User) -> MergePreview:
    """Return what a merge would do. Raises what `merges.merge` raises."""
    before = _days(kept, other)
    with transaction.atomic():
        row = merges.merge(kept, other, reason="preview", actor=actor)
        moved = row.moves.count()
        after = _days(kept, other)
        transaction.set_rollback(True)
    changes = [
        change
        for person in (kept, other)
        for change in dry_run.differing(person, before[person.pk], after[person.pk])
        if change.day >= _looked_from(row.first_day) and not _is_empty(change, other)
    ]
    today = clock.today(site.zone())
    return MergePreview(
        first_day=row.first_day,
        check_ins=moved,
        moves_photo=row.photo_id is not None,
        leaves_photo=ReferenceImage.objects.present().filter(person=other).exists() and row.photo_id is None,
        look_alikes=tuple(Person.objects.filter(pk__in=row.look_alikes, erased_at=None)),
        outcome=Outcome(
            since=row.first_day,
            first=max(today - LOOKED_BACK, _looked_from(row.first_day)),
            last=today,
            changes=tuple(changes[:SHOWN]),
            more=max(0, len(changes) - SHOWN),
            people=len({change.person.pk for change in changes}),
        ),
    )


def _is_empty(change: Change, other: Person) -> bool:
    """Whether a day of the other record only stops being one of its employment, and nothing was on it."""
    was = change.before
    return change.person == other and not (was["worked"] or was["paid_days"] or was["absent"] or was["flags"])


def _looked_from(first_day: dt.date) -> dt.date:
    return first_day if first_day == periods.ALWAYS else first_day - _BEFORE


def _days(kept: Person, other: Person) -> dict[int, list[WorkDay]]:
    today = clock.today(site.zone())
    both = Person.objects.filter(pk__in=[kept.pk, other.pk])
    return {person.pk: days for person, days, _ in facts.months(both, today - LOOKED_BACK, today)}
