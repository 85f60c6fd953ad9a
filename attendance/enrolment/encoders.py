"""Photos known to each encoder, and the embedding of all photos by a new encoder.

Pending, ready and refused belong to the pair of photo and encoder. After the model or its preparation has changed, or
when another encoder is tried, the new encoder is only rows that are missing: they are made a few at a time and embedded
like any other, while the rows of the encoder before stay, so that going back loses nothing. Vectors of the two never
meet.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from attendance.core import clock, queue
from attendance.enrolment import photos
from attendance.people.models import ReferenceImage
from attendance.recognition import encoders
from attendance.recognition.models import Encoder, ReferenceEmbedding

Status = ReferenceEmbedding.Status


def fill(*, most: int) -> int:
    """Make pending rows for photos that an encoder was never asked about; return how many.

    Asked of the encoders that are kept complete, the one in use first. `most` counts what is pending already, so that
    somebody who enrols by hand never stands behind a thousand.
    """
    kept = encoders.kept()
    room = most - ReferenceEmbedding.objects.filter(encoder__in=kept, status=Status.PENDING).count()
    made = 0
    for encoder in kept:
        wanted = _present() if encoder != kept[0] else _present() | _proposed()
        made += _fill(encoder, wanted, most=room - made)
    return made


def _fill(encoder: Encoder, wanted: QuerySet[ReferenceImage], *, most: int) -> int:
    if most <= 0:
        return 0
    missing = wanted.exclude(pk__in=ReferenceEmbedding.objects.filter(encoder=encoder).values("reference"))
    made = 0
    for reference in missing.order_by("pk")[:most]:
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
    return ReferenceImage.objects.present().filter(person__erased_at=None)


def _proposed() -> QuerySet[ReferenceImage]:
    """Return the photos that wait to be compared with the present ones, by the encoder in use alone."""
    return ReferenceImage.objects.proposed().filter(person__erased_at=None)
