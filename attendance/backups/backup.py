"""Makes a backup while Muster runs: the database, the kept files, and a manifest with checksums.

A kept file is on the disk before its row is committed and goes after the row forgot it. So the files are copied before
the database and what came meanwhile after it: no row of the copy speaks of a file that came too late.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from attendance.backups import database, manifest
from attendance.backups.manifest import File, Manifest
from attendance.core import clock
from attendance.core.errors import Refusal
from attendance.enrolment import files
from attendance.recognition import training

MEDIA = "media"
Seen = dict[str, tuple[int, int, File]]
"""Path in the backup -> size and time of change of its source when it was copied, and what was copied."""


def folders() -> dict[str, Path]:
    """Return the folders that cannot be made again, by the name that they have in a backup."""
    found = {MEDIA: files.folder(), "training": training.runs_folder()}
    if settings.MODELS_DIR:
        found["encoders"] = Path(settings.MODELS_DIR) / "encoders"  # added by hand; all other models are made again
    return found


def make(to: Path, *, by_links: bool = False) -> Manifest:
    """Write a backup that is there whole or not at all; the folder must not exist yet, or be empty.

    `by_links`: kept files, which are never changed, become second names of the same bytes where the disk can do that.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise Refusal("backup_target_not_empty", folder=str(to))
    database.assure_copyable()
    part = to.with_name(f".{to.name}.part")
    with files.writing(part):
        try:
            if part.exists():
                shutil.rmtree(part)
            part.mkdir(mode=0o700, parents=True)
            made = _fill(part, by_links=by_links)
            os.sync()
            part.replace(to)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    return made


def _fill(part: Path, *, by_links: bool) -> Manifest:
    seen: Seen = {}
    _copy_folders(part, seen, by_links=by_links)
    file, contents = database.copy(part)
    made_at = clock.now()
    _copy_folders(part, seen, by_links=by_links)
    made = Manifest(
        made_at=made_at,
        muster=settings.VERSION,
        vendor=connection.vendor,
        migrations=contents.migrations,
        counts=contents.counts,
        files={file.name: manifest.described(file), **{name: copied for name, (*_, copied) in sorted(seen.items())}},
    )
    manifest.write(made, folder=part)
    return made


def _copy_folders(part: Path, seen: Seen, *, by_links: bool) -> None:
    """Copy what was not copied yet, or was still being written then; what disappears meanwhile is left out."""
    for room, folder in folders().items():
        for path in _walk(folder):
            name = str(Path(room) / path.relative_to(folder))
            try:
                facts = path.stat()
                if name in seen and seen[name][:2] == (facts.st_size, facts.st_mtime_ns):
                    continue
                copied = _copy(path, part / name, by_links=by_links)
            except FileNotFoundError:
                (part / name).unlink(missing_ok=True)
                continue
            seen[name] = (facts.st_size, facts.st_mtime_ns, copied)


def _copy(path: Path, to: Path, *, by_links: bool) -> File:
    to.unlink(missing_ok=True)
    if by_links:
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            to.hardlink_to(path)
        except FileNotFoundError:
            raise
        except OSError:  # another disk, or one without links
            return manifest.described(path, copy_to=to)
        return manifest.described(to)
    copied = manifest.described(path, copy_to=to)
    shutil.copystat(path, to)  # by the time of change it is known later whether a file waits for its row
    return copied


def _walk(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in sorted(names))
