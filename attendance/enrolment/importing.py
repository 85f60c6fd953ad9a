"""Bulk enrolment: files are read into rows, previewed, started, watched, stopped and continued.

Nothing is enrolled before somebody says so. What is done is in the rows: closing the page, a restart and kill -9
lose nothing, and going on begins at the first row that waits. `feeding` hands the rows to the worker.
"""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.db.models import Count

from attendance.core import audit, clock, queue
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.enrolment import files, sources
from attendance.enrolment.models import UNDECIDED_CODES, Import, ImportRow
from attendance.people import reading
from attendance.people.models import Person
from attendance.recognition.models import ReferenceEmbedding

TASK = "attendance.feed_imports"
ROOM = "imports"
ROWS_A_COMMIT = 200
"""Rows written in one transaction: some 20 ms."""
COPY_BYTES = 2**20
LONGEST_NAME = 300
LONGEST_FILENAME = 500
SPEED_WINDOW = dt.timedelta(seconds=30)

State = ImportRow.State


def read_zip(file: BinaryIO, *, name: str, actor: User | None) -> Import:
    """Keep an uploaded ZIP and read its directory into rows; raises Refusal with nothing kept."""
    path = _new_path()
    with files.writing(path):
        with path.open("wb") as kept:
            shutil.copyfileobj(_limited(file), kept, COPY_BYTES)
        return _read(path, name=name, actor=actor)


