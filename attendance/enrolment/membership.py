"""Deactivates and reactivates people: the person's row and the gallery change together."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person, PersonMerge
from attendance.recognition import changes
from attendance.recognition.models import ReferenceEmbedding


def deactivate(person: Person, *, actor: User | None) -> Person:
    """Stop matching this person, from the very next frame on; photo and vector stay for the day of return."""
    with transaction.atomic():
        holder = _locked(person)
        if holder.deactivated_at is None:
            lines = [(changes.Operation.REMOVE, embedding) for embedding in _searchable(holder)]
            holder.deactivated_at = clock.now()
            holder.save(update_fields=["deactivated_at"])
            audit.record("people.deactivate", actor=actor, subject=f"person:{holder.pk}")
            _record(holder, holder.deactivated_at)
            changes.append_all(lines)
    return holder


def reactivate(person: Person, *, actor: User | None) -> Person:
    """Match this person again, by the photo that was there. Raises `person_merged`, `person_erased`."""
    with transaction.atomic():
        holder = _locked(person)
        if PersonMerge.objects.filter(other=holder, apart_at=None).exists():
            raise Refusal("person_merged")
        if holder.deactivated_at is not None:
            since, holder.deactivated_at = holder.deactivated_at, None
            holder.save(update_fields=["deactivated_at"])
            audit.record("people.reactivate", actor=actor, subject=f"person:{holder.pk}")
            _record(holder, since)
            changes.append_all((changes.Operation.ADD, embedding) for embedding in _searchable(holder))
    return holder


def _locked(person: Person) -> Person:
    holder = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if holder.erased_at is not None:
        raise Refusal("person_erased")
    return holder


def _record(person: Person, at: dt.datetime) -> None:
    """Say in the log of facts that somebody may have left, or not: without dates of employment this decides it."""
    day = at.astimezone(dt.UTC).date()
    facts_log.append(facts_log.Kind.EMPLOYMENT, person, first=day - facts_log.ONE_DAY, last=None)


def _searchable(person: Person) -> list[ReferenceEmbedding]:
    """List the rows of this person that galleries hold, of every encoder."""
    return list(changes.searchable().filter(reference__person=person).select_related("reference"))
