"""Photos known to each encoder, and the embedding of all photos by a new encoder.

Pending, ready and refused belong to the pair of photo and encoder. After the model or its preparation has changed,
the new encoder is only rows that are missing: they are made a few at a time and embedded like any other, while the
rows of the encoder before stay, so that going back loses nothing. Vectors of the two never meet.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from attendance.core import clock, queue
from attendance.enrolment import photos
from attendance.people.models import ReferenceImage
from attendance.recognition import engine
from attendance.recognition.models import ReferenceEmbedding

Status = ReferenceEmbedding.Status


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
    return ReferenceImage.objects.present().filter(person__erased_at=None)
