"""Feeds the rows of an import to the worker in small portions, so that other work does not wait.

At most 16 photos of all imports are with the worker at a time; the others are not pending before. So a photo that is
submitted by hand stands behind 16 at most, a second or two. A row is fed, settled or given its code in one
transaction each: person, photo and row together or not at all.
"""

from __future__ import annotations

import logging
from pathlib import Path

from django.db import transaction

from attendance.core import clock
from attendance.core.errors import Fault, Refusal
from attendance.core.models import User
from attendance.enrolment import embedding, encoders, files, importing, photos, sources, verdicts
from attendance.enrolment.models import Import, ImportRow
from attendance.people import names, roster
from attendance.people.models import Person
from attendance.recognition import engine
from attendance.recognition.models import ReferenceEmbedding

logger = logging.getLogger(__name__)

MOST_FED = 16
REFILL_BELOW = 9
"""The archive's directory is read once for every refill, so refills come in eights."""
MOST_BY_HAND = 4
"""Photos by hand that pass before one of an import; so many more wait their turn in the queue."""

State = ImportRow.State
Status = ReferenceEmbedding.Status


def work(embedding_id: int) -> None:
    """Do the worker's part for one photo: what came by hand first, then this one, then let the next ones in."""
    for number in _by_hand():
        try:
            embedding.embed(number)
        except Fault:  # it stays pending and has a message of its own; the import does not wait for it
            logger.warning("photo %d by hand could not be read now", number, exc_info=True)
    embedding.embed(embedding_id)
    if _with_worker() < REFILL_BELOW:
        feed()


def _by_hand() -> list[int]:
    """List photos that wait and belong to no import; somebody looks at a screen for each."""
    fed = ImportRow.objects.filter(state=State.FED, reference__isnull=False)
    if not fed.exists():
        return []
    waiting = ReferenceEmbedding.objects.filter(status=Status.PENDING, started_at=None).exclude(
        reference__in=fed.values("reference")
    )
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:MOST_BY_HAND])


def _with_worker() -> int:
    """Count the rows whose photo still waits; those that are done only want their verdict."""
    fed = ImportRow.objects.filter(state=State.FED).values("reference")
    return ReferenceEmbedding.objects.filter(status=Status.PENDING, reference__in=fed).count()


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
        encoders.fill(most=MOST_FED)
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
            person, is_new = _person(row, actor=actor)
            if data is None:
                if is_new:
                    _settle_as(row, State.READY, code="no_photo", person=person)
                else:
                    _settle_as(row, State.SKIPPED, code="unchanged", person=person)
                return True
            before = photos.current(person)
            # an export numbers its photos: read again, it does not take the name away that the file once had
            name = before.original_name if before is not None and photos.holds(before, data) else row.filename
            reference = photos.submit(person, data, original_name=name, actor=actor)
            state, code = (State.SKIPPED, "unchanged") if reference == before else (State.FED, "")
            _settle_as(row, state, code=code, person=person, reference=reference)
    except Refusal as refusal:
        ImportRow.objects.filter(pk=row.pk, state=State.WAITING).update(
            state=State.REFUSED, code=refusal.code, facts=refusal.facts
        )
        return False
    return True


def _person(row: ImportRow, *, actor: User | None) -> tuple[Person, bool]:
    """Find the person by number, or add one; return whether they are new.

    A name or department in the file does not overwrite the roster's.

    A number that belongs to somebody of quite another name is a slip of the keyboard, and this photo would replace
    that person's: refused.
    """
    known = roster.find_by_number(row.employee_number)
    if known is not None:
        if not names.may_be_one(known.name, row.name) and row.name != row.employee_number:
            raise Refusal("name_differs", person=known.pk, name=row.name)
        return known, False
    facts = {"employee_number": row.employee_number, "name": row.name, "department": row.department}
    return roster.add(**facts, actor=actor), True


def _settle_as(row: ImportRow, state: str, *, code: str, **links: object) -> None:
    ImportRow.objects.filter(pk=row.pk).update(state=state, code=code, **links)


def settle() -> int:
    """Give every fed row the verdict that its photo has got, in one commit; return how many."""
    rows = list(ImportRow.objects.filter(state=State.FED)[: 4 * MOST_FED])
    found = {
        made.reference_id: made
        for made in ReferenceEmbedding.objects.filter(
            reference__in=[row.reference_id for row in rows], encoder=engine.active_encoder()
        ).defer("vector", "aligned")
    }
    settled = 0
    with transaction.atomic():
        for row in rows:
            state, code, facts = verdicts.verdict(row, found.get(row.reference_id or 0))
            if state != State.FED:
                fed = ImportRow.objects.filter(pk=row.pk, state=State.FED)
                settled += fed.update(state=state, code=code, facts=facts)
    for batch in Import.objects.filter(state=Import.State.RUNNING):
        _finish(batch)
    return settled


def _finish(batch: Import) -> None:
    """Close an import if its rows all have their verdict; an uploaded archive goes."""
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
