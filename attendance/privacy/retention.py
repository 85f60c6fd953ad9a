"""Deletes evidence that is older than the retention period.

The pictures of attempts after `evidence_days`, withdrawn photos after the same time, archives of imports that nobody
finished, and files whose row was never committed. Done in small transactions, and done again by the next run when cut
off in the middle: the row forgets its file first, the file is removed after the commit, and what a kill leaves on the
disk is an orphan.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from attendance.checkins.models import Attempt
from attendance.core import clock, site
from attendance.enrolment import feeding, files, replacing
from attendance.enrolment.models import Import
from attendance.people.models import ReferenceImage

ROWS_A_COMMIT = 100
ORPHAN_AFTER_SECONDS = 3600
"""A file is written before its row commits; an hour is far beyond any transaction."""
READING_AFTER = dt.timedelta(hours=1)
"""An import that is still being read after this was cut off."""

EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Deleted:
    """How much went."""

    evidence: int
    photos: int
    imports: int
    orphans: int


def delete_old() -> Deleted:
    """Delete what is older than the site keeps it."""
    before = clock.now() - dt.timedelta(days=site.settings().evidence_days)
    return Deleted(
        evidence=delete_evidence(before=before),
        photos=delete_withdrawn_photos(before=before),
        imports=close_imports(before=before),
        orphans=delete_orphans(),
    )


def delete_evidence(*, before: dt.datetime) -> int:
    """Forget the pictures of attempts made before the instant; the attempts' numbers stay."""
    old = Attempt.objects.filter(at__lt=before, evidence_deleted_at=None).order_by("pk")
    deleted = 0
    while page := list(old.values_list("pk", "evidence")[:ROWS_A_COMMIT]):
        Attempt.objects.filter(pk__in=[number for number, _ in page]).update(
            evidence="", aligned=None, evidence_deleted_at=clock.now()
        )
        for _, name in page:
            files.remove(name)
        deleted += len(page)
    return deleted


def delete_withdrawn_photos(*, before: dt.datetime) -> int:
    """Delete photos that were replaced or withdrawn before the instant, with what is left of their embeddings.

    A replaced one stays for a week at least, as long as it can be brought back.
    """
    may_return = Q(replaced_by__isnull=False, withdrawn_at__gte=clock.now() - replacing.UNDO)
    old = ReferenceImage.objects.filter(withdrawn_at__lt=before).exclude(may_return).order_by("pk")
    deleted = 0
    while page := list(old.values_list("pk", "file")[:ROWS_A_COMMIT]):
        with transaction.atomic():
            ReferenceImage.objects.filter(pk__in=[number for number, _ in page]).delete()
        for _, name in page:
            files.remove(name)
        deleted += len(page)
    return deleted


def close_imports(*, before: dt.datetime) -> int:
    """Give up imports that were cut off while being read, or that nobody went on with; their archives go."""
    cut_off = Q(state=Import.State.READING, created_at__lt=clock.now() - READING_AFTER)
    left = Q(state__in=(Import.State.PREVIEW, Import.State.CANCELLED), created_at__lt=before) & (
        Q(finished_at=None) | Q(finished_at__lt=before)
    )
    closed = 0
    for batch in Import.objects.filter(cut_off | left):
        code = "import_cut_off" if batch.state == Import.State.READING else "import_abandoned"
        closed += Import.objects.filter(pk=batch.pk, state=batch.state).update(
            state=Import.State.FAILED, code=code, finished_at=clock.now()
        )
    for batch in Import.objects.filter(state__in=(Import.State.FAILED, Import.State.DONE)):
        feeding.discard_archive(batch)
    return closed


def delete_orphans() -> int:
    """Remove files that no row speaks of and that are too old to be waiting for one."""
    deleted = 0
    for room, known in (
        (files.REFERENCES, _known_photos),
        (EVIDENCE, _known_evidence),
        ("imports", _known_archives),
    ):
        for path in _old_files(files.folder() / room):
            name = str(path.relative_to(files.folder()))
            if not known(name):
                files.remove(name)
                deleted += 1
    return deleted


def _known_photos(name: str) -> bool:
    return ReferenceImage.objects.filter(file=name).exists()


def _known_evidence(name: str) -> bool:
    return Attempt.objects.filter(evidence=name).exists()


def _known_archives(name: str) -> bool:
    return Import.objects.filter(folder=str(files.folder() / name)).exists()


def _old_files(folder: Path) -> Iterator[Path]:
    """Walk the files of a room that are older than any transaction; a room that is not there has none."""
    newest = time.time() - ORPHAN_AFTER_SECONDS
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file() and path.stat().st_mtime < newest:
                yield path
        except FileNotFoundError:
            continue
