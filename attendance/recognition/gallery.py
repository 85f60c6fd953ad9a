"""The gallery that this process searches, kept in step with the database.

Each process owns one gallery in memory and remembers how far it has read the log. Before it is handed out it reads
the newest line (one index read) and applies what is missing, so that who was enrolled on the worker is matched on
the very next check-in in every web process, and who was removed is not. Nothing is believed over the database: when
the line it stands on is not the one in the log (a restored backup), it is built again from the rows. The labels by
which doors search a part of it are read from the rows whenever a line names the person, see `areas`.
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass

import numpy as np

from attendance.core.errors import Fault
from attendance.recognition import areas, changes, engine, snapshots, vectors
from attendance.recognition.changes import Mark
from attendance.recognition.models import Encoder, GalleryChange, ReferenceEmbedding
from verifier.gallery import DividedGallery, Gallery
from verifier.gallery.flat import Contents

logger = logging.getLogger(__name__)

LONGEST_TAIL = 5_000
"""Lines applied one by one; beyond that building anew from the rows is quicker."""

ROWS_AT_A_TIME = 2_000


@dataclass(slots=True)
class Kept:
    """The gallery of this process and how far it has read."""

    gallery: DividedGallery
    mark: Mark
    encoder: Encoder


_lock = threading.Lock()
_kept: dict[int, Kept] = {}
"""By the row of the encoder: the one in use, and where another is tried or was used before, that one too."""


def _renew_lock() -> None:
    """Give a forked child a lock that nobody holds; what was loaded before the fork is its own copy from now on."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)


def warm() -> None:
    """Open the recognizer and the gallery, so that the first person does not wait for them."""
    engine.recognizer()
    current()


def current() -> tuple[Gallery, int]:
    """Return the gallery, in step with the database, and the sequence it has been read to at least."""
    kept = in_step()
    return kept.gallery, kept.mark.sequence


def in_step(encoder: Encoder | None = None) -> Kept:
    """Return the same of an encoder, by default the one in use, with everything that is known of it."""
    encoder = encoder or engine.active_encoder()
    with _lock:
        kept = _kept.get(encoder.pk) or _opened(encoder)
        if not _follow(kept):
            kept = rebuilt(encoder)
        _kept[encoder.pk] = kept
        return Kept(gallery=kept.gallery, mark=kept.mark, encoder=encoder)


def reset() -> None:
    """Forget the galleries; the next search opens them again."""
    with _lock:
        _kept.clear()


def _opened(encoder: Encoder) -> Kept:
    """Open the newest snapshot that can be believed, or build from the rows."""
    found = snapshots.read_newest(encoder)
    if found is not None:
        contents, mark = found
        try:
            return Kept(gallery=_divided(contents, encoder), mark=mark, encoder=encoder)
        except Fault as fault:
            logger.warning("a snapshot holds what no search may meet: %s", fault)
    return rebuilt(encoder)


def _divided(contents: Contents, encoder: Encoder) -> DividedGallery:
    """Build the gallery from arrays; the labels are read after them, so that none is older than its line in the log."""
    with engine.mapped_errors():
        return DividedGallery.from_contents(contents, encoder=encoder.name, labels=areas.labels())


def rebuilt(encoder: Encoder) -> Kept:
    """Build the gallery from the rows."""
    mark = changes.newest()  # before the rows: what commits in between is applied twice, which does no harm
    references: list[int] = []
    subjects: list[int] = []
    parts: list[bytes] = []
    rows = changes.searchable().filter(encoder=encoder)
    for reference, subject, vector in rows.values_list("reference_id", "reference__person_id", "vector").iterator(
        chunk_size=ROWS_AT_A_TIME
    ):
        references.append(reference)
        subjects.append(subject)
        parts.append(bytes(vector or b""))
    contents = Contents(
        references=np.array(references, dtype=np.int64),
        subjects=np.array(subjects, dtype=np.int64),
        vectors=vectors.unpack(b"".join(parts)).reshape(len(references), engine.card(encoder).dimension),
    )
    gallery = _divided(contents, encoder)
    logger.info("gallery built from rows: %d references at %d", len(gallery), mark.sequence)
    return Kept(gallery=gallery, mark=mark, encoder=encoder)


def _follow(kept: Kept) -> bool:
    """Apply what was written since; False when the log is not the one that was read before, or too long."""
    newest = changes.newest()
    if newest == kept.mark:
        return True
    if newest.sequence <= kept.mark.sequence:
        return False
    if newest.sequence - kept.mark.sequence > LONGEST_TAIL:
        return False
    lines = list(GalleryChange.objects.filter(sequence__gte=kept.mark.sequence).order_by("sequence"))
    if kept.mark != changes.NOTHING:
        stood_on = lines.pop(0)
        if Mark(stood_on.sequence, stood_on.at) != kept.mark:
            return False
    if not lines or lines[0].sequence != kept.mark.sequence + 1:
        return False
    _apply(kept, [line for line in lines if line.encoder_id == kept.encoder.pk])
    kept.mark = Mark(lines[-1].sequence, lines[-1].at)
    return True


def _apply(kept: Kept, lines: list[GalleryChange]) -> None:
    """Bring the gallery to the state after the last line; only the last word on each reference counts.

    Labels are those of now: a later line may say the same again.
    """
    last = {line.reference: line for line in lines if line.operation != GalleryChange.Operation.DOORS}
    added = [number for number, line in last.items() if line.operation == GalleryChange.Operation.ADD]
    labels = areas.labels({line.subject for line in lines if line.operation != GalleryChange.Operation.REMOVE})
    rows = dict(
        ReferenceEmbedding.objects.filter(
            encoder=kept.encoder, reference_id__in=added, status=ReferenceEmbedding.Status.READY
        ).values_list("reference_id", "vector")
    )
    with engine.mapped_errors():
        for number, line in last.items():
            vector = rows.get(number)
            if vector is None:  # removed, or added and gone again since: a later line says so
                kept.gallery.remove(reference=number)
            else:
                kept.gallery.add(
                    reference=number,
                    subject=line.subject,
                    vector=vectors.unpack(vector),
                    labels=labels.get(line.subject),
                )
        for subject, each in labels.items():
            kept.gallery.label(subject, labels=each)


def write_snapshot() -> bool:
    """Write a snapshot of this process's gallery; False when the newest one is as new."""
    kept = in_step()
    return snapshots.write(kept.gallery, kept.mark, encoder_id=kept.encoder.pk)
