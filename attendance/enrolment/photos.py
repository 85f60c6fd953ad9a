"""Submits, replaces and withdraws the photo by which a person is enrolled.

A photo that is withdrawn loses its vector in the same transaction and the gallery is told, so that nobody is ever
matched by a picture that was taken back. A new photo beside one that is ready waits as a proposal: see `replacing`.
"""

from __future__ import annotations

import hashlib

from django.db import transaction

from attendance.core import audit, clock, queue
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.enrolment import files
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import changes, engine
from attendance.recognition.models import Encoder, ReferenceEmbedding

MAXIMUM_BYTES = 25 * 2**20
"""Refused here already, so that nothing so large is kept; pixels are judged by the worker, from the header."""

LONGEST_ORIGINAL_NAME = 300

TASK = "attendance.embed_reference"

Status = ReferenceEmbedding.Status

Line = tuple[changes.Operation, ReferenceEmbedding]


def submit(person: Person, data: bytes, *, original_name: str, actor: User | None) -> ReferenceImage:
    """Keep the photo as this person's one, pending until the worker has read it.

    A present one that is ready counts until the new one has been compared with it; any other is replaced at once. The
    very bytes of the present photo change nothing but its name: its vector is kept.
    """
    _assure_size(data)
    digest = hashlib.sha256(data).hexdigest()
    encoder = engine.active_encoder()
    known = current(person)
    if known is not None and known.sha256 == digest and known.embeddings.filter(encoder=encoder).exists():
        return _renamed(known, original_name=original_name)
    name = files.keep(data)
    try:
        with transaction.atomic():
            holder = locked(person)
            now = clock.now()
            withdraw_proposal(holder)
            is_compared = ready(holder, encoder) is not None
            lines = [] if is_compared else withdraw_present(holder)
            reference = ReferenceImage.objects.create(
                person=holder,
                proposed_at=now if is_compared else None,
                file=name,
                sha256=digest,
                original_name=_fitting(original_name),
                submitted_at=now,
                submitted_by=actor,
            )
            embedding = ReferenceEmbedding.objects.create(
                reference=reference, encoder=encoder, created_at=now, queued_at=now
            )
            audit.record(
                "enrolment.submit",
                actor=actor,
                subject=f"person:{holder.pk}",
                photo=reference.pk,
                replaced=known is not None,
            )
            queue.after_commit(TASK, embedding.pk)
            changes.append_all(lines)
    except BaseException:
        files.remove(name)
        raise
    return reference


def withdraw(reference: ReferenceImage, *, actor: User | None) -> None:
    """Take the photo back: the person stays, is no longer found by face, and may be given another photo."""
    with transaction.atomic():
        holder = locked(reference.person)
        if current(holder) != reference:
            return
        lines = withdraw_present(holder)
        audit.record("enrolment.withdraw", actor=actor, subject=f"person:{holder.pk}", photo=reference.pk)
        changes.append_all(lines)


def current(person: Person) -> ReferenceImage | None:
    """Return the photo this person is enrolled by."""
    return ReferenceImage.objects.present().filter(person_id=person.pk).first()


def read(reference: ReferenceImage) -> bytes:
    """Return the bytes as they were submitted."""
    return files.read(str(reference.file))


def _assure_size(data: bytes) -> None:
    if not data:
        raise Refusal("invalid_image", reason="empty")
    if len(data) > MAXIMUM_BYTES:
        raise Refusal("image_too_large", what="bytes", value=len(data), limit=MAXIMUM_BYTES)


def locked(person: Person) -> Person:
    """Lock the row of the person, so that two photos or a deactivation do not cross."""
    holder = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if holder.erased_at is not None:
        raise Refusal("person_erased")
    return holder


def holds(reference: ReferenceImage, data: bytes) -> bool:
    """Whether the photo is made of these very bytes."""
    return reference.sha256 == hashlib.sha256(data).hexdigest()


def _renamed(reference: ReferenceImage, *, original_name: str) -> ReferenceImage:
    reference.original_name = _fitting(original_name)
    reference.save(update_fields=["original_name"])
    return reference


def _fitting(name: str) -> str:
    """Return what can be kept of a file's name: bytes that are no text, and what is too long, are left out."""
    readable = name.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return readable[-LONGEST_ORIGINAL_NAME:]


def ready(person: Person, encoder: Encoder) -> ReferenceEmbedding | None:
    """Return the face of the present photo, with which a new one is compared; None where the encoder has none."""
    present = current(person)
    return None if present is None else present.embeddings.filter(encoder=encoder, status=Status.READY).first()


def withdraw_proposal(person: Person) -> None:
    """Withdraw the photo that waits to replace the present one, if there is one; no gallery holds it."""
    waiting = ReferenceImage.objects.proposed().filter(person=person)
    ReferenceEmbedding.objects.filter(reference__in=waiting).update(status=Status.WITHDRAWN, vector=None)
    waiting.update(withdrawn_at=clock.now())


def withdraw_present(person: Person, *, replaced_by: ReferenceImage | None = None) -> list[Line]:
    """Withdraw the present photo, if there is one; return the lines that the log must get, last of all."""
    reference = current(person)
    if reference is None:
        return []
    reference.person = person
    embeddings = list(ReferenceEmbedding.objects.filter(reference=reference).select_related("reference__person"))
    lines = [(changes.Operation.REMOVE, embedding) for embedding in embeddings if changes.is_searchable(embedding)]
    reference.withdrawn_at = clock.now()
    reference.replaced_by = replaced_by
    reference.save(update_fields=["withdrawn_at", "replaced_by"])
    ReferenceEmbedding.objects.filter(reference=reference).update(status=Status.WITHDRAWN, vector=None)
    return lines
