"""The nightly backup into the folder that the deployment names, how many are kept, and how old the newest is."""

from __future__ import annotations

import datetime as dt
import logging
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from attendance.backups import backup, manifest, upgrade
from attendance.core import clock, site
from attendance.privacy import erased_numbers

logger = logging.getLogger(__name__)

HOUR = 2
"""Local time at which the night's backup is due."""
OLD_AFTER = dt.timedelta(hours=36)
"""A night and a half: one backup has failed by then."""
_LEFT_BEHIND_SECONDS = 24 * 3600
_NAME = re.compile(r"^muster-\d{8}T\d{6}Z$")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the backups stand. `newest_at`: None where there is none; `is_old`: somebody should look."""

    newest_at: dt.datetime | None
    is_old: bool
    kept: int

    @property
    def age_hours(self) -> int | None:
        """Whole hours since the newest one."""
        return None if self.newest_at is None else int((clock.now() - self.newest_at).total_seconds() // 3600)


def standing() -> Standing | None:
    """Return how the backups stand; None where no folder is set."""
    if not settings.BACKUPS_DIR:
        return None
    found = _found()
    newest = _made_at(found[0]) if found else None
    return Standing(newest, is_old=newest is None or clock.now() - newest > OLD_AFTER, kept=len(found))


def work() -> bool:
    """Do what is due: list the erased, make the night's backup, remove what is not kept; whether one was made."""
    erased_numbers.complete()
    upgrade.remove_old()
    if not is_due():
        return False
    make()
    return True


def is_due() -> bool:
    """Whether a folder is set and no backup was made since the last night."""
    current = standing()
    if current is None:
        return False
    local = clock.now().astimezone(site.zone())
    night = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if night > local:
        night -= dt.timedelta(days=1)
    return current.newest_at is None or current.newest_at < night


def make() -> Path:
    """Write a backup into the folder, named by its instant, and remove the oldest ones beyond the number kept."""
    to = Path(settings.BACKUPS_DIR) / name_of(clock.now())
    made = backup.make(to)
    logger.info("backup %s: %d files, %d bytes", to.name, len(made.files), made.size_bytes)
    for old in _found()[max(1, settings.BACKUPS_KEPT) :]:
        shutil.rmtree(old)
    for part in Path(settings.BACKUPS_DIR).glob(".muster-*.part"):  # of a process that was killed
        if part.stat().st_mtime < time.time() - _LEFT_BEHIND_SECONDS:
            shutil.rmtree(part, ignore_errors=True)
    return to


def name_of(instant: dt.datetime) -> str:
    """Return the name of a backup that is made now."""
    return f"muster-{instant.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _found() -> list[Path]:
    """Return the backups that were finished, newest first."""
    folder = Path(settings.BACKUPS_DIR)
    found = [path for path in folder.glob("muster-*") if _NAME.match(path.name) and (path / manifest.NAME).is_file()]
    return sorted(found, key=lambda path: path.name, reverse=True)


def _made_at(path: Path) -> dt.datetime:
    return dt.datetime.strptime(path.name, "muster-%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
