"""The state of the database file: SQLite's own check of its pages, and what was found last.

Asked at the start of the worker and every night. The finding lies in a file, so that `/healthz` reads it in no time,
also when the database cannot be read. PostgreSQL checks each page by a checksum as it reads it, where it was made with
them.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from attendance.core import clock

logger = logging.getLogger(__name__)
_MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What the last check found: the number of damaged places, 0 where all was well."""

    at: str
    damaged: int


def check() -> Finding:
    """Let SQLite check its pages, and keep what it finds; a reader like others, so doors write on."""
    lines: list[str] = []
    if connection.vendor == "sqlite":
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA quick_check({_MOST_LINES})")
                lines = [str(line) for (line,) in cursor.fetchall() if line != "ok"]
        except DatabaseError as error:  # so damaged that it cannot even be checked
            lines = [str(error)]
    for line in lines:
        logger.error("the database is damaged: %s", line)
    return _keep(len(lines))


def note_damage(error: BaseException | None) -> None:
    """Keep that a request has met a damaged page, without waiting for the night."""
    if isinstance(error, DatabaseError) and any(words in str(error) for words in ("malformed", "not a database")):
        _keep(1)


def last() -> Finding | None:
    """Return what was found last; None where nothing has been checked yet."""
    try:
        return Finding(**json.loads(_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _keep(damaged: int) -> Finding:
    finding = Finding(at=clock.now().isoformat(timespec="minutes"), damaged=damaged)
    aside = _file().with_suffix(f".{os.getpid()}.part")
    try:
        aside.write_text(json.dumps(asdict(finding)), encoding="utf-8")
        aside.rename(_file())
    except OSError:
        logger.exception("what the check of the database found could not be kept")
    return finding


def _file() -> Path:
    return Path(settings.VAR_DIR) / "database_check.json"
