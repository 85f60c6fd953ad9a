"""Calibration of the encoder by the people who are enrolled, computed by the worker, in force in every process.

The newest row of the encoder counts; every decision asks for its number, so a new one holds from the next attempt on.
What was decided before keeps the threshold that it was decided with.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from attendance.core import clock
from attendance.recognition import changes, engine, gallery
from attendance.recognition.models import Encoder, LocalCalibration, LookAlikePair, ReferenceEmbedding
from verifier.calibration import Calibration

if TYPE_CHECKING:
    from verifier.evaluation.local_calibration import LocalCalibration as Fitted
    from verifier.gallery.flat import Contents

logger = logging.getLogger(__name__)

EVERYBODY = ""
"""The scope of all who are searched; another one would be a site or a group of doors."""

QUIET = dt.timedelta(seconds=60)
"""While people come and go, the worker waits until nobody did for so long,"""

LONGEST_WAIT = dt.timedelta(minutes=10)
"""but not longer than this since the last calibration."""

KEPT_ROWS = 50


def newest() -> LocalCalibration | None:
    """Return the newest row of the encoder in use; None where none was computed for its present table."""
    row = _rows(None).first()
    return row if row is not None and row.shipped_digest == _digest() else None


@dataclass(frozen=True, slots=True)
class OwnTable:
    """The table of the enrolled people, and when it was computed."""

    table: Calibration
    computed_at: dt.datetime


def own_table(encoder: Encoder | None = None) -> OwnTable | None:
    """Return the newest local table of an encoder, by default the one in use; None without one for its own table."""
    mark = _rows(encoder).values_list("pk", "computed_at").first()
    read = None if mark is None else _read(*mark)
    return None if mark is None or read is None else OwnTable(read, mark[1])


def _rows(encoder: Encoder | None) -> QuerySet[LocalCalibration]:
    """Return the rows of an encoder, the newest first; an attempt gives its encoder, which costs no query."""
    name = engine.card().name if encoder is None else encoder.name
    return LocalCalibration.objects.filter(encoder__name=name, scope=EVERYBODY).order_by("-pk")


@lru_cache(maxsize=4)  # rows never change, and to read a table takes longer than to use it
def _read(number: int, _computed_at: dt.datetime) -> Calibration | None:
    """Return the table of a row; a database from a backup may give its number again, but not at the same instant."""
    row = LocalCalibration.objects.select_related("encoder").get(pk=number)
    if row.shipped_digest != _digest(row.encoder):
        return None
    with engine.mapped_errors():
        return Calibration.from_card(row.table)


def _digest(encoder: Encoder | None = None) -> str:
    return hashlib.sha256(json.dumps(engine.card(encoder).calibration, sort_keys=True).encode()).hexdigest()


def compute() -> LocalCalibration:
    """Compare the enrolled with one another; the row is not saved."""
    from verifier.evaluation import local_calibration, resembled  # noqa: PLC0415  (the worker and the command alone need it)

    kept = gallery.in_step()
    contents = kept.gallery.contents()
    excluded = _one_person_or_twins()
    with engine.mapped_errors():
        fitted = local_calibration.fit(
            contents.vectors, subjects=contents.subjects, shipped=engine.calibration(kept.encoder), excluded=excluded
        )
        often = resembled.find(contents.vectors, subjects=contents.subjects, table=fitted.table, excluded=excluded)
    return _row(fitted, kept, contents, resembled=often)


def _row(
    fitted: Fitted, kept: gallery.Kept, contents: Contents, *, resembled: list[tuple[int, int]]
) -> LocalCalibration:
    return LocalCalibration(
        encoder=kept.encoder,
        scope=EVERYBODY,
        shipped_digest=_digest(kept.encoder),
        computed_at=clock.now(),
        gallery_sequence=kept.mark.sequence,
        people=len(np.unique(contents.subjects)),
        references=len(contents.references),
        pairs=fitted.pairs,
        difference=fitted.difference,
        standard_error=fitted.standard_error,
        weight=fitted.weight,
        move=fitted.move,
        table=fitted.table.to_card(),
        resembled=[[int(contents.references[place]), count] for place, count in resembled],
    )


def _one_person_or_twins() -> set[tuple[int, int]]:
    """Return the pairs of people who say nothing of strangers: look-alikes, and who may be enrolled twice."""
    known = LookAlikePair.objects.values_list("first_id", "second_id")
    found = ReferenceEmbedding.objects.filter(look_alike__isnull=False)
    return {*known, *found.values_list("reference__person_id", "look_alike__person_id")}


def store(row: LocalCalibration) -> LocalCalibration:
    """Put it into force, and forget the oldest ones."""
    with transaction.atomic():
        row.save(force_insert=True)
        of_scope = LocalCalibration.objects.filter(encoder=row.encoder, scope=row.scope)
        kept = list(of_scope.order_by("-pk").values_list("pk", flat=True)[:KEPT_ROWS])
        of_scope.exclude(pk__in=kept).delete()
    logger.info("calibrated by %d people: stricter by %.4f", row.people, row.move)
    return row


def is_due() -> bool:
    """Return whether people came or went since the last calibration, and it is quiet now or was long not done."""
    mark, before = changes.newest(), newest()
    if before is None:
        return mark.at is not None
    if mark.at is None or before.gallery_sequence == mark.sequence:
        return False
    now = clock.now()
    return now - mark.at >= QUIET or now - before.computed_at >= LONGEST_WAIT
