"""Finds a face that is already enrolled under another person.

Asked when a photo becomes ready, at the threshold of the door: whoever lies within it would be taken for the other
one. Nothing is prevented by it; people look at both pictures and say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet

from attendance.recognition import changes, engine, in_use, settings, vectors
from attendance.recognition import gallery as galleries
from attendance.recognition.models import Encoder, GalleryChange, ReferenceEmbedding
from verifier import distance
from verifier.values import FloatArray, Neighbour

NEIGHBOURS = 4

LookAlike = Neighbour
"""The nearest reference of somebody else, within the threshold."""


def undecided() -> QuerySet[ReferenceEmbedding]:
    """Return the rows that look like somebody else's, by the encoder in use, where nobody has said what is right.

    Until then the door asks both people for more than their face; also when one of the two was deactivated meanwhile,
    whose face would otherwise open the door under the other's name.
    """
    return changes.searchable().filter(
        encoder=in_use.encoder(),
        look_alike__isnull=False,
        look_alike_verdict="",
        look_alike__withdrawn_at=None,
        look_alike__proposed_at=None,
        look_alike__person__erased_at=None,
    )


def show_one_face(one: ReferenceEmbedding, other: ReferenceEmbedding) -> bool:
    """Return whether two rows of one encoder lie within the threshold of a single comparison; both have a vector."""
    far = distance.between(vectors.unpack(one.vector or b""), vectors.unpack(other.vector or b"")[np.newaxis])[0]
    with engine.mapped_errors():
        return bool(far <= settings.policy(one.encoder).threshold(1))


@dataclass(frozen=True, slots=True, eq=False)
class Newcomer:
    """A reference that is about to be added; `vector` is float32 (d,)."""

    reference: int
    subject: int
    vector: FloatArray


@dataclass(frozen=True, slots=True)
class Search:
    """What was found among the references up to `sequence`, by reference of the newcomer."""

    sequence: int
    threshold: float
    found: dict[int, Neighbour]


def search(newcomers: list[Newcomer], *, encoder: Encoder) -> Search:
    """Search the encoder's gallery, and the newcomers among each other; before the transaction that adds them."""
    kept = galleries.in_step(encoder)
    with engine.mapped_errors():
        threshold = settings.policy(encoder).threshold(max(1, len(kept.gallery)))
        candidates = {
            newcomer.reference: kept.gallery.search_subjects(newcomer.vector, most=NEIGHBOURS) for newcomer in newcomers
        }
    found: dict[int, Neighbour] = {}
    for position, newcomer in enumerate(newcomers):
        near = candidates[newcomer.reference] + _measured(newcomer, newcomers[:position])
        _keep_nearest(found, newcomer, near, threshold=threshold)
    return Search(sequence=kept.mark.sequence, threshold=threshold, found=found)


def search_later(before: Search, newcomers: list[Newcomer], *, encoder: Encoder) -> dict[int, Neighbour]:
    """Look at what was added since that search too; called with the counter locked, so nothing can follow."""
    found = dict(before.found)
    lines = GalleryChange.objects.filter(
        sequence__gt=before.sequence, operation=changes.Operation.ADD, encoder=encoder
    ).values_list("reference", flat=True)
    rows = changes.searchable().filter(encoder=encoder, reference_id__in=list(lines))
    later = [
        Newcomer(reference=reference, subject=subject, vector=vectors.unpack(vector))
        for reference, subject, vector in rows.values_list("reference_id", "reference__person_id", "vector")
        if vector is not None
    ]
    for newcomer in newcomers:
        _keep_nearest(found, newcomer, _measured(newcomer, later), threshold=before.threshold)
    return found


def _measured(newcomer: Newcomer, others: list[Newcomer]) -> list[Neighbour]:
    if not others:
        return []
    far = distance.between(newcomer.vector, np.stack([other.vector for other in others]))
    return [
        Neighbour(reference=other.reference, subject=other.subject, distance=float(apart))
        for other, apart in zip(others, far, strict=True)
    ]


def _keep_nearest(
    found: dict[int, Neighbour], newcomer: Newcomer, near: Iterable[Neighbour], *, threshold: float
) -> None:
    within = [
        neighbour for neighbour in near if neighbour.subject != newcomer.subject and neighbour.distance <= threshold
    ]
    if newcomer.reference in found:
        within.append(found[newcomer.reference])
    if within:
        found[newcomer.reference] = min(within, key=lambda neighbour: neighbour.distance)
