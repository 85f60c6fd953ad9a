"""Snapshots of the gallery, which open without reading every row.

A snapshot is a file beside the database, named after the encoder's row and the line of the log it stands on, with
that line's instant. It is believed only if its checksum and encoder are right *and* the database has that very line:
a file from before a restored backup names a line that is not there. Everything else is rebuilt from rows.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import re
from pathlib import Path

from django.conf import settings

from attendance.core.errors import Fault
from attendance.recognition import engine
from attendance.recognition.changes import NOTHING, Mark
from attendance.recognition.models import Encoder, GalleryChange
from verifier.gallery import DividedGallery, snapshot
from verifier.gallery.flat import Contents

logger = logging.getLogger(__name__)

NAME = re.compile(r"^encoder-(?P<encoder>\d+)-(?P<sequence>\d+)-(?P<microseconds>\d+)\.gallery$")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


def folder() -> Path:
    """Return where they lie."""
    return Path(settings.VAR_DIR) / "snapshots"


def write(gallery: DividedGallery, mark: Mark, *, encoder_id: int) -> bool:
    """Write one and remove the older ones of this encoder; False when there is nothing new to write."""
    if mark == NOTHING or mark.at is None:
        return False
    path = folder() / f"encoder-{encoder_id}-{mark.sequence}-{(mark.at - EPOCH) // MICROSECOND}.gallery"
    if path.exists():
        return False
    with engine.mapped_errors():
        snapshot.write(gallery, path, sequence=mark.sequence)
    for older in _newest_first(encoder_id):
        if older != path:
            older.unlink(missing_ok=True)
    return True


def read_newest(encoder: Encoder) -> tuple[Contents, Mark] | None:
    """Read the newest one that can be believed; None means: build from rows."""
    for path in _newest_first(encoder.pk):
        mark = _mark(path)
        if GalleryChange.objects.filter(sequence=mark.sequence).values_list("at", flat=True).first() != mark.at:
            logger.warning("snapshot %s stands on a line that the database does not have", path.name)
            continue
        try:
            with engine.mapped_errors():
                contents, sequence = snapshot.read_contents(path, encoder=encoder.name)
        except Fault as fault:
            logger.warning("snapshot %s is not usable: %s", path.name, fault)
            continue
        if sequence == mark.sequence:
            return contents, mark
        logger.warning("snapshot %s was renamed", path.name)
    return None


def discard_all() -> None:
    """Remove every snapshot, because somebody's vector must not outlive an erasure in one."""
    if folder().is_dir():
        for path in folder().iterdir():
            path.unlink(missing_ok=True)


def _newest_first(encoder_id: int) -> list[Path]:
    """List the snapshots of one encoder; a folder that is not there is an empty one."""
    with contextlib.suppress(FileNotFoundError):
        found = [path for path in folder().iterdir() if NAME.match(path.name)]
        own = [path for path in found if int(NAME.match(path.name)["encoder"]) == encoder_id]  # type: ignore[index]
        return sorted(own, key=lambda path: _mark(path).sequence, reverse=True)
    return []


def _mark(path: Path) -> Mark:
    parts = NAME.match(path.name)
    assert parts is not None  # noqa: S101  (only names that match come here)
    return Mark(int(parts["sequence"]), EPOCH + int(parts["microseconds"]) * MICROSECOND)
