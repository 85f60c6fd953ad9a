"""Puts a backup into an empty state, and repeats the erasures done since before anything starts.

The lock of `make run` is held meanwhile. A marker lies in the state folder until all is done: a restore that was cut
off leaves a state that does not start.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from attendance.backups import backup, database, manifest
from attendance.backups.manifest import Manifest
from attendance.core import audit
from attendance.core.errors import Fault, Refusal
from attendance.people.models import Person
from attendance.privacy import erased_numbers, erasure, retention
from attendance.privacy.erased_numbers import Erased
from attendance.recognition import gallery, snapshots
from attendance.workdays.months import upgrade

RUN_LOCK = "run.lock"
"""Held by whoever runs over the state folder (`config.run`)."""
MARKER = "restore_unfinished"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `erased`: people erased again; `lists`: those that were read for it."""

    manifest: Manifest
    erased: int
    lists: tuple[Path, ...]
    gallery_written: bool


def restore(source: Path, *, further_lists: Sequence[Path] = ()) -> Restored:
    """Check the backup, then fill the empty state from it; `further_lists`: folders with other lists of the erased."""
    lists = _lists(source, further=further_lists)
    erased = list({line.key: line for folder in lists for line in erased_numbers.read(folder)}.values())
    found = manifest.check(source)
    _assure_known(found)
    with _state_of_one():
        _assure_empty()
        marker = Path(settings.VAR_DIR) / MARKER
        marker.touch()
        _copy_back(source, found)
        _load(source, found)
        again = _erase_again(erased)
        written = _make_derived()
        audit.record(
            "backup.restore", actor=None, subject="backup:1", made_at=found.made_at.isoformat(), erased_again=again
        )
        marker.unlink()
    return Restored(found, again, tuple(lists), written)


def assure_finished() -> None:
    """Refuse a state that a restore has left unfinished."""
    if (Path(settings.VAR_DIR) / MARKER).exists():
        raise Refusal("restore_unfinished", folder=str(settings.VAR_DIR))


def _lists(source: Path, *, further: Sequence[Path]) -> list[Path]:
    """Return the folders with a list: beside the backup, where backups go now, and those that were named."""
    folders = [source.resolve().parent, *([Path(settings.BACKUPS_DIR)] if settings.BACKUPS_DIR else [])]
    for folder in further:
        if not (folder / erased_numbers.NAME).is_file():
            raise Refusal("erased_list_missing", folder=str(folder))
    found = [folder.resolve() for folder in (*folders, *further) if (folder / erased_numbers.NAME).is_file()]
    return list(dict.fromkeys(found))


def _assure_known(found: Manifest) -> None:
    if found.format > manifest.FORMAT:
        raise Refusal("backup_of_newer_version", version=found.muster)
    if found.vendor != connection.vendor:
        raise Refusal("backup_of_other_database", vendor=found.vendor)
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    if set(found.migrations) - known:
        raise Refusal("backup_of_newer_version", version=found.muster)


@contextlib.contextmanager
def _state_of_one() -> Iterator[None]:
    with (Path(settings.VAR_DIR) / RUN_LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refusal("state_in_use", folder=str(settings.VAR_DIR)) from error
        yield


def _assure_empty() -> None:
    """Refuse a state that holds anything; one that an interrupted restore left is emptied by whoever asks for it."""
    assure_finished()
    if not database.is_empty():
        raise Refusal("state_not_empty", holds="a database with tables")
    for room in (backup.MEDIA, "training"):
        if any(path.is_file() for path in backup.folders()[room].rglob("*")):
            raise Refusal("state_not_empty", holds=f"files in {room}")


def _copy_back(source: Path, found: Manifest) -> None:
    folders = backup.folders()
    for name, expected in found.files.items():
        room, _, rest = name.partition("/")
        if not rest or room not in folders:
            continue
        place = folders[room] / rest
        if manifest.described(source / name, copy_to=place) != expected:  # damaged since it was checked
            raise Refusal("backup_file_damaged", file=name)
        shutil.copystat(source / name, place)


def _load(source: Path, found: Manifest) -> None:
    """Load the tables, count them, and bring them up to date."""
    there = database.load(source / database.NAMES[found.vendor])
    for table, rows in found.counts.items():
        if there.counts.get(table) != rows:
            raise Fault("restored_rows_differ", table=table, rows=there.counts.get(table), expected=rows)
    call_command("migrate", verbosity=0, interactive=False)
    upgrade.fill_in()


def _erase_again(lines: Sequence[Erased]) -> int:
    """Erase whoever was erased after the backup was made."""
    again = 0
    for line in lines:
        person = Person.objects.filter(pk=line.person, created_at=line.created_at, erased_at=None).first()
        if person is not None:
            erasure.erase(person, actor=None)
            again += 1
    return again


def _make_derived() -> bool:
    """Sweep files that no row speaks of, and write the gallery anew; False where no recognizer can be opened here."""
    retention.delete_orphans()
    snapshots.discard_all()
    gallery.reset()
    try:
        gallery.write_snapshot()
    except Fault:  # the first start rebuilds it from rows
        return False
    return True
