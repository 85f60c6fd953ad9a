"""Replaces the photo of a person: the old one counts until the new one shows the same face or somebody confirms it.

A photo of somebody else in place of the present one would let that person in under the name. So a new photo waits as a
proposal while it is read; the same face takes over by itself, another face waits for a decision, and what was replaced
can be brought back for a week.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from attendance.core import audit, clock, queue
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.enrolment import photos, verdicts
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import changes, engine, lookalikes
from attendance.recognition.models import Encoder, ReferenceEmbedding

UNDO = dt.timedelta(days=7)
"""So long a replaced photo can be brought back; it is kept for at least that time."""

Status = ReferenceEmbedding.Status


def proposed(person: Person) -> ReferenceImage | None:
    """Return the photo that waits to replace the present one of this person."""
    return ReferenceImage.objects.proposed().filter(person_id=person.pk).first()


def restorable(person: Person) -> ReferenceImage | None:
    """Return the photo that the present one replaced, as long as it can be brought back.

    Where there is no present one any more (it was somebody else's, say), the last one that was replaced.
    """
    own = ReferenceImage.objects.filter(person_id=person.pk)
    replaced = own.filter(withdrawn_at__gt=clock.now() - UNDO, replaced_by__isnull=False)
    if own.present().exists():
        replaced = replaced.filter(replaced_by__in=ReferenceImage.objects.present())
    return replaced.order_by("-withdrawn_at", "-pk").first()


def shows_another_face(embedding: ReferenceEmbedding, *, encoder: Encoder) -> bool:
    """Return whether the face of a proposal lies beyond the threshold of one comparison from the present photo's."""
    present = photos.ready(embedding.reference.person, encoder)
    if present is None or present.vector is None or embedding.vector is None:
        return False
    return not lookalikes.show_one_face(embedding, present)


def take_over(reference: ReferenceImage) -> list[photos.Line]:
    """Let a proposal count from now on; return the lines of the log about the old photo. In a transaction."""
    lines = photos.withdraw_present(reference.person, replaced_by=reference)
    reference.proposed_at = None
    reference.save(update_fields=["proposed_at"])
    return lines


def discard(reference: ReferenceImage, *, actor: User | None) -> None:
    """Keep the old photo: the proposal is withdrawn."""
    with transaction.atomic():
        holder = photos.locked(reference.person)
        waiting = proposed(holder)
        if waiting != reference:
            raise Refusal("nothing_proposed")
        photos.withdraw_proposal(holder)
        audit.record("enrolment.discard", actor=actor, subject=f"person:{holder.pk}", photo=reference.pk)
        verdicts.follow(reference)


def restore(reference: ReferenceImage, *, actor: User | None) -> None:
    """Bring a replaced photo back within a week; it is read again, since its vector went with it."""
    encoder = engine.active_encoder()
    with transaction.atomic():
        holder = photos.locked(reference.person)
        if restorable(holder) != reference:
            raise Refusal("nothing_to_restore")
        photos.withdraw_proposal(holder)
        now = clock.now()
        lines = photos.withdraw_present(holder, replaced_by=reference)
        reference.withdrawn_at, reference.replaced_by = None, None
        reference.save(update_fields=["withdrawn_at", "replaced_by"])
        ReferenceEmbedding.objects.filter(reference=reference).delete()
        embedding = ReferenceEmbedding.objects.create(
            reference=reference, encoder=encoder, created_at=now, queued_at=now
        )
        audit.record("enrolment.restore", actor=actor, subject=f"person:{holder.pk}", photo=reference.pk)
        queue.after_commit(photos.TASK, embedding.pk)
        changes.append_all(lines)
