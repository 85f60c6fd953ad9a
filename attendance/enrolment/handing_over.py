"""Moves the photo by which somebody is enrolled to another record of the same person, and back."""

from __future__ import annotations

from django.db import transaction

from attendance.people.models import Person, ReferenceImage
from attendance.recognition import changes
from attendance.recognition.models import ReferenceEmbedding


def hand_over(giver: Person, taker: Person, *, only: ReferenceImage | None = None) -> ReferenceImage | None:
    """Give the present photo to a record that has none; return it, None where nothing moved.

    `only`: no other photo than this one. The galleries forget it under one subject and learn it under the other, by two
    lines of one transaction; both people are locked by the caller.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a photo moves inside a transaction only")
    photo = ReferenceImage.objects.present().filter(person=giver).first()
    if photo is None or (only is not None and photo != only):
        return None
    if ReferenceImage.objects.filter(person=taker, withdrawn_at=None).exists():
        return None
    gone = [(changes.Operation.REMOVE, row) for row in _searched(photo)]
    changes.append_all(gone)
    ReferenceImage.objects.filter(pk=photo.pk).update(person=taker)
    changes.append_all((changes.Operation.ADD, row) for row in _searched(photo))
    return photo


def _searched(photo: ReferenceImage) -> list[ReferenceEmbedding]:
    return list(changes.searchable().filter(reference=photo).select_related("reference"))
