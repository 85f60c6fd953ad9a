"""The log of changes to the gallery, numbered in their order.

The log is append-only. A number comes from one locked row and becomes visible with its line, so that a reader who
has seen n has seen everything up to n; an auto-increment key does not promise that. The lock is held until the
commit: take the number as the last statement of a short transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from attendance.core import clock
from attendance.people.models import Person, ReferenceImage
from attendance.recognition.models import GalleryChange, GalleryCounter, ReferenceEmbedding

Operation = GalleryChange.Operation


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has read. The instant tells two histories apart that happen to have as many lines."""

    sequence: int
    at: dt.datetime | None


NOTHING = Mark(sequence=0, at=None)


def newest() -> Mark:
    """Return the mark of the newest line: one read of the primary key's index."""
    line = GalleryChange.objects.order_by("-sequence").values_list("sequence", "at").first()
    return Mark(*line) if line else NOTHING


def lock() -> int:
    """Lock the counter until the end of the present transaction; return the newest sequence.

    Whoever holds it knows that the gallery does not change under its feet.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("the counter is locked inside a transaction only")
    counter = GalleryCounter.objects.select_for_update().filter(pk=1).first()
    if counter is None:
        GalleryCounter.objects.get_or_create(pk=1)
        counter = GalleryCounter.objects.select_for_update().get(pk=1)
    return counter.value


def append(*, operation: GalleryChange.Operation, embedding: ReferenceEmbedding) -> int:
    """Write one line; return its sequence."""
    return append_all([(operation, embedding)])


def append_all(lines: Iterable[tuple[GalleryChange.Operation, ReferenceEmbedding]]) -> int:
    """Write the lines in order, with one look at the counter; return the newest sequence."""
    wanted = list(lines)
    if not wanted:
        return newest().sequence
    sequence = lock()
    at = clock.now()
    GalleryChange.objects.bulk_create(
        GalleryChange(
            sequence=sequence + offset,
            operation=operation,
            encoder_id=embedding.encoder_id,
            reference=embedding.reference_id,
            subject=embedding.reference.person_id,
            at=at,
        )
        for offset, (operation, embedding) in enumerate(wanted, start=1)
    )
    GalleryCounter.objects.filter(pk=1).update(value=sequence + len(wanted))
    return sequence + len(wanted)


def searchable() -> QuerySet[ReferenceEmbedding]:
    """Return the rows that belong into a gallery: what the log, followed from its start, amounts to."""
    return ReferenceEmbedding.objects.filter(
        status=ReferenceEmbedding.Status.READY,
        reference__withdrawn_at=None,
        reference__proposed_at=None,
        reference__person__deactivated_at=None,
        reference__person__erased_at=None,
    )


def is_searchable(embedding: ReferenceEmbedding) -> bool:
    """Tell the same of one row whose reference and person are at hand."""
    reference: ReferenceImage = embedding.reference
    person: Person = reference.person
    is_current = reference.withdrawn_at is None and reference.proposed_at is None
    return embedding.status == ReferenceEmbedding.Status.READY and is_current and person.is_active
