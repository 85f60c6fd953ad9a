"""Chooses the face of a photo with several: somebody says which one, or an import takes the clear main subject.

What was chosen is kept with the photo, as the middle of the face, so that another encoder reads the same face.
"""

from __future__ import annotations

import math

from django.db import transaction

from attendance.core import audit, clock, queue
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.enrolment import photos
from attendance.enrolment.models import SEVERAL_FACES, ImportRow
from attendance.people.models import ReferenceImage
from attendance.recognition import engine
from attendance.recognition.models import ReferenceEmbedding

Place = tuple[float, float]
"""Middle of a face, as shares of the width and height of the upright picture."""

Status = ReferenceEmbedding.Status


def place_of(reference: ReferenceImage) -> Place | None:
    """Return where the face lies that was chosen for this photo."""
    if reference.face_x is None or reference.face_y is None:
        return None
    return reference.face_x, reference.face_y


def is_of_import(reference: ReferenceImage) -> bool:
    """Return whether the photo came with an import, where nobody sits before each one."""
    return ImportRow.objects.filter(reference=reference).exists()


def clear_main(data: bytes) -> Place | None:
    """Return the place of the clear main subject; None where another face is at least half as wide."""
    found = engine.subjects(data)
    return None if found.main is None else found.place(found.main)


def choose(reference: ReferenceImage, *, place: Place, actor: User | None) -> None:
    """Say which face of a photo is meant; the worker reads it again. Refusals: nothing_to_choose, place_invalid."""
    if not all(math.isfinite(share) and 0.0 <= share <= 1.0 for share in place):
        raise Refusal("place_invalid")
    encoder = engine.active_encoder()
    with transaction.atomic():
        photos.locked(reference.person)
        row = ReferenceEmbedding.objects.filter(reference=reference, encoder=encoder, code=SEVERAL_FACES)
        chosen = row.filter(status=Status.REFUSED).first()
        if chosen is None:
            raise Refusal("nothing_to_choose")
        now = clock.now()
        ReferenceImage.objects.filter(pk=reference.pk).update(face_x=place[0], face_y=place[1])
        row.update(status=Status.PENDING, code="", facts={}, tries=0, started_at=None, queued_at=now)
        others = ReferenceEmbedding.objects.filter(reference=reference, code=SEVERAL_FACES)
        others.exclude(encoder=encoder).delete()  # read anew with the chosen face, like photos never seen
        waiting = ImportRow.objects.filter(reference=reference, code=SEVERAL_FACES)
        waiting.update(state=ImportRow.State.FED, code="", facts={})
        audit.record("enrolment.choose_face", actor=actor, subject=f"person:{reference.person_id}", photo=reference.pk)
        queue.after_commit(photos.TASK, chosen.pk)
