"""Verdicts of the rows of an import: what became of the photo of each, also after somebody has decided about it."""

from __future__ import annotations

from attendance.enrolment.models import ANOTHER_FACE, LOOK_ALIKE, UNDECIDED_CODES, ImportRow
from attendance.people.models import ReferenceImage
from attendance.recognition import in_use
from attendance.recognition.models import ReferenceEmbedding

Verdict = tuple[str, str, dict[str, object]]
"""State, code and facts."""

State = ImportRow.State
Status = ReferenceEmbedding.Status


def verdict(row: ImportRow, made: ReferenceEmbedding | None) -> Verdict:
    """Return what the row says of the photo as it stands; `made` is the embedding of the active encoder."""
    if row.reference_id is None:
        return State.REFUSED, "person_erased", {}
    if made is None or made.status == Status.PENDING:
        return State.FED, "", {}
    if made.status == Status.WITHDRAWN:
        is_twice = made.look_alike_verdict == ReferenceEmbedding.LookAlikeVerdict.SAME
        is_kept = made.code == ANOTHER_FACE
        return State.REFUSED, "enrolled_twice" if is_twice else "old_photo_kept" if is_kept else "photo_replaced", {}
    if made.status == Status.REFUSED:
        return State.REFUSED, made.code, made.facts
    if made.code:
        return State.READY, made.code, {}  # another_face: the old photo counts until somebody confirms this one
    return State.READY, LOOK_ALIKE if made.look_alike_id and not made.look_alike_verdict else "", {}


def follow(reference: ReferenceImage) -> None:
    """Bring the rows that waited for a decision about this photo up to date; called where it is decided."""
    made = ReferenceEmbedding.objects.filter(reference=reference).order_by(*in_use.first()).first()
    for row in ImportRow.objects.filter(reference=reference, code__in=UNDECIDED_CODES):
        state, code, facts = verdict(row, made)
        ImportRow.objects.filter(pk=row.pk).update(state=state, code=code, facts=facts)
