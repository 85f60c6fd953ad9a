"""Runs a short piece of work as one transaction, again where somebody else had the database locked for too long.

SQLite has one lock for all who write. Every transaction takes it at its beginning (BEGIN IMMEDIATE) and waits ten
seconds for it (`config.settings`); who waits is not served in turn, so that a busy door may keep it from work that
nobody waits for at a door. PostgreSQL ends one of two transactions that wait for each other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, transaction

logger = logging.getLogger(__name__)
T = TypeVar("T")

TRIES = 6
"""So often a piece of work is tried: a minute on SQLite."""
PAUSE_SECONDS = 0.03
_LOCKED = ("database is locked", "database table is locked", "deadlock detected", "lock timeout")


def run(work: Callable[[], T], *, tries: int = TRIES) -> T:
    """Do the work in a transaction of its own, and again from its beginning where a lock was not to be had.

    The work changes nothing but the database, so that it may be done again. Inside of another transaction it is tried
    once: whoever began that one has to begin it again. Raises the OperationalError of the last try.
    """
    if transaction.get_connection().in_atomic_block:
        tries = 1
    for left in reversed(range(tries)):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if not left or not _is_about_a_lock(error):
                raise
            logger.warning("a transaction is tried again: %s", error)
    raise ValueError("nothing is tried less than once")


def give_way() -> None:
    """Leave SQLite's lock alone for a moment between two transactions of long work.

    Whoever waits for it looks again after up to 100 ms, and would find it taken each time by the next one in a row.
    """
    if transaction.get_connection().vendor == "sqlite":
        time.sleep(PAUSE_SECONDS)


def _is_about_a_lock(error: OperationalError) -> bool:
    return any(words in str(error) for words in _LOCKED)
