"""Exports people as a ZIP of people.csv and their photos, which the import reads back.

Streamed: one photo is in memory at a time. Photos are numbered, not named after people, since a name may be anything.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from attendance.core import audit, cells
from attendance.core.models import User
from attendance.enrolment import photos
from attendance.people import reading
from attendance.people.models import Person, ReferenceImage

HEADINGS = ("employee_number", "name", "department", "photo")
PEOPLE_AT_A_TIME = 200
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP can tell: the same people give the same bytes, whenever they are written."""


def chunks(*, actor: User | None) -> Iterator[bytes]:
    """Yield the bytes of the ZIP: everybody who was not erased, with the photo as it was submitted."""
    audit.record("enrolment.export", actor=actor, subject="people:all")
    return _chunks()


def _chunks() -> Iterator[bytes]:
    stream = _Stream()
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(HEADINGS)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for person, reference in _people():
            name = ""
            data = _data(reference)
            if reference is not None and data is not None:
                name = f"photos/{reference.pk:08d}.{_suffix(reference)}"
                archive.writestr(zipfile.ZipInfo(name, EPOCH), data)
                yield from stream.drain()
            department = person.department.name if person.department else ""
            line = (person.employee_number or "", person.name, department, name)
            writer.writerow([cells.guard(cell) for cell in line])
        archive.writestr(zipfile.ZipInfo(reading.TABLE, EPOCH), table.getvalue().encode("utf-8-sig"))
    yield from stream.drain()


def _people() -> Iterator[tuple[Person, ReferenceImage | None]]:
    people = Person.objects.filter(erased_at=None).select_related("department").order_by("pk")
    last = 0
    while page := list(people.filter(pk__gt=last)[:PEOPLE_AT_A_TIME]):
        last = page[-1].pk
        current = {
            reference.person_id: reference for reference in ReferenceImage.objects.present().filter(person__in=page)
        }
        for person in page:
            yield person, current.get(person.pk)


def _data(reference: ReferenceImage | None) -> bytes | None:
    """Read the photo; one that was erased since the page was read is left out."""
    if reference is None:
        return None
    try:
        return photos.read(reference)
    except FileNotFoundError:
        return None


def _suffix(reference: ReferenceImage) -> str:
    suffix = PurePosixPath(reference.original_name).suffix.lower().removeprefix(".")
    return suffix if suffix in reading.PICTURES else "jpg"


class _Stream(io.RawIOBase):
    """A file that is only written forward; what was written is taken away again."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than Buffer
        """Keep the bytes until they are drained."""
        self._parts.append(bytes(data))
        return len(data)

    def drain(self) -> Iterator[bytes]:
        """Hand out what was written since."""
        parts, self._parts = self._parts, []
        yield from parts
