"""The backup that is made before the tables of an older version are migrated, kept for two weeks."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from attendance.backups import backup
from attendance.core import clock
from attendance.privacy import erased_numbers

KEPT = dt.timedelta(days=14)
_NAME = "before-%Y%m%dT%H%M%SZ"


def make_if_needed() -> Path | None:
    """Back up a state whose tables are older than this version; None where there is nothing to migrate, or nothing yet.

    Kept files are not copied but linked where the disk can do that: it costs little more than the database.
    """
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing or not executor.loader.applied_migrations:
        return None
    to = erased_numbers.upgrade_folder() / clock.now().strftime(_NAME)
    backup.make(to, by_links=True)
    return to


def remove_old() -> int:
    """Remove those that are older than they are kept; return how many."""
    removed = 0
    for path in erased_numbers.upgrade_folder().glob("before-*"):
        try:
            made_at = dt.datetime.strptime(path.name, _NAME).replace(tzinfo=dt.UTC)
        except ValueError:  # not one of ours
            continue
        if clock.now() - made_at > KEPT:
            shutil.rmtree(path)
            removed += 1
    return removed
