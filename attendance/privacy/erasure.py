"""Erases a person: number, name, PIN, photos, vectors, look-alikes, pictures of attempts and lines of imports.

Records that were merged into this one are of the same person, and go with it. The check-ins of years stay under a row
without a name, so that past reports still add up. In closed months the name is blanked and nothing else: number, hours
and money stay. The gallery forgets in the same transaction, and no snapshot that may hold the vector outlives it. The
list beside the backups takes up the number, so that a restore does it again.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from attendance.checkins.models import Attempt
from attendance.core import audit, clock, queue
from attendance.core.models import User
from attendance.enrolment import files
from attendance.enrolment.models import ImportRow
from attendance.people import facts_log
from attendance.people.models import DoorGroupMember, Person, PersonMerge, ReferenceImage
from attendance.privacy import erased_numbers
from attendance.recognition import changes, pairs, snapshots
from attendance.workdays.models import ClosedMonth

SNAPSHOT_TASK = "attendance.write_snapshot"


def erase(person: Person, *, actor: User | None) -> Person:
    """Delete everything that says who this was; a second call changes nothing."""
    with transaction.atomic():
        holder = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if holder.erased_at is not None:
            return holder
        for merge in PersonMerge.objects.filter(kept=holder, apart_at=None).select_related("other"):
            erase(merge.other, actor=actor)
        PersonMerge.objects.filter(Q(kept=holder) | Q(other=holder)).update(reason="")
        lines = [
            (changes.Operation.REMOVE, embedding)
            for embedding in changes.searchable().filter(reference__person=holder).select_related("reference")
        ]
        photos = ReferenceImage.objects.filter(person=holder)
        attempts = Attempt.objects.filter(person=holder).exclude(evidence="", aligned=None)
        left = [*photos.values_list("file", flat=True), *attempts.values_list("evidence", flat=True)]
        photos.delete()
        attempts.update(evidence="", aligned=None, evidence_deleted_at=clock.now())
        ImportRow.objects.filter(person=holder).update(
            employee_number="", name="", department="", filename="", facts={}, person=None
        )
        ClosedMonth.objects.filter(person=holder).update(name="")
        _forget(holder)
        DoorGroupMember.objects.filter(person=holder).delete()
        pairs.forget(holder)
        audit.record("privacy.erase", actor=actor, subject=f"person:{holder.pk}", photos=len(left))
        transaction.on_commit(lambda: _remove(left))
        transaction.on_commit(erased_numbers.complete, robust=True)
        queue.after_commit(SNAPSHOT_TASK)
        today = clock.now().astimezone(dt.UTC).date()
        facts_log.append(facts_log.Kind.EMPLOYMENT, holder, first=today - facts_log.ONE_DAY, last=None)
        changes.append_all(lines)
    return holder


def _forget(person: Person) -> None:
    """Empty the row, but for the department, on which past shifts hang.

    An account that served only for this person's own check-ins is closed.
    """
    user = person.user
    now = clock.now()
    person.employee_number = None
    person.name = ""
    person.user = None
    person.pin_hash = ""
    person.deactivated_at = person.deactivated_at or now
    person.erased_at = now
    person.save()
    if user is not None and not user.is_staff and not user.groups.exists():
        user.is_active = False
        user.save(update_fields=["is_active"])


def _remove(names: list[str]) -> None:
    """Remove the files and the snapshots; what a kill leaves behind is swept as orphans."""
    for name in names:
        files.remove(name)
    snapshots.discard_all()
