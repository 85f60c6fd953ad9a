"""Which photos does each encoder know, and how does a new one get to know them all?

Pending, ready and refused belong to the pair of photo and encoder. After the model or its preparation has changed,
the new encoder is only rows that are missing: they are made a few at a time and embedded like any other, while the
rows of the encoder before stay, so that going back loses nothing. Vectors of the two never meet.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, QuerySet

from attendance.core import clock, queue
from attendance.enrolment import photos
from attendance.people.models import ReferenceImage
from attendance.recognition import engine
from attendance.recognition.models import Encoder, ReferenceEmbedding

Status = ReferenceEmbedding.Status


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far one encoder has come with the present photos; `missing`: it was never asked about them."""

    encoder: Encoder
    is_active: bool
    ready: int
    pending: int
    refused: int
    missing: int


def coverage() -> list[Coverage]:
    """Tell it for every encoder that was ever registered, the active one first."""
    active = engine.active_encoder()
    photos_there = _present().count()
    told = []
    for encoder in sorted(Encoder.objects.all(), key=lambda each: (each != active, -each.pk)):
        rows = ReferenceEmbedding.objects.filter(encoder=encoder, reference__in=_present())
        found = dict(rows.order_by().values_list("status").annotate(count=Count("pk")))
        ready, pending, refused = (found.get(each, 0) for each in (Status.READY, Status.PENDING, Status.REFUSED))
        told.append(
            Coverage(
                encoder=encoder,
                is_active=encoder == active,
                ready=ready,
                pending=pending,
                refused=refused,
                missing=photos_there - ready - pending - refused,
            )
        )
    return told


def fill(*, most: int) -> int:
    """Make pending rows for photos that the active encoder was never asked about; return how many.

    `most` counts what is pending already, so that somebody who enrols by hand never stands behind a thousand.
    """
    encoder = engine.active_encoder()
    room = most - ReferenceEmbedding.objects.filter(encoder=encoder, status=Status.PENDING).count()
    if room <= 0:
        return 0
    missing = _present().exclude(pk__in=ReferenceEmbedding.objects.filter(encoder=encoder).values("reference"))
    made = 0
    for reference in missing.order_by("pk")[:room]:
        now = clock.now()
        with transaction.atomic():
            row, is_new = ReferenceEmbedding.objects.get_or_create(
                reference=reference, encoder=encoder, defaults={"created_at": now, "queued_at": now}
            )
            if is_new:
                queue.after_commit(photos.TASK, row.pk)
                made += 1
    return made


def _present() -> QuerySet[ReferenceImage]:
    return ReferenceImage.objects.filter(withdrawn_at=None, person__erased_at=None)