def read_files(uploaded: Iterable[tuple[str, BinaryIO]], *, name: str, actor: User | None) -> Import:
    """Keep single files (photos, perhaps with a table) as one ZIP, so that all imports are alike."""
    path = _new_path()
    with files.writing(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for filename, file in uploaded:
                with archive.open(filename.replace("\\", "/").lstrip("/"), "w") as entry:
                    shutil.copyfileobj(_limited(file), entry, COPY_BYTES)
        return _read(path, name=name, actor=actor)


def read_folder(folder: Path, *, actor: User | None) -> Import:
    """Read a folder of this machine into rows; the pictures stay where they are. For commands, never for a page."""
    return _read(folder.resolve(), name=folder.name or str(folder), actor=actor)


def _new_path() -> Path:
    return files.folder() / files.keep(b"", room=ROOM)


class _limited:  # noqa: N801  (a reader, used like a function)
    """Reads no more than a ZIP may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        """Read on, or refuse."""
        data = self._file.read(size)
        self._read += len(data)
        if self._read > sources.MAXIMUM_ZIP_BYTES:
            raise Refusal("zip_too_large", bytes=self._read, limit_bytes=sources.MAXIMUM_ZIP_BYTES)
        return data


def _read(path: Path, *, name: str, actor: User | None) -> Import:
    """Make the import and its rows; a kill in between leaves it `reading`, which nobody can start."""
    with sources.opened(path) as source:
        rows = _rows(source, wrapped=path.is_file())
    if not rows:
        raise Refusal("import_empty")
    batch = Import.objects.create(
        name=_fitting(name, LONGEST_NAME) or "import", folder=str(path), started_by=actor, created_at=clock.now()
    )
    made = (_made(batch, position, row) for position, row in enumerate(rows, start=1))
    while chunk := _take(made, ROWS_A_COMMIT):
        ImportRow.objects.bulk_create(chunk)
    with transaction.atomic():
        batch.state = Import.State.PREVIEW
        batch.save(update_fields=["state"])
        audit.record("enrolment.read_import", actor=actor, subject=f"import:{batch.pk}", rows=len(rows))
    return batch


def _rows(source: sources.Source, *, wrapped: bool) -> list[reading.Row]:
    found = source.names()
    table = reading.find_table(found)
    if table is None:
        return reading.rows_from_files(found, wrapped=wrapped)
    return reading.rows_from_table(source.read(table), found, table=table)


def _made(batch: Import, position: int, row: reading.Row) -> ImportRow:
    code, filename = row.code, row.filename
    if _fitting(filename, LONGEST_FILENAME) != filename:
        code, filename = "filename_invalid", _fitting(filename, LONGEST_FILENAME)
    state = State.WAITING if not code else State.SKIPPED if row.skipped else State.REFUSED
    return ImportRow(
        batch=batch,
        position=position,
        filename=filename,
        employee_number=row.employee_number,
        name=row.name,
        department=row.department,
        state=state,
        code=code,
        facts=dict(row.facts),
    )


def _take(rows: Iterator[ImportRow], count: int) -> list[ImportRow]:
    return [row for _, row in zip(range(count), rows, strict=False)]


def _fitting(text: str, longest: int) -> str:
    """Return what a row can hold of a file's name."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")[:longest]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a start would do. `known_people` are there already; `photos` of them come with a photo to compare."""

    rows: int
    new_people: int
    known_people: int
    photos: int
    refused: int
    skipped: int


def preview(batch: Import) -> Preview:
    """Count what a start would do now."""
    counts = _counts(batch)
    waiting = batch.rows.filter(state=State.WAITING)
    known = Person.objects.values("employee_number")
    there = waiting.filter(employee_number__in=known)
    return Preview(
        rows=sum(counts.values()),
        new_people=counts[State.WAITING] - there.count(),
        known_people=there.count(),
        photos=there.exclude(filename="").count(),
        refused=counts[State.REFUSED],
        skipped=counts[State.SKIPPED],
    )


def _counts(batch: Import) -> dict[str, int]:
    found = dict(batch.rows.order_by().values_list("state").annotate(count=Count("pk")))
    return {state: found.get(state, 0) for state in State.values}


def start(batch: Import, *, actor: User | None) -> Import:
    """Start, or go on after a stop; raises `import_not_startable` for one that is being read, done or failed."""
    startable = (Import.State.PREVIEW, Import.State.CANCELLED)
    with transaction.atomic():
        started = Import.objects.filter(pk=batch.pk, state__in=startable).update(
            state=Import.State.RUNNING, started_at=clock.now(), finished_at=None
        )
        batch.refresh_from_db()
        if not started and batch.state != Import.State.RUNNING:
            raise Refusal("import_not_startable", state=batch.state)
        if started:
            audit.record("enrolment.start_import", actor=actor, subject=f"import:{batch.pk}")
            queue.after_commit(TASK)
    return batch


def cancel(batch: Import, *, actor: User | None) -> Import:
    """Stop handing out rows; those with the worker are finished, the others wait."""
    stoppable = (Import.State.PREVIEW, Import.State.RUNNING)
    with transaction.atomic():
        stopped = Import.objects.filter(pk=batch.pk, state__in=stoppable).update(
            state=Import.State.CANCELLED, finished_at=clock.now()
        )
        if stopped:
            audit.record("enrolment.cancel_import", actor=actor, subject=f"import:{batch.pk}")
    batch.refresh_from_db()
    return batch


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an import stands; speed and time left are None while there is nothing to tell them from."""

    state: str
    total: int
    waiting: int
    fed: int
    ready: int
    undecided: int
    refused: int
    skipped: int
    rows_per_second: float | None
    seconds_left: float | None

    @property
    def finished(self) -> int:
        """Rows that have their verdict."""
        return self.ready + self.undecided + self.refused + self.skipped

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.finished / self.total if self.total else 1.0


def progress(batch: Import) -> Progress:
    """Return where the import stands; the speed is that of the last half minute."""
    counts = _counts(batch)
    total = sum(counts.values())
    undecided = batch.rows.filter(code__in=UNDECIDED_CODES).order_by().values_list("state").annotate(count=Count("pk"))
    for state, count in undecided:
        counts[state] -= count
    left = counts[State.WAITING] + counts[State.FED]
    speed = _speed(batch) if batch.state == Import.State.RUNNING else None
    return Progress(
        state=batch.state,
        total=total,
        waiting=counts[State.WAITING],
        fed=counts[State.FED],
        ready=counts[State.READY],
        undecided=sum(count for _, count in undecided),
        refused=counts[State.REFUSED],
        skipped=counts[State.SKIPPED],
        rows_per_second=speed,
        seconds_left=left / speed if speed else None,
    )


def _speed(batch: Import) -> float | None:
    """Photos finished a second, over the last half minute or since the start."""
    now = clock.now()
    since = max(now - SPEED_WINDOW, batch.started_at or now)
    seconds = (now - since).total_seconds()
    finished = ReferenceEmbedding.objects.filter(
        reference__in=batch.rows.filter(reference__isnull=False).values("reference"), finished_at__gte=since
    ).count()
    return finished / seconds if finished and seconds > 0 else None
