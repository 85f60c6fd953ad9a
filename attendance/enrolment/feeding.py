"""How do the rows of an import reach the worker without keeping anybody waiting?

At most 16 photos of all imports are with the worker at a time; the others are not pending before. So a photo that is
submitted by hand stands behind 16 at most, a second or two. A row is fed, settled or given its code in one
transaction each: person, photo and row together or not at all.
"""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from attendance.core import clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.enrolment import files, importing, photos, sources
from attendance.enrolment.models import Import, ImportRow
from attendance.people import names, roster
from attendance.people.models import Person
from attendance.recognition import engine
from attendance.recognition.models import ReferenceEmbedding

MOST_FED = 16
REFILL_BELOW = 9
"""The archive's directory is read once for every refill, so refills come in eights."""

State = ImportRow.State
Status = ReferenceEmbedding.Status


def feed() -> int:
    """Settle what the worker has finished, then top up; return how many rows were fed.

    Any process may call it at any time: a row is taken by a conditional UPDATE.
    """
    settle()
    fed = 0
    if _room() > MOST_FED - REFILL_BELOW:
        for batch in Import.objects.filter(state=Import.State.RUNNING).order_by("started_at", "pk"):
            fed += _feed_from(batch)
            if _room() <= 0:
                break
    return fed


def _room() -> int:
    return MOST_FED - ImportRow.objects.filter(state=State.FED).count()


def _feed_from(batch: Import) -> int:
    """Feed rows of one import while there is room."""
    waiting = batch.rows.filter(state=State.WAITING).order_by("position")
    first = waiting.first()
    if first is None:
        _finish(batch)
        return 0
    fed = 0
    try:
        with sources.opened(Path(batch.folder)) as source:
            while _room() > 0 and (row := waiting.first()) is not None:
                if not Import.objects.filter(pk=batch.pk, state=Import.State.RUNNING).exists():
                    break
                fed += _feed_row(row, source, actor=batch.started_by)
    except Refusal as refusal:
        _fail(batch, refusal)
    return fed


def _feed_row(row: ImportRow, source: sources.Source, *, actor: User | None) -> bool:
    """Make the person and the pending photo; what is refused is this row's verdict."""
    try:
        data = source.read(row.filename) if row.filename else None
        with transaction.atomic():
            if not ImportRow.objects.filter(pk=row.pk, state=State.WAITING).update(state=State.FED):
                return False
            person = _person(row, actor=actor)
            if data is None:
                _settle_as(row, State.READY, code="no_photo", person=person)
                return True
            before = photos.current(person)
            reference = photos.submit(person, data, original_name=row.filename, actor=actor)
            state, code = (State.SKIPPED, "unchanged") if reference == before else (State.FED, "")
            _settle_as(row, state, code=code, person=person, reference=reference)
    except Refusal as refusal:
        ImportRow.objects.filter(pk=row.pk, state=State.WAITING).update(
            state=State.REFUSED, code=refusal.code, facts=refusal.facts
        )
        return False
    return True


def _person(row: ImportRow, *, actor: User | None) -> Person:
    """Find the person by number, or add one; a name or department in the file does not overwrite the roster's.

    A number that belongs to somebody of quite another name is a slip of the keyboard, and this photo would replace
    that person's: refused.
    """
    known = roster.find_by_number(row.employee_number)
    if known is not None:
        if not names.may_be_one(known.name, row.name) and row.name != row.employee_number:
            raise Refusal("name_differs", person=known.pk, name=row.name)
        return known
    return roster.add(employee_number=row.employee_number, name=row.name, department=row.department, actor=actor)


def _settle_as(row: ImportRow, state: str, *, code: str, **links: object) -> None:
    ImportRow.objects.filter(pk=row.pk).update(state=state, code=code, **links)


def settle() -> int:
    """Give every fed row the verdict that its photo has got; return how many."""
    encoder = engine.active_encoder()
    settled = 0
    for row in ImportRow.objects.filter(state=State.FED).select_related("batch")[: 4 * MOST_FED]:
        embedding = ReferenceEmbedding.objects.filter(reference_id=row.reference_id, encoder=encoder).first()
        state, code, facts = _verdict(row, embedding)
        if state != State.FED:
            settled += ImportRow.objects.filter(pk=row.pk, state=State.FED).update(state=state, code=code, facts=facts)
    for batch in Import.objects.filter(state=Import.State.RUNNING):
        if not batch.rows.filter(state__in=(State.WAITING, State.FED)).exists():
            _finish(batch)
    return settled


def _verdict(row: ImportRow, embedding: ReferenceEmbedding | None) -> tuple[str, str, dict[str, object]]:
    if row.reference_id is None:
        return State.REFUSED, "person_erased", {}
    if embedding is None or embedding.status == Status.PENDING:
        return State.FED, "", {}
    if embedding.status == Status.WITHDRAWN:
        return State.REFUSED, "photo_replaced", {}
    if embedding.status == Status.REFUSED:
        return State.REFUSED, embedding.code, embedding.facts
    code = "look_alike" if embedding.look_alike_id and not embedding.look_alike_verdict else ""
    return State.READY, code, {}


def _finish(batch: Import) -> None:
    """Close an import whose rows all have their verdict; an uploaded archive goes."""
    if batch.rows.filter(state__in=(State.WAITING, State.FED)).exists():
        return
    done = Import.objects.filter(pk=batch.pk, state=Import.State.RUNNING).update(
        state=Import.State.DONE, finished_at=clock.now()
    )
    if done:
        discard_archive(batch)


def _fail(batch: Import, refusal: Refusal) -> None:
    """The folder or archive itself cannot be read any more: say so, keep what is done."""
    Import.objects.filter(pk=batch.pk, state=Import.State.RUNNING).update(
        state=Import.State.FAILED, code=refusal.code, facts=refusal.facts, finished_at=clock.now()
    )


def discard_archive(batch: Import) -> None:
    """Remove the kept archive; a folder that somebody named is left alone."""
    path = Path(batch.folder)
    if path.is_file() and path.is_relative_to(files.folder() / importing.ROOM):
        path.unlink(missing_ok=True)
